//! Programs at Keycloak's token endpoint: honest ones, and those who guess.

use serde_json::Value;

use super::{LIMIT, PASSWORD, in_or_not, secret};
use crate::attackers::{form, is_answered};
use crate::evasions::Login;
use crate::page::encoded;
use crate::secrets::{Written, code, wrong_code};
use crate::stage::Stage;
use crate::support::{Request, Response};

const TOKEN: &str = "/realms/shop/protocol/openid-connect/token";

/// All scenes.
pub(super) fn play(stage: &mut Stage<'_>) {
    people(stage);
    attackers(stage);
}

/// Programs of honest people, each at one address.
fn people(stage: &mut Stage<'_>) {
    let home = stage.home();
    stage.scene(
        "a program, by its secret, 30 times",
        "in 30 times",
        |stage| {
            let fields = [
                ("grant_type", "client_credentials"),
                ("client_id", "batch"),
                ("client_secret", "batch-secret"),
            ];
            let request = form(TOKEN, &encoded(&fields)).client(&home);
            times(30, || is_in(&stage.site.send(&request)))
        },
    );
    stage.scene(
        "an application, by password, 20 times",
        "in 20 times",
        |stage| {
            let request = by_password("person6", &[("password", PASSWORD)]).client(&home);
            times(20, || is_in(&stage.site.send(&request)))
        },
    );
    stage.scene(
        "an application, by refresh tokens, 30 times",
        "in 30 times",
        |stage| {
            let first = by_password("person7", &[("password", PASSWORD)]).client(&home);
            let mut answer = stage.site.send(&first);
            times(30, || {
                let token = answer.json()["refresh_token"]
                    .as_str()
                    .unwrap_or_default()
                    .to_owned();
                let fields = [
                    ("grant_type", "refresh_token"),
                    ("client_id", "app"),
                    ("refresh_token", &token),
                ];
                answer = stage
                    .site
                    .send(&form(TOKEN, &encoded(&fields)).client(&home));
                is_in(&answer)
            })
        },
    );
}

fn attackers(stage: &mut Stage<'_>) {
    stage.scene("passwords by token", "5 answered, 15 refused", |stage| {
        let guesses = stage.attacker().guesses(20, |attacker, number| {
            attacker.send(&by_password(
                "person21",
                &[("password", &format!("guess-{number}"))],
            ))
        });
        guesses.to_string()
    });
    stage.scene(
        "passwords by form and token together",
        "5 answered, 15 refused",
        |stage| {
            let guesses = stage.attacker().guesses(20, |attacker, number| {
                if number % 2 == 0 {
                    super::guess(attacker, "person22", "guess")
                } else {
                    attacker.send(&by_password("person22", &[("password", "guess")]))
                }
            });
            guesses.to_string()
        },
    );
    stage.scene(
        "codes by token, with the right password",
        "5 answered, 15 refused",
        |stage| {
            let right = code(&secret(stage), Written::Text);
            let guesses = stage.attacker().guesses(20, |attacker, number| {
                let field = ["otp", "totp"][number % 2];
                let wrong = wrong_code(&right, number);
                attacker.send(&by_password(
                    "person41",
                    &[("password", PASSWORD), (field, &wrong)],
                ))
            });
            guesses.to_string()
        },
    );
    stage.scene(
        "a locked account by token, otherwise written",
        "nobody in",
        |stage| {
            let mut attacker = stage.attacker();
            let plain = by_password("person23", &[("password", PASSWORD)]);
            assert!(is_in(&attacker.send(&plain)), "as it is meant");
            let wrong = by_password("person23", &[("password", "guess")]);
            attacker.guesses(LIMIT + 1, |attacker, _| attacker.send(&wrong));
            attacker.writes_otherwise(
                |_| Login {
                    target: TOKEN.to_owned(),
                    field: "username",
                    account: "person23".to_owned(),
                    others: vec![
                        ("grant_type", "password".to_owned()),
                        ("client_id", "app".to_owned()),
                        ("password", PASSWORD.to_owned()),
                    ],
                },
                is_in,
            )
        },
    );
    stage.scene(
        "a locked account, with other grants beside",
        "nobody in",
        |stage| {
            let mut attacker = stage.attacker();
            let wrong = by_password("person24", &[("password", "guess")]);
            attacker.guesses(LIMIT + 1, |attacker, _| attacker.send(&wrong));
            let grants = [
                "client_credentials",
                "refresh_token",
                "authorization_code",
                "",
                "PASSWORD",
            ];
            let mut ways = Vec::new();
            for grant in grants {
                let plain = by_password("person24", &[("password", PASSWORD)]);
                let body = crate::support::text(plain.body_bytes());
                ways.push((
                    format!("{grant:?} behind"),
                    form(TOKEN, &format!("{body}&grant_type={grant}")),
                ));
                ways.push((
                    format!("{grant:?} before"),
                    form(TOKEN, &format!("grant_type={grant}&{body}")),
                ));
                let target = format!("{TOKEN}?grant_type={grant}");
                ways.push((format!("{grant:?} in the query"), form(&target, &body)));
            }
            attacker.tries(ways, is_in)
        },
    );
    stage.scene("guesses lock no program out", "in", |stage| {
        let wrong = [
            ("grant_type", "client_credentials"),
            ("client_id", "batch"),
            ("client_secret", "x"),
        ];
        let wrong = form(TOKEN, &encoded(&wrong));
        stage
            .attacker()
            .guesses(40, |attacker, _| attacker.send(&wrong));
        let right = [
            ("grant_type", "client_credentials"),
            ("client_id", "batch"),
            ("client_secret", "batch-secret"),
        ];
        let right = form(TOKEN, &encoded(&right)).client("13.0.0.2");
        in_or_not(is_in(&stage.site.send(&right)))
    });
}

fn by_password(name: &str, others: &[(&str, &str)]) -> Request {
    let mut fields = vec![
        ("grant_type", "password"),
        ("client_id", "app"),
        ("username", name),
    ];
    fields.extend(others);
    form(TOKEN, &encoded(&fields))
}

fn is_in(response: &Response) -> bool {
    let answer: Value = serde_json::from_slice(&response.body).unwrap_or_default();
    is_answered(response) && answer["access_token"].is_string()
}

fn times(count: usize, mut send: impl FnMut() -> bool) -> String {
    format!("in {} times", (0..count).filter(|_| send()).count())
}
