//! The challenge page in a real browser: headless Chromium against a server that does with the core what the filter does.
//!
//! `scripts/browser.sh` gets what is needed.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "a test ends where it fails"
)]

mod chromium;
mod site;
mod tools;

use serde_json::json;

use chromium::{Chromium, Screen};
use site::{Arrived, Behaviour, Site, has_cookie};
use tools::Tools;

const WELCOME: &str = "document.getElementById('done')";
const BUTTON: &str = "document.querySelector('#palisade button:not([hidden])')";

/// Everything that is hard to repeat: names that shadow the form's own methods, line breaks, quotes, markup, duplicates,
/// an empty value.
fn form(action: &str, encoding: &str) -> String {
    format!(
        "<!doctype html><meta charset=utf-8><form id=f method=post action=\"{action}\" enctype=\"{encoding}\">\
         <input name=user value=\"Jürgen &quot;J&quot; &amp; Söhne ✓\">\
         <input type=password name=password value=\"p+%20 w&lt;/form&gt;&amp;amp;\">\
         <textarea name=note>\none\ntwo\n\nlast \t</textarea>\
         <input name=role value=a><input name=role value=b><input name=role value=a>\
         <input name=action value=x><input name=method value=get>\
         <input name=\"we&quot;ird[]&#10;name\" value=\"\">\
         <input type=submit name=submit value=Go></form>"
    )
}

fn site(form: String, behaviour: Behaviour) -> Site {
    Site::start(Behaviour { form, ..behaviour })
}

/// Clicks the form's own button, as a person does.
fn send(browser: &mut Chromium, url: &str) {
    browser.open(url);
    browser.wait_for("document.querySelector('#f [name=submit]')");
    browser.value("document.querySelector('#f [name=submit]').click()");
}

/// Runs a script in every page before its own.
fn before_the_page(browser: &mut Chromium, script: &str) {
    let source = json!({ "source": script });
    browser.call("Page.addScriptToEvaluateOnNewDocument", source);
}

fn only(site: &Site) -> Arrived {
    let arrived = site.arrived();
    assert_eq!(arrived.len(), 1, "{arrived:#?}");
    arrived.into_iter().next().expect("one")
}

/// The body, with the boundary that a browser chooses at random replaced.
fn comparable(request: &Arrived) -> String {
    let body = String::from_utf8(request.body.clone()).expect("text");
    let content_type = request.header("content-type").expect("a type");
    match content_type.split_once("boundary=") {
        Some((_, boundary)) => body.replace(boundary, "boundary"),
        None => body,
    }
}

#[test]
fn a_posted_form_is_challenged_solved_and_arrives_as_if_nothing_had_been() {
    for encoding in ["application/x-www-form-urlencoded", "multipart/form-data"] {
        let form = form("/login?next=%2Fhome&x=%22", encoding);
        let open = site(
            form.clone(),
            Behaviour {
                open: true,
                ..Behaviour::default()
            },
        );
        let mut browser = Chromium::start();
        send(&mut browser, &open.url("/form"));
        browser.wait_for(WELCOME);
        let wanted = only(&open);

        let challenged = site(form, Behaviour::default());
        send(&mut browser, &challenged.url("/form"));
        browser.wait_for(WELCOME);
        let found = only(&challenged);

        assert_eq!(comparable(&found), comparable(&wanted), "{encoding}");
        assert_eq!(
            (&found.method, &found.target),
            (&wanted.method, &wanted.target)
        );
        for name in ["sec-fetch-site", "sec-fetch-mode", "sec-fetch-dest"] {
            assert_eq!(found.header(name), wanted.header(name), "{name}");
        }
        // Applications check where a form comes from.
        assert_eq!(found.header("origin"), Some(challenged.url("").as_str()));
        assert_eq!(
            found.header("referer"),
            Some(challenged.url(&found.target).as_str())
        );

        // Cleared: the second form goes straight through, and the solution is gone.
        send(&mut browser, &challenged.url("/form"));
        browser.wait_for(WELCOME);
        let second = challenged.arrived().pop().expect("a request");
        assert_eq!(
            (challenged.arrived().len(), challenged.challenges()),
            (2, 1)
        );
        assert!(has_cookie(&second, "__Host-palisade-clearance"));
        assert!(!has_cookie(&second, "palisade-solution"));
    }
}

#[test]
fn a_get_comes_back_to_where_it_was_and_workers_do_the_work() {
    let site = site(String::new(), Behaviour::default());
    let mut browser = Chromium::start();
    before_the_page(
        &mut browser,
        "Worker = class extends Worker {
            constructor(url) {
                super(url);
                this.addEventListener('message', () => sessionStorage.setItem('worked', 'yes'));
            }
        }",
    );
    browser.open(&site.url("/account?tab=2&q=a%20b#section"));
    browser.wait_for(WELCOME);
    assert_eq!(only(&site).target, "/account?tab=2&q=a%20b");
    let wanted = site.url("/account?tab=2&q=a%20b#section");
    assert_eq!(browser.value("location.href"), json!(wanted));
    assert_eq!(
        browser.value("sessionStorage.getItem('worked')"),
        json!("yes")
    );
}

#[test]
fn a_form_too_large_to_carry_is_sent_again_by_hand_and_goes_through() {
    let form = form("/login", "application/x-www-form-urlencoded");
    let form = form.replace(
        "name=user value=\"",
        &format!("name=user value=\"{}", "x".repeat(40_000)),
    );
    let site = site(form, Behaviour::default());
    let mut browser = Chromium::start();
    send(&mut browser, &site.url("/form"));
    browser.wait_for(BUTTON);
    assert_eq!(
        browser.value(&format!("{BUTTON}.textContent")),
        json!("Go back")
    );
    browser.value(&format!("{BUTTON}.click()"));
    browser.wait_for("document.querySelector('#f [name=submit]')");
    browser.value("document.querySelector('#f [name=submit]').click()");
    browser.wait_for(WELCOME);
    assert_eq!(
        (only(&site).target, site.challenges()),
        ("/login".into(), 1)
    );
}

#[test]
fn who_allows_no_cookies_is_told_so_and_not_asked_for_ever() {
    let site = site(String::new(), Behaviour::default());
    let mut browser = Chromium::start();
    before_the_page(
        &mut browser,
        "Object.defineProperty(Document.prototype, 'cookie', { get: () => '', set() {} })",
    );
    browser.open(&site.url("/account"));
    browser.wait_for(BUTTON);
    let status = browser.value("document.querySelector('[role=status]').textContent");
    assert!(
        status.as_str().expect("text").contains("allow cookies"),
        "{status}"
    );
    assert_eq!(site.challenges(), 1);
}

#[test]
fn the_solver_hashes_like_the_browser_itself() {
    let site = site(
        String::new(),
        Behaviour {
            refused: 1,
            ..Behaviour::default()
        },
    );
    let mut browser = Chromium::start();
    browser.open(&site.url("/account"));
    browser.wait_for(BUTTON);
    // Every length of the last block, and numbers of every length.
    let wrong = "(async () => {
        const wrong = [];
        for (let length = 0; length < 200; length++) {
            const salt = 's'.repeat(length), number = 10 ** (length % 8) + length;
            const text = new TextEncoder().encode(salt + number);
            const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', text));
            const target = Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('');
            const solve = palisadeSolver(salt, target);
            if (solve(number - 1, number + 1) !== number || solve(0, 0) !== -1) wrong.push(length);
        }
        return wrong;
    })()";
    assert_eq!(browser.value(wrong), json!([]));
}

#[test]
fn a_browser_without_workers_solves_it_in_the_page() {
    let site = site(
        String::new(),
        Behaviour {
            no_workers: true,
            ..Behaviour::default()
        },
    );
    let mut browser = Chromium::start();
    browser.open(&site.url("/account"));
    browser.wait_for(WELCOME);
    assert_eq!(only(&site).target, "/account");
}

#[test]
fn after_a_refused_solution_the_page_waits_and_the_keyboard_suffices_to_try_again() {
    let site = site(
        String::new(),
        Behaviour {
            refused: 1,
            ..Behaviour::default()
        },
    );
    let mut browser = Chromium::start();
    browser.open(&site.url("/account"));
    browser.wait_for(BUTTON);
    assert_eq!(site.arrived().len(), 0);
    assert_eq!(site.challenges(), 2);
    browser.press("Tab", 9);
    browser.wait_for("document.activeElement === document.querySelector('#palisade button')");
    browser.press("Enter", 13);
    browser.wait_for(WELCOME);
    assert_eq!(only(&site).target, "/account");
}

#[test]
fn altchas_own_widget_in_the_form_solves_it_and_nobody_is_asked_twice() {
    for (file, attribute) in [
        ("altcha-2.3.0/dist/altcha.js", "challengejson"),
        ("altcha-3.2.2/dist/main/altcha.js", "challenge"),
    ] {
        let form = format!(
            "<!doctype html><meta charset=utf-8><script type=module src=/form.js></script>\
             <form id=f method=post action=/login><input name=user value=alice>\
             <altcha-widget {attribute}=\"CHALLENGE\" auto=onload></altcha-widget>\
             <input type=submit name=submit value=Go></form>"
        );
        let script = Tools::get().file(file);
        let site = site(
            form,
            Behaviour {
                script,
                ..Behaviour::default()
            },
        );
        let mut browser = Chromium::start();
        browser.open(&site.url("/form"));
        browser.wait_for("document.querySelector('#f [name=altcha]')?.value");
        browser.value("document.querySelector('#f [name=submit]').click()");
        browser.wait_for(WELCOME);
        assert_eq!(
            (only(&site).target, site.challenges()),
            ("/login".into(), 0),
            "{file}"
        );
    }
}

#[test]
fn a_form_that_another_site_posted_is_not_repeated() {
    let mut attacked = form("TARGET", "application/x-www-form-urlencoded");
    let site_under_attack = site(String::new(), Behaviour::default());
    attacked = attacked.replace("TARGET", &site_under_attack.url("/transfer"));
    let attacker = site(attacked, Behaviour::default());
    let mut browser = Chromium::start();
    send(&mut browser, &attacker.other_url("/form"));
    browser.wait_for(BUTTON);
    assert_eq!(browser.value("document.forms.length"), json!(0));
    assert_eq!(site_under_attack.arrived(), []);
}

#[test]
fn a_login_may_redirect_to_another_origin() {
    let elsewhere = site(
        String::new(),
        Behaviour {
            open: true,
            ..Behaviour::default()
        },
    );
    let redirect = Some(elsewhere.other_url("/callback"));
    let form = form("/login", "application/x-www-form-urlencoded");
    let site = site(
        form,
        Behaviour {
            redirect,
            ..Behaviour::default()
        },
    );
    let mut browser = Chromium::start();
    send(&mut browser, &site.url("/form"));
    browser.wait_for(WELCOME);
    assert_eq!(
        browser.value("location.href"),
        json!(elsewhere.other_url("/callback"))
    );
    assert_eq!(
        (only(&site).target, only(&elsewhere).target),
        ("/login".into(), "/callback".into())
    );
}

#[test]
fn without_script_the_page_says_what_to_do() {
    let site = site(String::new(), Behaviour::default());
    let mut browser = Chromium::start();
    browser.call(
        "Emulation.setScriptExecutionDisabled",
        json!({ "value": true }),
    );
    browser.open(&site.url("/account"));
    browser.wait_for("document.readyState === 'complete' && document.querySelector('noscript')");
    let seen = browser.value("document.body.innerText");
    assert!(
        seen.as_str()
            .expect("text")
            .contains("JavaScript is switched off"),
        "{seen}"
    );
    browser.screenshot("challenge-no-script");
    assert_eq!(site.arrived(), []);
}

#[test]
fn it_speaks_german_to_those_who_ask_for_it() {
    let site = site(
        String::new(),
        Behaviour {
            refused: 1,
            ..Behaviour::default()
        },
    );
    let mut browser = Chromium::start();
    let headers = json!({ "headers": { "Accept-Language": "de-AT,de;q=0.9,en;q=0.8" } });
    browser.call("Network.setExtraHTTPHeaders", headers);
    browser.open(&site.url("/account"));
    browser.wait_for(BUTTON);
    assert_eq!(browser.value("document.documentElement.lang"), json!("de"));
    assert_eq!(
        browser.value(&format!("{BUTTON}.textContent")),
        json!("Noch einmal versuchen")
    );
}

#[test]
fn nothing_bars_people_with_disabilities_in_any_colour_scheme_or_size() {
    let axe = Tools::get().file("axe-core-4.14.1/axe.min.js");
    for (screen, size) in [(Screen::Phone, "phone"), (Screen::Desktop, "desktop")] {
        for (is_dark, scheme) in [(false, "light"), (true, "dark")] {
            for (refused, what) in [(0, "working"), (1, "refused")] {
                let site = site(
                    String::new(),
                    Behaviour {
                        refused,
                        ..Behaviour::default()
                    },
                );
                let mut browser = Chromium::start();
                browser.emulate(screen, is_dark);
                if refused == 0 {
                    // Work that never ends can be looked at.
                    before_the_page(&mut browser, "Worker = class { postMessage() {} }");
                }
                browser.open(&site.url("/account"));
                if refused == 0 {
                    browser.wait_for("document.querySelector('progress:not([hidden])')");
                    browser.value("document.querySelector('progress').value = 0.4");
                } else {
                    browser.wait_for(BUTTON);
                }
                browser.screenshot(&format!("challenge-{what}-{size}-{scheme}"));
                let run = format!(
                    "{axe}; axe.run().then(({{ passes, violations }}) => [passes.length > 10, \
                     violations.map(({{ id, nodes }}) => [id, nodes.map(({{ html }}) => html)])])"
                );
                assert_eq!(
                    browser.value(&run),
                    json!([true, []]),
                    "{what} {size} {scheme}"
                );
                let fits = "document.documentElement.scrollWidth <= innerWidth";
                assert_eq!(browser.value(fits), json!(true), "{what} {size} {scheme}");
            }
        }
    }
}
