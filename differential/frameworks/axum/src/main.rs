//! axum: `axum PORT`. Each idiom is an extractor, on a copy of the request.

use std::collections::{BTreeMap, HashMap};

use axum::body::{Body, Bytes};
use axum::extract::{Form, FromRequest, FromRequestParts, Json, Multipart, Path, Query, Request};
use axum::http::request::Parts;
use axum::routing::{get, post};
use axum::{Router, http};
use axum_extra::extract::CookieJar;
use axum_extra::headers::Authorization;
use axum_extra::headers::authorization::{Basic, Bearer};
use axum_extra::{TypedHeader, headers};
use serde::Deserialize;
use serde_json::{Value, json};

/// What an application deserialises.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Login {
    email: Option<Value>,
    user: Option<User>,
    #[serde(rename = "user[email]")]
    flat: Option<Value>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct User {
    email: Option<Value>,
}

/// A form, whose values are texts.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Fields {
    email: Option<String>,
    #[serde(rename = "user[email]")]
    flat: Option<String>,
}

type Answer = BTreeMap<String, Value>;

fn add(answer: &mut Answer, idiom: &str, texts: impl IntoIterator<Item = String>) {
    let texts: Vec<String> = texts.into_iter().collect();
    if !texts.is_empty() {
        answer.insert(idiom.to_owned(), json!(texts));
    }
}

fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Null => Vec::new(),
        Value::String(text) => vec![text.clone()],
        Value::Array(values) => values.iter().flat_map(texts).collect(),
        Value::Object(fields) => fields.values().flat_map(texts).collect(),
        other => vec![other.to_string()],
    }
}

fn copy(parts: &Parts, body: &Bytes) -> Request {
    Request::from_parts(parts.clone(), Body::from(body.clone()))
}

async fn header<H: headers::Header>(parts: &mut Parts) -> Option<H> {
    let header = TypedHeader::<H>::from_request_parts(parts, &()).await;
    header.ok().map(|TypedHeader(header)| header)
}

async fn read(route: Option<&'static str>, request: Request) -> Result<Json<Answer>, http::StatusCode> {
    let (mut parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20)
        .await
        .map_err(|_| http::StatusCode::BAD_REQUEST)?;
    let mut answer = Answer::from([("route".to_owned(), json!(route))]);

    if let Ok(Path(name)) = Path::<String>::from_request_parts(&mut parts, &()).await {
        add(&mut answer, "segment Path", [name]);
    }
    let place = if parts.method == http::Method::GET || parts.method == http::Method::HEAD {
        "query"
    } else {
        "form"
    };
    if let Ok(Form(fields)) = Form::<Fields>::from_request(copy(&parts, &body), &()).await {
        add(&mut answer, &format!("{place}.email Form"), fields.email);
        add(&mut answer, &format!("{place}.user.email Form"), fields.flat);
    }
    if let Ok(Form(mut fields)) = Form::<HashMap<String, String>>::from_request(copy(&parts, &body), &()).await {
        add(
            &mut answer,
            &format!("{place}.email Form<HashMap>"),
            fields.remove("email"),
        );
        add(
            &mut answer,
            &format!("{place}.user.email Form<HashMap>"),
            fields.remove("user[email]"),
        );
    }
    if let Ok(Query(fields)) = Query::<Fields>::from_request_parts(&mut parts, &()).await {
        add(&mut answer, "query.email Query", fields.email);
        add(&mut answer, "query.user.email Query", fields.flat);
    }
    if let Ok(Query(mut fields)) = Query::<HashMap<String, String>>::from_request_parts(&mut parts, &()).await {
        add(&mut answer, "query.email Query<HashMap>", fields.remove("email"));
        add(
            &mut answer,
            "query.user.email Query<HashMap>",
            fields.remove("user[email]"),
        );
    }
    if let Ok(Json(login)) = Json::<Login>::from_request(copy(&parts, &body), &()).await {
        add(&mut answer, "json.email Json", login.email.iter().flat_map(texts));
        add(
            &mut answer,
            "json.user.email Json",
            login.user.iter().flat_map(|user| &user.email).flat_map(texts),
        );
        add(
            &mut answer,
            "json.user.email Json flat",
            login.flat.iter().flat_map(texts),
        );
    }
    if let Ok(Json(value)) = Json::<Value>::from_request(copy(&parts, &body), &()).await {
        add(&mut answer, "json.email Json<Value>", texts(&value["email"]));
        add(
            &mut answer,
            "json.user.email Json<Value>",
            texts(&value["user"]["email"]),
        );
    }
    if let Ok(mut multipart) = Multipart::from_request(copy(&parts, &body), &()).await {
        let mut found: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        while let Ok(Some(field)) = multipart.next_field().await {
            let idiom = match field.name() {
                Some("email") => "multipart.email Multipart",
                Some("user[email]") => "multipart.user.email Multipart",
                _ => continue,
            };
            if let Ok(text) = field.text().await {
                found.entry(idiom).or_default().push(text);
            }
        }
        for (idiom, texts) in found {
            add(&mut answer, idiom, texts);
        }
    }
    let jar = CookieJar::from_headers(&parts.headers);
    add(
        &mut answer,
        "cookie.sid CookieJar",
        jar.get("sid").map(|cookie| cookie.value().to_owned()),
    );
    if let Some(basic) = header::<Authorization<Basic>>(&mut parts).await {
        add(&mut answer, "basic Authorization<Basic>", [basic.username().to_owned()]);
    }
    if let Some(bearer) = header::<Authorization<Bearer>>(&mut parts).await {
        add(&mut answer, "bearer Authorization<Bearer>", [bearer.token().to_owned()]);
    }
    if let Some(authorization) = parts.headers.get("authorization").and_then(|value| value.to_str().ok()) {
        add(
            &mut answer,
            "bearer strip_prefix",
            authorization.strip_prefix("Bearer ").map(str::to_owned),
        );
    }
    Ok(Json(answer))
}

fn main() {
    let port = std::env::args().nth(1).expect("a port");
    let router = Router::new()
        .route(
            "/login",
            post(|request| read(Some("login"), request)).fallback(|request| read(None, request)),
        )
        .route(
            "/login/code",
            post(|request| read(Some("code"), request)).fallback(|request| read(None, request)),
        )
        .route(
            "/account",
            get(|request| read(Some("account"), request)).fallback(|request| read(None, request)),
        )
        .route(
            "/admin",
            get(|request| read(Some("admin"), request)).fallback(|request| read(None, request)),
        )
        .route(
            "/users/{name}/login",
            get(|request| read(Some("user"), request))
                .post(|request| read(Some("user"), request))
                .fallback(|request| read(None, request)),
        )
        .fallback(|request| read(None, request));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(format!("127.0.0.1:{port}"))
            .await
            .expect("a free port");
        axum::serve(listener, router).await.expect("a server");
    });
}
