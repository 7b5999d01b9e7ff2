use serde_json::{Value, json};

use super::*;
use crate::config::error::ConfigErrors;
use crate::json::{Json, read};
use crate::message::{HeaderBlock, serialise};
use crate::response::{Classified, Extent, LoginResult};

fn compiled(failure: &Value, success: Option<&Value>) -> Result<Classifier, ConfigErrors> {
    fn raw<T: FromJson>(side: &Value) -> Result<T, ConfigErrors> {
        let tree = Json::parse(side.to_string().as_bytes()).expect("JSON");
        read(&tree).map_err(ConfigErrors)
    }
    let (failure, success) = (raw(failure)?, success.map(raw).transpose()?);
    let mut mistakes = Mistakes::new(&Json::Null);
    let routes = Place::Top.field("routes");
    let results = RawResults {
        failure: Some(&failure),
        success: success.as_ref(),
        counts_locked: true,
        ..RawResults::default()
    };
    let classifier = compile(results, &routes.element(0), &mut mistakes);
    mistakes.unless_any(Some(classifier)).map_err(ConfigErrors)
}

fn head(lines: &[(&str, &str)]) -> HeaderBlock {
    let lines = lines
        .iter()
        .map(|(name, value)| (name.as_bytes(), value.as_bytes()));
    HeaderBlock::new(serialise(lines))
}

#[test]
fn every_part_means_what_it_says() {
    let failure = json!({
        "status": [401, "500..503", "4xx", "510..=511"],
        "header": [
            { "name": "Location", "contains": "error" },
            { "name": "x-a", "equals": "b" },
            { "name": "x-b", "prefix": "no" },
            { "name": "x-c" },
        ],
        "grpc_status": [16],
        "body": [{ "contains": "Invalid" }, { "json": "/error" }, { "json": "/ok", "equals": false }],
    });
    let classifier = compiled(&failure, Some(&json!({ "status": [302] }))).expect("compiles");
    assert!(classifier.reads_bodies());
    let by_head = |lines: &[(&str, &str)]| classifier.headers(&head(lines), true);
    for (lines, result) in [
        (&[(":status", "401")][..], LoginResult::Failure),
        (&[(":status", "418")], LoginResult::Failure),
        (&[(":status", "502")], LoginResult::Failure),
        (&[(":status", "503")], LoginResult::Neither),
        (&[(":status", "511")], LoginResult::Failure),
        (
            &[(":status", "302"), ("location", "/login?error=1")],
            LoginResult::Failure,
        ),
        (
            &[(":status", "302"), ("location", "/home")],
            LoginResult::Success,
        ),
        (&[(":status", "302"), ("x-a", "bb")], LoginResult::Success),
        (&[(":status", "302"), ("x-a", "b")], LoginResult::Failure),
        (&[(":status", "302"), ("x-b", "none")], LoginResult::Failure),
        (&[(":status", "302"), ("x-c", "")], LoginResult::Failure),
        (&[(":status", "200")], LoginResult::Neither),
    ] {
        assert_eq!(by_head(lines), Classified::Known(result), "{lines:?}");
    }
    for (body, result) in [
        (r"Invalid password", LoginResult::Failure),
        (r#"{"error":"no"}"#, LoginResult::Failure),
        (r#"{"error":null,"ok":false}"#, LoginResult::Failure),
        (r#"{"error":null,"ok":true}"#, LoginResult::Success),
    ] {
        let Classified::NeedsBody(partial) =
            classifier.headers(&head(&[(":status", "302")]), false)
        else {
            panic!("the body is needed");
        };
        let classified = classifier.body(partial, body.as_bytes(), Extent::Whole);
        assert_eq!(classified, Classified::Known(result), "{body}");
    }
}

#[test]
fn what_is_left_out_has_defaults_of_its_own() {
    let mut mistakes = Mistakes::new(&Json::Null);
    let results = RawResults {
        counts_locked: true,
        ..RawResults::default()
    };
    let both = compile(results, &Place::Top, &mut mistakes);
    assert_eq!(both, Classifier::default());
    assert_eq!(mistakes.count(), 0);
    let one = compiled(&json!({ "status": [422] }), None).expect("compiles");
    for (status, result) in [
        ("422", LoginResult::Failure),
        ("401", LoginResult::Neither),
        ("200", LoginResult::Success),
    ] {
        let classified = one.headers(&head(&[(":status", status)]), true);
        assert_eq!(classified, Classified::Known(result), "{status}");
    }
}

#[test]
fn mistakes_are_told_with_their_places() {
    let long = "x".repeat(257);
    let many: Vec<u16> = (200..233).collect();
    for (failure, place, words) in [
        (json!({}), "routes[0].failure", "at least one of status"),
        (
            json!({ "status": [] }),
            "routes[0].failure.status",
            "at least one",
        ),
        (
            json!({ "status": many }),
            "routes[0].failure.status",
            "at most 32",
        ),
        (
            json!({ "header": [] }),
            "routes[0].failure.header",
            "at least one",
        ),
        (
            json!({ "grpc_status": [] }),
            "routes[0].failure.grpc_status",
            "at least one",
        ),
        (
            json!({ "body": [] }),
            "routes[0].failure.body",
            "at least one",
        ),
        (
            json!({ "grpc_status": [0, 17] }),
            "routes[0].failure.grpc_status[1]",
            "0 to 16",
        ),
        (
            json!({ "header": [{ "name": "a b" }] }),
            "routes[0].failure.header[0].name",
            "header name",
        ),
        (
            json!({ "header": [{ "name": "a", "prefix": "a", "equals": "b" }] }),
            "routes[0].failure.header[0]",
            "at most one of",
        ),
        (
            json!({ "header": [{ "name": "a", "contains": "" }] }),
            "routes[0].failure.header[0].contains",
            "1 to 256 bytes",
        ),
        (
            json!({ "body": [{ "contains": long }] }),
            "routes[0].failure.body[0].contains",
            "1 to 256 bytes",
        ),
        (
            json!({ "body": [{}] }),
            "routes[0].failure.body[0]",
            "either contains, or json",
        ),
        (
            json!({ "body": [{ "contains": "a", "equals": 1 }] }),
            "routes[0].failure.body[0]",
            "either contains, or json",
        ),
        (
            json!({ "body": [{ "json": "error" }] }),
            "routes[0].failure.body[0].json",
            "JSON pointer such as /error",
        ),
        (json!({ "status": [99] }), "status[0]", "from 100 to 599"),
        (json!({ "status": ["6xx"] }), "status[0]", "from 100 to 599"),
        (
            json!({ "body": [{ "json": "/a", "equals": [] }] }),
            "body[0].equals",
            "a number or a text",
        ),
        (json!({ "stauts": [401] }), "stauts", "no such field"),
    ] {
        let errors = compiled(&failure, None).expect_err(place);
        let told = errors
            .0
            .iter()
            .any(|error| error.path.to_string() == place && error.to_string().contains(words));
        assert!(told, "expected {place}: ..{words}.. in:\n{errors}");
    }
}

#[cfg(feature = "cli")]
#[test]
fn the_schema_takes_the_statuses_that_the_filter_takes() {
    let schema = schemars::schema_for!(RawStatus);
    let pattern = schema
        .pointer("/anyOf/1/pattern")
        .and_then(Value::as_str)
        .expect("a pattern");
    let pattern = regex_lite::Regex::new(pattern).expect("a pattern");
    for (text, fits) in [
        ("401", true),
        ("4xx", true),
        ("500..600", true),
        ("500 ..= 599", true),
        ("099", false),
        ("6xx", false),
        ("4x", false),
        ("", false),
    ] {
        assert_eq!(pattern.is_match(text), fits, "{text}");
        assert_eq!(
            text.parse::<crate::response::StatusRange>().is_ok(),
            fits,
            "{text}"
        );
    }
}

#[test]
fn what_is_left_is_a_failure_beside_a_named_success() {
    let success = json!({ "status": [302] });
    let signs = json!({ "body": [{ "contains": "no" }], "otherwise": true });
    for (failure, rest) in [
        (json!("otherwise"), Rest::Otherwise),
        (json!({ "otherwise": true }), Rest::Otherwise),
        (signs, Rest::Otherwise),
        (json!({ "status": [401] }), Rest::Neither),
    ] {
        let classifier = compiled(&failure, Some(&success)).expect("compiles");
        assert_eq!(classifier.rest(), rest, "{failure}");
    }
    let otherwise = compiled(&json!("otherwise"), Some(&json!({ "status": [401] })));
    let classified = otherwise
        .expect("compiles")
        .headers(&head(&[(":status", "401")]), true);
    assert_eq!(classified, Classified::Known(LoginResult::Success), "named");
    for (failure, success, place) in [
        (json!("otherwise"), None, "routes[0].failure"),
        (json!("rest"), Some(&success), ""),
        (
            json!({ "status": [401] }),
            Some(&signs_of_rest()),
            "routes[0].success.otherwise",
        ),
    ] {
        let errors = compiled(&failure, success)
            .expect_err("refused")
            .to_string();
        assert!(errors.contains(place), "{errors}");
    }
}

fn signs_of_rest() -> Value {
    json!({ "status": [302], "otherwise": true })
}
