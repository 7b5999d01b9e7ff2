//! Keycloak 26: form, authenticator code, token endpoint, reset by mail.

mod attackers;
mod codes;
mod tokens;

use std::path::Path;

use crate::attackers::{Attacker, is_answered};
use crate::mail;
use crate::page;
use crate::people::Person;
use crate::secrets::{Written, code, unlock_link};
use crate::stage::Stage;
use crate::support::Response;
use crate::usual::{LIMIT, PASSWORD, in_or_not};

/// Where an application sends people to log in. They come back to a page of the realm, which takes any query.
const LOGIN: &str = "/realms/shop/protocol/openid-connect/auth?client_id=app&response_type=code&scope=openid&redirect_uri=";
const HOME: &str = "/realms/shop";

/// All scenes. Each has accounts of its own, because what one locks another would find locked.
pub(crate) fn play(stage: &mut Stage<'_>) {
    people(stage);
    owners(stage);
    attackers::play(stage);
    codes::play(stage);
    tokens::play(stage);
}

fn people(stage: &mut Stage<'_>) {
    stage.scene("twenty right logins in a row", "in 20 times", |stage| {
        let login = login(stage);
        let mut person = stage.person();
        let ins = (0..20).filter(|_| {
            person.forget_all_but_ours();
            logs_in(&mut person, &login, "person1", PASSWORD)
        });
        format!("in {} times", ins.count())
    });
    stage.scene("wrong four times, then right", "in", |stage| {
        let login = login(stage);
        let mut person = stage.person();
        for _ in 1..LIMIT {
            assert!(!logs_in(&mut person, &login, "person2", "mistyped"));
        }
        in_or_not(logs_in(&mut person, &login, "person2", PASSWORD))
    });
    stage.scene("still in, at the next application", "in", |stage| {
        let login = login(stage);
        let mut person = stage.person();
        assert!(logs_in(&mut person, &login, "person3", PASSWORD));
        person.open(&login);
        in_or_not(is_home(&person.path()))
    });
    stage.scene("with a second factor, six times", "in 6 times", |stage| {
        let (login, secret) = (login(stage), secret(stage));
        let mut person = stage.person();
        let ins = (0..6).filter(|_| {
            person.forget_all_but_ours();
            enters(&mut person, &login, "person31", PASSWORD);
            enters_code(&mut person, &code(&secret, Written::Text))
        });
        format!("in {} times", ins.count())
    });
    stage.scene("a code mistyped four times, then right", "in", |stage| {
        let (login, secret) = (login(stage), secret(stage));
        let mut person = stage.person();
        enters(&mut person, &login, "person32", PASSWORD);
        for _ in 1..LIMIT {
            assert!(!enters_code(&mut person, "000000"));
        }
        in_or_not(enters_code(&mut person, &code(&secret, Written::Text)))
    });
    stage.scene("at the code, and back to another account", "in", |stage| {
        let login = login(stage);
        let mut person = stage.person();
        enters(&mut person, &login, "person33", PASSWORD);
        person.submit("#reset-login");
        person.fill("#username", "person5");
        person.fill("#password", PASSWORD);
        person.submit("#kc-login");
        in_or_not(is_home(&person.path()))
    });
    stage.scene("a new password by mail", "in", |stage| {
        let (login, folder) = (login(stage), stage.application.mail());
        let mut person = stage.person();
        resets(&mut person, &login, &folder, "person4");
        person.forget_all_but_ours();
        in_or_not(logs_in(&mut person, &login, "person4", PASSWORD))
    });
}

/// Those whose account is under attack.
fn owners(stage: &mut Stage<'_>) {
    stage.scene(
        "locked by strangers, in her browser of before",
        "in",
        |stage| {
            let login = login(stage);
            let mut person = stage.person();
            assert!(logs_in(&mut person, &login, "person11", PASSWORD));
            locks(stage, "person11");
            let mut person = stage.returns();
            person.forget_all_but_ours();
            in_or_not(logs_in(&mut person, &login, "person11", PASSWORD))
        },
    );
    stage.scene(
        "locked by strangers, in a new browser",
        "429 Too many attempts",
        |stage| {
            let login = login(stage);
            locks(stage, "person14");
            let mut person = stage.person();
            enters(&mut person, &login, "person14", PASSWORD);
            let says = person.reads().contains("Too many attempts");
            format!(
                "{} {}",
                person.status(),
                if says { "Too many attempts" } else { "?" }
            )
        },
    );
    stage.scene("the same, by the unlock link", "in", |stage| {
        let login = login(stage);
        let mut person = stage.returns();
        person.open(&unlock_link("/palisade/unlock", "person14", 1));
        in_or_not(logs_in(&mut person, &login, "person14", PASSWORD))
    });
    stage.scene(
        "locked by strangers, asks for a new password",
        "has it",
        |stage| {
            let (login, folder) = (login(stage), stage.application.mail());
            locks(stage, "person15");
            let mut person = stage.person();
            resets(&mut person, &login, &folder, "person15");
            "has it".to_owned()
        },
    );
    stage.scene(
        "locked at the code by who has her password",
        "in",
        |stage| {
            let (login, secret) = (login(stage), secret(stage));
            let mut person = stage.person();
            enters(&mut person, &login, "person34", PASSWORD);
            assert!(enters_code(&mut person, &code(&secret, Written::Text)));
            codes::exhausts(stage, "person34");
            let mut person = stage.returns();
            person.forget_all_but_ours();
            enters(&mut person, &login, "person34", PASSWORD);
            in_or_not(enters_code(&mut person, &code(&secret, Written::Text)))
        },
    );
}

/// Asks for a mail, follows its link, and sets the password (the same: it is needed in the other mode, too).
fn resets(person: &mut Person<'_>, login: &str, folder: &Path, name: &str) {
    mail::clear(folder);
    person.open(login);
    person.submit("a[href*=reset-credentials]");
    person.fill("#username", name);
    person.submit("[type=submit]");
    let link = mail::link(folder, &format!("{name}@shop.example"), "action-token");
    person.open(&link);
    person.fill("#password-new", PASSWORD);
    person.fill("#password-confirm", PASSWORD);
    person.submit("[type=submit]");
    let has_it = !person.sees("#password-new") && person.status() < 400;
    assert!(has_it, "{} {}", person.status(), person.reads());
}

fn login(stage: &Stage<'_>) -> String {
    format!("{LOGIN}{}", page::percent(&stage.site.url(HOME)))
}

/// The authenticator's secret of those who have one.
fn secret(stage: &Stage<'_>) -> String {
    std::fs::read_to_string(stage.application.state().join("totp")).expect("a secret")
}

/// Whether she gets in. Panics where she sees neither the application's page nor its refusal.
fn logs_in(person: &mut Person<'_>, login: &str, name: &str, password: &str) -> bool {
    enters(person, login, name, password);
    let is_in = is_home(&person.path());
    let refused = person.sees(".kc-feedback-text");
    assert!(is_in || refused, "{} {}", person.status(), person.reads());
    is_in
}

fn enters(person: &mut Person<'_>, login: &str, name: &str, password: &str) {
    person.open(login);
    person.fill("#username", name);
    person.fill("#password", password);
    person.submit("#kc-login");
}

/// Whether that lets her in. Panics where she sees neither the application's page nor its refusal.
fn enters_code(person: &mut Person<'_>, code: &str) -> bool {
    assert!(
        person.sees("#otp"),
        "{} {}",
        person.status(),
        person.reads()
    );
    person.fill("#otp", code);
    person.submit("#kc-login");
    let is_in = is_home(&person.path());
    let refused = person.sees("#input-error-otp");
    assert!(is_in || refused, "{} {}", person.status(), person.reads());
    is_in
}

/// Whether this is where the application waits, with what it needs.
fn is_home(path: &str) -> bool {
    path.starts_with(HOME) && path.contains("&code=") && !path.contains("login-actions")
}

fn locks(stage: &mut Stage<'_>, name: &str) {
    let login = login(stage);
    stage
        .attacker()
        .guesses(10, |attacker, _| guess(attacker, &login, name, "guess"));
}

/// Where a new session's form is sent.
fn form_of(attacker: &mut Attacker<'_>, login: &str) -> String {
    attacker.forget_cookies();
    action(&attacker.get(login))
}

/// Where the form of this page is sent.
fn action(response: &Response) -> String {
    page::target(&page::action(&response.text(), "kc-").unwrap_or_default())
}

/// A guess as a browser would send it, with a session of its own.
fn guess(attacker: &mut Attacker<'_>, login: &str, name: &str, password: &str) -> Response {
    let target = form_of(attacker, login);
    attacker.post(
        &target,
        &[
            ("username", name),
            ("password", password),
            ("credentialId", ""),
        ],
    )
}

/// In, or at the second factor.
fn is_in(response: &Response) -> bool {
    let location = response.header("location").unwrap_or_default();
    let at_code = response.text().contains("kc-otp-login-form");
    is_answered(response) && (location.contains("&code=") || at_code)
}
