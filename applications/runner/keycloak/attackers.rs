//! Those who guess at the passwords of Keycloak's form, and send mails.

use super::{LIMIT, PASSWORD, form_of, guess, is_in, login};
use crate::evasions::Login;
use crate::page;
use crate::stage::Stage;

/// All scenes.
pub(super) fn play(stage: &mut Stage<'_>) {
    stage.scene(
        "passwords of one account",
        "5 answered, 15 refused",
        |stage| {
            let login = login(stage);
            let guesses = stage.attacker().guesses(20, |attacker, number| {
                guess(attacker, &login, "person10", &format!("guess-{number}"))
            });
            guesses.to_string()
        },
    );
    stage.scene(
        "passwords in one session",
        "5 answered, 15 refused",
        |stage| {
            let login = login(stage);
            let mut attacker = stage.attacker();
            let mut target = form_of(&mut attacker, &login);
            let guesses = attacker.guesses(20, |attacker, _| {
                let response =
                    attacker.post(&target, &[("username", "person16"), ("password", "guess")]);
                let next = super::action(&response);
                if !next.is_empty() {
                    target = next;
                }
                response
            });
            guesses.to_string()
        },
    );
    stage.scene(
        "a locked account, otherwise written",
        "nobody in",
        |stage| {
            let login = login(stage);
            let mut attacker = stage.attacker();
            assert!(
                is_in(&guess(&mut attacker, &login, "person12", PASSWORD)),
                "as it is meant"
            );
            attacker.guesses(LIMIT + 1, |attacker, _| {
                guess(attacker, &login, "person12", "guess")
            });
            attacker.writes_otherwise(
                |attacker| Login {
                    target: form_of(attacker, &login),
                    field: "username",
                    account: "person12".to_owned(),
                    others: vec![
                        ("password", PASSWORD.to_owned()),
                        ("credentialId", String::new()),
                    ],
                },
                is_in,
            )
        },
    );
    stage.scene("mails to one mailbox", "3 answered, 9 refused", |stage| {
        let login = login(stage);
        let guesses = stage.attacker().guesses(12, |attacker, _| {
            attacker.forget_cookies();
            let page = attacker.get(&login).text();
            let link = page::link(&page, "reset-credentials").unwrap_or_default();
            let form = attacker.get(&link);
            attacker.post(&super::action(&form), &[("username", "person20")])
        });
        guesses.to_string()
    });
}
