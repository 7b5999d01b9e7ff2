//! How each stack sends a login and answers it, as it does out of the box.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use super::{CODE, First, RIGHT, Stack, of_readme, policy};
use crate::support::{Answer, FORM, Received, Request, text};

/// A value that nobody has had before.
fn fresh() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

fn form(path: &str, fields: &[(&str, &str)]) -> Request {
    let coded = |text: &str| {
        text.replace('@', "%40")
            .replace('[', "%5B")
            .replace(']', "%5D")
    };
    let pairs = fields
        .iter()
        .map(|(name, value)| format!("{}={}", coded(name), coded(value)));
    let body = pairs.collect::<Vec<_>>().join("&");
    Request::post(path).header("content-type", FORM).body(body)
}

fn json_of(path: &str, body: &Value) -> Request {
    Request::post(path)
        .header("content-type", "application/json")
        .header("accept", "application/json")
        .body(body.to_string())
}

fn has(received: &Received, word: &str) -> bool {
    text(&received.body).contains(word)
}

fn redirect(status: u16, place: &str) -> Answer {
    Answer::status(status).header("location", place)
}

fn page(status: u16, body: &'static str) -> Answer {
    Answer::status(status)
        .header("content-type", "text/html; charset=utf-8")
        .body(body)
}

fn says(status: u16, body: &Value) -> Answer {
    Answer::status(status)
        .header("content-type", "application/json")
        .body(body.to_string())
}

/// What every stack without extras has.
fn stack(
    policy: fn() -> Value,
    login: fn(&str, &str) -> Request,
    answer: fn(&Received) -> Answer,
) -> Stack {
    Stack {
        policy,
        limit: 5,
        login,
        answer,
        disguised: None,
        code: None,
    }
}

/// The policy of the README before an application as it describes it.
pub(super) fn readme() -> Stack {
    let login = |account: &str, password: &str| {
        form("/login", &[("email", account), ("password", password)])
    };
    let answer = |received: &Received| match has(received, RIGHT) {
        true => redirect(302, "/").header("set-cookie", &format!("sid={}; HttpOnly", fresh())),
        false => redirect(302, "/login?error"),
    };
    Stack {
        limit: 10,
        ..stack(of_readme, login, answer)
    }
}

/// The policy for other stacks, before the same application.
pub(super) fn generic() -> Stack {
    Stack {
        policy: || policy("stacks/generic"),
        limit: 5,
        ..readme()
    }
}

/// `LoginView`: a wrong password is the form again.
pub(super) fn django() -> Stack {
    let login = |account: &str, password: &str| {
        let fields = [
            ("csrfmiddlewaretoken", "Zq1"),
            ("username", account),
            ("password", password),
            ("next", "/"),
        ];
        form("/accounts/login/", &fields).header("cookie", "csrftoken=Zq1")
    };
    let answer = |received: &Received| {
        let csrf = format!("csrftoken={}; Path=/; SameSite=Lax", fresh());
        let session = format!("sessionid={}; HttpOnly; Path=/; SameSite=Lax", fresh());
        match has(received, RIGHT) {
            true => redirect(302, "/").header("set-cookie", &csrf).header("set-cookie", &session),
            false => page(
                200,
                r#"<ul class="errorlist nonfield"><li>Please enter a correct username and password.</li></ul>"#,
            )
                .header("set-cookie", &csrf),
        }
    };
    stack(|| policy("stacks/django"), login, answer)
}

/// Devise with Turbo: 303 and 422. Its session is a cookie that every answer writes anew. Whoever is logged in
/// already is sent away with a 302, without a look at the password.
pub(super) fn rails() -> Stack {
    let login = |account: &str, password: &str| {
        let fields = [
            ("authenticity_token", "p0"),
            ("user[email]", account),
            ("user[password]", password),
            ("user[remember_me]", "0"),
            ("commit", "Log in"),
        ];
        form("/users/sign_in", &fields).header("accept", "text/vnd.turbo-stream.html, text/html")
    };
    let answer = |received: &Received| {
        let session = format!("_shop_session={}; path=/; HttpOnly", fresh());
        let is_in = received
            .header("cookie")
            .is_some_and(|line| line.contains("_shop_session=mallory"));
        let answer = match has(received, RIGHT) {
            _ if is_in => redirect(302, "http://shop.example/"),
            true => redirect(303, "http://shop.example/"),
            false => page(422, "Invalid Email or password."),
        };
        answer.header("set-cookie", &session)
    };
    let disguised = |account: &str| {
        let fields = [("user[email]", account), ("user[password]", "guess")];
        form("/users/sign_in", &fields).header("cookie", "_shop_session=mallory")
    };
    Stack {
        disguised: Some(disguised),
        ..stack(|| policy("stacks/rails"), login, answer)
    }
}

/// `formLogin()`: redirects to the saved request, or to `/login?error`; both may set a session.
pub(super) fn spring() -> Stack {
    let login = |account: &str, password: &str| {
        form(
            "/login",
            &[
                ("username", account),
                ("password", password),
                ("_csrf", "0b"),
            ],
        )
    };
    let answer = |received: &Received| {
        let place = match has(received, RIGHT) {
            true => "http://shop.example/orders?continue",
            false => "http://shop.example/login?error",
        };
        redirect(302, place).header(
            "set-cookie",
            &format!("JSESSIONID={}; Path=/; HttpOnly", fresh()),
        )
    };
    stack(|| policy("stacks/spring"), login, answer)
}

/// JSON, with a code as a second step of the same `express-session`.
pub(super) fn express() -> Stack {
    let login = |account: &str, password: &str| {
        json_of(
            "/api/login",
            &json!({"email": account, "password": password}),
        )
    };
    let answer = |received: &Received| {
        let session = format!("connect.sid=s%3A{}.mac; Path=/; HttpOnly", fresh());
        let user = says(200, &json!({"user": {"id": 1}}));
        match received.target.as_str() {
            "/api/login/code" if has(received, CODE) => user,
            "/api/login/code" => says(401, &json!({"error": "Wrong code"})),
            _ if !has(received, RIGHT) => says(401, &json!({"error": "Wrong password"})),
            _ if has(received, "\"mfa") => {
                says(200, &json!({"mfa_required": true})).header("set-cookie", &session)
            }
            _ => user.header("set-cookie", &session),
        }
    };
    let code = |first: &First, code: &str| {
        json_of("/api/login/code", &json!({"code": code}))
            .header("cookie", first.cookie("connect.sid"))
    };
    Stack {
        code: Some(code),
        ..stack(|| policy("stacks/express"), login, answer)
    }
}

/// `OAuth2PasswordBearer` with the token endpoint of the tutorial.
pub(super) fn fastapi() -> Stack {
    let login = |account: &str, password: &str| {
        form(
            "/token",
            &[
                ("grant_type", "password"),
                ("username", account),
                ("password", password),
                ("scope", ""),
            ],
        )
    };
    let answer = |received: &Received| match has(received, RIGHT) {
        true => says(200, &json!({"access_token": "ey", "token_type": "bearer"})),
        false => says(401, &json!({"detail": "Incorrect username or password"}))
            .header("www-authenticate", "Bearer"),
    };
    stack(|| policy("stacks/fastapi"), login, answer)
}

/// Breeze: 302 either way. A wrong password leads back to the `Referer`, which the client chooses.
pub(super) fn laravel() -> Stack {
    fn sent(account: &str, password: &str, from: &str) -> Request {
        form(
            "/login",
            &[("_token", "t0"), ("email", account), ("password", password)],
        )
        .header("referer", from)
    }
    let login =
        |account: &str, password: &str| sent(account, password, "http://shop.example/login");
    let answer = |received: &Received| {
        let answer = match has(received, RIGHT) {
            // The line of docs/stacks/laravel.md.
            true => redirect(302, "http://shop.example/dashboard").header("x-login", "success"),
            false => redirect(302, &received.header("referer").unwrap_or_default()),
        };
        answer
            .header("set-cookie", &format!("XSRF-TOKEN={}; path=/", fresh()))
            .header(
                "set-cookie",
                &format!("laravel_session={}; path=/; httponly", fresh()),
            )
    };
    let disguised = |account: &str| sent(account, "guess", "http://shop.example/dashboard");
    Stack {
        disguised: Some(disguised),
        ..stack(|| policy("stacks/laravel"), login, answer)
    }
}

/// Version 4: `json=true` is answered with 200 or 401, anything else with 302.
pub(super) fn nextauth() -> Stack {
    fn sent(account: &str, password: &str, json: &str) -> Request {
        let fields = [
            ("username", account),
            ("password", password),
            ("redirect", "false"),
            ("csrfToken", "c0"),
            ("callbackUrl", "http://shop.example/"),
            ("json", json),
        ];
        form("/api/auth/callback/credentials", &fields)
    }
    let login = |account: &str, password: &str| sent(account, password, "true");
    let answer = |received: &Received| {
        let error = "http://shop.example/api/auth/signin?error=CredentialsSignin";
        let callback = "next-auth.callback-url=http%3A%2F%2Fshop.example%2F; Path=/; HttpOnly";
        let session = format!("next-auth.session-token=ey{}; Path=/; HttpOnly", fresh());
        let answer = match (has(received, RIGHT), has(received, "json=true")) {
            (true, true) => says(200, &json!({"url": "http://shop.example/"})),
            (true, false) => redirect(302, "http://shop.example/"),
            (false, true) => says(401, &json!({"url": error})),
            (false, false) => redirect(302, error),
        };
        let answer = answer.header("set-cookie", callback);
        if has(received, RIGHT) {
            answer.header("set-cookie", &session)
        } else {
            answer
        }
    };
    let disguised = |account: &str| sent(account, "guess", "false");
    Stack {
        disguised: Some(disguised),
        ..stack(|| policy("stacks/nextauth"), login, answer)
    }
}

/// RFC 6749: 400 `invalid_grant`.
pub(super) fn oauth_token() -> Stack {
    let login = |account: &str, password: &str| {
        form(
            "/oauth/token",
            &[
                ("grant_type", "password"),
                ("username", account),
                ("password", password),
            ],
        )
        .header("authorization", "Basic YXBwOnNlY3JldA==")
    };
    let answer = |received: &Received| match has(received, RIGHT) {
        true => says(
            200,
            &json!({"access_token": "ey", "token_type": "Bearer", "expires_in": 3600}),
        ),
        false => says(400, &json!({"error": "invalid_grant"})),
    };
    stack(|| policy("stacks/oauth-token"), login, answer)
}

/// JSON, and a device id that the app has made, by which the code belongs to the password.
pub(super) fn mobile_app() -> Stack {
    let login = |account: &str, password: &str| {
        json_of(
            "/api/v1/login",
            &json!({"email": account, "password": password}),
        )
        .header("x-device-id", format!("device-{}", fresh()))
    };
    let answer = |received: &Received| {
        let token = says(200, &json!({"token": "ey"}));
        match received.target.as_str() {
            "/api/v1/login/code" if has(received, CODE) => token,
            "/api/v1/login/code" => says(401, &json!({"error": "wrong_code"})),
            _ if !has(received, RIGHT) => says(401, &json!({"error": "wrong_password"})),
            _ if has(received, "\"mfa") => says(200, &json!({"mfa_required": true})),
            _ => token,
        }
    };
    let code = |first: &First, code: &str| {
        json_of("/api/v1/login/code", &json!({"code": code}))
            .header("x-device-id", first.header("x-device-id"))
    };
    Stack {
        code: Some(code),
        ..stack(|| policy("stacks/mobile-app"), login, answer)
    }
}

/// The pages of a realm: 200 with the form again, or with the form for a code, or 302 with an identity.
pub(super) fn keycloak() -> Stack {
    const STEP: &str =
        "/realms/shop/login-actions/authenticate?session_code=s&execution=e&client_id=web&tab_id=t";
    let login = |account: &str, password: &str| {
        form(
            STEP,
            &[
                ("username", account),
                ("password", password),
                ("credentialId", ""),
            ],
        )
        .header("cookie", format!("AUTH_SESSION_ID=id{}.node", fresh()))
    };
    let answer = |received: &Received| {
        let done = redirect(302, "http://shop.example/cb?code=c")
            .header("set-cookie", "KEYCLOAK_IDENTITY=ey; Path=/realms/shop/");
        let asks_for_code = r#"<form id="kc-otp-login-form" method="post">"#;
        if has(received, "otp=") {
            return match has(received, CODE) {
                true => done,
                false => page(
                    200,
                    r#"<span id="input-error-otp-code" class="kc-feedback-text">Invalid</span><form id="kc-otp-login-form">"#,
                ),
            };
        }
        match has(received, RIGHT) {
            true if has(received, "username=mfa") => page(200, asks_for_code),
            true => done,
            false => page(
                200,
                r#"<span class="kc-feedback-text">Invalid username or password.</span><form id="kc-form-login">"#,
            ),
        }
    };
    let code = |first: &First, code: &str| {
        form(STEP, &[("otp", code), ("login", "Sign In")]).header("cookie", first.header("cookie"))
    };
    Stack {
        code: Some(code),
        ..stack(|| policy("keycloak"), login, answer)
    }
}
