//! Those who guess at WordPress's login, at its mails and at application passwords.

use super::{LIMIT, LOGIN, PASSWORD, guess, is_in};
use crate::attackers::form;
use crate::evasions::Login;
use crate::page::encoded;
use crate::stage::Stage;
use crate::support::Request;

/// All scenes.
pub(super) fn play(stage: &mut Stage<'_>) {
    stage.scene(
        "passwords of one account",
        "5 answered, 15 refused",
        |stage| {
            let guesses = stage.attacker().guesses(20, |attacker, number| {
                guess(attacker, "person10", &format!("guess-{number}"))
            });
            guesses.to_string()
        },
    );
    stage.scene(
        "passwords in the session-expired window",
        "5 answered, 15 refused",
        |stage| {
            let guesses = stage.attacker().guesses(20, |attacker, _| {
                let fields = [
                    ("log", "person16"),
                    ("pwd", "guess"),
                    ("interim-login", "1"),
                ];
                attacker.post(LOGIN, &fields)
            });
            guesses.to_string()
        },
    );
    stage.scene(
        "passwords by every action",
        "5 answered, 15 refused",
        |stage| {
            let actions = [
                "?action=rubbish",
                "?action=lostpassword",
                "?action=postpass",
                "?action=rp",
                "?x",
            ];
            let guesses = stage.attacker().guesses(20, |attacker, number| {
                attacker.forget_cookies();
                let fields = [("log", "person17"), ("pwd", "guess"), ("action", "login")];
                attacker.post(
                    &format!("{LOGIN}{}", actions[number % actions.len()]),
                    &fields,
                )
            });
            guesses.to_string()
        },
    );
    stage.scene(
        "name and address by turns: two accounts to us",
        "10 answered, 10 refused",
        |stage| {
            let guesses = stage.attacker().guesses(20, |attacker, number| {
                let name = ["person18", "person18@shop.example"][number % 2];
                guess(attacker, name, "guess")
            });
            guesses.to_string()
        },
    );
    stage.scene(
        "a locked account, otherwise written",
        "nobody in",
        |stage| {
            let mut attacker = stage.attacker();
            assert!(
                is_in(&guess(&mut attacker, "person12", PASSWORD)),
                "as it is meant"
            );
            attacker.guesses(LIMIT + 1, |attacker, _| {
                guess(attacker, "person12", "guess")
            });
            attacker.writes_otherwise(
                |_| Login {
                    target: LOGIN.to_owned(),
                    field: "log",
                    account: "person12".to_owned(),
                    others: vec![("pwd", PASSWORD.to_owned())],
                },
                is_in,
            )
        },
    );
    stage.scene("a locked account, by other actions", "nobody in", |stage| {
        let mut attacker = stage.attacker();
        attacker.guesses(LIMIT + 1, |attacker, _| {
            guess(attacker, "person19", "guess")
        });
        let right = [("log", "person19"), ("pwd", PASSWORD)];
        attacker.tries(by_actions(&right), is_in)
    });
    stage.scene("mails to one account", "3 answered, 9 refused", |stage| {
        let guesses = stage.attacker().guesses(12, |attacker, _| {
            attacker.post(
                &format!("{LOGIN}?action=lostpassword"),
                &[("user_login", "person20")],
            )
        });
        guesses.to_string()
    });
    stage.scene(
        "application passwords, by REST",
        "5 answered, 15 refused",
        |stage| {
            let guesses = stage.attacker().guesses(20, |attacker, number| {
                let target =
                    ["/wp-json/wp/v2/users/me", "/?rest_route=/wp/v2/users/me"][number % 2];
                attacker.basic(target, "person21", &format!("guess {number}"))
            });
            guesses.to_string()
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
