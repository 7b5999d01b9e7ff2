//! What is read, and how mistakes are told.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use proptest::prelude::*;

use super::*;

#[derive(Debug, Default, PartialEq, FromJson)]
#[serde(deny_unknown_fields)]
struct Shelf {
    #[serde(default)]
    open: Option<bool>,
    #[serde(default)]
    small: Option<u8>,
    #[serde(default)]
    signed: Option<i16>,
    #[serde(default)]
    number: Option<f64>,
    #[serde(default)]
    some: Option<NonZeroU32>,
    #[serde(default)]
    words: Vec<String>,
    #[serde(default)]
    named: BTreeMap<String, u16>,
    #[serde(default)]
    kind: Option<Kind>,
    #[serde(default)]
    api_key: Option<Vec<u8>>,
    #[serde(default)]
    books: Vec<Book>,
}

#[derive(Debug, PartialEq, FromJson)]
#[serde(deny_unknown_fields)]
struct Book {
    title: String,
    pages: u16,
}

#[derive(Debug, PartialEq, FromJson)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Any,
    Only(Vec<String>),
}

fn shelf(text: &str) -> Result<Shelf, Vec<Mistake>> {
    read(&Json::parse(text.as_bytes()).expect("JSON"))
}

/// The mistakes as they are told, one a line.
fn told(text: &str) -> String {
    let mistakes = shelf(text).expect_err(text);
    let lines: Vec<String> = mistakes.iter().map(Mistake::to_string).collect();
    lines.join("\n")
}

#[test]
fn what_is_well_formed_is_read() {
    let read = shelf(
        r#"{"open": true, "small": 255, "signed": -7, "number": 0.5, "some": 1, "words": ["a", "b"],
            "named": {"x": 1}, "kind": {"only": ["c"]}, "books": [{"title": "t", "pages": 9}]}"#,
    );
    let expected = Shelf {
        open: Some(true),
        small: Some(255),
        signed: Some(-7),
        number: Some(0.5),
        some: NonZeroU32::new(1),
        words: vec!["a".to_owned(), "b".to_owned()],
        named: [("x".to_owned(), 1)].into(),
        kind: Some(Kind::Only(vec!["c".to_owned()])),
        api_key: None,
        books: vec![Book {
            title: "t".to_owned(),
            pages: 9,
        }],
    };
    assert_eq!(read, Ok(expected));
    let word = shelf(r#"{"kind": "any", "open": null}"#).expect("a word alone");
    assert_eq!((word.kind, word.open), (Some(Kind::Any), None));
}

/// Envoy makes texts of numbers with a point, with an exponent or of more than 31 bits.
#[test]
fn a_number_is_read_from_a_text_too() {
    let read =
        shelf(r#"{"number": "-2.5", "some": "4294967295", "small": "25.5e1", "signed": "-7"}"#);
    let read = read.expect("numbers");
    assert_eq!(
        (read.number, read.small, read.signed),
        (Some(-2.5), Some(255), Some(-7))
    );
    assert_eq!(read.some, NonZeroU32::new(u32::MAX));
}

/// `off` without quotes arrives as false.
#[test]
fn a_boolean_is_the_word_that_yaml_takes_for_it() {
    let choose = |value: Json, words: &[&'static str]| {
        let node = read::top(&value);
        node.choose_word(words, &mut Mistakes::new(&value))
    };
    assert_eq!(choose(Json::Bool(false), &["inline", "off"]), Some(1));
    assert_eq!(choose(Json::Bool(true), &["inline", "off", "on"]), Some(2));
    assert_eq!(choose(Json::Bool(true), &["inline", "off"]), None);
    assert_eq!(yaml::boolean("NO"), Some(false));
    assert_eq!(yaml::boolean("nO"), None);
}

#[test]
fn a_wrong_value_is_told_with_place_value_and_expectation() {
    for (text, line) in [
        (r#"[]"#, "(top) = []: expected an object"),
        (
            r#"{"open": "yes"}"#,
            r#"open = "yes": expected true or false"#,
        ),
        (
            r#"{"small": 256}"#,
            "small = 256: expected a whole number from 0 to 255",
        ),
        (
            r#"{"small": 0.5}"#,
            "small = 0.5: expected a whole number from 0 to 255",
        ),
        (
            r#"{"small": 1e300}"#,
            "small = (a very large number): expected a whole number from 0 to 255",
        ),
        (
            r#"{"signed": -40000}"#,
            "signed = -40000: expected a whole number from -32768 to 32767",
        ),
        (
            r#"{"some": 0}"#,
            "some = 0: expected a whole number from 1 to 4294967295",
        ),
        (
            r#"{"some": -12.25}"#,
            "some = -12.25: expected a whole number from 1 to 4294967295",
        ),
        (r#"{"number": true}"#, "number = true: expected a number"),
        (r#"{"words": null}"#, "words = null: expected a list"),
        (
            r#"{"words": [1]}"#,
            "words[0] = 1: expected a string; without quotes YAML reads this as a number: put it in quotes",
        ),
        (
            r#"{"words": [false]}"#,
            "words[0] = false: expected a string; without quotes YAML reads no, off and n as false: \
             put the word in quotes",
        ),
        (r#"{"words": [null]}"#, "words[0] = null: expected a string"),
        (
            r#"{"number": "0.5x"}"#,
            r#"number = "0.5x": expected a number"#,
        ),
        (
            r#"{"kind": false}"#,
            "kind = false: expected one of any, only; without quotes YAML reads no, off and n as false: \
             put the word in quotes",
        ),
        (
            r#"{"named": {"x": {"y": 1}}}"#,
            "named.x = {...}: expected a whole number from 0 to 65535",
        ),
        (r#"{"named": [7]}"#, "named = [...]: expected an object"),
        (
            r#"{"kind": "none"}"#,
            r#"kind = "none": expected one of any, only"#,
        ),
        (r#"{"kind": 5}"#, "kind = 5: expected one of any, only"),
        (r#"{"kind": {}}"#, "kind = {}: expected one of any, only"),
        (
            r#"{"kind": {"any": 1, "only": []}}"#,
            "kind = {...}: expected one of any, only",
        ),
        (
            r#"{"kind": {"any": 1}}"#,
            "kind = {...}: expected only the word any",
        ),
        (
            r#"{"kind": "only"}"#,
            r#"kind = "only": expected an object with the field only"#,
        ),
        (
            r#"{"kind": {"only": [true]}}"#,
            "kind.only[0] = true: expected a string; without quotes YAML reads yes, on and y as true: \
             put the word in quotes",
        ),
        (
            r#"{"books": [{"title": "t"}]}"#,
            "books[0]: the field pages is missing",
        ),
        (
            r#"{"small": 1, "small": 1}"#,
            "(top): the field small stands here more than once",
        ),
    ] {
        assert_eq!(told(text), line);
    }
    let unknown = told(r#"{"books": [{"title": "t", "pages": 1, "colour": "red"}]}"#);
    let line = r#"books[0].colour = "red": there is no such field; expected one of title, pages"#;
    assert_eq!(unknown, line);
}

#[test]
fn every_mistake_is_told_once_and_nothing_that_only_follows_from_it() {
    let text = r#"{"small": "s", "words": ["a", 1, "b", 2], "shut": true,
                   "books": [{"title": 5}, {"title": "t"}, {"title": 6, "pages": 7}, {"pages": "eight", "title": 9}]}"#;
    let lines = told(text);
    let mut paths: Vec<&str> = lines
        .lines()
        .filter_map(|line| line.split_once(' ').map(|(path, _)| path))
        .collect();
    paths.sort_unstable();
    let expected = [
        "books[0].title",
        "books[1]:",
        "books[2].title",
        "books[3].pages",
        "books[3].title",
        "shut",
        "small",
        "words[1]",
        "words[3]",
    ];
    let mut expected = expected.to_vec();
    expected.sort_unstable();
    assert_eq!(paths, expected, "{lines}");
    assert!(lines.contains("books[1]: the field pages is missing"));
}

#[test]
fn sixteen_mistakes_are_told_and_that_there_may_be_more() {
    let words = |count: usize| format!(r#"{{"words": [{}]}}"#, vec!["1"; count].join(","));
    let told = |count| shelf(&words(count)).expect_err("wrong").len();
    assert_eq!(told(15), 15);
    assert_eq!(told(16), 17);
    assert_eq!(told(1000), 17);
    let last = shelf(&words(1000)).expect_err("wrong").pop();
    assert!(last.is_some_and(|last| last.to_string().contains("may be more")));
}

#[test]
fn a_secret_is_not_shown_and_a_long_text_not_whole() {
    for text in [
        r#"{"api_key": "hidden"}"#,
        r#"{"named": {"X-Api-Key": "hidden"}}"#,
        r#"{"named": {"client_secret": "hidden"}}"#,
        r#"{"named": {"token": "hidden"}}"#,
        r#"{"named": {"Password": "hidden"}}"#,
        r#"{"words": {"x-api-key": "hidden"}}"#,
    ] {
        assert!(!told(text).contains("hidden"), "{}", told(text));
    }
    let long = told(&format!(r#"{{"open": "{}"}}"#, "ä\\n".repeat(5000)));
    assert!(long.len() < 400, "{long}");
    assert!(!long.contains('\n'), "{long}");
    let name = told(&format!(r#"{{"{}": 1}}"#, "name\\n".repeat(5000)));
    assert!(name.len() < 600, "{name}");
    assert!(!name.contains('\n'), "{name}");
}

#[test]
fn equal_trees_have_equal_hashes_and_others_do_not() {
    use std::hash::{DefaultHasher, Hasher as _};
    let hash = |text: &str| {
        let mut hasher = DefaultHasher::new();
        let tree = Json::parse(text.as_bytes()).expect("JSON");
        tree.hash(&mut hasher);
        hasher.finish()
    };
    let all = [
        "null",
        "true",
        "false",
        "0",
        "1",
        "1.5",
        r#""""#,
        r#""1""#,
        "[]",
        "[1]",
        "[[1]]",
        "{}",
        r#"{"a":1}"#,
        r#"{"a":2}"#,
        r#"{"b":1}"#,
    ];
    for one in all {
        for other in all {
            assert_eq!(hash(one) == hash(other), one == other, "{one} {other}");
        }
    }
}

fn anything() -> impl Strategy<Value = Json> {
    let name = prop_oneof![
        Just("open"),
        Just("small"),
        Just("some"),
        Just("words"),
        Just("named"),
        Just("kind"),
        Just("books"),
        Just("title"),
        Just("pages"),
        Just("only"),
        Just("any"),
        Just("else"),
    ];
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::Bool),
        any::<f64>().prop_map(Json::Number),
        (-3..300_i16).prop_map(|number| Json::Number(number.into())),
        prop_oneof![Just("any".to_owned()), ".{0,8}"].prop_map(Json::Text),
    ];
    leaf.prop_recursive(4, 40, 6, move |inner| {
        let field = (name.clone().prop_map(str::to_owned), inner.clone());
        prop_oneof![
            prop::collection::vec(inner, 0..6).prop_map(Json::List),
            prop::collection::vec(field, 0..6).prop_map(Json::Object),
        ]
    })
}

proptest! {
    #[test]
    fn whatever_stands_there_is_read_or_its_mistakes_are_told(tree in anything()) {
        match read::<Shelf>(&tree) {
            Ok(_) => {}
            Err(mistakes) => {
                prop_assert!((1..=17).contains(&mistakes.len()));
                prop_assert!(mistakes.iter().all(|mistake| mistake.problem.is_some() || mistake.expected.is_some()));
            }
        }
    }
}
