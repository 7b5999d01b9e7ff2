//! Accounts spelled as no client spells them: no limit is passed by it.

use serde_json::{Value, json};

use crate::support::{Policy, Request, Scene, failed, form};

/// How many guesses each kind is tried with; plainly the fourth is refused.
const GUESSES: usize = 8;

/// Three failures an hour per account, which stands in these places.
fn places(places: &Value) -> Policy {
    Policy::failures(3)
        .with(json!({ "identity": { "account": places } }))
        .in_route(
            "login",
            json!({ "match": { "path": ["/login", { "glob": "/users/*/login" }] } }),
        )
}

async fn scene(account: &Value, flag: bool) -> Scene {
    let scene = Scene::flagged(&places(account), flag).await;
    scene.application.answer(failed());
    scene
}

fn client(number: usize) -> String {
    format!("11.0.1.{number}")
}

/// A request with this body, of a type.
fn typed(number: usize, kind: &str, body: String) -> Request {
    Request::post("/login")
        .client(&client(number))
        .header("content-type", kind)
        .body(body)
}

/// At most three of them reach the application, whose reading of them may be V in every one.
async fn holds(scene: &Scene, kind: &str, request: impl Fn(usize) -> Request) {
    let passed = scene.passing((0..GUESSES).map(request)).await;
    assert!(passed <= 3, "{kind}: {passed} of {GUESSES}");
}

#[tokio::test]
async fn names_that_are_alike_pass_no_limit() {
    let fields = json!([{ "form": "email" }, { "multipart": "email" }, { "json": "/email" }]);
    for flag in [false, true] {
        let scene = scene(&fields, flag).await;
        let plain = scene
            .passing((0..GUESSES).map(|n| form("/login", &client(n), "email=plain")))
            .await;
        assert_eq!(plain, 3);
        for pair in [
            "em%ail=V",
            "email.x=V",
            ".email=V",
            "[email]=V",
            "email]=V",
            "email[]=V",
            "e%2500mail=V",
            "%EF%BB%BFemail=V",
            "+email=V",
            "email%00=V",
            "x;email=V",
            "em%80ail=V",
            "%2565mail=V",
            "email%3A=V",
            "%22email%22=V",
            "x%2Cemail=V",
        ] {
            holds(&scene, pair, |n| {
                form("/login", &client(n), &format!("email=J{n}&{pair}"))
            })
            .await;
            holds(&scene, pair, |n| {
                form("/login", &client(n), &format!("{pair}&Email=J{n}"))
            })
            .await;
            holds(&scene, pair, |n| {
                form("/login", &client(n), &format!("?x=J{n}&{pair}"))
            })
            .await;
        }
        for name in [
            "\"[email]\"",
            "\"email:\"",
            "email:",
            "\"email \"",
            "\"\u{feff}email\"",
            "\"z\"; x-name=\"email\"",
        ] {
            let body = |n: usize| {
                let part = |name: &str, value: &str| {
                    format!("--B\r\nContent-Disposition: form-data; name={name}\r\n\r\n{value}\r\n")
                };
                format!(
                    "{}{}--B--\r\n",
                    part("\"email\"", &format!("J{n}")),
                    part(name, "V")
                )
            };
            holds(&scene, name, |n| {
                typed(n, "multipart/form-data; boundary=B", body(n))
            })
            .await;
        }
        for member in [
            "\"email \": \"V\"",
            "\"x.email\": \"V\"",
            "\"email[]\": \"V\"",
            "\"e\u{200b}mail\": \"V\"",
        ] {
            holds(&scene, member, |n| {
                typed(
                    n,
                    "application/json",
                    format!("{{\"email\": \"J{n}\", {member}}}"),
                )
            })
            .await;
        }
        holds(&scene, "JSON in a form", |n| {
            form(
                "/login",
                &client(n),
                &format!("{{\"email\": \"V\"}}&email=J{n}"),
            )
        })
        .await;
    }
}

#[tokio::test]
async fn the_query_beside_the_body_passes_no_limit() {
    let fields = json!([{ "form": "email" }, { "multipart": "email" }, { "json": "/email" }]);
    let scene = scene(&fields, true).await;
    for query in ["email=V", "email[]=V", "e%6dail=V"] {
        let request = |n: usize, kind: &str, body: String| {
            Request::post(format!("/login?{query}"))
                .client(&client(n))
                .header("content-type", kind)
                .body(body)
        };
        holds(&scene, query, |n| {
            request(n, crate::support::FORM, format!("email=J{n}"))
        })
        .await;
        holds(&scene, query, |n| {
            request(n, "application/json", format!("{{\"email\":\"J{n}\"}}"))
        })
        .await;
        let part = "--B\r\nContent-Disposition: form-data; name=\"email\"\r\n\r\nJ";
        holds(&scene, query, |n| {
            request(
                n,
                "multipart/form-data; boundary=B",
                format!("{part}{n}\r\n--B--\r\n"),
            )
        })
        .await;
    }
}

#[tokio::test]
async fn a_cookie_beside_the_form_is_counted_too() {
    let scene = scene(&json!([{ "form": "email" }]), true).await;
    for cookie in ["email=V", "a=1; e%6Dail=V"] {
        holds(&scene, cookie, |n| {
            form("/login", &client(n), &format!("email=J{n}")).header("cookie", cookie)
        })
        .await;
    }
    // A jar that remembers somebody else is no reason to refuse.
    let remembered = form("/login", "11.0.2.1", "email=anna").header("cookie", "email=otto; x=1");
    assert_eq!(scene.send(&remembered).await.status, 401);
}

#[tokio::test]
async fn an_account_in_a_cookie_is_found_by_every_reader() {
    let scene = scene(&json!([{ "cookie": "uid" }]), true).await;
    for (decoy, line) in [
        ("a=b, uid=V", true),
        ("a=b uid=V", true),
        (",uid=V", true),
        ("a=\"b\" uid=V", true),
        ("uid[]=V", true),
        ("uid=V,J", false),
        ("uid=V=J", false),
        ("uid=V[J", false),
        ("uid=\"\\126\"", false),
        ("uid=\"\\V\"", false),
    ]
    .map(|(line, decoy)| (decoy, line))
    {
        holds(&scene, line, |n| {
            let request = Request::post("/login").client(&client(n));
            match decoy {
                true => request.header("cookie", format!("uid=J{n}; {line}")),
                false => request.header(
                    "cookie",
                    format!(
                        "{line}{}",
                        if line.ends_with('"') {
                            String::new()
                        } else {
                            n.to_string()
                        }
                    ),
                ),
            }
        })
        .await;
    }
}

#[tokio::test]
async fn credentials_elsewhere_than_clients_write_them_are_in_doubt() {
    let scene = scene(&json!(["basic"]), true).await;
    // V:x and J:x
    for line in [
        "Basic Vjp4, Basic Sjp4",
        "Bearer x, Basic Vjp4",
        "Basic  Vjp4",
        "Basic Vjp4 x",
        "basic\tVjp4",
        "Basic Vjp4 Sjp4",
    ] {
        holds(&scene, line, |n| {
            Request::post("/login")
                .client(&client(n))
                .header("authorization", line)
        })
        .await;
        scene.application.forget();
    }
}

#[tokio::test]
async fn a_path_parameter_of_one_name_with_the_query_is_one() {
    let named = json!([{ "path_segment": { "number": 2, "name": "name" } }]);
    let scene = scene(&named, true).await;
    holds(&scene, "query", |n| {
        Request::post(format!("/users/J{n}/login?name=V")).client(&client(n))
    })
    .await;
    holds(&scene, "form", |n| {
        form(&format!("/users/J{n}/login"), &client(n), "name=V")
    })
    .await;
    let honest = Request::post("/users/anna/login?lang=de").client("11.0.2.1");
    assert_eq!(scene.send(&honest).await.status, 401);
}
