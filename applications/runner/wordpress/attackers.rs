//! Those who guess at WordPress's login, at its mails and at application passwords.

use super::{LOGIN, PASSWORD, USUAL, guess, is_in};
use crate::attackers::form;
use crate::evasions::Login;
use crate::page::encoded;
use crate::stage::Stage;
use crate::support::Request;

/// All scenes.
pub(super) fn play(stage: &mut Stage<'_>) {
    USUAL.guesses(
        stage,
        "passwords in the session-expired window",
        16,
        |attacker, name, _| {
            let fields = [("log", name), ("pwd", "guess"), ("interim-login", "1")];
            attacker.post(LOGIN, &fields)
        },
    );
    USUAL.guesses(
        stage,
        "passwords, with the old session ended",
        26,
        |attacker, name, number| {
            attacker.forget_cookies();
            match number % 2 {
                0 => attacker.post(LOGIN, &[("log", name), ("pwd", "guess"), ("reauth", "1")]),
                _ => attacker.post(
                    &format!("{LOGIN}?reauth=1"),
                    &[("log", name), ("pwd", "guess")],
                ),
            }
        },
    );
    stage.scene(
        "mails, a password of somebody else beside",
        "0 answered, 12 refused",
        |stage| {
            let guesses = stage.attacker().guesses(12, |attacker, number| {
                let decoy = format!("nobody{number}");
                let fields = [
                    ("user_login", "person27"),
                    ("log", decoy.as_str()),
                    ("pwd", "x"),
                ];
                attacker.post(&format!("{LOGIN}?action=lostpassword"), &fields)
            });
            guesses.to_string()
        },
    );
    let actions = [
        "?action=rubbish",
        "?action=lostpassword",
        "?action=postpass",
        "?action=rp",
        "?x",
    ];
    USUAL.guesses(
        stage,
        "passwords by every action",
        17,
        |attacker, name, number| {
            attacker.forget_cookies();
            let fields = [("log", name), ("pwd", "guess"), ("action", "login")];
            let action = actions[number % actions.len()];
            attacker.post(&format!("{LOGIN}{action}"), &fields)
        },
    );
    stage.scene(
        "passwords, by name and by mail",
        "5 answered, 15 refused",
        |stage| {
            let guesses = stage.attacker().guesses(20, |attacker, number| {
                let name = ["person18", "person18@shop.example"][number % 2];
                guess(attacker, name, "guess")
            });
            guesses.to_string()
        },
    );
    USUAL.written_otherwise(stage, |_| Login {
        target: LOGIN.to_owned(),
        field: "log",
        account: "person12".to_owned(),
        others: vec![("pwd", PASSWORD.to_owned())],
    });
    stage.scene("a locked account, by other actions", "nobody in", |stage| {
        USUAL.locks(stage, "person19");
        let right = [("log", "person19"), ("pwd", PASSWORD)];
        stage.attacker().tries(by_actions(&right), is_in)
    });
    USUAL.mails(stage, |attacker, name| {
        let target = format!("{LOGIN}?action=lostpassword");
        attacker.post(&target, &[("user_login", name)])
    });
    USUAL.mails_otherwise(stage, |_| Login {
        target: format!("{LOGIN}?action=lostpassword"),
        field: "user_login",
        account: "person20".to_owned(),
        others: vec![("wp-submit", "Get New Password".to_owned())],
    });
    USUAL.guesses(
        stage,
        "application passwords, by REST",
        21,
        |attacker, name, number| {
            let targets = [
                "/wp-json/wp/v2/users/me",
                "/?rest_route=/wp/v2/users/me",
                "/index.php/wp-json/wp/v2/users/me",
                "/index.php//wp-json/wp/v2/users/me",
            ];
            let target = targets[number % targets.len()];
            attacker.basic(target, name, &format!("guess {number}"))
        },
    );
}

/// The login with every action that the form or the query may name.
fn by_actions(right: &[(&str, &str)]) -> Vec<(String, Request)> {
    let mut ways = Vec::new();
    for action in [
        "lostpassword",
        "retrievepassword",
        "resetpass",
        "rp",
        "postpass",
        "logout",
        "login",
        "x",
    ] {
        ways.push((
            format!("query {action}"),
            form(&format!("{LOGIN}?action={action}"), &encoded(right)),
        ));
        let both: Vec<_> = right.iter().copied().chain([("action", action)]).collect();
        ways.push((format!("form {action}"), form(LOGIN, &encoded(&both))));
        let login: Vec<_> = right.iter().copied().chain([("action", "login")]).collect();
        let target = format!("{LOGIN}?action={action}");
        ways.push((
            format!("query {action}, form login"),
            form(&target, &encoded(&login)),
        ));
        let user = [("user_login", "nobody"), ("action", "login")];
        let all: Vec<_> = right.iter().copied().chain(user).collect();
        ways.push((
            format!("query {action}, form login, user_login"),
            form(&target, &encoded(&all)),
        ));
        let twice = format!("{}&action={action}&action=login", encoded(right));
        ways.push((format!("form {action} and login"), form(LOGIN, &twice)));
        let array = format!("{}&action[]={action}", encoded(right));
        ways.push((format!("form {action} as a list"), form(LOGIN, &array)));
    }
    let cookie = form(LOGIN, &encoded(right)).header("cookie", "action=lostpassword");
    ways.push(("a cookie named action".to_owned(), cookie));
    ways.push((
        "a path behind".to_owned(),
        form(&format!("{LOGIN}/x"), &encoded(right)),
    ));
    ways.push((
        "checkemail".to_owned(),
        form(&format!("{LOGIN}?checkemail=x"), &encoded(right)),
    ));
    ways
}
