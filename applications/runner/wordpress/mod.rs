//! WordPress 6: login, interim login, lost password, reset, XML-RPC, REST with application passwords.

mod attackers;
mod xmlrpc;

use crate::attackers::{Attacker, basic, is_answered};
use crate::mail;
use crate::people::Person;
use crate::stage::Stage;
use crate::support::{Request, Response};
use crate::usual::{LIMIT, Locked, PASSWORD, Usual, in_or_not, out_or_not, person_name};

use self::xmlrpc::{call, xml};

const LOGIN: &str = "/wp-login.php";
const USUAL: Usual = Usual {
    name: person_name,
    login_page: LOGIN,
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
    programs(stage);
    USUAL.still_resets(stage, |stage, name| {
        let folder = stage.application.mail();
        resets(&mut stage.person(), &folder, name);
        "has it".to_owned()
    });
    attackers::play(stage);
    xmlrpc::play(stage);
}

fn people(stage: &mut Stage<'_>) {
    stage.scene("in, and out again", "out", |stage| {
        let mut person = stage.person();
        assert!(logs_in(&mut person, "person5", PASSWORD));
        let link = person.value("document.querySelector('#wp-admin-bar-logout a').href");
        person.open(link.as_str().expect("a link"));
        out_or_not(person.path().contains("loggedout=true"))
    });
    stage.scene("the session-expired window", "in", |stage| {
        let mut person = stage.person();
        assert!(logs_in(&mut person, "person3", PASSWORD));
        person.open("/wp-admin/index.php");
        person.forget_all_but_ours();
        person.value("wp.heartbeat.connectNow()");
        let inside = "document.querySelector('#wp-auth-check-frame')?.contentDocument";
        person.waits_for(&format!("{inside}?.querySelector('#loginform')"));
        // Mistyped once, which people do.
        for password in ["mistyped", PASSWORD] {
            person.value(&format!(
                "(() => {{ const page = {inside}; page.querySelector('#user_login').value = 'person3'; \
                 page.querySelector('#user_pass').value = '{password}'; page.querySelector('#wp-submit').click(); }})()"
            ));
            let next = if password == PASSWORD { "!" } else { "" };
            person.waits_for(&format!("{next}({inside}?.querySelector('#login_error'))"));
        }
        person.waits_for("document.querySelector('#wp-auth-check-wrap.hidden')");
        person.open("/wp-admin/profile.php");
        in_or_not(person.path().starts_with("/wp-admin/profile.php"))
    });
    stage.scene("a new password by mail", "in", |stage| {
        let folder = stage.application.mail();
        let mut person = stage.person();
        resets(&mut person, &folder, "person4");
        in_or_not(logs_in(&mut person, "person4", PASSWORD))
    });
}

/// Asks for a mail, follows its link, and sets the password (the same: it is needed in the other mode, too).
fn resets(person: &mut Person<'_>, folder: &std::path::Path, name: &str) {
    mail::clear(folder);
    person.open(&format!("{LOGIN}?action=lostpassword"));
    person.fill("#user_login", name);
    person.submit("#wp-submit");
    assert!(person.path().contains("checkemail"), "{}", person.reads());
    let link = mail::link(folder, &format!("{name}@shop.example"), "action=rp");
    person.open(&link);
    // WordPress proposes one, a moment later.
    person.waits_for("document.querySelector('#pass1')?.value");
    person.fill("#pass1", PASSWORD);
    person.value("document.querySelector('.pw-weak input').checked = true");
    person.value("document.querySelector('#wp-submit').disabled = false");
    person.submit("#wp-submit");
    let said = person.reads();
    assert!(
        said.contains("has been reset"),
        "{} {said}",
        person.status()
    );
}

/// Programs of honest people, each at one address.
fn programs(stage: &mut Stage<'_>) {
    let file = stage.application.state().join("application-password");
    let password = std::fs::read_to_string(file).expect("an application password");
    let home = stage.home();
    stage.scene(
        "a phone, by REST with its password, 30 times",
        "in 30 times",
        |stage| {
            let request = basic(
                Request::get("/wp-json/wp/v2/users/me"),
                "person1",
                &password,
            );
            let send = |_: &usize| stage.site.send(&request.clone().client(&home)).status == 200;
            format!("in {} times", (0..30).filter(send).count())
        },
    );
    stage.scene("an editor, by XML-RPC, 30 times", "in 30 times", |stage| {
        let request = xml(&call("wp.getPosts", &["1", "person1", &password])).client(&home);
        let send = |_: &usize| !stage.site.send(&request).text().contains("faultCode");
        format!("in {} times", (0..30).filter(send).count())
    });
}

fn logs_in(person: &mut Person<'_>, name: &str, password: &str) -> bool {
    USUAL.logs_in(person, name, password)
}

/// Whether she is in. Panics where she sees neither the application's page nor its refusal.
fn sees_whether_in(person: &mut Person<'_>) -> bool {
    let path = person.path();
    let refused = person.sees("#login_error");
    let is_in = path.starts_with("/wp-admin/");
    assert!(
        is_in || refused,
        "{} {path}: {}",
        person.status(),
        person.reads()
    );
    is_in
}

fn enters(person: &mut Person<'_>, name: &str, password: &str) {
    person.open(LOGIN);
    person.fill("#user_login", name);
    person.fill("#user_pass", password);
    person.submit("#wp-submit");
}

fn guess(attacker: &mut Attacker<'_>, name: &str, password: &str) -> Response {
    attacker.forget_cookies();
    attacker.post(
        LOGIN,
        &[("log", name), ("pwd", password), ("wp-submit", "Log In")],
    )
}

fn is_in(response: &Response) -> bool {
    let cookies = response
        .headers
        .iter()
        .filter(|(name, _)| name == "set-cookie");
    is_answered(response)
        && cookies
            .into_iter()
            .any(|(_, value)| value.starts_with(b"wordpress_logged_in_"))
}
