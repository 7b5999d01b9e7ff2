//! Captchas in the page, each with a stand-in that has the documented programming interface of its service's widget.

use serde_json::{Value, json};

use crate::browser::chromium::{Chromium, Screen};
use crate::browser::site::Site;
use crate::browser::tools::Tools;
use crate::browser::{WELCOME, before_the_page, comparable, form, has_cookie, only, send};
use crate::service::{Provider, SITE_KEY, Service, Solved};
use crate::support::Answer;

/// The page's own button; a widget has others.
const BUTTON: &str = "document.querySelector('#palisade > p > button:not([hidden])')";
const URLENCODED: &str = "application/x-www-form-urlencoded";

/// The interface of the widget.
fn interface(provider: Provider) -> &'static str {
    match provider {
        Provider::Custom => "field",
        other => other.name(),
    }
}

/// A service's own table, with the stand-in in place of the service's script.
fn captcha(service: &Service) -> Value {
    let provider = service.provider;
    let mut table = match provider.configuration() {
        Value::String(preset) => json!({ "preset": preset }),
        table => table,
    };
    let origin = format!("http://{}", service.address());
    table["widget"] = json!({
        "interface": interface(provider),
        "script": format!("{origin}/api.js?render={{site_key}}&hl={{language}}"),
        "sources": [origin],
    });
    if provider == Provider::Custom {
        table["widget"]["class"] = "my-widget".into();
    }
    let mut captcha = json!({
        "provider": table,
        "cluster": "captcha",
        "site_key": SITE_KEY,
        "secret_env": "CAPTCHA_SECRET",
        "hostnames": ["shop.example"],
        "timeout": "5s",
    });
    if provider.tells_action() {
        captcha["action"] = "login".into();
    }
    if provider.tells_score() {
        captcha["min_score"] = json!(0.5);
    }
    captcha
}

/// A site that asks for this captcha, with a form at `/form` that leads to `/app/login`.
fn site(provider: Provider) -> (Site, Service) {
    let (site, service) = Site::with_captcha(provider, captcha);
    let script = [
        "{",
        include_str!("widget.js"),
        include_str!("interfaces.js"),
        "window.standIn = standIn;",
        &format!("interfaces.{}();", interface(provider)),
        "}",
    ];
    let page = |kind: &str, body: String| {
        Answer::status(200)
            .header("content-type", kind)
            .header("access-control-allow-origin", "*")
            .body(body)
    };
    service.serve("/api.js", page("text/javascript", script.join("\n")));
    service.serve("/style.css", page("text/css", String::new()));
    service.serve(
        "/frame.html",
        page("text/html", include_str!("frame.html").to_owned()),
    );
    let logo = "<svg xmlns='http://www.w3.org/2000/svg' width='16' height='16'/>";
    service.serve("/logo.svg", page("image/svg+xml", logo.to_owned()));
    site.serve("form", &form("/app/login?next=%2Fhome", URLENCODED));
    (site, service)
}

/// A browser that remembers what the Content-Security-Policy has blocked.
fn browser() -> Chromium {
    let mut browser = Chromium::start();
    before_the_page(
        &mut browser,
        "document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => {
            const before = sessionStorage.getItem('blocked') || '';
            sessionStorage.setItem('blocked', `${before} ${violatedDirective} ${blockedURI}`);
        });",
    );
    browser
}

fn assert_nothing_was_blocked(browser: &mut Chromium, provider: Provider) {
    let blocked = browser.value("sessionStorage.getItem('blocked')");
    assert_eq!(blocked, Value::Null, "{provider:?}");
}

/// Solves the captcha, as a person does; reCAPTCHA v3 needs none.
fn solve(browser: &mut Chromium, provider: Provider) {
    if provider == Provider::RecaptchaV3 {
        return;
    }
    browser.wait_for("window.standIn?.solve");
    browser.value("standIn.solve()");
    if provider == Provider::Custom {
        browser.wait_for("document.querySelector('[name=my-captcha]').value");
        browser.value(&format!("{BUTTON}.click()"));
    }
}

/// Waits until the page says this, and has a button.
fn wait_for_words(browser: &mut Chromium, words: &str) {
    let status = "document.querySelector('[role=status]').textContent";
    browser.wait_for(&format!("{BUTTON} && {status}.includes('{words}')"));
}

#[test]
fn with_every_widget_a_posted_form_arrives_as_it_was() {
    for provider in Provider::ALL {
        let (site, service) = site(provider);
        site.serve("form-open", &form("/open?next=%2Fhome", URLENCODED));
        let mut browser = browser();
        send(&mut browser, &site.url("/form-open"));
        browser.wait_for(WELCOME);
        let wanted = only(&site, "/open");

        send(&mut browser, &site.url("/form"));
        solve(&mut browser, provider);
        browser.wait_for(WELCOME);
        let found = only(&site, "/app/login");
        assert_eq!(comparable(&found), comparable(&wanted), "{provider:?}");
        assert_eq!(found.method, "POST");
        assert_eq!(found.target, "/app/login?next=%2Fhome");
        assert_eq!(found.header("origin"), Some(site.url("")));
        assert_nothing_was_blocked(&mut browser, provider);

        // Cleared: the second form goes straight through, and the token is gone.
        send(&mut browser, &site.url("/form"));
        browser.wait_for(WELCOME);
        let arrived = site.arrived("/app/login");
        assert_eq!((arrived.len(), site.challenges("/app/login")), (2, 1));
        assert!(has_cookie(&arrived[1], "__Host-palisade-clearance"));
        assert!(!has_cookie(&arrived[1], "palisade-captcha"));
        assert_eq!(service.count(), 1, "{provider:?}");
    }
}

#[test]
fn a_refused_token_shows_the_page_again_and_then_goes_through() {
    for provider in Provider::ALL {
        let (site, service) = site(provider);
        let elsewhere = Solved {
            hostname: "other.example",
            ..Solved::default()
        };
        service.solve_as(elsewhere);
        let mut browser = browser();
        send(&mut browser, &site.url("/form"));
        solve(&mut browser, provider);
        wait_for_words(&mut browser, "did not count");
        assert_eq!(site.challenges("/app/login"), 2, "{provider:?}: no loop");
        assert_eq!(site.arrived("/app/login").len(), 0);

        service.solve_as(Solved::default());
        browser.value(&format!("{BUTTON}.click()"));
        solve(&mut browser, provider);
        browser.wait_for(WELCOME);
        let found = only(&site, "/app/login");
        assert!(comparable(&found).contains("role=a&role=b&role=a"));
        assert_eq!(service.count(), 2, "{provider:?}");
        assert_nothing_was_blocked(&mut browser, provider);
    }
}

#[test]
fn an_unloadable_script_is_told_and_can_be_tried_again() {
    for provider in [Provider::Hcaptcha, Provider::RecaptchaV3, Provider::Custom] {
        let (site, _service) = site(provider);
        let mut browser = browser();
        browser.call("Network.setBlockedURLs", json!({ "urls": ["*api.js*"] }));
        browser.open(&site.url("/app/account?tab=1"));
        wait_for_words(&mut browser, "could not be loaded");
        browser.call("Network.setBlockedURLs", json!({ "urls": [] }));
        browser.value(&format!("{BUTTON}.click()"));
        solve(&mut browser, provider);
        browser.wait_for(WELCOME);
        let found = only(&site, "/app/account");
        assert_eq!(found.method, "GET");
        assert_eq!(found.target, "/app/account?tab=1");
    }
}

#[test]
fn a_widget_that_fails_can_be_tried_again() {
    for provider in [
        Provider::Turnstile,
        Provider::Hcaptcha,
        Provider::RecaptchaV2,
        Provider::FriendlyCaptcha,
    ] {
        let (site, _service) = site(provider);
        let mut browser = browser();
        browser.open(&site.url("/app/account"));
        browser.wait_for("window.standIn?.fail");
        browser.value("standIn.fail()");
        wait_for_words(&mut browser, "did not work");
        browser.value("delete standIn.solve");
        browser.value(&format!("{BUTTON}.click()"));
        solve(&mut browser, provider);
        browser.wait_for(WELCOME);
        only(&site, "/app/account");
    }
}

#[test]
fn a_page_that_the_history_brings_back_can_be_solved_again() {
    for provider in [Provider::Turnstile, Provider::Custom] {
        let (site, _service) = site(provider);
        let mut browser = browser();
        browser.open(&site.url("/app/account"));
        browser.wait_for("window.standIn?.solve");
        browser.value("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))");
        wait_for_words(&mut browser, "did not work");
        browser.value("delete standIn.solve");
        browser.value(&format!("{BUTTON}.click()"));
        solve(&mut browser, provider);
        browser.wait_for(WELCOME);
        only(&site, "/app/account");
    }
}

#[test]
fn while_the_service_is_down_the_browser_works_instead() {
    let provider = Provider::Turnstile;
    let (site, service) = site(provider);
    let down = service.fault(Answer::status(500));
    service.serve("/token", Answer::status(200).body(down));
    let mut browser = browser();
    send(&mut browser, &site.url("/form"));
    solve(&mut browser, provider);
    browser.wait_for(WELCOME);
    let found = only(&site, "/app/login");
    assert!(comparable(&found).contains("role=a&role=b&role=a"));
    assert_eq!((site.challenges("/app/login"), service.count()), (2, 1));
    assert_nothing_was_blocked(&mut browser, provider);
}

#[test]
fn a_token_that_no_single_cookie_holds_arrives_whole() {
    let provider = Provider::Hcaptcha;
    let (site, service) = site(provider);
    let token = service.issue_of(8_192, Solved::default());
    service.serve("/token", Answer::status(200).body(token));
    let mut browser = browser();
    send(&mut browser, &site.url("/form"));
    solve(&mut browser, provider);
    browser.wait_for(WELCOME);
    only(&site, "/app/login");
    assert_eq!(browser.value("document.cookie"), json!(""));
}

#[test]
fn who_allows_no_cookies_is_told_so_and_not_asked_for_ever() {
    for provider in [Provider::RecaptchaV3, Provider::Turnstile] {
        let (site, service) = site(provider);
        let mut browser = browser();
        before_the_page(
            &mut browser,
            "Object.defineProperty(Document.prototype, 'cookie', { get: () => '', set() {} })",
        );
        browser.open(&site.url("/app/account"));
        solve(&mut browser, provider);
        wait_for_words(&mut browser, "allow cookies");
        assert_eq!(service.count(), 0, "{provider:?}");
        assert_eq!(site.challenges("/app/account"), 1, "{provider:?}");
        assert_eq!(site.arrived("/app/account").len(), 0, "{provider:?}");
    }
}

#[test]
fn a_token_of_the_applications_own_form_spares_the_page() {
    let provider = Provider::Turnstile;
    let (site, service) = site(provider);
    let token = service.token();
    let form = format!(
        "<!doctype html><form id=f method=post action=/app/own><input name=user value=ann>\
         <input name=cf-turnstile-response value='{token}'><input type=submit name=submit value=Go></form>"
    );
    site.serve("form-own", &form);
    let mut browser = browser();
    send(&mut browser, &site.url("/form-own"));
    browser.wait_for(WELCOME);
    assert_eq!((site.challenges("/app/own"), service.count()), (0, 1));
    // A second time it is spent: the page asks for another one, which stands before the form's.
    browser.call("Network.clearBrowserCookies", json!({}));
    send(&mut browser, &site.url("/form-own"));
    wait_for_words(&mut browser, "did not count");
    browser.value(&format!("{BUTTON}.click()"));
    solve(&mut browser, provider);
    browser.wait_for(WELCOME);
    assert_eq!(site.arrived("/app/own").len(), 2);
    assert_eq!((site.challenges("/app/own"), service.count()), (1, 2));
}

#[test]
fn a_form_too_large_to_carry_is_sent_again_by_hand() {
    let provider = Provider::RecaptchaV2;
    let (site, service) = site(provider);
    let large = format!("name=user value=\"{}", "x".repeat(40_000));
    let form = form("/app/large", URLENCODED).replace("name=user value=\"", &large);
    site.serve("form-large", &form);
    let mut browser = browser();
    send(&mut browser, &site.url("/form-large"));
    solve(&mut browser, provider);
    wait_for_words(&mut browser, "go back");
    browser.value(&format!("{BUTTON}.click()"));
    browser.wait_for("document.querySelector('#f [name=submit]')");
    browser.value("document.querySelector('#f [name=submit]').click()");
    browser.wait_for(WELCOME);
    only(&site, "/app/large");
    assert_eq!((site.challenges("/app/large"), service.count()), (1, 1));
}

#[test]
fn nothing_bars_people_with_disabilities() {
    let axe = Tools::get().file("axe-core-4.14.1/axe.min.js");
    for provider in [Provider::Turnstile, Provider::Custom] {
        let (site, _service) = site(provider);
        let name = interface(provider);
        for what in ["asked", "refused", "unreachable"] {
            let mut browser = browser();
            for (screen, size) in [(Screen::Phone, "phone"), (Screen::Desktop, "desktop")] {
                for (is_dark, scheme) in [(false, "light"), (true, "dark")] {
                    browser.emulate(screen, is_dark);
                    let place = format!("{what}-{size}-{scheme}");
                    let path = format!("/app/seen-{place}");
                    let blocked = match what {
                        "unreachable" => json!({ "urls": ["*api.js*"] }),
                        _ => json!({ "urls": [] }),
                    };
                    browser.call("Network.setBlockedURLs", blocked);
                    if what == "refused" {
                        let url = site.url("/");
                        let cookie =
                            json!({ "url": url, "name": "palisade-captcha", "value": "a b" });
                        browser.call("Network.setCookie", cookie);
                    }
                    browser.open(&site.url(&path));
                    browser.wait_for(&format!("location.pathname === '{path}'"));
                    match what {
                        "asked" => browser.wait_for("window.standIn?.solve"),
                        "refused" => wait_for_words(&mut browser, "did not count"),
                        _ => wait_for_words(&mut browser, "could not be loaded"),
                    }
                    browser.screenshot(&format!("captcha-{name}-{place}"));
                    let run = format!(
                        "{axe}; axe.run().then(({{ passes, violations }}) => [passes.length > 8, \
                         violations.map(({{ id, nodes }}) => [id, nodes.map(({{ html }}) => html)])])"
                    );
                    assert_eq!(browser.value(&run), json!([true, []]), "{name} {place}");
                    let fits = "document.documentElement.scrollWidth <= innerWidth";
                    assert_eq!(browser.value(fits), json!(true), "{name} {place}");
                }
            }
        }
    }
}
