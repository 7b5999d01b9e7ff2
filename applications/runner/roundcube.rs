//! Roundcube 1.6: one login for all paths and queries.

use crate::attackers::{Attacker, form, has_device, is_answered};
use crate::evasions::Login;
use crate::page::{self, encoded};
use crate::people::Person;
use crate::stage::Stage;
use crate::support::{Request, Response};
use crate::usual::{LIMIT, Locked, PASSWORD, Usual, in_or_not};

const USUAL: Usual = Usual {
    name,
    login_page: "/",
    enters,
    is_in,
    guess,
    lets_in,
    locked: Locked::Reads("too many"),
};

/// How many ways lead to the login.
const DOORS: usize = 12;

/// All scenes.
pub(crate) fn play(stage: &mut Stage<'_>) {
    USUAL.play(stage);
    stage.scene("her session is over while she reads", "in", |stage| {
        let mut person = stage.person();
        assert!(USUAL.logs_in(&mut person, "person5", PASSWORD));
        person.forget_all_but_ours();
        person.open("/?_task=settings");
        fills(&mut person, "person5", PASSWORD);
        in_or_not(is_in(&mut person))
    });
    stage.scene("an attachment and a long mail", "both answered", |stage| {
        let mut client = stage.attacker();
        assert!(lets_in(&guess(&mut client, "person6", PASSWORD)));
        let picture = format!(
            "--b\r\ncontent-disposition: form-data; name=\"_attachments[]\"; filename=\"a.png\"\r\n\
             content-type: image/png\r\n\r\n{}\r\n--b--\r\n",
            "x".repeat(300_000)
        );
        let upload = form("/?_task=mail&_action=upload&_id=1&_remote=1", &picture)
            .replace("content-type", "multipart/form-data; boundary=b");
        let text = format!(
            "_task=mail&_action=send&_message={}",
            "long+".repeat(40_000)
        );
        let mail = form("/?_task=mail&_action=send", &text);
        let answered = [upload, mail].map(|request| is_answered(&client.send(&request)));
        match answered {
            [true, true] => "both answered".to_owned(),
            other => format!("answered: {other:?}"),
        }
    });
    USUAL.written_otherwise(stage, |attacker| Login {
        target: "/index.php?_task=login".to_owned(),
        field: "_user",
        account: "person12".to_owned(),
        others: vec![
            ("_token", token(attacker)),
            ("_task", "login".to_owned()),
            ("_action", "login".to_owned()),
            ("_pass", PASSWORD.to_owned()),
        ],
    });
    USUAL.guesses(
        stage,
        "passwords by every path and query",
        16,
        |attacker, name, number| {
            let (_, request) = doors(attacker, name, "guess").swap_remove(number % DOORS);
            attacker.send(&request)
        },
    );
    stage.scene(
        "a locked account, by every path and query",
        "nobody in",
        |stage| {
            USUAL.locks(stage, "person13");
            let mut attacker = stage.attacker();
            let mut ways = Vec::new();
            for number in 0..doors(&mut attacker, "person13", PASSWORD).len() {
                let (way, request) = doors(&mut attacker, "person13", PASSWORD).swap_remove(number);
                if lets_in(&attacker.send(&request)) {
                    ways.push(way);
                }
            }
            if ways.is_empty() {
                "nobody in".to_owned()
            } else {
                format!("in by {}", ways.join(", "))
            }
        },
    );
    stage.scene(
        "no cookies, no token: is a device given?",
        "none",
        |stage| {
            let mut attacker = stage.attacker();
            let mut given = 0;
            for door in [
                "/?_task=login",
                "/?_task=login&_remote=1",
                "/?_task=login&_framed=1",
            ] {
                for _ in 0..=LIMIT {
                    attacker.forget_cookies();
                    let fields = [
                        ("_task", "login"),
                        ("_action", "login"),
                        ("_user", "person17"),
                        ("_pass", PASSWORD),
                    ];
                    given += usize::from(has_device(&attacker.post(door, &fields)));
                }
            }
            if given == 0 {
                "none".to_owned()
            } else {
                format!("{given} given")
            }
        },
    );
}

/// One login by each door, in a session of its own.
fn doors(attacker: &mut Attacker<'_>, name: &str, password: &str) -> Vec<(String, Request)> {
    attacker.forget_cookies();
    let token = token(attacker);
    let plain = [
        ("_token", token.as_str()),
        ("_user", name),
        ("_pass", password),
    ];
    let with = |more: &[(&'static str, &'static str)]| {
        let fields: Vec<(&str, &str)> = plain.iter().chain(more).copied().collect();
        encoded(&fields)
    };
    let login = with(&[("_task", "login"), ("_action", "login")]);
    let action = with(&[("_action", "login")]);
    let tagged = with(&[("_action", "<b>login")]);
    let bare = with(&[]);
    let doors: [(&str, &String); DOORS] = [
        ("/", &login),
        ("/index.php", &login),
        ("/index.php/x", &login),
        ("/?_task=mail&_action=list", &login),
        ("/?_task=login&_remote=1", &login),
        ("/?_task=login&_framed=1", &login),
        ("/?_task=settings", &action),
        ("/?_action=login", &bare),
        ("/index.php?x&_action=login", &bare),
        ("/", &tagged),
        ("/?_action=%3Cb%3Elogin", &bare),
        ("/whatever", &login),
    ];
    doors
        .map(|(door, body)| (door.to_owned(), form(door, body)))
        .into()
}

/// Begins a session, and gives what has to come back with a form.
fn token(attacker: &mut Attacker<'_>) -> String {
    let page = attacker.get("/").text();
    page::last_field(&page, "_token").unwrap_or_default()
}

fn name(number: usize) -> String {
    format!("person{number}")
}

fn enters(person: &mut Person<'_>, name: &str, password: &str) {
    person.open("/");
    fills(person, name, password);
}

fn fills(person: &mut Person<'_>, name: &str, password: &str) {
    person.fill("#rcmloginuser", name);
    person.fill("#rcmloginpwd", password);
    person.submit("#rcmloginsubmit");
}

fn is_in(person: &mut Person<'_>) -> bool {
    let (is_in, refused) = (
        person.sees("#taskmenu, #layout-menu"),
        person.sees("#rcmloginuser"),
    );
    assert!(is_in || refused, "{} {}", person.status(), person.reads());
    is_in
}

fn guess(attacker: &mut Attacker<'_>, name: &str, password: &str) -> Response {
    attacker.forget_cookies();
    let token = token(attacker);
    let fields = [
        ("_token", token.as_str()),
        ("_task", "login"),
        ("_action", "login"),
        ("_timezone", "Europe/Berlin"),
        ("_url", ""),
        ("_user", name),
        ("_pass", password),
    ];
    attacker.post("/?_task=login", &fields)
}

fn lets_in(response: &Response) -> bool {
    let has_session = response.headers.iter().any(|(name, value)| {
        name == "set-cookie"
            && value.starts_with(b"roundcube_sessauth=")
            && !value.starts_with(b"roundcube_sessauth=-del-")
    });
    is_answered(response) && has_session
}
