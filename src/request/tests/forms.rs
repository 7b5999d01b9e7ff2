//! Challenges of posted forms: what is carried, echoed and answered in them.

use super::challenges::{FORM, ask, earned, failed, posted, solve, suspects};
use super::limits::{answered, limited, signing};
use super::*;
use crate::challenge::replay::Obstacle;
use crate::identity::account::BodyBytes;
use crate::telemetry::ChallengeFailure;

#[test]
fn nothing_that_is_echoed_in_the_page_is_markup() {
    let host = FakeHost::of("11.0.0.1:1");
    let mut engine = signing(&suspects(json!({})));
    let evil = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>";
    let encoded =
        "%22%27%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E%3Cimg+src%3Dx+onerror%3Dalert(1)%3E";
    let head = [
        ("accept-language", evil),
        ("user-agent", evil),
        ("referer", evil),
        ("cookie", evil),
        ("x-palisade-solution", evil),
        ("x-palisade-ref", evil),
    ];
    let head = [&FORM[..], &head].concat();
    let body = format!("{encoded}={encoded}&{encoded}");
    let page = refused(posted(&mut engine, &host, &head, &body)).reply.body;
    let page = String::from_utf8(page).expect("UTF-8");
    let plain = refused(posted(&mut engine, &host, &FORM, "a=b&c"))
        .reply
        .body;
    let plain = String::from_utf8(plain).expect("UTF-8");
    assert!(
        !page.contains("alert(1)</script>") && !page.contains("<img"),
        "{page}"
    );
    assert_eq!(page.matches('<').count(), plain.matches('<').count());
    assert_eq!(page.matches("&lt;script&gt;alert(1)").count(), 3);
}

#[test]
fn why_a_form_is_not_carried_is_counted() {
    let host = FakeHost::of("11.0.0.1:1");
    let mut engine = signing(&suspects(json!({})));
    let large = "a=".to_owned() + &"x".repeat(32_768);
    for (body, obstacle) in [
        (large.as_str(), Obstacle::TooLarge),
        (&"a&".repeat(129), Obstacle::TooManyFields),
        ("a=%ff", Obstacle::NotUtf8),
        ("a=%00", Obstacle::NotRepeatable),
    ] {
        let page = refused(posted(&mut engine, &host, &FORM, body)).reply.body;
        let page = String::from_utf8(page).expect("UTF-8");
        assert!(page.contains("data-then=\"back\""), "{obstacle:?}");
        assert_eq!(host.counted(Event::NotCarried(obstacle)), 1, "{obstacle:?}");
    }
    // More than is read of any body.
    let head = login(&FORM);
    let Progress::Step(Step::Reads(reading)) = engine.begin(&head, false, StreamId(1), &host)
    else {
        panic!("its body is read");
    };
    refused(done(reading.finish(
        BodyBytes::TooLarge,
        &mut engine,
        &host,
    )));
    assert_eq!(host.counted(Event::NotCarried(Obstacle::TooLarge)), 2);
}

#[test]
fn a_form_of_another_site_is_not_carried_and_that_is_counted() {
    let (mut engine, host) = (signing(&suspects(json!({}))), FakeHost::of("11.0.0.1:1"));
    let head = [FORM[0], FORM[1], ("sec-fetch-site", "cross-site")];
    let page = refused(posted(&mut engine, &host, &head, "user=zeppelin")).reply;
    let page = String::from_utf8(page.body).expect("UTF-8");
    assert!(page.contains("data-then=\"back\""), "{page}");
    assert!(!page.contains("zeppelin"), "{page}");
    assert_eq!(host.counted(Event::NotCarried(Obstacle::OtherSite)), 1);
}

#[test]
fn a_solution_is_found_in_a_multipart_form_and_in_a_json_document() {
    for (kind, before, behind) in [
        (
            "multipart/form-data; boundary=b",
            "--b\r\ncontent-disposition: form-data; name=\"altcha\"\r\n\r\n",
            "\r\n--b--\r\n",
        ),
        (
            "application/json",
            "{\"user\": \"ann\", \"altcha\": \"",
            "\"}",
        ),
    ] {
        let (mut engine, host) = (signing(&suspects(json!({}))), FakeHost::of("11.0.0.1:1"));
        let payload = solve(&ask(&mut engine, &host));
        let body = format!("{before}{payload}{behind}");
        let head = [("content-type", kind)];
        earned(posted(&mut engine, &host, &head, &body));
        refused(posted(&mut engine, &host, &head, &body));
    }
}

#[test]
fn a_solution_in_the_form_is_found_whether_or_not_forms_are_carried() {
    for carry in [true, false] {
        let challenge =
            json!({ "challenge": { "difficulty": 1000, "carry": { "enabled": carry } } });
        for accept in ["text/html", "*/*"] {
            let host = FakeHost::of("11.0.0.1:1");
            let mut engine = signing(&suspects(challenge.clone()));
            let payload = solve(&ask(&mut engine, &host));
            let payload = payload.replace('+', "%2B").replace('=', "%3D");
            let head = [
                FORM[1],
                ("accept", accept),
                ("sec-fetch-site", "cross-site"),
            ];
            let body = format!("user=a&altcha={payload}");
            earned(posted(&mut engine, &host, &head, &body));
            refused(posted(&mut engine, &host, &head, &body));
            assert_eq!(
                failed(&host, ChallengeFailure::Replayed),
                1,
                "{carry} {accept}"
            );
        }
    }
}

#[test]
fn who_solves_in_the_form_is_still_counted() {
    let mut policy = limited(
        json!([
            {
                "name": "soft", "key": ["account"], "count": "failures", "limit": 1, "window": "1h",
                "then": "challenge",
            },
            { "name": "hard", "key": ["account"], "count": "failures", "limit": 3, "window": "1h", "then": "deny" },
        ]),
        json!({ "challenge": { "difficulty": 1000 } }),
    );
    policy["routes"][0]["format"] = json!("problem");
    let (mut engine, host) = (signing(&policy), FakeHost::of("11.0.0.1:1"));
    assert!(answered(&mut engine, &host, "alice", "401"));
    let account = ("x-account", "alice");
    let mut attempt = || {
        let asked = refused(posted(&mut engine, &host, &[FORM[1], account], "a=b"));
        assert_eq!(asked.reply.details, "palisade_challenged_soft");
        let body = format!("altcha={}", solve(&asked).replace('+', "%2B"));
        let outcome = posted(&mut engine, &host, &[FORM[1], account], &body);
        match outcome {
            Outcome::Pass(_, Some(watch)) => {
                watch.headers(&block(&[(":status", "401")]), true, &engine, &host);
                "goes on".to_owned()
            }
            Outcome::Refuse(refused) => refused.reply.details,
            other => panic!("{other:?}"),
        }
    };
    let attempts = [attempt(), attempt(), attempt()];
    assert_eq!(attempts, ["goes on", "goes on", "palisade_denied_hard"]);
}

#[test]
fn a_body_that_never_comes_counts_as_no_failure() {
    let policy = limited(
        json!([
            { "name": "soft", "key": ["session"], "count": "failures", "limit": 2, "window": "1h", "then": "deny" },
            { "name": "account", "key": ["account"], "count": "failures", "limit": 2, "window": "1h" },
        ]),
        json!({ "identity": { "account": [{ "form": "user" }], "session": [{ "cookie": "sid" }] } }),
    );
    let (mut engine, host) = (signing(&policy), FakeHost::of("11.0.0.1:1"));
    let head = login(&[FORM[1], ("cookie", "sid=0123456789abcdef")]);
    for attempt in 0..10 {
        match engine.begin(&head, false, StreamId(1), &host) {
            Progress::Step(Step::Reads(reading)) => reading.cut_off(&engine, &host),
            other => panic!("attempt {attempt}: {other:?}"),
        }
    }
}
