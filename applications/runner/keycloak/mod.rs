//! Keycloak 26: form, authenticator code, token endpoint, reset by mail.

mod attackers;
mod codes;
mod tokens;

use std::path::Path;

use crate::attackers::{Attacker, is_answered};
use crate::mail;
use crate::page;
use crate::people::Person;
use crate::secrets::{Written, code};
use crate::site::Site;
use crate::stage::Stage;
use crate::support::Response;
use crate::usual::{LIMIT, Locked, PASSWORD, Usual, in_or_not, person_name};

/// Where an application sends people to log in. They come back to a page of the realm, which takes any query.
const LOGIN: &str = "/realms/shop/protocol/openid-connect/auth?client_id=app&response_type=code&scope=openid&redirect_uri=";
const HOME: &str = "/realms/shop";
const USUAL: Usual = Usual {
    name: person_name,
    login_page: HOME,
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
    owners(stage);
    attackers::play(stage);
    codes::play(stage);
    tokens::play(stage);
}

fn people(stage: &mut Stage<'_>) {
    stage.scene("still in, at the next application", "in", |stage| {
        let login = login(stage);
        let mut person = stage.person();
        assert!(logs_in(&mut person, "person3", PASSWORD));
        person.open(&login);
        in_or_not(is_home(&person.path()))
    });
    stage.scene("with a second factor, six times", "in 6 times", |stage| {
        let secret = secret(stage);
        let mut person = stage.person();
        let ins = (0..6).filter(|_| {
            person.forget_all_but_ours();
            enters(&mut person, "person31", PASSWORD);
            enters_code(&mut person, &code(&secret, Written::Text))
        });
        format!("in {} times", ins.count())
    });
    stage.scene("a code mistyped four times, then right", "in", |stage| {
        let secret = secret(stage);
        let mut person = stage.person();
        enters(&mut person, "person32", PASSWORD);
        for _ in 1..LIMIT {
            assert!(!enters_code(&mut person, "000000"));
        }
        in_or_not(enters_code(&mut person, &code(&secret, Written::Text)))
    });
    stage.scene("at the code, and back to another account", "in", |stage| {
        let mut person = stage.person();
        enters(&mut person, "person33", PASSWORD);
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
        in_or_not(logs_in(&mut person, "person4", PASSWORD))
    });
}

/// Those whose account is under attack.
fn owners(stage: &mut Stage<'_>) {
    USUAL.still_resets(stage, |stage, name| {
        let (login, folder) = (login(stage), stage.application.mail());
        resets(&mut stage.person(), &login, &folder, name);
        "has it".to_owned()
    });
    stage.scene(
        "locked at the code by who has her password",
        "in",
        |stage| {
            let secret = secret(stage);
            let mut person = stage.person();
            enters(&mut person, "person34", PASSWORD);
            assert!(enters_code(&mut person, &code(&secret, Written::Text)));
            codes::exhausts(stage, "person34");
            let mut person = stage.returns();
            person.forget_all_but_ours();
            enters(&mut person, "person34", PASSWORD);
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
    login_at(&stage.site)
}

fn login_at(site: &Site) -> String {
    format!("{LOGIN}{}", page::percent(&site.url(HOME)))
}

/// The authenticator's secret of those who have one.
fn secret(stage: &Stage<'_>) -> String {
    std::fs::read_to_string(stage.application.state().join("totp")).expect("a secret")
}

fn logs_in(person: &mut Person<'_>, name: &str, password: &str) -> bool {
    USUAL.logs_in(person, name, password)
}

/// Whether she is in. Panics where she sees neither the application's page nor its refusal.
fn sees_whether_in(person: &mut Person<'_>) -> bool {
    let is_in = is_home(&person.path());
    let refused = person.sees(".kc-feedback-text");
    assert!(is_in || refused, "{} {}", person.status(), person.reads());
    is_in
}

fn enters(person: &mut Person<'_>, name: &str, password: &str) {
    let login = login_at(person.site());
    person.open(&login);
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

/// Where a new session's form is sent.
fn form_of(attacker: &mut Attacker<'_>) -> String {
    attacker.forget_cookies();
    let login = login_at(attacker.site());
    action(&attacker.get(&login))
}

/// Where the form of this page is sent.
fn action(response: &Response) -> String {
    page::target(&page::action(&response.text(), "kc-").unwrap_or_default())
}

/// A guess as a browser would send it, with a session of its own.
fn guess(attacker: &mut Attacker<'_>, name: &str, password: &str) -> Response {
    let target = form_of(attacker);
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
