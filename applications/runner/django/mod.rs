//! What the three applications on Django have in common: tokens against forgery, resets by mail, codes that are good
//! once.

pub(crate) mod admin;
pub(crate) mod allauth;
mod headless;
pub(crate) mod two_factor;

use std::process::Command;

use crate::attackers::Attacker;
use crate::evasions::Login;
use crate::mail;
use crate::page;
use crate::people::Person;
use crate::secrets::{Written, code};
use crate::stage::Stage;
use crate::support::Response;
use crate::usual::{PASSWORD, Usual, person_name as name};

/// The authenticator's secret of all who have one.
const SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

/// Gets a form, and gives the token that has to come back with it.
fn token(attacker: &mut Attacker<'_>, form: &str) -> String {
    let page = attacker.get(form).text();
    page::last_field(&page, "csrfmiddlewaretoken").unwrap_or_default()
}

/// A form with its token, in a session of its own.
fn posts(attacker: &mut Attacker<'_>, form: &str, fields: &[(&str, &str)]) -> Response {
    attacker.forget_cookies();
    let token = token(attacker, form);
    let mut all = vec![("csrfmiddlewaretoken", token.as_str())];
    all.extend(fields);
    attacker.post(form, &all)
}

/// Whether an answer brings a session.
fn has_session(response: &Response) -> bool {
    response
        .headers
        .iter()
        .any(|(name, value)| name == "set-cookie" && value.starts_with(b"sessionid="))
}

/// What tells one of Django's forms for a lost password from another's.
struct Reset {
    /// Where to ask for a mail.
    asks: &'static str,
    /// What the link in it holds.
    link: &'static str,
    /// The fields of the new password.
    fields: [&'static str; 2],
}

/// Asks for a mail, follows its link, and sets the password (the same: it is needed in the other mode, too).
fn resets(stage: &mut Stage<'_>, reset: &Reset, name: &str) -> String {
    let folder = stage.application.mail();
    mail::clear(&folder);
    let address = format!("{name}@shop.example");
    let mut person = stage.person();
    person.open(reset.asks);
    person.fill("[name=email]", &address);
    person.submit("form [type=submit]");
    assert!(
        !person.sees(".errorlist"),
        "{} {}",
        person.status(),
        person.reads()
    );
    let link = mail::link(&folder, &address, reset.link);
    person.open(&page::target(&link));
    for field in reset.fields {
        person.fill(&format!("[name={field}]"), PASSWORD);
    }
    person.submit(&format!(
        "form:has([name={}]) [type=submit]",
        reset.fields[0]
    ));
    let path = person.path();
    if path.contains("/done") || path.contains("/complete") {
        "has it".to_owned()
    } else {
        format!("{} {path} {}", person.status(), person.reads())
    }
}

/// Mails to one mailbox, asked for by strangers.
fn mails(stage: &mut Stage<'_>, usual: &Usual, reset: &Reset) {
    usual.mails(stage, |attacker, name| {
        let address = format!("{name}@shop.example");
        posts(attacker, reset.asks, &[("email", &address)])
    });
    usual.mails_otherwise(stage, |attacker| Login {
        target: reset.asks.to_owned(),
        field: "email",
        account: "person20@shop.example".to_owned(),
        others: vec![("csrfmiddlewaretoken", token(attacker, reset.asks))],
    });
}

/// The code that her authenticator shows.
fn authenticator() -> String {
    code(SECRET, Written::Base32)
}

/// The next of somebody's codes on paper. Each is good once, and both modes need some.
fn paper(stage: &Stage<'_>, name: &str) -> String {
    let file = stage.application.state().join(format!("paper-{name}"));
    let used: usize =
        std::fs::read_to_string(&file).map_or(0, |text| text.parse().expect("a number"));
    std::fs::write(&file, (used + 1).to_string()).expect("the state");
    format!("backup{used:02}")
}

/// Lets the code that the authenticator shows be good again, and ends waits for it: a test does not wait half a minute.
fn codes_are_new(stage: &Stage<'_>) {
    let forget = "PRAGMA busy_timeout=5000; update otp_totp_totpdevice set last_t = -1, throttling_failure_count = 0, \
                  throttling_failure_timestamp = null; update otp_static_staticdevice set throttling_failure_count = 0, \
                  throttling_failure_timestamp = null";
    let database = stage.application.state().join("database.sqlite3");
    let script = "import sqlite3, sys; sqlite3.connect(sys.argv[1], isolation_level=None).executescript(sys.argv[2])";
    let mut command = Command::new("python3");
    command.args(["-c", script]).arg(database).arg(forget);
    assert!(command.status().expect("python3").success(), "{forget}");
}

/// Leaves the application, as far as its own cookies go.
fn next_day(person: &mut Person<'_>) {
    person.forget_all_but_ours();
}
