#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "tests"
)]

use serde_json::json;

use super::*;

const READERS: [Reader; 2] = [Reader::Envoy, Reader::Kubernetes];

fn document(text: &str) -> Rc<Node> {
    documents(text).expect(text).pop().expect("a document")
}

/// What both readers find in a document, and what is told.
fn read(text: &str) -> ([Value; 2], Vec<Told>) {
    let mut told = Vec::new();
    let document = document(text);
    let found = READERS.map(|reader| {
        told.clear();
        document.read(reader, &mut told)
    });
    (found, told)
}

/// The words were given to a real Envoy, which `tests/envoy/yaml.rs` repeats, and to Kubernetes' own reader.
#[test]
fn words_are_read_as_envoy_and_kubernetes_read_them() {
    let vectors: Vec<Value> =
        serde_json::from_str(include_str!("../../../../tests/vectors/yaml.json")).expect("vectors");
    assert!(vectors.len() > 100);
    for vector in vectors {
        let written = vector["written"].as_str().expect("a word");
        let ([envoy, kubernetes], told) = read(&format!("a: {written}\n"));
        if told.is_empty() {
            assert_eq!(envoy["a"], vector["envoy"], "{written}");
            let (found, real) = (&kubernetes["a"], &vector["kubernetes"]);
            let same = found == real || found.is_number() && found.as_f64() == real.as_f64();
            assert!(same, "{written}: {found} is not {real}");
        } else {
            let disputed = vector["envoy"] != vector["kubernetes"];
            assert!(disputed || written.starts_with('!'), "{written}: {told:?}");
        }
    }
}

#[test]
fn what_nobody_agrees_about_is_told_with_its_line() {
    for (text, problem) in [
        ("a: 1\nb: 08\n", "line 2: 08 is a text to Envoy"),
        ("a: [1, 0x80000000]\n", "line 1: 0x80000000 is a text"),
        ("a: !!str no\n", "line 1: a tag means one thing"),
        ("a: !x {b: 1}\n", "line 1: a tag means one thing"),
        ("no: 1\n", "line 1: the field \"no\" has another name"),
        ("010: 1\n", "line 1: the field \"010\" has another name"),
        ("~: 1\n", "line 1: the field \"~\" has another name"),
        ("? [a]\n: 1\n", "has another name"),
        ("a: 1\nb: {<<: {c: 1}}\n", "line 2: Envoy merges nothing"),
        (
            "a: 1\nb: 2\na: 3\n",
            "line 3: the field a stands here more than once",
        ),
    ] {
        let (_, told) = read(text);
        assert_eq!(told.len(), 1, "{text}: {told:?}");
        assert!(told[0].to_string().contains(problem), "{text}: {told:?}");
    }
    for text in [
        "\"no\": 1\n",
        "1: a\n",
        "true: a\n",
        "a-b: c\n",
        "'<<': 1\n",
        "\"08\": 1\n",
    ] {
        assert!(read(text).1.is_empty(), "{text}");
    }
}

#[test]
fn anchors_blocks_and_flows_are_written_out() {
    let text =
        "a: &x {m: no, t: \"no\"}\nb: *x\nc: |\n  no\nd: >-\n  a\n  b\ne: [1, [], {}, '', ]\nf:\n";
    let ([envoy, kubernetes], told) = read(text);
    let expected = json!({
        "a": { "m": false, "t": "no" }, "b": { "m": false, "t": "no" },
        "c": "no\n", "d": "a b", "e": [1, [], {}, ""], "f": null,
    });
    assert_eq!((&envoy, &kubernetes), (&expected, &expected));
    assert!(told.is_empty());
    assert_eq!(documents("a: 1\n---\nb: 2\n").expect("two").len(), 2);
    assert_eq!(documents("").expect("none").len(), 0);
}

#[test]
fn hostile_documents_end() {
    for text in ["a: *b", "a: [", "a: &x [*x]", "@", "a: b: c"] {
        assert!(documents(text).is_err(), "{text}");
    }
    let deep = |levels: usize| format!("a: {}{}", "[".repeat(levels), "]".repeat(levels));
    assert!(documents(&deep(127)).is_ok());
    assert!(documents(&deep(128)).is_err());
    assert!(documents(&deep(100_000)).is_err());
    let mut bomb = "a0: &a0 x\n".to_owned();
    for level in 1..40 {
        let below = level - 1;
        bomb.push_str(&format!(
            "a{level}: &a{level} [*a{below}, *a{below}, *a{below}]\n"
        ));
    }
    assert!(documents(&bomb).is_err_and(|error| error.problem.contains("too large")));
}

#[test]
fn a_place_is_found_by_its_steps_or_the_last_that_is_there() {
    let text = "routes:\n  - name: login\n    match: { path: [/a, /b] }\n";
    let document = document(text);
    let field = |name: &str| Step::Field(name.to_owned());
    let path = [
        field("routes"),
        Step::Element(0),
        field("match"),
        field("path"),
    ];
    let second = [&path[..], &[Step::Element(1)]].concat();
    let missing = [&path[..2], &[field("limits")]].concat();
    let place = |steps: &[Step], named| {
        let mark = document.mark_at(steps, named);
        (mark.line, mark.column)
    };
    for (steps, named, expected) in [
        (&path[..], true, (3, 14)),
        (&path, false, (3, 20)),
        (&second, true, (3, 25)),
        (&missing, false, (2, 5)),
        (&[], true, (1, 1)),
    ] {
        assert_eq!(place(steps, named), expected, "{steps:?} {named}");
    }
}
