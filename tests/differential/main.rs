//! What the differential has found in real frameworks, and what its honest clients send, without any framework.
//!
//! `make differential` asks the frameworks themselves; this is what every `cargo test` keeps of it.

#![allow(
    dead_code,
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "tests, and a tool of which they use a part"
)]

#[path = "../../differential/runner/envoy.rs"]
mod envoy;
#[path = "../../differential/runner/filter.rs"]
mod filter;
#[path = "../../differential/runner/generate/mod.rs"]
mod generate;
#[path = "../../differential/runner/place.rs"]
mod place;
#[path = "../../differential/runner/random.rs"]
mod random;
#[path = "../../differential/runner/request.rs"]
mod request;

use std::fs;
use std::path::Path;

use place::{Case, Field, Place};
use request::{Request, bytes, shown};
use serde_json::Value;

/// A request that some framework reads so, by this idiom.
struct Vector {
    case: Case,
    framework: String,
    idiom: String,
    reads: Vec<u8>,
}

/// Every line of every file in `tests/vectors/differential`, as the differential writes them.
fn vectors() -> Vec<Vector> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/differential");
    let files = fs::read_dir(folder)
        .expect("vectors")
        .map(|entry| entry.unwrap().path());
    let files = files.filter(|path| {
        path.extension()
            .is_some_and(|extension| extension == "jsonl")
    });
    let mut all = Vec::new();
    for path in files {
        for line in fs::read_to_string(&path).unwrap().lines() {
            all.push(
                vector(line).unwrap_or_else(|| panic!("{}: no vector: {line}", path.display())),
            );
        }
    }
    all
}

fn vector(line: &str) -> Option<Vector> {
    let value: Value = serde_json::from_str(line).ok()?;
    let text = |name: &str| value.get(name)?.as_str().map(str::to_owned);
    let (place, field) = (text("place")?, text("field")?);
    Some(Vector {
        case: Case {
            place: Place::ALL.into_iter().find(|other| other.name() == place)?,
            field: [Field::Flat, Field::Nested]
                .into_iter()
                .find(|other| other.name() == field)?,
            request: request(value.get("request")?)?,
            honest: None,
        },
        framework: text("framework")?,
        idiom: text("idiom")?,
        reads: bytes(value.get("reads")?)?,
    })
}

fn request(value: &Value) -> Option<Request> {
    let lines = value.get("headers")?.as_array()?.iter();
    let headers = lines.map(|line| Some((line.get(0)?.as_str()?.to_owned(), bytes(line.get(1)?)?)));
    Some(Request {
        is_http2: value.get("version")? == "HTTP/2",
        method: value.get("method")?.as_str()?.to_owned(),
        target: bytes(value.get("target")?)?,
        headers: headers.collect::<Option<_>>()?,
        body: value.get("body").and_then(bytes),
    })
}

#[test]
fn what_frameworks_read_is_read_or_refused() {
    let mut wrong = Vec::new();
    let vectors = vectors();
    assert!(!vectors.is_empty());
    for vector in vectors {
        for reading in filter::read(&vector.case, false) {
            if reading.includes(vector.case.place, &vector.reads) == Some(false) {
                wrong.push(format!(
                    "{} of {}: {}\n    {} reads {}, the filter {}",
                    vector.case.field.name(),
                    vector.case.place.name(),
                    vector.case.request,
                    format_args!("{} ({})", vector.framework, vector.idiom),
                    shown(&vector.reads),
                    reading.shown()
                ));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} requests:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn every_kept_request_passes_envoy_as_it_is() {
    for vector in vectors() {
        let forwarded = envoy::forwarded(&vector.case.request);
        assert!(
            forwarded.as_ref() == Some(&vector.case.request),
            "{}",
            vector.case.request
        );
    }
}

#[test]
fn no_honest_request_is_refused() {
    for place in Place::ALL {
        let cases = (0..4000).map(|number| generate::case(1, place, number));
        let honest: Vec<Case> = cases.filter(|case| case.honest.is_some()).collect();
        assert!(honest.len() > 1000);
        for mut case in honest {
            case.request = envoy::forwarded(&case.request).expect("honest clients pass Envoy");
            let harm = filter::harm(&case, &filter::read(&case, false));
            assert_eq!(harm, None, "{}: {}", place.name(), case.request);
        }
    }
}

#[test]
fn a_seed_gives_the_same_requests_again() {
    let requests = |seed| {
        let cases = Place::ALL.map(|place| generate::case(seed, place, 7).request.to_string());
        cases.join("\n")
    };
    assert_eq!(requests(3), requests(3));
    assert_ne!(requests(3), requests(4));
}
