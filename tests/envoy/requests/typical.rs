//! The typical requests of a site, as the book tells them, with the policy of the demo.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::support::{Answer, FORM, Received, Request, Response, Scene, challenge, solve};

/// A row of the table in `docs/concepts/typical.md`.
struct Row {
    who: String,
    network: String,
    known: String,
    browser: String,
    request: String,
    sent: String,
    becomes: String,
}

/// All rows, in their order.
fn rows() -> Vec<Row> {
    let page = include_str!("../../../docs/concepts/typical.md");
    let (_, behind) = page.split_once("<!-- typical -->\n").expect("the table");
    let lines = behind.lines().take_while(|line| line.starts_with('|'));
    let row = |line: &str| {
        let cells = line.trim_matches('|').split('|');
        let cells: Vec<String> = cells
            .map(|cell| cell.trim().trim_matches('`').to_owned())
            .collect();
        let [who, network, known, browser, request, sent, becomes] = cells.try_into().expect(line);
        Row {
            who,
            network,
            known,
            browser,
            request,
            sent,
            becomes,
        }
    };
    lines.skip(2).map(row).collect()
}

impl Row {
    /// What the API says of all addresses of this row, which is that many-th.
    fn answer(&self, index: usize) -> Answer {
        let mut known: Vec<&str> = self.known.split(", ").collect();
        let place = match known.as_slice() {
            ["fails"] => return Answer::status(500),
            ["Berlin"] => Some("52.5,13.4"),
            ["Sydney"] => Some("-33.9,151.2"),
            _ => None,
        };
        if place.is_some() {
            known.clear();
        }
        let mut flags = json!({});
        for flag in [
            "VPN", "Proxy", "Tor", "Relay", "Hosting", "Abuse", "Crawler",
        ] {
            flags[flag] = json!(known.contains(&flag));
        }
        known.retain(|flag| flags[*flag] != json!(true) && !flag.is_empty());
        assert!(known.is_empty(), "{}: {known:?}", self.who);
        let asn = json!({ "ASN": format!("AS{}", 64_600 + index), "Type": self.network });
        let mut answer = json!({ "country": "DE", "asn": asn, "privacy": flags });
        if let Some(place) = place {
            answer["city"] = json!(self.known);
            answer["loc"] = json!(place);
        }
        Answer::json(&answer)
    }

    /// How often it is sent, whether each comes from another network, and whether a challenge is solved.
    fn sent(&self) -> (usize, bool, bool) {
        let words: Vec<&str> = self.sent.split(' ').collect();
        let count = |word: &str| word.parse().expect("a number");
        match words.as_slice() {
            ["solved"] => (1, false, true),
            [number] => (count(number), false, false),
            [number, "networks"] => (count(number), true, false),
            _ => panic!("{}: {}", self.who, self.sent),
        }
    }

    /// The request that is sent as the n-th one.
    fn request(&self, number: usize, client: &str) -> Request {
        let (method, rest) = self.request.split_once(' ').expect("a method");
        let (path, body) = rest.split_once(' ').unwrap_or((rest, ""));
        let request = Request::new(method, path).client(client);
        match body {
            "" => request,
            body => request
                .header("content-type", FORM)
                .body(body.replace("{n}", &number.to_string())),
        }
    }
}

/// The policy of the demo; a lookup may take as long as a busy machine makes it.
fn policy() -> Value {
    let demo = include_str!("../../../envoy/demo.yaml");
    let demo: Value = serde_yaml_ng::from_str(demo).expect("YAML");
    let filter =
        "/static_resources/listeners/0/filter_chains/0/filters/0/typed_config/http_filters/0";
    let value = "/typed_config/config/configuration/value";
    let mut policy = demo
        .pointer(&format!("{filter}{value}"))
        .expect("a policy")
        .clone();
    policy["intelligence"]["timeout"] = json!("2s");
    policy
}

/// The application of the demo: whatever is posted with what is wrong gets a 401.
fn application(request: &Received) -> Answer {
    let is_wrong = String::from_utf8_lossy(&request.body).contains("wrong");
    Answer::status(if is_wrong { 401 } else { 200 })
}

/// What became of a request: the verdict, and why.
fn outcome(scene: &Scene, response: &Response, arrived: usize) -> String {
    let said = |verdict: &str, reason: Option<&str>| {
        let words = [verdict, reason.unwrap_or_default()];
        words.join(" ").trim_end().to_owned()
    };
    if scene.application.count() > arrived {
        let seen = scene.application.last();
        return match seen.header("x-palisade-verdict") {
            Some(verdict) => said(&verdict, seen.header("x-palisade-reason").as_deref()),
            None => "-".to_owned(),
        };
    }
    let problem = response.json();
    let verdict = match problem["type"].as_str() {
        Some("urn:palisade:denied") => "deny",
        Some("urn:palisade:challenge-required") => "challenge",
        Some("urn:palisade:limited") => "limit",
        other => panic!("{other:?}"),
    };
    said(verdict, problem["reason"].as_str())
}

/// Keeps the cookies of an answer.
fn keep(jar: &mut BTreeMap<String, String>, response: &Response) {
    let set = response
        .headers
        .iter()
        .filter(|(name, _)| name == "set-cookie");
    for (_, line) in set {
        let line = String::from_utf8_lossy(line);
        let pair = line.split(';').next().and_then(|pair| pair.split_once('='));
        if let Some((name, value)) = pair {
            jar.insert(name.to_owned(), value.to_owned());
        }
    }
}

#[tokio::test]
async fn each_typical_request_becomes_what_the_book_says() {
    let rows = rows();
    assert_eq!(rows.len(), 40);
    // As the demo has it: the application hears what its body has told of the account.
    let scene = Scene::with(&policy(), |config| config.alone().stop_iteration(true)).await;
    scene.application.answer_by(application);
    let mut jars: BTreeMap<&str, BTreeMap<String, String>> = BTreeMap::new();
    let mut wrong = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        let (times, networks, solves) = row.sent();
        let mut found = String::new();
        for number in 0..times {
            let network = if networks { number } else { 0 };
            let client = format!("11.{}.{network}.1", 100 + index);
            scene.api.answer_to(&client, row.answer(index));
            let mut request = row.request(number, &client);
            if let Some(jar) = jars.get(row.browser.as_str()) {
                let pairs: Vec<String> = jar
                    .iter()
                    .map(|(name, value)| format!("{name}={value}"))
                    .collect();
                request = request.header("cookie", pairs.join("; "));
            }
            let mut arrived = scene.application.count();
            let mut response = scene.send(&request).await;
            if solves {
                let payload = solve(&challenge(&response));
                arrived = scene.application.count();
                response = scene
                    .send(&request.header("x-palisade-solution", payload))
                    .await;
            }
            if !row.browser.is_empty() {
                keep(jars.entry(row.browser.as_str()).or_default(), &response);
            }
            let before = std::mem::replace(&mut found, outcome(&scene, &response, arrived));
            // Of the last one alone: how many different accounts there are is estimated.
            let is_early = before == row.becomes && before.starts_with("limit");
            if is_early {
                wrong.push(format!("{}: {before} before the last one", row.who));
            }
        }
        if row.known == "Berlin" {
            // It is written down a moment after the answer.
            scene.wait_for("travel_positions.result=moved", 1).await;
        }
        if found != row.becomes {
            wrong.push(format!("{}: {found}, not {}", row.who, row.becomes));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
