//! WordPress 6: the login form.

use crate::attackers::{Attacker, is_answered};
use crate::evasions::{self, Login};
use crate::people::Person;
use crate::stage::Stage;
use crate::support::Response;

const LOGIN: &str = "/wp-login.php";
const PASSWORD: &str = "correct-horse-7";
/// The policy's limit of wrong passwords.
const LIMIT: usize = 5;

/// All scenes.
pub(crate) fn play(stage: &mut Stage<'_>) {
    people(stage);
    attackers(stage);
}

fn people(stage: &mut Stage<'_>) {
    stage.scene("twenty right logins in a row", "in 20 times", |stage| {
        let mut person = stage.person();
        let ins = (0..20).filter(|_| {
            person.forget_all_but_ours();
            logs_in(&mut person, "person1", PASSWORD)
        });
        format!("in {} times", ins.count())
    });
    stage.scene("wrong four times, then right", "in", |stage| {
        let mut person = stage.person();
        for _ in 1..LIMIT {
            assert!(!logs_in(&mut person, "person2", "mistyped"));
        }
        in_or_not(logs_in(&mut person, "person2", PASSWORD))
    });
}

fn attackers(stage: &mut Stage<'_>) {
    stage.scene(
        "passwords of one account",
        "5 answered, 15 refused",
        |stage| {
            let mut attacker = stage.attacker();
            attacker
                .guesses(20, |attacker, number| {
                    guess(attacker, "person10", &format!("guess-{number}"))
                })
                .to_string()
        },
    );
    stage.scene("the owner, by the browser she had before", "in", |stage| {
        let mut person = stage.person();
        assert!(logs_in(&mut person, "person11", PASSWORD));
        let mut attacker = stage.attacker();
        attacker.guesses(10, |attacker, _| guess(attacker, "person11", "guess"));
        let mut person = stage.returns();
        person.forget_all_but_ours();
        in_or_not(logs_in(&mut person, "person11", PASSWORD))
    });
    stage.scene(
        "a locked account, by any other writing",
        "nobody in",
        |stage| {
            let mut attacker = stage.attacker();
            attacker.guesses(LIMIT + 1, |attacker, _| {
                guess(attacker, "person12", "guess")
            });
            let login = Login {
                target: LOGIN,
                field: "log",
                account: "person12",
                decoy: "person13",
                others: &[("pwd", PASSWORD), ("testcookie", "1")],
            };
            attacker.tries(evasions::all(&login), |response| {
                is_answered(response) && is_in(response)
            })
        },
    );
}

/// Whether she gets in.
fn logs_in(person: &mut Person<'_>, name: &str, password: &str) -> bool {
    person.open(LOGIN);
    person.fill("#user_login", name);
    person.fill("#user_pass", password);
    person.submit("#wp-submit");
    let path = person.path();
    assert!(
        path.starts_with("/wp-admin/") || person.sees("#login_error"),
        "{} {path}: {}",
        person.status(),
        person.reads()
    );
    path.starts_with("/wp-admin/")
}

fn guess(attacker: &mut Attacker<'_>, name: &str, password: &str) -> Response {
    attacker.forget_cookies();
    let fields = [("log", name), ("pwd", password), ("wp-submit", "Log In")];
    attacker.post(LOGIN, &fields)
}

fn is_in(response: &Response) -> bool {
    response
        .headers
        .iter()
        .any(|(name, value)| name == "set-cookie" && value.starts_with(b"wordpress_logged_in_"))
}

fn in_or_not(is_in: bool) -> String {
    if is_in { "in" } else { "not in" }.to_owned()
}
