//! What reqwest writes.

use std::{env, fs};

use base64::engine::general_purpose::STANDARD;
use base64::Engine as _;
use reqwest::blocking::multipart::{Form, Part};
use reqwest::blocking::Client;
use serde_json::Value;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<_> = env::args().collect();
    let scenarios: Vec<Value> = serde_json::from_str(&fs::read_to_string(&arguments[2])?)?;
    for scenario in scenarios.iter().filter(|scenario| scenario["core"] == true) {
        write(&arguments[1], scenario)?;
    }
    Ok(())
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap_or_default()
}

fn write(base: &str, scenario: &Value) -> Result<(), Box<dyn std::error::Error>> {
    let at = |way: &str| format!("{base}/c/reqwest@0.12.24~{way}/{}", text(scenario, "name"));
    let url = |way: &str| format!("{}{}", at(way), text(scenario, "target"));
    let client = Client::builder().cookie_store(true).build()?;
    let none = Vec::new();
    let fields = scenario["fields"].as_array().unwrap_or(&none);
    let pairs: Vec<_> = fields
        .iter()
        .map(|field| (text(field, "name"), text(field, "value")))
        .collect();
    match text(scenario, "place") {
        "form" => client.post(url("form")).form(&pairs).send()?,
        "multipart" => {
            let mut form = Form::new();
            for field in fields {
                let name = text(field, "name").to_owned();
                form = match field["base64"].as_str() {
                    None => form.text(name, text(field, "value").to_owned()),
                    Some(content) => {
                        let part = Part::bytes(STANDARD.decode(content)?);
                        let part = part.file_name(text(field, "filename").to_owned());
                        form.part(name, part.mime_str(text(field, "type"))?)
                    }
                };
            }
            client.post(url("multipart")).multipart(form).send()?
        }
        "json" if scenario["json"].is_null() => return Ok(()),
        "json" => client.post(url("json")).json(&scenario["json"]).send()?,
        "query" => client.get(url("query")).query(&pairs).send()?,
        "basic" => client
            .get(url("basic_auth"))
            .basic_auth(text(scenario, "user"), scenario["password"].as_str())
            .send()?,
        "bearer" => client
            .get(url("bearer_auth"))
            .bearer_auth(text(scenario, "token"))
            .send()?,
        "cookie" => {
            client.get(format!("{}/set", at("jar"))).send()?;
            client.get(url("jar")).send()?
        }
        _ => client.post(url("path")).form(&pairs).send()?,
    };
    Ok(())
}
