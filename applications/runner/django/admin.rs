//! Django's own admin.

use super::{Reset, has_session, mails, name, posts, resets, token};
use crate::attackers::{Attacker, is_answered};
use crate::evasions::Login;
use crate::people::Person;
use crate::stage::Stage;
use crate::support::Response;
use crate::usual::{Locked, PASSWORD, Usual};

const LOGIN: &str = "/admin/login/";
const USUAL: Usual = Usual {
    name,
    login_page: LOGIN,
    enters,
    is_in,
    guess,
    lets_in,
    locked: Locked::Reads("too many"),
};
const RESET: Reset = Reset {
    asks: "/admin/password_reset/",
    link: "/reset/",
    fields: ["new_password1", "new_password2"],
};

/// All scenes.
pub(crate) fn play(stage: &mut Stage<'_>) {
    USUAL.play(stage);
    stage.scene("a new password by mail", "has it", |stage| {
        resets(stage, &RESET, "person4")
    });
    USUAL.still_resets(stage, |stage, name| resets(stage, &RESET, name));
    stage.scene("her session is over, a page of yesterday", "in", |stage| {
        let mut person = stage.person();
        assert!(USUAL.logs_in(&mut person, "person5", PASSWORD));
        person.forget_all_but_ours();
        person.open("/admin/auth/user/?q=person5");
        person.fill("[name=username]", "person5");
        person.fill("[name=password]", PASSWORD);
        person.submit("[type=submit]");
        crate::usual::in_or_not(person.path() == "/admin/auth/user/?q=person5")
    });
    USUAL.written_otherwise(stage, |attacker| Login {
        target: LOGIN.to_owned(),
        field: "username",
        account: "person12".to_owned(),
        others: vec![
            ("csrfmiddlewaretoken", token(attacker, LOGIN)),
            ("password", PASSWORD.to_owned()),
        ],
    });
    USUAL.guesses(
        stage,
        "passwords, by a session that is over",
        16,
        |attacker, name, _| guess_when_over(attacker, LOGIN, name),
    );
    mails(stage, &USUAL, &RESET);
}

/// A guess with the cookie of a session that does not exist, which Django ends in its answer.
pub(super) fn guess_when_over(attacker: &mut Attacker<'_>, door: &str, name: &str) -> Response {
    attacker.forget_cookies();
    let token = token(attacker, door);
    attacker.takes_cookie("sessionid", &"b".repeat(32));
    let fields = [
        ("csrfmiddlewaretoken", token.as_str()),
        ("username", name),
        ("password", "guess"),
    ];
    attacker.post(door, &fields)
}

fn enters(person: &mut Person<'_>, name: &str, password: &str) {
    person.open("/admin/login/?next=/admin/");
    person.fill("[name=username]", name);
    person.fill("[name=password]", password);
    person.submit("[type=submit]");
}

fn is_in(person: &mut Person<'_>) -> bool {
    let is_in = person.path() == "/admin/";
    assert!(
        is_in || person.sees(".errornote"),
        "{} {}",
        person.status(),
        person.reads()
    );
    is_in
}

fn guess(attacker: &mut Attacker<'_>, name: &str, password: &str) -> Response {
    posts(
        attacker,
        LOGIN,
        &[
            ("username", name),
            ("password", password),
            ("next", "/admin/"),
        ],
    )
}

fn lets_in(response: &Response) -> bool {
    is_answered(response) && response.status == 302 && has_session(response)
}
