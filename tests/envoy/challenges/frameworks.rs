//! Frameworks that fetch their pages: what each is told when such a fetch is challenged or refused.

use serde_json::json;

use crate::challenges::scene::{policy, route};
use crate::support::{Answer, Request, Response, Scene, data, form, solve};

const PAGE: &str = "/.palisade/challenge?route=login";

/// What each framework sends with a form.
const FORMS: [&[(&str, &str)]; 5] = [
    &[("hx-request", "true"), ("accept", "*/*")],
    &[
        ("x-inertia", "true"),
        ("accept", "text/html, application/xhtml+xml"),
    ],
    &[("x-livewire", ""), ("accept", "*/*")],
    &[
        ("turbo-frame", "main"),
        ("accept", "text/html, application/xhtml+xml"),
    ],
    &[(
        "accept",
        "text/vnd.turbo-stream.html, text/html, application/xhtml+xml",
    )],
];

fn with(request: Request, lines: &[(&str, &str)]) -> Request {
    let fetch = request.header("sec-fetch-dest", "empty");
    lines
        .iter()
        .fold(fetch, |request, (name, value)| request.header(name, value))
}

/// The status, and where the framework is led.
fn led(response: &Response) -> (u16, Option<String>) {
    let names = ["hx-redirect", "x-inertia-location", "location"];
    let mut to = names.into_iter().filter_map(|name| response.header(name));
    let first = to.next();
    assert!(to.next().is_none(), "one way alone");
    assert_eq!(
        response.header("cache-control").as_deref(),
        Some("no-store")
    );
    (response.status, first)
}

#[tokio::test]
async fn a_form_that_a_framework_sends_is_led_to_a_page_that_solves_it() {
    for flag in [false, true] {
        let scene = Scene::flagged(&policy(&json!({})), flag).await;
        for (lines, status) in FORMS.into_iter().zip([403, 409, 303, 303, 303]) {
            let login = with(form("/login", "11.0.0.1", "email=a"), lines);
            let told = scene.send(&login).await;
            assert_eq!(led(&told), (status, Some(PAGE.to_owned())), "{lines:?}");
            // Where the framework follows, it is told to show the whole page.
            if status == 303 {
                let followed = with(Request::get(PAGE).client("11.0.0.1"), lines);
                let followed = scene.send(&followed).await;
                assert_eq!(followed.status, 200);
                let is_empty = followed.text().is_empty();
                assert_eq!(is_empty, lines[0].0 == "x-livewire", "{}", followed.text());
                assert!(is_empty || followed.text().contains("turbo-visit-control"));
            }
        }
        assert_eq!(scene.application.count(), 0);
        // The page is a challenge of the route, for whoever sends the form again.
        let page = scene.send(&browser(PAGE)).await;
        assert_eq!(page.status, 403);
        assert!(
            page.text().contains("data-then=\"back\""),
            "{}",
            page.text()
        );
        let payload = solve(&serde_json::from_str(&data(&page.text(), "challenge")).expect("JSON"));
        let cookie = format!("palisade-solution={payload}");
        let again = with(form("/login", "11.0.0.1", "email=a"), FORMS[0]).header("cookie", cookie);
        scene.passes(&again).await;
    }
}

/// A browser that opens a page.
fn browser(target: &str) -> Request {
    Request::get(target)
        .client("11.0.0.1")
        .header("accept", "text/html,application/xhtml+xml,*/*;q=0.8")
        .header("sec-fetch-dest", "document")
}

#[tokio::test]
async fn a_whole_page_that_a_framework_fetches_is_opened_as_itself() {
    let scene = Scene::start(&policy(&json!({}))).await;
    let target = "/login?next=%2Fa";
    let fetch = |target: &str, lines: &[(&str, &str)]| {
        let request = Request::get(target).client("11.0.0.1");
        with(
            request.header("accept", "text/html, application/xhtml+xml"),
            lines,
        )
    };
    let boosted: &[(&str, &str)] = &[("hx-request", "true"), ("hx-boosted", "true")];
    let inertia: &[(&str, &str)] = &[("x-inertia", "true")];
    for (lines, status) in [(boosted, 403), (inertia, 409)] {
        let told = scene.send(&fetch(target, lines)).await;
        assert_eq!(led(&told), (status, Some(target.to_owned())), "{lines:?}");
        // Another site it never is.
        let told = scene.send(&fetch("//login", lines)).await;
        let to = led(&told).1.unwrap_or_default();
        assert!(told.status == 200 || to == PAGE, "{to}");
    }
    // Turbo asks for what is no page again, as a whole.
    let told = scene
        .send(&fetch(target, &[("x-turbo-request-id", "1")]))
        .await;
    assert_eq!(led(&told), (403, None));
    let kind = told.header("content-type");
    assert_eq!(kind.as_deref(), Some("application/problem+json"));
    // A part of a page is none by itself.
    let told = scene.send(&fetch(target, &[("hx-request", "true")])).await;
    assert_eq!(led(&told), (403, Some(PAGE.to_owned())));
}

#[tokio::test]
async fn what_a_framework_is_refused_for_good_is_shown_as_a_page() {
    let mut denying = route("closed");
    denying["rules"][0]["then"] = json!("deny");
    let mut closed = policy(&json!({
        "reply": { "contact": "help@shop.example" },
        "limits": [{ "name": "few", "key": ["subnet"], "limit": 1, "window": "1h" }],
    }));
    let routes = closed["routes"].as_array_mut().expect("routes");
    routes.push(denying);
    routes.push(json!({ "name": "limited", "match": { "path": "/limited" }, "limits": ["few"] }));
    let scene = Scene::start(&closed).await;
    scene.passes(&form("/limited", "11.0.0.1", "a=b")).await;
    for (path, told, status, says) in [
        ("/closed", "network", 403, "Access denied"),
        ("/limited", "too_many", 429, "Too many requests"),
    ] {
        for (lines, code) in FORMS.into_iter().zip([status, 409, 303, 303, 303]) {
            let refused = scene
                .send(&with(form(path, "11.0.0.1", "a=b"), lines))
                .await;
            let reference = refused.header("x-palisade-ref").expect("a reference");
            let to = format!("/.palisade/challenge?refused={told}&reference={reference}");
            assert_eq!(led(&refused), (code, Some(to.clone())), "{lines:?}");
            let page = scene.send(&browser(&to)).await;
            assert_eq!(page.status, status);
            for part in [says, "help@shop.example", &reference] {
                assert!(page.text().contains(part), "{part}: {}", page.text());
            }
        }
    }
    // Nobody's own words stand there.
    let hostile = "/.palisade/challenge?refused=network&reference=<b>x</b>";
    let page = scene.send(&browser(hostile)).await.text();
    assert!(!page.contains("<b>"), "{page}");
    let unheard = browser("/.palisade/challenge?refused=nothing");
    assert_eq!(scene.send(&unheard).await.text(), "the application");
}

#[tokio::test]
async fn without_an_endpoint_only_pages_are_ours() {
    let scene = Scene::start(&policy(&json!({}))).await;
    for target in [
        PAGE,
        "/.palisade/challenge",
        "/.palisade/challenge?route=nothing",
    ] {
        let widget = Request::get(target).client("11.0.0.1");
        assert_eq!(
            scene.send(&widget).await.text(),
            "the application",
            "{target}"
        );
    }
    let image = browser(PAGE).replace("sec-fetch-dest", "image");
    assert_eq!(scene.send(&image).await.text(), "the application");
    assert_eq!(scene.counted("challenges.result=issued").await, 0);
}

#[tokio::test]
async fn an_operators_own_form_of_refusals_is_what_a_framework_gets() {
    let mut own = policy(&json!({}));
    own["routes"][0]["format"] = json!("json");
    let scene = Scene::start(&own).await;
    for lines in FORMS {
        let told = scene
            .send(&with(form("/login", "11.0.0.1", "email=a"), lines))
            .await;
        assert_eq!(led(&told), (403, None), "{lines:?}");
        assert_eq!(
            told.header("content-type").as_deref(),
            Some("application/json")
        );
    }
}

#[tokio::test]
async fn a_fetch_that_waits_for_its_address_is_still_known() {
    let looked_up = json!({
        "intelligence": { "provider": "ipasis", "cluster": "ipasis", "api_key_env": "IPASIS_API_KEY" },
        "routes": [{ "name": "login", "match": { "path": "/login" } }],
    });
    let scene = Scene::start(&policy(&looked_up)).await;
    scene.api.answer(Answer::ipasis(&["VPN"]));
    for (number, lines) in FORMS.into_iter().enumerate() {
        let login = form("/login", &format!("11.7.{number}.1"), "email=a");
        let told = scene.send(&with(login, lines)).await;
        assert_eq!(led(&told).1.as_deref(), Some(PAGE), "{lines:?}");
    }
}
