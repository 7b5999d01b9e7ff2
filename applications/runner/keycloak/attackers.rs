//! Those who guess at the passwords of Keycloak's form, and send mails.

use super::{PASSWORD, USUAL, form_of};
use crate::evasions::Login;
use crate::page;
use crate::stage::Stage;

/// All scenes.
pub(super) fn play(stage: &mut Stage<'_>) {
    let mut target = String::new();
    USUAL.guesses(
        stage,
        "passwords in one session",
        16,
        |attacker, name, number| {
            if number == 0 {
                target = form_of(attacker);
            }
            let response = attacker.post(&target, &[("username", name), ("password", "guess")]);
            let next = super::action(&response);
            if !next.is_empty() {
                target = next;
            }
            response
        },
    );
    USUAL.written_otherwise(stage, |attacker| Login {
        target: form_of(attacker),
        field: "username",
        account: "person12".to_owned(),
        others: vec![
            ("password", PASSWORD.to_owned()),
            ("credentialId", String::new()),
        ],
    });
    USUAL.mails(stage, |attacker, name| {
        attacker.forget_cookies();
        let login = super::login_at(attacker.site());
        let page = attacker.get(&login).text();
        let link = page::link(&page, "reset-credentials").unwrap_or_default();
        let form = attacker.get(&link);
        attacker.post(&super::action(&form), &[("username", name)])
    });
    USUAL.mails_otherwise(stage, |attacker| {
        let login = super::login_at(attacker.site());
        let page = attacker.get(&login).text();
        let link = page::link(&page, "reset-credentials").unwrap_or_default();
        Login {
            target: super::action(&attacker.get(&link)),
            field: "username",
            account: "person20".to_owned(),
            others: Vec::new(),
        }
    });
}
