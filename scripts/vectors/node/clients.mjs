// What the HTTP clients of Node write.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import http from "node:http";
import { stringify } from "node:querystring";
import axios from "axios";
import FormData5 from "form-data";
import got from "got";
import nodeFetch, { FormData as NodeFetchFormData, File as NodeFetchFile } from "node-fetch";
import superagent from "superagent";

const require = createRequire(import.meta.url);
const request = require("request");
const version = (name) =>
    JSON.parse(readFileSync(new URL(`node_modules/${name}/package.json`, import.meta.url))).version;
const [base, path] = process.argv.slice(2);
const scenarios = JSON.parse(readFileSync(path, "utf8")).filter((scenario) => scenario.core);
const url = (client, scenario) => `${base}/c/${client}/${scenario.name}${scenario.target}`;
const bytes = (field) => Buffer.from(field.base64, "base64");
const pairs = (scenario) => scenario.fields.map(({ name, value }) => [name, value]);
const json = { "content-type": "application/json" };
const bearer = (scenario) => ({ authorization: `Bearer ${scenario.token}` });

/** A form of the standard's classes. */
function standard(scenario, Form = FormData, OfFile = File) {
    const form = new Form();
    for (const field of scenario.fields) {
        form.append(
            field.name,
            field.base64 === undefined ? field.value : new OfFile([bytes(field)], field.filename, { type: field.type }),
        );
    }
    return form;
}

/** A form of the package form-data. */
function packaged(scenario) {
    const form = new FormData5();
    for (const field of scenario.fields) {
        if (field.base64 === undefined) form.append(field.name, field.value);
        else form.append(field.name, bytes(field), { filename: field.filename, contentType: field.type });
    }
    return form;
}

/** Fields as an object; those of one name are a list. */
function object(scenario) {
    const out = {};
    for (const [name, value] of pairs(scenario)) out[name] = name in out ? [].concat(out[name], value) : value;
    return out;
}

const late = () => new Promise((_, reject) => setTimeout(() => reject(new Error("no answer")), 5000).unref());

const clients = {
    async undici(scenario) {
        const client = `undici@${process.versions.undici}`;
        const post = (way, body, headers) =>
            fetch(url(`${client}~${way}`, scenario), { method: "POST", body, headers });
        switch (scenario.place) {
            case "form":
                return post("urlsearchparams", new URLSearchParams(pairs(scenario)));
            case "multipart":
                return post("formdata", standard(scenario));
            case "json":
                return post("json", scenario.text ?? JSON.stringify(scenario.json), json);
            case "query":
                return fetch(`${url(`${client}~query`, scenario)}?${new URLSearchParams(pairs(scenario))}`);
            case "bearer":
                return fetch(url(`${client}~header`, scenario), { headers: bearer(scenario) });
            case "path":
                return post("path", new URLSearchParams(pairs(scenario)));
        }
    },
    async "node-fetch"(scenario) {
        const client = `node-fetch@${version("node-fetch")}`;
        const post = (way, body, headers) =>
            nodeFetch(url(`${client}~${way}`, scenario), { method: "POST", body, headers });
        switch (scenario.place) {
            case "form":
                return post("urlsearchparams", new URLSearchParams(pairs(scenario)));
            case "multipart":
                await post("formdata", standard(scenario, NodeFetchFormData, NodeFetchFile));
                return post("form-data", packaged(scenario));
        }
    },
    async axios(scenario) {
        const client = `axios@${version("axios")}`;
        const at = (way) => url(`${client}~${way}`, scenario);
        switch (scenario.place) {
            case "form":
                await axios.post(at("urlsearchparams"), new URLSearchParams(pairs(scenario)));
                await axios.post(at("object"), object(scenario), {
                    headers: { "content-type": "application/x-www-form-urlencoded" },
                });
                return axios.post(at("querystring"), stringify(object(scenario)));
            case "multipart":
                await axios.post(at("formdata"), standard(scenario));
                await axios.post(at("form-data"), packaged(scenario));
                return axios.postForm(
                    at("postform"),
                    object({ fields: scenario.fields.filter((field) => "value" in field) }),
                );
            case "json":
                return scenario.json
                    ? axios.post(at("object"), scenario.json)
                    : axios.post(at("text"), scenario.text, { headers: json });
            case "query":
                return axios.get(at("params"), { params: object(scenario) });
            case "basic":
                return axios.get(at("auth"), { auth: { username: scenario.user, password: scenario.password } });
            case "bearer":
                return axios.get(at("header"), { headers: bearer(scenario) });
        }
    },
    async got(scenario) {
        const client = `got@${version("got")}`;
        const at = (way) => url(`${client}~${way}`, scenario);
        switch (scenario.place) {
            case "form":
                return got.post(at("form"), { form: object(scenario) });
            case "multipart":
                return got.post(at("form-data"), { body: packaged(scenario) });
            case "json":
                return scenario.json && got.post(at("json"), { json: scenario.json });
            case "query":
                return got(at("searchparams"), { searchParams: new URLSearchParams(pairs(scenario)) });
            case "basic":
                return got(at("auth"), { username: scenario.user, password: scenario.password });
        }
    },
    async superagent(scenario) {
        const client = `superagent@${version("superagent")}`;
        const at = (way) => url(`${client}~${way}`, scenario);
        switch (scenario.place) {
            case "form":
                return superagent.post(at("form")).type("form").send(object(scenario));
            case "multipart": {
                const sent = superagent.post(at("attach"));
                for (const field of scenario.fields) {
                    if (field.base64 === undefined) sent.field(field.name, field.value);
                    else sent.attach(field.name, bytes(field), { filename: field.filename, contentType: field.type });
                }
                return sent;
            }
            case "json":
                return scenario.json && superagent.post(at("json")).send(scenario.json);
            case "query":
                return superagent.get(at("query")).query(object(scenario));
            case "basic":
                return superagent.get(at("auth")).auth(scenario.user, scenario.password);
            case "bearer":
                return superagent.get(at("auth")).auth(scenario.token, { type: "bearer" });
            case "cookie": {
                const agent = superagent.agent();
                await agent.get(`${base}/c/${client}~jar/${scenario.name}/set`);
                return agent.get(at("jar"));
            }
        }
    },
    request(scenario) {
        const client = `request@${version("request")}`;
        const at = (way) => url(`${client}~${way}`, scenario);
        const sent = (options) =>
            new Promise((resolve, reject) => request(options, (error) => (error ? reject(error) : resolve())));
        const files = (scenario) => {
            const out = {};
            for (const field of scenario.fields) {
                const value =
                    field.base64 === undefined
                        ? field.value
                        : { value: bytes(field), options: { filename: field.filename, contentType: field.type } };
                out[field.name] = field.name in out ? [].concat(out[field.name], value) : value;
            }
            return out;
        };
        switch (scenario.place) {
            case "form":
                return sent({ method: "POST", url: at("form"), form: object(scenario) });
            case "multipart":
                return sent({ method: "POST", url: at("formdata"), formData: files(scenario) });
            case "json":
                return scenario.json && sent({ method: "POST", url: at("json"), json: scenario.json });
            case "basic":
                return sent({ url: at("auth"), auth: { user: scenario.user, pass: scenario.password } });
        }
    },
    http(scenario) {
        const client = `node-http@${process.versions.node}`;
        const sent = (way, options, body) =>
            new Promise((resolve, reject) => {
                const outgoing = http.request(url(`${client}~${way}`, scenario), options, (answer) =>
                    answer.resume().on("end", resolve),
                );
                outgoing.on("error", reject);
                outgoing.end(body);
            });
        switch (scenario.place) {
            case "form":
                return sent(
                    "querystring",
                    { method: "POST", headers: { "Content-Type": "application/x-www-form-urlencoded" } },
                    stringify(object(scenario)),
                );
            case "basic":
                return sent("auth", { auth: `${scenario.user}:${scenario.password}` });
            case "cookie":
                return sent("cookie", {
                    headers: { Cookie: scenario.cookies.map((cookie) => cookie.join("=")).join("; ") },
                });
        }
    },
};

for (const [name, write] of Object.entries(clients)) {
    for (const scenario of scenarios) {
        try {
            await Promise.race([write(scenario), late()]);
        } catch (error) {
            console.error(`${name} ${scenario.name}: ${error}`);
        }
    }
}
process.exit();
