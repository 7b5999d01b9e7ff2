//! The challenge page in a real browser: headless Chromium before a real Envoy.
//!
//! `scripts/browser.sh` gets what is needed.

mod captchas;
mod chromium;
mod frameworks;
mod site;
mod tools;

use serde_json::{Value, json};

use self::chromium::{Chromium, Screen};
use self::site::{NO_WORKERS, Site};
pub(crate) use self::tools::Tools;
use crate::support::{Received, text};

const WELCOME: &str = "document.getElementById('done')";
const BUTTON: &str = "document.querySelector('#palisade button:not([hidden])')";

/// Everything that is hard to repeat: names that shadow the form's own methods, line breaks, quotes, markup,
/// duplicates, an empty value.
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

/// Gives the browser a solution that will be refused.
fn spoil(browser: &mut Chromium, site: &Site) {
    let cookie = json!({ "url": site.url("/"), "name": "palisade-solution", "value": "x" });
    browser.call("Network.setCookie", cookie);
}

/// The one request that reached the application there.
fn only(site: &Site, path: &str) -> Received {
    let mut arrived = site.arrived(path);
    assert_eq!(arrived.len(), 1, "{arrived:#?}");
    arrived.pop().expect("one")
}

/// The body, with the boundary that a browser chooses at random replaced.
fn comparable(request: &Received) -> String {
    let body = text(&request.body);
    let content_type = request.header("content-type").expect("a type");
    match content_type.split_once("boundary=") {
        Some((_, boundary)) => body.replace(boundary, "boundary"),
        None => body,
    }
}

fn has_cookie(request: &Received, name: &str) -> bool {
    let cookies = request.header("cookie").unwrap_or_default();
    cookies.contains(&format!("{name}="))
}

#[test]
fn a_solved_login_form_arrives_as_if_nothing_had_been() {
    let site = Site::get();
    for encoding in ["application/x-www-form-urlencoded", "multipart/form-data"] {
        let (_, kind) = encoding.split_once('/').expect("two parts");
        let login = format!("/app/login-{kind}");
        let open = format!("/open-{kind}");
        for action in [&login, &open] {
            let form = form(&format!("{action}?next=%2Fhome&x=%22"), encoding);
            site.serve(&format!("form-of{}", action.replace('/', "-")), &form);
        }
        let mut browser = Chromium::start();
        send(&mut browser, &site.url(&format!("/form-of-open-{kind}")));
        browser.wait_for(WELCOME);
        let wanted = only(&site, &open);

        let page = site.url(&format!("/form-of-app-login-{kind}"));
        send(&mut browser, &page);
        browser.wait_for(WELCOME);
        let found = only(&site, &login);

        assert_eq!(comparable(&found), comparable(&wanted), "{encoding}");
        assert_eq!(found.method, "POST");
        assert_eq!(found.target, format!("{login}?next=%2Fhome&x=%22"));
        for name in ["sec-fetch-site", "sec-fetch-mode", "sec-fetch-dest"] {
            assert_eq!(found.header(name), wanted.header(name), "{name}");
        }
        // Applications check where a form comes from.
        assert_eq!(found.header("origin"), Some(site.url("")));
        assert_eq!(found.header("referer"), Some(site.url(&found.target)));

        // Cleared: the second form goes straight through, and the solution is gone.
        send(&mut browser, &page);
        browser.wait_for(WELCOME);
        let arrived = site.arrived(&login);
        assert_eq!((arrived.len(), site.challenges(&login)), (2, 1));
        assert!(has_cookie(&arrived[1], "__Host-palisade-clearance"));
        assert!(!has_cookie(&arrived[1], "palisade-solution"));
    }
}

#[test]
fn a_get_comes_back_to_where_it_was_and_workers_do_the_work() {
    let site = Site::get();
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
    let wanted = site.url("/app/get?tab=2&q=a%20b#section");
    browser.open(&wanted);
    browser.wait_for(WELCOME);
    assert_eq!(only(&site, "/app/get").target, "/app/get?tab=2&q=a%20b");
    assert_eq!(browser.value("location.href"), json!(wanted));
    assert_eq!(
        browser.value("sessionStorage.getItem('worked')"),
        json!("yes")
    );
}

#[test]
fn a_fetching_script_solves_the_challenge_and_repeats() {
    let site = Site::get();
    let mut browser = Chromium::start();
    browser.open(&site.url("/open"));
    browser.wait_for(WELCOME);
    let script = "(async () => {
        const ask = (more) => fetch('/app/api', {
            method: 'POST', body: '{\"a\":1}', headers: { 'content-type': 'application/json', ...more },
        });
        const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
        const hash = async (text) =>
            hex(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))));
        const first = await ask({});
        const { altcha, answer_in } = await first.json();
        const { algorithm, challenge, salt, signature } = altcha;
        let number = 0;
        while (await hash(salt + number) !== challenge) number++;
        const payload = btoa(JSON.stringify({ algorithm, challenge, number, salt, signature }));
        const second = await ask({ [answer_in]: payload });
        const third = await ask({});
        return [first.status, first.headers.get('content-type'), second.status, third.status];
    })()";
    assert_eq!(
        browser.value(script),
        json!([403, "application/problem+json", 200, 200])
    );
    let arrived = site.arrived("/app/api");
    assert_eq!(arrived.len(), 2);
    assert!(arrived.iter().all(|request| request.body == "{\"a\":1}"));
}

#[test]
fn a_form_too_large_to_carry_is_sent_again_by_hand() {
    let site = Site::get();
    let form = form("/app/large", "application/x-www-form-urlencoded");
    let large = format!("name=user value=\"{}", "x".repeat(40_000));
    site.serve("form-large", &form.replace("name=user value=\"", &large));
    let mut browser = Chromium::start();
    send(&mut browser, &site.url("/form-large"));
    browser.wait_for(BUTTON);
    assert_eq!(
        browser.value(&format!("{BUTTON}.textContent")),
        json!("Go back")
    );
    browser.value(&format!("{BUTTON}.click()"));
    browser.wait_for("document.querySelector('#f [name=submit]')");
    browser.value("document.querySelector('#f [name=submit]').click()");
    browser.wait_for(WELCOME);
    only(&site, "/app/large");
    assert_eq!(site.challenges("/app/large"), 1);
}

#[test]
fn who_allows_no_cookies_is_told_so_and_not_asked_for_ever() {
    let site = Site::get();
    let mut browser = Chromium::start();
    before_the_page(
        &mut browser,
        "Object.defineProperty(Document.prototype, 'cookie', { get: () => '', set() {} })",
    );
    browser.open(&site.url("/app/no-cookies"));
    browser.wait_for(BUTTON);
    let status = browser.value("document.querySelector('[role=status]').textContent");
    assert!(
        status.as_str().expect("text").contains("allow cookies"),
        "{status}"
    );
    assert_eq!(site.arrived("/app/no-cookies").len(), 0);
}

#[test]
fn the_solver_hashes_like_the_browser_itself() {
    let site = Site::get();
    let mut browser = Chromium::start();
    spoil(&mut browser, &site);
    browser.open(&site.url("/app/solver"));
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
    let site = Site::get();
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
    browser.open(&site.url(NO_WORKERS));
    browser.wait_for(WELCOME);
    only(&site, NO_WORKERS);
    assert_eq!(
        browser.value("sessionStorage.getItem('worked')"),
        Value::Null
    );
}

#[test]
fn after_a_refused_solution_the_keyboard_suffices_to_try_again() {
    let site = Site::get();
    let mut browser = Chromium::start();
    spoil(&mut browser, &site);
    browser.open(&site.url("/app/refused"));
    browser.wait_for(BUTTON);
    assert_eq!(site.arrived("/app/refused").len(), 0);
    browser.press("Tab", 9);
    browser.wait_for("document.activeElement === document.querySelector('#palisade button')");
    browser.press("Enter", 13);
    browser.wait_for(WELCOME);
    only(&site, "/app/refused");
    assert_eq!(site.challenges("/app/refused"), 1);
}

/// The widget as the book has it, with the paths of the site.
fn documented_widget() -> String {
    let page = include_str!("../../../docs/concepts/challenges.md");
    let widget = page.lines().map(str::trim);
    let mut widget = widget.filter(|line| line.starts_with("<altcha-widget"));
    let (Some(widget), None) = (widget.next(), widget.next()) else {
        panic!("expected one widget on the page of challenges");
    };
    widget.replace("/.palisade/challenge?route=login", "/challenge?route=app")
}

#[test]
fn every_altcha_widget_as_documented_solves_it_before_the_form() {
    let site = Site::get();
    let widget = documented_widget();
    for (version, file) in [
        ("1.0.0", "dist/altcha.js"),
        ("1.5.1", "dist/altcha.js"),
        ("2.0.3", "dist/altcha.js"),
        ("2.3.0", "dist/altcha.js"),
        ("3.0.1", "dist/main/altcha.js"),
        ("3.2.2", "dist/main/altcha.js"),
    ] {
        let form = format!(
            "<!doctype html><meta charset=utf-8><script type=module src=/altcha-{version}.js></script>\
             <form id=f method=post action=/app/altcha-{version}><input name=user value=alice>{widget}\
             <input type=submit name=submit value=Go></form>"
        );
        let script = Tools::get().file(&format!("altcha-{version}/{file}"));
        site.serve_script(&format!("altcha-{version}.js"), script);
        site.serve(&format!("form-altcha-{version}"), &form);
        let mut browser = Chromium::start();
        browser.open(&site.url(&format!("/form-altcha-{version}")));
        let checkbox = "document.querySelector('altcha-widget input[type=checkbox]')";
        browser.wait_for(checkbox);
        browser.value(&format!("{checkbox}.click()"));
        browser.wait_for("document.querySelector('#f [name=altcha]')?.value");
        browser.value("document.querySelector('#f [name=submit]').click()");
        browser.wait_for(WELCOME);
        let path = format!("/app/altcha-{version}");
        assert!(
            text(&only(&site, &path).body).starts_with("user=alice&"),
            "{version}"
        );
        assert_eq!(site.challenges(&path), 0, "{version}");
    }
}

#[test]
fn a_form_that_another_site_posted_is_not_repeated() {
    let site = Site::get();
    let target = site.url("/app/transfer");
    site.serve(
        "form-attack",
        &form(&target, "application/x-www-form-urlencoded"),
    );
    let mut browser = Chromium::start();
    send(&mut browser, &site.other_url("/form-attack"));
    browser.wait_for(BUTTON);
    assert_eq!(browser.value("document.forms.length"), json!(0));
    assert_eq!(site.arrived("/app/transfer").len(), 0);
}

#[test]
fn a_login_may_redirect_to_another_origin() {
    let site = Site::get();
    let callback = site.other_url("/callback");
    site.redirect("redirecting", &callback);
    site.serve(
        "form-redirect",
        &form("/app/redirecting", "application/x-www-form-urlencoded"),
    );
    let mut browser = Chromium::start();
    send(&mut browser, &site.url("/form-redirect"));
    browser.wait_for(WELCOME);
    assert_eq!(browser.value("location.href"), json!(callback));
    only(&site, "/app/redirecting");
    only(&site, "/callback");
}

#[test]
fn without_script_the_page_says_what_to_do() {
    let site = Site::get();
    let mut browser = Chromium::start();
    browser.call(
        "Emulation.setScriptExecutionDisabled",
        json!({ "value": true }),
    );
    browser.open(&site.url("/app/no-script"));
    browser.wait_for("document.readyState === 'complete' && document.querySelector('noscript')");
    let seen = browser.value("document.body.innerText");
    assert!(
        seen.as_str()
            .expect("text")
            .contains("JavaScript is switched off"),
        "{seen}"
    );
    browser.screenshot("challenge-no-script");
    assert_eq!(site.arrived("/app/no-script").len(), 0);
}

#[test]
fn it_speaks_german_to_those_who_ask_for_it() {
    let site = Site::get();
    let mut browser = Chromium::start();
    let headers = json!({ "headers": { "Accept-Language": "de-AT,de;q=0.9,en;q=0.8" } });
    browser.call("Network.setExtraHTTPHeaders", headers);
    spoil(&mut browser, &site);
    browser.open(&site.url("/app/german"));
    browser.wait_for(BUTTON);
    assert_eq!(browser.value("document.documentElement.lang"), json!("de"));
    assert_eq!(
        browser.value(&format!("{BUTTON}.textContent")),
        json!("Noch einmal versuchen")
    );
}

#[test]
fn nothing_bars_people_with_disabilities() {
    let axe = Tools::get().file("axe-core-4.14.1/axe.min.js");
    let site = Site::get();
    for what in ["working", "refused"] {
        let mut browser = Chromium::start();
        if what == "working" {
            // Work that never ends can be looked at.
            before_the_page(&mut browser, "Worker = class { postMessage() {} }");
        } else {
            spoil(&mut browser, &site);
        }
        for (screen, size) in [(Screen::Phone, "phone"), (Screen::Desktop, "desktop")] {
            for (is_dark, scheme) in [(false, "light"), (true, "dark")] {
                browser.emulate(screen, is_dark);
                browser.open(&site.url(&format!("/app/seen-{what}-{size}-{scheme}")));
                let address = format!("location.pathname.endsWith('{what}-{size}-{scheme}')");
                if what == "working" {
                    let bar = "document.querySelector('progress:not([hidden])')";
                    browser.wait_for(&format!("{address} && {bar}"));
                    browser.value("document.querySelector('progress').value = 0.4");
                } else {
                    browser.wait_for(&format!("{address} && {BUTTON}"));
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
