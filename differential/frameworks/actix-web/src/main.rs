//! Actix Web: `actix-web PORT`. Each idiom is an extractor, on a copy of the request's body.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use actix_multipart::Multipart;
use actix_web::dev::Payload;
use actix_web::http::Method;
use actix_web::rt::time::timeout;
use actix_web::web::{self, Bytes, Form, Json, Path, Query};
use actix_web::{App, FromRequest, HttpRequest, HttpResponse, HttpServer, Resource, guard};
use actix_web_httpauth::extractors::basic::BasicAuth;
use actix_web_httpauth::extractors::bearer::BearerAuth;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde::Deserialize;
use serde_json::{Value, json};

/// What an application deserialises of JSON.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Login {
    email: Option<Value>,
    user: Option<User>,
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

/// What an extractor makes of a request, if anything.
async fn extract<T: FromRequest>(request: &HttpRequest, body: &Bytes) -> Option<T> {
    let chunk = Ok::<_, actix_web::error::PayloadError>(body.clone());
    let stream = stream::once(std::future::ready(chunk)).boxed_local();
    let mut payload = Payload::Stream { payload: stream };
    T::from_request(request, &mut payload).await.ok()
}

/// The two fields of a multipart form.
async fn fields(mut multipart: Multipart) -> BTreeMap<&'static str, Vec<String>> {
    let mut found: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    while let Ok(Some(mut field)) = multipart.try_next().await {
        let idiom = match field.name() {
            Some("email") => "multipart.email Multipart",
            Some("user[email]") => "multipart.user.email Multipart",
            _ => continue,
        };
        let mut content = Vec::new();
        while let Ok(Some(chunk)) = field.try_next().await {
            content.extend_from_slice(&chunk);
        }
        found
            .entry(idiom)
            .or_default()
            .push(String::from_utf8_lossy(&content).into_owned());
    }
    found
}

async fn read(route: Option<&'static str>, request: HttpRequest, body: Bytes) -> HttpResponse {
    let mut answer = Answer::from([("route".to_owned(), json!(route))]);
    if route == Some("user") {
        if let Some(name) = extract::<Path<String>>(&request, &body).await {
            add(&mut answer, "segment Path", [name.into_inner()]);
        }
    }
    if let Some(Form(fields)) = extract::<Form<Fields>>(&request, &body).await {
        add(&mut answer, "form.email Form", fields.email);
        add(&mut answer, "form.user.email Form", fields.flat);
    }
    if let Some(Form(mut fields)) = extract::<Form<HashMap<String, String>>>(&request, &body).await {
        add(&mut answer, "form.email Form<HashMap>", fields.remove("email"));
        add(
            &mut answer,
            "form.user.email Form<HashMap>",
            fields.remove("user[email]"),
        );
    }
    if let Some(Query(fields)) = extract::<Query<Fields>>(&request, &body).await {
        add(&mut answer, "query.email Query", fields.email);
        add(&mut answer, "query.user.email Query", fields.flat);
    }
    if let Some(Query(mut fields)) = extract::<Query<HashMap<String, String>>>(&request, &body).await {
        add(&mut answer, "query.email Query<HashMap>", fields.remove("email"));
        add(
            &mut answer,
            "query.user.email Query<HashMap>",
            fields.remove("user[email]"),
        );
    }
    if let Some(Json(login)) = extract::<Json<Login>>(&request, &body).await {
        add(&mut answer, "json.email Json", login.email.iter().flat_map(texts));
        add(
            &mut answer,
            "json.user.email Json",
            login.user.iter().flat_map(|user| &user.email).flat_map(texts),
        );
    }
    if let Some(Json(value)) = extract::<Json<Value>>(&request, &body).await {
        add(&mut answer, "json.email Json<Value>", texts(&value["email"]));
        add(
            &mut answer,
            "json.user.email Json<Value>",
            texts(&value["user"]["email"]),
        );
    }
    if let Some(multipart) = extract::<Multipart>(&request, &body).await {
        // A body without its end is waited for without end.
        let found = timeout(Duration::from_millis(50), fields(multipart)).await;
        for (idiom, texts) in found.unwrap_or_default() {
            add(&mut answer, idiom, texts);
        }
    }
    add(
        &mut answer,
        "cookie.sid cookie",
        request.cookie("sid").map(|cookie| cookie.value().to_owned()),
    );
    if let Some(basic) = extract::<BasicAuth>(&request, &body).await {
        add(&mut answer, "basic BasicAuth", [basic.user_id().to_owned()]);
    }
    if let Some(bearer) = extract::<BearerAuth>(&request, &body).await {
        add(&mut answer, "bearer BearerAuth", [bearer.token().to_owned()]);
    }
    HttpResponse::Ok().json(answer)
}

/// A path with its methods; for others it finds no route.
fn route(path: &str, name: &'static str, methods: [Method; 2]) -> Resource {
    let [one, other] = methods;
    let methods = guard::Any(guard::Method(one)).or(guard::Method(other));
    web::resource(path)
        .route(
            web::route()
                .guard(methods)
                .to(move |request, body| read(Some(name), request, body)),
        )
        .default_service(web::to(|request, body| read(None, request, body)))
}

fn main() -> std::io::Result<()> {
    let port = std::env::args().nth(1).expect("a port");
    actix_web::rt::System::new().block_on(async move {
        HttpServer::new(|| {
            App::new()
                .service(route("/login", "login", [Method::POST, Method::POST]))
                .service(route("/login/code", "code", [Method::POST, Method::POST]))
                .service(route("/account", "account", [Method::GET, Method::HEAD]))
                .service(route("/admin", "admin", [Method::GET, Method::HEAD]))
                .service(route("/users/{name}/login", "user", [Method::GET, Method::POST]))
                .default_service(web::to(|request, body| read(None, request, body)))
        })
        .workers(1)
        .bind(format!("127.0.0.1:{port}"))?
        .run()
        .await
    })
}
