//! Redmine 5: login, second factor, autologin, lost password, REST.

mod attackers;
mod codes;

use std::path::Path;
use std::process::Command;

use crate::attackers::{Attacker, is_answered};
use crate::mail;
use crate::page;
use crate::people::Person;
use crate::secrets::{Written, code};
use crate::stage::Stage;
use crate::support::{Request, Response};
use crate::usual::{LIMIT, Locked, PASSWORD, Usual, in_or_not, out_or_not, person_name};

const LOGIN: &str = "/login";
const CODE: &str = "/account/twofa";
const USUAL: Usual = Usual {
    name: person_name,
    login_page: LOGIN,
    enters,
    is_in: sees_whether_in,
    guess,
    lets_in: is_in,
    locked: Locked::Page,
};

/// All scenes. Each has accounts of its own, because what one locks another would find locked.
pub(crate) fn play(stage: &mut Stage<'_>) {
    USUAL.play(stage);
    people(stage);
    USUAL.still_resets(stage, |stage, name| {
        let folder = stage.application.mail();
        resets(&mut stage.person(), &folder, name);
        "has it".to_owned()
    });
    attackers::play(stage);
    codes::play(stage);
}

fn people(stage: &mut Stage<'_>) {
    stage.scene("in, and out again", "out", |stage| {
        let mut person = stage.person();
        assert!(logs_in(&mut person, "person5", PASSWORD));
        person.submit(".logout");
        out_or_not(!person.sees("#loggedas"))
    });
    stage.scene("remembered by the browser", "in", |stage| {
        let mut person = stage.person();
        person.open(LOGIN);
        person.fill("#username", "person3");
        person.fill("#password", PASSWORD);
        person.click("#autologin");
        person.submit("#login-submit");
        person.forget_cookie("Redmine");
        person.open("/my/page");
        in_or_not(person.sees("#loggedas"))
    });
    stage.scene("with a second factor, six times", "in 6 times", |stage| {
        let database = stage.application.state().join("redmine.sqlite");
        let secret = secret(stage);
        let mut person = stage.person();
        let ins = (0..6).filter(|_| {
            person.forget_all_but_ours();
            codes_are_new(&database);
            logs_in_with_code(&mut person, "person31", &code(&secret, Written::Base32))
        });
        format!("in {} times", ins.count())
    });
    stage.scene("a code mistyped twice, then right", "in", |stage| {
        let database = stage.application.state().join("redmine.sqlite");
        let secret = secret(stage);
        let mut person = stage.person();
        codes_are_new(&database);
        enters(&mut person, "person32", PASSWORD);
        for _ in 0..2 {
            person.fill("#twofa_code", "000000");
            person.submit("#login-submit");
            assert!(person.sees("#flash_error"), "{}", person.reads());
        }
        person.fill("#twofa_code", &code(&secret, Written::Base32));
        person.submit("#login-submit");
        in_or_not(person.sees("#loggedas"))
    });
    stage.scene(
        "locked, with a second factor, in her browser of before",
        "in",
        |stage| {
            let database = stage.application.state().join("redmine.sqlite");
            let secret = secret(stage);
            let mut person = stage.person();
            codes_are_new(&database);
            let right = code(&secret, Written::Base32);
            assert!(logs_in_with_code(&mut person, "person41", &right));
            USUAL.locks(stage, "person41");
            codes_are_new(&database);
            let mut person = stage.returns();
            person.forget_all_but_ours();
            let right = code(&secret, Written::Base32);
            in_or_not(logs_in_with_code(&mut person, "person41", &right))
        },
    );
    stage.scene("a new password by mail", "in", |stage| {
        let folder = stage.application.mail();
        let mut person = stage.person();
        resets(&mut person, &folder, "person4");
        in_or_not(logs_in(&mut person, "person4", PASSWORD))
    });
    let home = stage.home();
    stage.scene(
        "a program, by REST with its key, 30 times",
        "in 30 times",
        |stage| {
            let key = std::fs::read_to_string(stage.application.state().join("api-key"));
            let request = Request::get("/users/current.json")
                .header("x-redmine-api-key", key.expect("a key"))
                .client(&home);
            let send = |_: &usize| stage.site.send(&request).status == 200;
            format!("in {} times", (0..30).filter(send).count())
        },
    );
}

/// Asks for a mail, follows its link, and sets the password (the same: it is needed in the other mode, too).
fn resets(person: &mut Person<'_>, folder: &Path, name: &str) {
    let address = format!("{name}@shop.example");
    mail::clear(folder);
    person.open("/account/lost_password");
    person.fill("#mail", &address);
    person.submit("input[name=commit]");
    assert!(
        person.sees("#flash_notice"),
        "{} {}",
        person.status(),
        person.reads()
    );
    // Its links name the host of the settings.
    let link = mail::link(folder, &address, "token=");
    person.open(&page::target(&link));
    person.fill("#new_password", PASSWORD);
    person.fill("#new_password_confirmation", PASSWORD);
    person.submit("input[name=commit]");
    assert!(
        person.sees("#flash_notice"),
        "{} {}",
        person.status(),
        person.reads()
    );
}

fn logs_in(person: &mut Person<'_>, name: &str, password: &str) -> bool {
    USUAL.logs_in(person, name, password)
}

/// Whether she is in. Panics where she sees neither the application's page nor its refusal.
fn sees_whether_in(person: &mut Person<'_>) -> bool {
    let (is_in, refused) = (person.sees("#loggedas"), person.sees("#flash_error"));
    assert!(is_in || refused, "{} {}", person.status(), person.reads());
    is_in
}

fn logs_in_with_code(person: &mut Person<'_>, name: &str, code: &str) -> bool {
    enters(person, name, PASSWORD);
    assert!(
        person.sees("#twofa_code"),
        "{} {}",
        person.status(),
        person.reads()
    );
    person.fill("#twofa_code", code);
    person.submit("#login-submit");
    person.sees("#loggedas")
}

fn enters(person: &mut Person<'_>, name: &str, password: &str) {
    person.open(LOGIN);
    person.fill("#username", name);
    person.fill("#password", password);
    person.submit("#login-submit");
}

/// The authenticator's secret of those who have one.
fn secret(stage: &Stage<'_>) -> String {
    std::fs::read_to_string(stage.application.state().join("totp")).expect("a secret")
}

/// A code is good once in half a minute; a test does not wait that long.
fn codes_are_new(database: &Path) {
    let forget = "PRAGMA busy_timeout=5000; update users set twofa_totp_last_used_at = null";
    let output = Command::new("sqlite3").arg(database).arg(forget).output();
    assert!(output.expect("sqlite3").status.success());
}

/// A guess as a browser would send it, with a session of its own.
fn guess(attacker: &mut Attacker<'_>, name: &str, password: &str) -> Response {
    attacker.forget_cookies();
    let token = token(attacker, LOGIN);
    let fields = [
        ("authenticity_token", token.as_str()),
        ("username", name),
        ("password", password),
    ];
    attacker.post(LOGIN, &fields)
}

/// What Rails wants against forgery.
fn token(attacker: &mut Attacker<'_>, page: &str) -> String {
    let page = attacker.get(page).text();
    page::last_field(&page, "authenticity_token").unwrap_or_default()
}

/// In, or at the second factor.
fn is_in(response: &Response) -> bool {
    let location = response.header("location").unwrap_or_default();
    let is_refused = location.ends_with(CODE) || location.contains(LOGIN);
    is_answered(response) && response.status == 302 && !is_refused
}
