//! Frameworks that fetch their pages, in a real browser: what refuses such a fetch shows itself as a whole page.

use std::sync::Arc;

use serde_json::json;

use super::chromium::Chromium;
use super::site::Site;
use super::{BUTTON, Tools, WELCOME, only};
use crate::support::text;

/// Every major version of them, and where its package has the script.
const HTMX: [&str; 3] = ["1.9.12", "2.0.11", "4.0.1"];
const TURBO: [&str; 2] = ["7.3.0", "8.0.23"];

/// A page of the application with the script of a framework, under a policy that lets no script of ours run in it.
fn page(site: &Site, word: &str, package: &str, file: &str, body: &str) -> String {
    let script = format!("{package}.js");
    site.serve_script(&script, Tools::get().file(&format!("{package}/{file}")));
    let html = format!(
        "<!doctype html><meta charset=utf-8>\
         <meta http-equiv=content-security-policy content=\"default-src 'self'\">\
         <script src=/{script}></script><title>form</title>{body}"
    );
    site.serve(word, &html);
    site.url(&format!("/{word}"))
}

fn htmx(site: &Site, word: &str, version: &str, body: &str) -> String {
    let package = format!("htmx.org-{version}");
    page(site, word, &package, "dist/htmx.js", body)
}

fn turbo(site: &Site, word: &str, version: &str, body: &str) -> String {
    let package = format!("hotwired-turbo-{version}");
    page(site, word, &package, "dist/turbo.es2017-umd.js", body)
}

/// A version in a path: Turbo takes one that ends like a file for no page.
fn path_of(version: &str) -> String {
    version.replace('.', "-")
}

/// Whether the browser shows this path.
fn is_at(path: &str) -> String {
    format!("location.pathname === '{path}'")
}

/// Types a name, sends the form, solves the challenge in a page of its own, comes back and sends the form again.
fn send_solve_and_send_again(browser: &mut Chromium, url: &str) {
    let submit = "document.querySelector('#f [type=submit]')";
    browser.open(url);
    browser.wait_for(&format!("document.readyState === 'complete' && {submit}"));
    browser.value("document.querySelector('#f [name=user]').value = 'Jürgen'");
    browser.value(&format!("{submit}.click()"));
    browser.wait_for(&format!("{} && {BUTTON}", is_at("/challenge")));
    assert_eq!(
        browser.value(&format!("{BUTTON}.textContent")),
        json!("Go back")
    );
    browser.value(&format!("{BUTTON}.click()"));
    browser.wait_for(&format!("document.readyState === 'complete' && {submit}"));
    // What was typed is still there.
    let typed = browser.value("document.querySelector('#f [name=user]').value");
    assert_eq!(typed, json!("Jürgen"));
    browser.value(&format!("{submit}.click()"));
    browser.wait_for(WELCOME);
}

/// The one form that has come, once it was challenged once.
fn came_once(site: &Arc<Site>, path: &str) {
    assert_eq!(text(&only(site, path).body), "user=J%C3%BCrgen", "{path}");
    assert_eq!(site.challenges(path), 1, "{path}");
}

#[test]
fn a_form_of_htmx_gets_a_page_for_its_challenge_and_then_through() {
    let site = Site::get();
    for version in HTMX {
        let path = format!("/app/htmx-form-{version}");
        let form = format!(
            "<form id=f hx-post={path} hx-target=#out><input name=user><input type=submit></form><div id=out></div>"
        );
        let url = htmx(&site, &format!("htmx-form-of-{version}"), version, &form);
        send_solve_and_send_again(&mut Chromium::start(), &url);
        came_once(&site, &path);
    }
}

#[test]
fn a_boosted_link_of_htmx_comes_to_where_it_leads() {
    let site = Site::get();
    for version in HTMX {
        let path = format!("/app/htmx-link-{version}");
        let link = format!(
            "<div hx-boost=true hx-boost:inherited=true><a id=l href=\"{path}?q=1\">on</a></div>"
        );
        let url = htmx(&site, &format!("htmx-link-of-{version}"), version, &link);
        let mut browser = Chromium::start();
        follow(&mut browser, &url);
        browser.wait_for(&format!("{} && {WELCOME}", is_at(&path)));
        assert_eq!(only(&site, &path).target, format!("{path}?q=1"));
    }
}

/// Opens a page and follows its link.
fn follow(browser: &mut Chromium, url: &str) {
    let link = "document.getElementById('l')";
    browser.open(url);
    browser.wait_for(&format!("document.readyState === 'complete' && {link}"));
    browser.value(&format!("{link}.click()"));
}

#[test]
fn a_form_of_turbo_gets_a_page_for_its_challenge_and_then_through() {
    let site = Site::get();
    for version in TURBO {
        let name = path_of(version);
        let path = format!("/app/turbo-form-{name}");
        site.redirect(
            &format!("turbo-form-{name}"),
            &site.url(&format!("/turbo-end-{name}")),
        );
        let form = format!(
            "<form id=f method=post action={path}><input name=user><input type=submit></form>"
        );
        let url = turbo(&site, &format!("turbo-form-of-{name}"), version, &form);
        send_solve_and_send_again(&mut Chromium::start(), &url);
        came_once(&site, &path);
    }
}

#[test]
fn a_link_of_turbo_comes_to_where_it_leads() {
    let site = Site::get();
    for version in TURBO {
        let name = path_of(version);
        let path = format!("/app/turbo-link-{name}");
        let link = format!("<a id=l href=\"{path}?q=1\" data-turbo-prefetch=false>on</a>");
        let url = turbo(&site, &format!("turbo-link-of-{name}"), version, &link);
        let mut browser = Chromium::start();
        follow(&mut browser, &url);
        browser.wait_for(&format!("{} && {WELCOME}", is_at(&path)));
        assert_eq!(only(&site, &path).target, format!("{path}?q=1"));
    }
}

#[test]
fn a_frame_of_turbo_gets_a_page_for_its_challenge_and_then_its_content() {
    let site = Site::get();
    for version in TURBO {
        let name = path_of(version);
        let path = format!("/app/turbo-frame-{name}");
        let filled = "<turbo-frame id=part><b id=done>Welcome</b></turbo-frame>";
        site.serve(&format!("turbo-frame-{name}"), filled);
        let frame = format!(
            "<turbo-frame id=part><a id=l href={path} data-turbo-prefetch=false>on</a></turbo-frame>"
        );
        let url = turbo(&site, &format!("turbo-frame-of-{name}"), version, &frame);
        let mut browser = Chromium::start();
        follow(&mut browser, &url);
        browser.wait_for(&format!("{} && {BUTTON}", is_at("/challenge")));
        browser.value(&format!("{BUTTON}.click()"));
        browser.wait_for("document.readyState === 'complete' && document.getElementById('l')");
        browser.value("document.getElementById('l').click()");
        browser.wait_for(WELCOME);
        let found = only(&site, &path);
        assert_eq!(
            found.header("turbo-frame").as_deref(),
            Some("part"),
            "{version}"
        );
    }
}

#[test]
fn what_is_refused_for_good_is_a_whole_page_too() {
    let site = Site::get();
    let form = |attribute: &str, path: &str| {
        format!(
            "<form method=post {attribute}={path}><input name=user value=x><input id=l type=submit></form>"
        )
    };
    let mut pages = Vec::new();
    for version in HTMX {
        let form = form("hx-post", &format!("/closed/htmx-{version}"));
        pages.push(htmx(
            &site,
            &format!("closed-htmx-of-{version}"),
            version,
            &form,
        ));
    }
    for version in TURBO {
        let form = form("action", &format!("/closed/turbo-{}", path_of(version)));
        pages.push(turbo(
            &site,
            &format!("closed-turbo-of-{version}"),
            version,
            &form,
        ));
    }
    for url in pages {
        let mut browser = Chromium::start();
        follow(&mut browser, &url);
        browser.wait_for(&is_at("/challenge"));
        browser.wait_for("document.querySelector('h1')");
        let shown = browser.value("document.body.innerText");
        let shown = shown.as_str().expect("text");
        let says = ["Access denied", "Reference"];
        assert!(
            says.iter().all(|says| shown.contains(says)),
            "{url}: {shown}"
        );
    }
}
