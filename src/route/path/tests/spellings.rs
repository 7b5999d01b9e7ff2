//! What happens to the characters of a path on their way.

use super::*;

/// The readings for routes, none when unreadable.
fn spelled(raw: &str) -> Vec<String> {
    let readings = spellings(raw.as_bytes());
    readings
        .iter()
        .map(|path| path.escape_ascii().to_string())
        .collect()
}

#[test]
fn what_vanishes_or_is_folded_on_the_way_is_read_without_it() {
    for raw in [
        "/lo%80gin",
        "/lo%ffgin",
        "/login%fe",
        "/lo%2580gin",
        "/lo\u{200b}gin",
        "/lo%E2%80%8Bgin",
        "/lo%C2%ADgin",
        "/%EF%BB%BFlogin",
        "/lo%EF%BF%BDgin",
        "/lo%EF%BF%BFgin",
        "/lo%09gin",
        "/lo%0D%0Agin",
        "/lo%00gin",
        "/lo%7Fgin",
        "/lo%C2%85gin",
        "/%EF%BD%8Cogin",
        "/%u006cogin",
        "/%uFF4Cogin",
        "/log%C4%B1n",
        "%c0%aflogin",
        "/x/%c0%ae%c0%ae/login",
        "/x/%c0%ae%c0%ae%c0%aflogin",
        "/x/..%e0%80%aflogin",
        "/x/..%f0%80%80%aflogin",
        "/x/..%c0%2flogin",
        "/x/..%c1%9clogin",
        "/login.",
        "/login...",
        "/login./",
        "/login%20.",
        "/login::$DATA",
        "/login::$data",
        "/login:$i30:$INDEX_ALLOCATION",
        "/lo%80gin./%2e",
    ] {
        assert!(
            spelled(raw).iter().any(|path| path == "/login"),
            "{raw}: {:?}",
            spelled(raw)
        );
    }
    assert!(spelled("/admin./x").contains(&"/admin/x".to_owned()));
}

#[test]
fn an_account_in_the_path_is_not_respelled() {
    for raw in ["/users/john./x", "/users/%E2%80%8Dx", "/users/a:$b"] {
        let count = interpretations(raw.as_bytes()).iter().count();
        assert!(count <= 2, "{raw}: {:?}", readings(raw.as_bytes()));
    }
}

#[test]
fn honest_words_of_all_languages_have_few_spellings() {
    for (raw, most) in [
        ("/login", 1),
        ("/a.b/c..d/.well-known", 1),
        ("/v1/things:undelete", 1),
        ("/caf%C3%A9/men%C3%BC", 2),
        ("/%D8%B9%D9%84%DB%8C%E2%80%8C%D8%B1%D8%B6%D8%A7", 4),
        ("/blog/%E2%9D%A4%EF%B8%8F-love", 4),
        ("/caf%E9", 4),
        ("/wiki/Inc.", 2),
        ("/%E6%97%A5%E6%9C%AC%E8%AA%9E", 2),
    ] {
        assert!(
            (1..=most).contains(&spelled(raw).len()),
            "{raw}: {:?}",
            spelled(raw)
        );
    }
}
