//! What an operator may write, and how a mistake is told.

use serde_json::{Value, json};

use super::super::{PRESET_NAMES, Provider, RawProvider};
use super::{compile, decode, parsed};
use crate::intelligence::Flag;
use crate::json::Mistake;

/// All mistakes as they are told, but for what stands there.
fn problems(raw: Value) -> Vec<String> {
    let mistakes = compile(raw).err().unwrap_or_default();
    let before = |mistake| {
        let found = None;
        Mistake { found, ..mistake }.to_string()
    };
    mistakes.into_iter().map(before).collect()
}

fn with(section: &str, value: Value) -> Value {
    let mut raw = json!({
        "request": {"authority": "api.example.net", "path": "/{ip}"},
        "fields": {"vpn": ["v"]},
    });
    raw[section] = value;
    raw
}

#[test]
fn every_preset_compiles() {
    for name in PRESET_NAMES {
        let preset = json!({ "preset": name });
        assert_eq!(problems(preset), Vec::<String>::new(), "{name}");
    }
    assert!(Provider::preset("nobody").is_none());
}

#[test]
fn every_mistake_is_told_with_its_place() {
    let request = |request: Value| with("request", request);
    let fields = |fields: Value| with("fields", fields);
    for (raw, place) in [
        (json!({"preset": "ipasys"}), "preset: "),
        (request(json!({"path": "/{ip}"})), "request.authority: "),
        (
            request(json!({"authority": "a b", "path": "/{ip}"})),
            "request.authority: ",
        ),
        (
            request(json!({"authority": "a", "path": "{ip}"})),
            "request.path: ",
        ),
        (
            request(json!({"authority": "a", "path": "/x"})),
            "request.path: expected {ip}",
        ),
        (
            request(json!({"authority": "a", "path": "/{ip"})),
            "request.path: ",
        ),
        (
            request(json!({"authority": "a", "path": "/ip}"})),
            "request.path: ",
        ),
        (
            request(json!({"authority": "a", "path": "/{ip}#top"})),
            "request.path: ",
        ),
        (
            request(json!({"authority": "a", "path": "/{ip}/{user}"})),
            "request.path: ",
        ),
        (
            request(json!({"authority": "a", "path": "/{ip} HTTP/1.1\r\n"})),
            "request.path: ",
        ),
        (
            request(json!({"authority": "a", "path": "/{ip}", "headers": {"x y": "v"}})),
            "request.headers.\"x y\": ",
        ),
        (
            request(json!({"authority": "a", "path": "/{ip}", "headers": {"Host": "v"}})),
            "request.headers.Host: ",
        ),
        (
            request(json!({"authority": "a", "path": "/{ip}", "headers": {":path": "v"}})),
            "request.headers.:path: ",
        ),
        (
            request(json!({"authority": "a", "path": "/{ip}", "headers": {"x": "a\nb"}})),
            "request.headers.x: ",
        ),
        (
            request(json!({"authority": "a", "path": "/{ip}", "headers": {"x": "1", "X": "2"}})),
            "request.headers.x: ",
        ),
        (fields(json!({})), "fields: "),
        (fields(json!({"vpn": []})), "fields.vpn: "),
        (fields(json!({"vpn": vec!["v"; 33]})), "fields.vpn: "),
        (fields(json!({"vpn": ["v", ""]})), "fields.vpn[1]: "),
        (fields(json!({"vpn": ["a..b"]})), "fields.vpn[0]: "),
        (fields(json!({"vpn": ["a[x]"]})), "fields.vpn[0]: "),
        (fields(json!({"vpn": ["a[0"]})), "fields.vpn[0]: "),
        (fields(json!({"vpn": ["a[0]x"]})), "fields.vpn[0]: "),
        (
            fields(json!({"vpn": ["a[99999999999999999999]"]})),
            "fields.vpn[0]: ",
        ),
        (
            fields(json!({"vpn": ["a.".repeat(16) + "a"]})),
            "fields.vpn[0]: ",
        ),
        (
            fields(json!({"vpn": [{"path": "a b ."}]})),
            "fields.vpn[0].path: ",
        ),
        (
            fields(json!({"vpn": [{"path": "a", "when": {"one_of": []}}]})),
            "fields.vpn[0].when: ",
        ),
        (
            fields(json!({"vpn": [{"path": "a", "when": {"one_of": [""]}}]})),
            "fields.vpn[0].when: ",
        ),
        (
            fields(json!({"crawler": [{"path": "a", "when": {"domain": []}}]})),
            "fields.crawler[0].when: ",
        ),
        (
            fields(
                json!({"crawler": [{"path": "a", "when": {"domain": ["a.example", ".b.example"]}}]}),
            ),
            "fields.crawler[0].when: ",
        ),
        (
            fields(json!({"crawler": [{"path": "a", "when": {"domain": ["com"]}}]})),
            "fields.crawler[0].when: ",
        ),
        (
            fields(json!({"vpn": [{"path": "a", "unless": ["vnp"]}]})),
            "fields.vpn[0].unless[0]: ",
        ),
        (
            fields(json!({"vpn": [{"path": "a", "unless": ["vpn"]}]})),
            "fields.vpn[0].unless[0]: ",
        ),
        (
            fields(json!({"score": [{"path": "s", "direction": "risk", "min": 5, "max": 5}]})),
            "fields.score[0]: ",
        ),
        (
            fields(json!({"score": [{"path": "s", "direction": "risk", "min": 9, "max": 5}]})),
            "fields.score[0]: ",
        ),
        (fields(json!({"asn": ["."]})), "fields.asn[0]: "),
        (
            fields(json!({"asn_type": [{"path": "t", "words": {"x": "hostin"}}]})),
            "fields.asn_type[0].words.x: ",
        ),
        (
            fields(json!({"position": [{"latitude": "", "longitude": "l"}]})),
            "fields.position[0].latitude: ",
        ),
        (
            fields(json!({"position": [{"latitude": "a", "path": "l"}]})),
            "fields.position[0]: ",
        ),
        (fields(json!({"position": [{}]})), "fields.position[0]: "),
        (
            fields(json!({"position": [{"path": "l", "with": ["c", ""]}]})),
            "fields.position[0].with[1]: ",
        ),
        (
            fields(json!({"position": [{"path": "l", "without": vec!["c"; 33]}]})),
            "fields.position[0].without: ",
        ),
        (with("success", json!({"path": ""})), "success.path: "),
        (
            with("quota_statuses", json!([402, 200])),
            "quota_statuses[1]: ",
        ),
    ] {
        let problems = problems(raw.clone());
        assert_eq!(problems.len(), 1, "{raw}: {problems:?}");
        assert!(problems[0].starts_with(place), "{raw}: {problems:?}");
        assert!(problems[0].len() > place.len() + 10, "{problems:?}");
    }
}

#[test]
fn several_mistakes_are_told_at_once() {
    let raw = json!({
        "request": {"authority": "", "path": "x", "headers": {"": "v"}},
        "fields": {"vpn": [""], "score": [{"path": "", "direction": "trust", "max": -1}]},
        "success": {"path": "."},
        "quota_statuses": [1],
    });
    assert_eq!(problems(raw).len(), 8);
}

#[test]
fn unknown_fields_and_a_score_without_direction_are_refused() {
    for (raw, part) in [
        (json!({"fields": {"vpm": ["v"]}}), "vpm"),
        (json!({"request": {"method": "POST"}}), "method"),
        (
            json!({"fields": {"vpn": [{"path": "a", "wehn": "present"}]}}),
            "wehn",
        ),
        (
            json!({"fields": {"vpn": [7]}}),
            "a path such as privacy.vpn, or an object",
        ),
        (json!({"fields": {"score": [{"path": "s"}]}}), "direction"),
        (
            json!({"fields": {"score": [{"path": "s", "direction": "up"}]}}),
            "up",
        ),
        (
            json!({"fields": {"vpn": [{"path": "a", "when": "absent"}]}}),
            "absent",
        ),
    ] {
        let mistakes = parsed(&raw).unwrap_err();
        let before: Vec<String> = mistakes.iter().map(Mistake::to_string).collect();
        assert!(before.concat().contains(part), "{raw}: {before:?}");
    }
}

#[test]
fn what_an_operator_maps_replaces_that_signal_of_the_preset_and_no_other() {
    let provider =
        compile(json!({"preset": "ipasis", "fields": {"vpn": ["corporate_vpn"]}})).unwrap();
    let flags = decode(
        &provider,
        &json!({"is_vpn": true, "is_tor": true, "corporate_vpn": false}),
    )
    .reputation
    .flags;
    assert_eq!(flags.get(Flag::Vpn), Some(false));
    assert_eq!(flags.get(Flag::Tor), Some(true));
}

/// A provider in which every signal and every part of the request says `place`.
fn everywhere(place: &str) -> Value {
    let mut fields = json!({
        "score": [{"path": place, "direction": "risk"}],
        "asn": [place], "asn_type": [place], "country": [place], "position": [place],
    });
    for flag in Flag::ALL {
        fields[flag.name()] = json!([place]);
    }
    json!({
        "fields": fields,
        "request": {"authority": place, "path": place, "headers": {"x": place}, "key_optional": place == "own"},
        "success": {"path": place},
        "quota_statuses": [place.len()],
    })
}

#[test]
fn each_part_is_taken_from_the_operator_if_given_and_else_from_the_preset() {
    let parse = |raw: &Value| parsed(raw).unwrap();
    let (own, base) = (everywhere("own"), everywhere("base"));
    assert_eq!(RawProvider::default().over(parse(&base)), parse(&base));
    let mut parts: Vec<(&str, Option<String>)> = vec![("success", None), ("quota_statuses", None)];
    for section in ["fields", "request"] {
        let names = own[section].as_object().unwrap().keys();
        parts.extend(names.map(|name| (section, Some(name.clone()))));
    }
    assert_eq!(parts.len(), 2 + 14 + 4);
    for (section, name) in parts {
        let mut given = json!({});
        let mut expected = base.clone();
        match &name {
            None => {
                given[section] = own[section].clone();
                expected[section] = own[section].clone();
            }
            Some(name) => {
                given[section][name] = own[section][name].clone();
                expected[section][name] = own[section][name].clone();
            }
        }
        assert_eq!(
            parse(&given).over(parse(&base)),
            parse(&expected),
            "{section} {name:?}"
        );
    }
}

#[cfg(feature = "cli")]
#[test]
fn the_schema_describes_both_forms_of_a_place() {
    let schema = serde_json::to_value(schemars::schema_for!(RawProvider)).unwrap();
    let forms = schema["$defs"]["RawFlag"]["anyOf"]
        .as_array()
        .expect("two forms");
    assert_eq!(forms.len(), 2);
    assert_eq!(forms[0]["type"], "string");
}
