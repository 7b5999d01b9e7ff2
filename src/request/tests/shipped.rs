//! Guesses that the shipped policies must count for whom the application finds in them.

use std::fs;

use super::limits::signing;
use super::*;
use crate::identity::account::BodyBytes;
use crate::request::rematch::Unprotected;

const FORM: &str = "application/x-www-form-urlencoded";

/// An application behind its shipped policy.
struct Site {
    engine: Engine,
    host: FakeHost,
}

impl Site {
    fn of(name: &str) -> Self {
        let path = format!("{}/policies/{name}.yaml", env!("CARGO_MANIFEST_DIR"));
        let text = fs::read_to_string(path).expect("a policy");
        let policy: Value = serde_yaml_ng::from_str(&text).expect("YAML");
        Self {
            engine: signing(&policy),
            host: FakeHost::of("11.0.0.1:1"),
        }
    }

    /// What becomes of a POST: why it is refused, or what watches its answer, if anything does.
    fn post(
        &mut self,
        path: &str,
        lines: &[(&str, &str)],
        body: &str,
    ) -> Result<Option<Box<Watch>>, String> {
        let head = [
            (":method", "POST"),
            (":path", path),
            (":authority", "example.com"),
        ];
        let head = block(&[&head, lines].concat());
        let (engine, host) = (&mut self.engine, &self.host);
        let outcome = match engine.begin(&head, false, StreamId(1), host) {
            Progress::Step(Step::Reads(reading)) => {
                let body = BodyBytes::Whole(body.as_bytes());
                match reading.rematch(body, engine, host) {
                    Ok(reading) => done(reading.finish(body, engine, host)),
                    Err(Unprotected { strip }) => Outcome::Unprotected { strip },
                }
            }
            Progress::Step(Step::Done(outcome)) => outcome,
            other => panic!("{other:?}"),
        };
        match outcome {
            Outcome::Pass(_, watch) => Ok(watch),
            Outcome::Unprotected { .. } => Ok(None),
            other => Err(refused(other).reply.details),
        }
    }

    /// A POST, and the application's answer to it; whether it was asked.
    fn guess(
        &mut self,
        path: &str,
        lines: &[(&str, &str)],
        body: &str,
        (answer, text): (&[(&str, &str)], &str),
    ) -> bool {
        let Ok(watch) = self.post(path, lines, body) else {
            return false;
        };
        let Some(watch) = watch else { return true };
        let answer = block(answer);
        if let Watched::Continues(watch) = watch.headers(&answer, false, &self.engine, &self.host) {
            watch.body(text.as_bytes(), true, &self.engine, &self.host);
        }
        true
    }
}

const CALL: &str = "<methodName>wp.getUsersBlogs</methodName>";
const SAME: &str = "<value><string>admin</string></value><value>guess</value>";
const DECOY: &str = "<params><param><value>decoy</value></param></params>";

/// Calls in which WordPress finds `admin`, whoever else stands where honest clients write the account.
fn hidden_calls() -> Vec<String> {
    let whole = |inner: &str| format!("<methodCall>{inner}</methodCall>");
    let called =
        |method: &str| format!("<member><name>methodName</name><value>{method}</value></member>");
    let with = |values: &str| {
        format!(
            "<member><name>params</name><value><array><data>{values}</data></array></value></member>"
        )
    };
    let of = |members: &str| format!("<value><struct>{members}</struct></value>");
    let batch = |calls: &str| {
        whole(&format!(
            "<methodName>system.multicall</methodName><params><param><value><array><data>{calls}</data></array></value></param></params>"
        ))
    };
    let decoy = with("<value>decoy</value><value>x</value>");
    let own = of(&format!("{}{decoy}", called("wp.getUsersBlogs")));
    vec![
        whole(&format!("{SAME}{CALL}{DECOY}")),
        whole(&format!("<params>{SAME}</params>{CALL}{DECOY}")),
        whole(&format!(
            "{CALL}<params>decoy<param>{SAME}</param></params>"
        )),
        whole(&format!(
            "{CALL}<params><param><value>decoy<string>admin</string></value></param><param><value>guess</value></param></params>"
        )),
        whole(&format!(
            "{CALL}{DECOY}<methodName>wp.getProfile</methodName>"
        )),
        whole(&format!(
            "{CALL}<params><param><value>decoy</value></param><param><value>admin</value></param></params><methodName>wp.getProfile</methodName>"
        )),
        batch(&of(&format!(
            "{}{decoy}{}",
            called("wp.getUsersBlogs"),
            with(SAME)
        ))),
        batch(&of(&format!(
            "{}{decoy}{}",
            called("wp.getUsersBlogs"),
            called("wp.getProfile")
        ))),
        batch(&format!(
            "{own}{}",
            of(&format!("{}{}", called("wp.getProfile"), with(SAME)))
        )),
        format!(
            "\u{b}<methodCall><!-- {CALL}{DECOY} --><methodName>wp.&#103;etUsersBlogs</methodName><params>{SAME}</params></methodCall>"
        ),
    ]
}

#[test]
fn no_decoy_in_a_call_of_wordpress_hides_the_account() {
    for kind in ["text/xml", FORM] {
        for body in hidden_calls() {
            let mut site = Site::of("wordpress");
            let refused = site.post("/xmlrpc.php", &[("content-type", kind)], &body);
            assert!(refused.is_err(), "{kind}: {body}");
        }
    }
}

#[test]
fn calls_of_wordpress_as_programs_write_them_count_for_their_account() {
    let value = |text: &str| format!("<value><string>{text}</string></value>");
    let single = format!(
        "<?xml version=\"1.0\"?>\n<methodCall>\n <methodName>wp.getUsersBlogs</methodName>\n <params>\n  <param>{}</param>\n  <param>{}</param>\n </params>\n</methodCall>\n",
        value("admin"),
        value("a&amp;b")
    );
    let batch = format!(
        "<?xml version=\"1.0\"?><methodCall><methodName>system.multicall</methodName><params><param><value><array><data>\
         <value><struct><member><name>methodName</name>{}</member><member><name>params</name><value><array><data>{}{}</data></array></value></member></struct></value>\
         </data></array></value></param></params></methodCall>",
        value("wp.getUsersBlogs"),
        value("admin"),
        value("guess")
    );
    for body in [single, batch] {
        let mut site = Site::of("wordpress");
        let kind = [("content-type", "text/xml")];
        let fault = "<methodResponse><fault><value><struct><member><name>faultCode</name></member></struct></value></fault></methodResponse>";
        let answer = ([(":status", "200")], fault);
        let went =
            (0..8).filter(|_| site.guess("/xmlrpc.php", &kind, &body, (&answer.0, answer.1)));
        assert_eq!(went.count(), 5, "{body}");
    }
}

/// The page that asks for a code, and with it the page of a wrong one.
const CODE_PAGE: (&[(&str, &str)], &str) =
    (&[(":status", "200")], "<form id=\"kc-otp-login-form\">");
const STEP: &str = "/realms/shop/login-actions/authenticate?client_id=app";

#[test]
fn a_session_in_the_query_of_keycloak_is_counted_whatever_cookie_has() {
    let mut site = Site::of("keycloak");
    let kind = ("content-type", FORM);
    let victim = "dmljdGltLXNlc3Npb24uc2lnbmF0dXJl";
    let cookie = format!("AUTH_SESSION_ID={victim}.node-1");
    let password = "username=admin&password=right";
    assert!(site.guess(STEP, &[kind, ("cookie", &cookie)], password, CODE_PAGE));
    let in_query = format!("{STEP}&auth_session_id={victim}");
    for (path, most, first) in [(STEP, 12, 0), (in_query.as_str(), 5, 12)] {
        let went = (first..first + 12).filter(|number| {
            let own = format!("AUTH_SESSION_ID=b3duLXNlc3Npb24tbnVtYmVyLQ{number:02}.node-1");
            let lines = [kind, ("cookie", own.as_str())];
            let password = format!("username=decoy{number}&password=right");
            assert!(site.guess(STEP, &lines, &password, CODE_PAGE), "{number}");
            site.guess(path, &lines, "otp=000000", CODE_PAGE)
        });
        assert_eq!(went.count(), most, "{path}");
    }
}

impl Site {
    /// Whether the answer to a POST makes the client a known device of the account.
    fn sets_device(&mut self, path: &str, body: &str, answer: &[(&str, &str)]) -> bool {
        let Ok(Some(watch)) = self.post(path, &[("content-type", FORM)], body) else {
            return false;
        };
        match watch.headers(&block(answer), true, &self.engine, &self.host) {
            Watched::Done(gift) => gift.cookie.is_some(),
            Watched::Continues(_) => false,
        }
    }
}

#[test]
fn a_login_of_wordpress_by_cookie_makes_no_device_of_who_is_named() {
    let answer = [
        (":status", "302"),
        ("set-cookie", "wordpress_logged_in_1=own%7C1; path=/"),
    ];
    let right = "log=admin&pwd=x";
    assert!(Site::of("wordpress").sets_device("/wp-login.php", right, &answer));
    for body in [
        "log=admin&log=&pwd=",
        "log=&log=admin&pwd=",
        "LOG=admin&pwd=",
    ] {
        let device = Site::of("wordpress").sets_device("/wp-login.php", body, &answer);
        assert!(!device, "{body}");
    }
    let many = format!("{}log=admin&pwd=", "a=&".repeat(1_000));
    assert!(!Site::of("wordpress").sets_device("/wp-login.php", &many, &answer));
}

#[test]
fn a_redirect_of_roundcube_that_is_no_login_makes_no_device() {
    let answer = [
        (":status", "302"),
        ("location", "./?_task=mail&_action=compose&_id=1"),
    ];
    let right = "_task=login&_action=login&_user=admin&_pass=x";
    assert!(Site::of("roundcube").sets_device("/?_task=login", right, &answer));
    for (path, body) in [
        ("/?_task=mail&_action=compose", "_user=admin&_pass=x"),
        (
            "/?_task=login",
            "_task=mail&_action=compose&_user=admin&_pass=x",
        ),
        (
            "/",
            "_task=login&_action=login&_action=compose&_user=admin&_pass=x",
        ),
    ] {
        let device = Site::of("roundcube").sets_device(path, body, &answer);
        assert!(!device, "{path} {body}");
    }
}

#[test]
fn a_session_that_django_saves_with_a_wrong_password_is_no_success() {
    for name in ["django-admin", "django-allauth"] {
        let mut site = Site::of(name);
        let answer = [(":status", "200"), ("set-cookie", "sessionid=x; path=/")];
        let kind = [("content-type", FORM)];
        let body = "username=admin&password=x";
        let went = (0..8).filter(|_| site.guess("/admin/login/", &kind, body, (&answer, "")));
        assert_eq!(went.count(), 5, "{name}");
    }
}
