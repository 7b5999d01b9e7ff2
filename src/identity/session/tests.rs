use proptest::prelude::*;

use super::*;
use crate::message::serialise;

fn cookie() -> SessionSource {
    SessionSource::Cookie(FieldName::new("sid"))
}

fn header() -> SessionSource {
    SessionSource::Header(HeaderName::new("X-Session").unwrap())
}

fn sessions(of: &[SessionSource], lines: &[(&str, &str)]) -> Vec<Session> {
    let lines = lines
        .iter()
        .map(|(name, value)| (name.as_bytes(), value.as_bytes()));
    SessionSources::new(of.to_vec()).read(&HeaderBlock::new(serialise(lines)))
}

fn texts(of: &[SessionSource], lines: &[(&str, &str)]) -> Vec<String> {
    let text = |session: &Session| String::from_utf8(session.written().to_vec()).unwrap();
    sessions(of, lines).iter().map(text).collect()
}

#[test]
fn a_session_is_found_at_every_source() {
    assert_eq!(texts(&[cookie()], &[("cookie", "a=1;sid=x1")]), ["x1"]);
    assert_eq!(texts(&[header()], &[("x_session", " x1 ")]), ["x1"]);
    assert_eq!(
        texts(&[SessionSource::Bearer], &[("authorization", "bearer x1")]),
        ["x1"]
    );
    let claim = SessionSource::Claim("/session/id".parse().unwrap());
    // {"session":{"id":7}}
    let token = ("authorization", "Bearer e30.eyJzZXNzaW9uIjp7ImlkIjo3fX0.s");
    assert_eq!(texts(std::slice::from_ref(&claim), &[token]), ["7"]);
    for lines in [
        &[][..],
        &[("cookie", "sid=; side=x")],
        &[("authorization", "Bearer opaque")],
    ] {
        assert!(
            sessions(&[cookie(), claim.clone(), header()], lines).is_empty(),
            "{lines:?}"
        );
    }
}

#[test]
fn the_session_in_the_query_is_one_beside_that_of_the_cookie() {
    for query in ["sid=real", "SID=real", "a=1;s%69d=real&b", "sid=r%65al"] {
        let path = format!("/code?{query}");
        let lines = [(":path", path.as_str()), ("cookie", "sid=made-up")];
        assert_eq!(texts(&[cookie()], &lines), ["made-up", "real"], "{query}");
    }
    let lines = [(":path", "/code?side=x&sid=")];
    assert!(sessions(&[cookie()], &lines).is_empty());
    let many = format!("/code?{}sid=real", "a=&".repeat(2_000));
    assert!(sessions(&[cookie()], &[(":path", many.as_str())])[0].is_unreadable());
}

#[test]
fn a_made_up_session_beside_a_real_one_hides_nothing() {
    let of = [cookie(), SessionSource::Bearer];
    let all = texts(
        &of,
        &[
            ("cookie", "sid=made-up; sid=real"),
            ("authorization", "Bearer token"),
        ],
    );
    assert_eq!(all, ["made-up", "real", "token"]);
    let twice = texts(&of, &[("cookie", "sid=real; sid=real; sid=\"r%65al\"")]);
    assert_eq!(twice, ["real"]);
}

#[test]
fn whatever_some_reader_finds_is_a_session() {
    let plain = sessions(&[cookie()], &[("cookie", "sid=V")]).remove(0);
    for line in [
        ",sid=V",
        "a=b, sid=V",
        "a=b sid=V",
        "a=\"b\" sid=V",
        "sid=V,J",
        "sid=V=J",
        "sid=V[J",
        "sid=\"\\126\"",
        "sid=\"\\V\"",
        "sid=V==",
    ] {
        assert!(
            sessions(&[cookie()], &[("cookie", line)]).contains(&plain),
            "{line}"
        );
    }
    let container = SessionSource::Cookie(FieldName::new("JSESSIONID"));
    let of = [container];
    assert!(texts(&of, &[("cookie", "JSESSIONID=ID.node7")]).contains(&"ID".to_owned()));
    assert_eq!(texts(&of, &[(":path", "/account;jsessionid=ID")]), ["ID"]);
    let target = (":path", "/account?access_token=V&x");
    assert_eq!(texts(&[SessionSource::Bearer], &[target]), ["V"]);
    for line in [
        "V",
        "BearerV",
        ">BearerV",
        "Bearer89 V",
        "Bearer x V",
        "Bearer V junk",
        "Token V",
        "Token token=\"V\"",
        "Bearer token=V",
        "Basic x, Bearer V",
        "Bearer  V",
    ] {
        let found = texts(&[SessionSource::Bearer], &[("authorization", line)]);
        assert!(found.contains(&"V".to_owned()), "{line}");
    }
}

#[test]
fn what_readers_pass_over_does_not_tell_sessions_apart() {
    let of = |line: &str| sessions(&[cookie()], &[("cookie", line)]);
    for line in [
        "sid=abc==",
        "sid=a!b.c",
        "sid=ABC",
        "sid=a%20b%0Ac",
        "sid=ab%C3%A4c",
        "sid=a%ffbc",
    ] {
        assert!(of(line).contains(&of("sid=abc")[0]), "{line}");
    }
    assert!(of("sid=--").is_empty());
    let jwt = |end: &str| of(&format!("sid=eyJh.e30.{end}"));
    assert_eq!(jwt("AAA"), jwt("AAB"));
    assert_eq!(of("sid=abc%3D"), of("sid=abc"));
    let written = of("sid=abc%3D").first().unwrap().written().to_vec();
    assert_eq!(written, b"abc=");
}

#[test]
fn too_many_sessions_or_too_long_ones_share_one() {
    let many = |count: usize, mark: &str| {
        let pairs: Vec<String> = (0..count)
            .map(|number| format!("sid={mark}{number}"))
            .collect();
        sessions(&[cookie()], &[("cookie", &pairs.join(";"))])
    };
    assert_eq!(many(MAX_SESSIONS, "a").len(), MAX_SESSIONS);
    assert_eq!(many(MAX_SESSIONS + 1, "a").len(), 1);
    assert_eq!(many(MAX_SESSIONS + 1, "a"), many(2000, "b"));
    let long = format!("sid=x; sid={}", "y".repeat(MAX_TOKEN + 1));
    assert_eq!(
        sessions(&[cookie()], &[("cookie", &long)]),
        many(MAX_SESSIONS + 1, "a")
    );
    let longest = format!("sid={}", "y".repeat(MAX_TOKEN));
    assert_ne!(
        sessions(&[cookie()], &[("cookie", &longest)]),
        many(MAX_SESSIONS + 1, "a")
    );
}

#[test]
fn a_jwt_with_another_spelling_of_its_signature_is_the_same_session() {
    let of = |token: &str| sessions(&[SessionSource::Bearer], &[("authorization", token)]);
    assert_eq!(of("Bearer eyJh.e30.AAA"), of("Bearer eyJh.e30.AAB="));
    assert_ne!(of("Bearer eyJh.e30.AAA"), of("Bearer eyJh.e31.AAA"));
}

#[test]
fn a_session_is_never_printed() {
    let found = sessions(&[cookie()], &[("cookie", "sid=secret")]);
    assert_eq!(format!("{found:?}"), "[Session(..)]");
}

proptest! {
    #[test]
    fn any_head_has_a_few_sessions_or_none(cookies: String, authorization: String, value: String) {
        let of = [cookie(), SessionSource::Bearer, SessionSource::Claim(JsonPointer::key("sid")), header()];
        let lines = [("cookie", cookies.as_str()), ("authorization", &authorization), ("x-session", &value)];
        prop_assert!(sessions(&of, &lines).len() <= MAX_SESSIONS);
    }
}
