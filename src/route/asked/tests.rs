use super::*;
use crate::message::serialise;

/// What a request asks: method, target, then further lines.
fn asked(method: &str, target: &str, more: &[(&str, &str)], ends: bool) -> (Vec<String>, bool) {
    let own = [(":method", method), (":path", target)];
    let lines = own.iter().chain(more);
    let lines = lines.map(|(name, value)| (name.as_bytes(), value.as_bytes()));
    let block = HeaderBlock::new(serialise(lines));
    let head = RequestHead::read(&block, b"x-palisade-");
    let asked = Asked::read(&head, &block, ends);
    let named = asked
        .named
        .iter()
        .map(|name| String::from_utf8_lossy(name).into_owned());
    (named.collect(), asked.hidden)
}

#[test]
fn a_usual_request_is_for_its_own_method_alone() {
    for target in [
        "/login",
        "/pay?method=card&x=%20",
        "/x?methods=a&user[method]=put&payment_method=put",
    ] {
        assert_eq!(
            asked("GET", target, &[("x-method", "PUT")], false),
            (vec![], false),
            "{target}"
        );
    }
    assert_eq!(asked("PUT", "/x", &[], false), (vec![], false));
}

#[test]
fn a_post_with_a_body_may_be_for_any_method() {
    assert_eq!(asked("POST", "/x", &[], false), (vec![], true));
    assert_eq!(asked("post", "/x", &[], false), (vec![], true));
    assert_eq!(asked("POST", "/x", &[], true), (vec![], false));
}

#[test]
fn a_header_may_name_another_method() {
    for name in [
        "x-http-method-override",
        "X-HTTP-Method",
        "x-method-override",
        "x_http_method_override",
        "X.HTTP_Method.Override",
    ] {
        let (named, _) = asked("GET", "/x", &[(name, " put ")], true);
        assert_eq!(named, ["put"], "{name}");
    }
    let twice = [("x-http-method", "PUT, PATCH"), ("x-http-method", "DELETE")];
    assert_eq!(
        asked("POST", "/x", &twice, true).0,
        ["PUT", "PATCH", "DELETE"]
    );
    assert!(
        asked("POST", "/x", &[("x-http-method", "POST")], true)
            .0
            .is_empty()
    );
}

#[test]
fn a_query_may_name_another_method() {
    for target in [
        "/x?_method=put",
        "/x?a=b&_method=put",
        "/x?_METHOD=put",
        "/x?%5fmethod=p%75t",
        "/x?_m%65thod=put",
        "/x?.method=put",
        "/x?_method[]=put",
        "/x?x-http-method-override=put",
        "/x?a;_method=put",
    ] {
        assert_eq!(asked("POST", target, &[], true).0, ["put"], "{target}");
    }
}

#[test]
fn too_many_methods_are_all_methods() {
    let (named, hidden) = asked("GET", "/x", &[("x-http-method", "a,b,c,d,e")], true);
    assert_eq!((named.len(), hidden), (MOST, true));
    assert!(asked("GET", &format!("/x?_method={}", "a".repeat(33)), &[], true).1);
}
