//! Sessions that an application gives out in the body of an answer, and that clients bring back in a header.

use super::limits::signing;
use super::*;

const TOKEN: &str = "0123456789abcdefghijklmn";

/// A login whose answer gives out a session in its JSON, and a code whose account only that tells.
fn policy(success: Value) -> Value {
    let failures = |name: &str, limit: u32| {
        json!({
            "name": name, "key": ["account"], "count": "failures", "limit": limit, "window": "1h",
        })
    };
    json!({
        "identity": { "session": [{ "header": "x-session-token" }] },
        "signing_keys_env": ["KEY"],
        "device": {},
        "response": { "body_limit": "4KiB" },
        "limits": [failures("password", 20), failures("code", 3)],
        "routes": [
            {
                "name": "login", "match": { "path": "/login" }, "limits": ["password"], "rules": [], "realm": "app",
                "account": [{ "header": "x-name" }], "session_in_answer": { "json": "/meta/session_token" },
                "next_step": { "status": [401] }, "success": success, "failure": { "status": [400] },
            },
            {
                "name": "code", "match": { "path": "/code" }, "limits": ["code"], "rules": [], "realm": "app",
                "account": ["from_session"], "success": { "status": [200] }, "failure": "otherwise",
            },
        ],
    })
}

struct App {
    engine: Engine,
    host: FakeHost,
}

impl App {
    fn new() -> Self {
        Self::of(json!({ "header": [{ "name": "x-in" }] }))
    }

    fn of(success: Value) -> Self {
        Self {
            engine: signing(&policy(success)),
            host: FakeHost::of("11.0.0.1:1"),
        }
    }

    fn send(&mut self, path: &str, lines: &[(&str, &str)]) -> Option<Box<Watch>> {
        let head = [
            (":method", "POST"),
            (":path", path),
            (":authority", "example.com"),
        ];
        match outcome(
            &mut self.engine,
            &self.host,
            &block(&[&head, lines].concat()),
            CLEAN,
        ) {
            Outcome::Pass(pass, Some(watch)) => {
                assert!(
                    pass.plain_answer || path != "/login",
                    "its body must be read"
                );
                Some(watch)
            }
            Outcome::Refuse(_) => None,
            other => panic!("{other:?}"),
        }
    }

    /// A password that is answered with this status, and a body in these pieces, the last of which ends it.
    fn password(&mut self, more: &[(&str, &str)], status: &str, pieces: &[&str]) -> Option<String> {
        let lines = [&[("x-name", "ada")], more].concat();
        let watch = self.send("/login", &lines).expect("goes on");
        let head = block(&[
            (":status", status),
            ("x-in", "1"),
            ("content-type", "application/json"),
        ]);
        let head = match status {
            "200" => head,
            _ => block(&[(":status", status), ("content-type", "application/json")]),
        };
        let mut device = None;
        let mut watched = watch.headers(&head, false, &self.engine, &self.host);
        for (place, piece) in pieces.iter().enumerate() {
            match watched {
                Watched::Done(gift) => return gift.cookie.or(device),
                Watched::Continues(mut watch) => {
                    device = device.or(watch.gift.cookie.take());
                    let ends = place + 1 == pieces.len();
                    watched = watch.body(piece.as_bytes(), ends, &self.engine, &self.host);
                }
            }
        }
        match watched {
            Watched::Done(gift) => gift.cookie.or(device),
            Watched::Continues(watch) => {
                watch.cut_off(&self.engine, &self.host);
                device
            }
        }
    }

    /// How many of so many wrong codes in this session reach the application.
    fn codes(&mut self, token: &str, number: usize) -> usize {
        let mut passed = 0;
        for _ in 0..number {
            if let Some(watch) = self.send("/code", &[("x-session-token", token)]) {
                let _ = watch.headers(
                    &block(&[(":status", "400")]),
                    true,
                    &self.engine,
                    &self.host,
                );
                passed += 1;
            }
        }
        passed
    }
}

fn body(token: &str) -> String {
    let meta = json!({ "is_authenticated": false, "session_token": token });
    json!({ "status": 401, "data": { "flows": [] }, "meta": meta }).to_string()
}

#[test]
fn codes_count_for_the_account_over_all_sessions_that_answers_tell() {
    let mut app = App::new();
    assert_eq!(app.codes(TOKEN, 1), 0, "nobody knows it");
    let mut all = 0;
    for number in 0..4 {
        let token = format!("{TOKEN}{number}");
        app.password(&[], "401", &[&body(&token)]);
        all += app.codes(&token, 2);
    }
    assert_eq!(all, 3);
}

#[test]
fn a_session_is_found_in_whatever_pieces_it_comes() {
    let whole = body(TOKEN);
    for at in (0..whole.len()).step_by(7) {
        let mut app = App::new();
        let (first, rest) = whole.split_at(at);
        app.password(&[], "401", &[first, rest]);
        assert_eq!(app.codes(TOKEN, 5), 3, "{at}");
    }
}

#[test]
fn a_body_is_read_for_a_session_alone_and_the_device_does_not_wait() {
    let mut app = App::new();
    let whole = body(TOKEN);
    let (first, rest) = whole.split_at(20);
    assert!(
        app.password(&[], "200", &[first, rest])
            .is_some_and(|cookie| cookie.contains("palisade-device"))
    );
    assert_eq!(app.codes(TOKEN, 5), 3);
}

#[test]
fn a_session_goes_on_where_the_one_before_it_was() {
    let mut app = App::new();
    app.password(&[], "401", &[&body(TOKEN)]);
    assert_eq!(app.codes(TOKEN, 2), 2);
    // Another right password in it, which is answered with the next one.
    app.password(
        &[("x-session-token", TOKEN)],
        "401",
        &[&body("zyxwvutsrqponmlkjihg")],
    );
    assert_eq!(
        app.codes("zyxwvutsrqponmlkjihg", 3) + app.codes(TOKEN, 3),
        1
    );
}

#[test]
fn a_wrong_password_tells_no_session() {
    let mut app = App::new();
    app.password(&[], "400", &[&body(TOKEN)]);
    assert_eq!(app.codes(TOKEN, 1), 0);
}

#[test]
fn what_cannot_be_read_for_certain_is_nobodys_session() {
    let long = format!(
        "{{\"pad\": \"{}\", \"meta\": {{\"session_token\": \"{TOKEN}\"}}}}",
        "x".repeat(5_000)
    );
    let twice =
        format!("{{\"meta\": {{\"session_token\": \"{TOKEN}\", \"session_token\": \"other\"}}}}");
    let number = "{\"meta\": {\"session_token\": 12345678901234567890}}".to_owned();
    let cut: String = body(TOKEN).chars().take(60).collect();
    for body in [long, twice, number, cut, String::new()] {
        let mut app = App::new();
        app.password(&[], "401", &[&body]);
        assert_eq!(app.codes(TOKEN, 1), 0, "{body}");
    }
}

#[test]
fn who_hangs_up_in_the_middle_of_the_body_has_a_session_that_nobody_knows() {
    let mut app = App::new();
    let watch = app.send("/login", &[("x-name", "ada")]).expect("goes on");
    let head = block(&[(":status", "401"), ("content-type", "application/json")]);
    let Watched::Continues(watch) = watch.headers(&head, false, &app.engine, &app.host) else {
        panic!("its body is read");
    };
    watch.cut_off(&app.engine, &app.host);
    assert_eq!(app.codes(TOKEN, 1), 0);
}
