//! What is written down about real requests, without any framework or client.
//!
//! `tests/vectors/clients/` holds what real HTTP clients write when a person logs in; `make vectors` captures it again.

use std::collections::BTreeMap;
use std::fs;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use palisade::address::HeaderName;
use palisade::identity::FieldName;
use palisade::identity::account::{AccountSource, AccountSources, BodyBytes, Normalisation};
use palisade::identity::session::{SessionSource, SessionSources};
use palisade::message::{HeaderBlock, serialise};
use serde_json::Value;

/// Where else an operator may have the same application look, by the usual names.
const USUAL: &str = "email";

/// A request of a real client.
struct Vector {
    client: String,
    place: String,
    field: String,
    account: Option<String>,
    session: Option<String>,
    head: HeaderBlock,
    body: Vec<u8>,
}

impl Vector {
    fn read(vector: &Value) -> Self {
        let text = |name: &str| vector[name].as_str().map(str::to_owned);
        let needed = |name: &str| text(name).unwrap_or_else(|| panic!("no {name}: {vector}"));
        let base64 = |text: &str| STANDARD.decode(text).expect("base64");
        let mut lines = vec![
            (":method".to_owned(), needed("method").into_bytes()),
            (":path".to_owned(), needed("target").into_bytes()),
        ];
        for header in vector["headers"].as_array().expect("headers") {
            let value = match &header[1] {
                Value::String(value) => value.clone().into_bytes(),
                // It is no UTF-8.
                other => base64(other["base64"].as_str().expect("base64")),
            };
            lines.push((header[0].as_str().expect("a name").to_owned(), value));
        }
        let lines = lines
            .iter()
            .map(|(name, value)| (name.as_bytes(), value.as_slice()));
        Self {
            client: format!("{}, {}", needed("client"), needed("scenario")),
            place: needed("place"),
            field: needed("field"),
            account: text("account"),
            session: text("session"),
            head: HeaderBlock::new(serialise(lines)),
            body: base64(&needed("body_base64")),
        }
    }

    fn account_source(&self) -> AccountSource {
        let field = || FieldName::new(&self.field);
        match self.place.as_str() {
            "form" => AccountSource::Form(field()),
            "multipart" => AccountSource::Multipart(field()),
            "json" => AccountSource::Json(self.field.parse().expect("a pointer")),
            "query" => AccountSource::Query(field()),
            "cookie" => AccountSource::Cookie(field()),
            "header" => AccountSource::Header(HeaderName::new(&self.field).expect("a header")),
            "basic" => AccountSource::Basic,
            "path" => AccountSource::PathSegment(self.field.parse().expect("a number"), None),
            other => panic!("{}: no place {other}", self.client),
        }
    }

    fn session_source(&self) -> SessionSource {
        match self.place.as_str() {
            "cookie" => SessionSource::Cookie(FieldName::new(&self.field)),
            "bearer" => SessionSource::Bearer,
            other => panic!("{}: no place {other}", self.client),
        }
    }

    /// What the filter takes for the account, for an operator who names these places.
    fn account_at(&self, sources: Vec<AccountSource>) -> Result<String, String> {
        let sources = AccountSources::new(sources, Normalisation::default());
        let body = match self.body.as_slice() {
            [] => BodyBytes::Absent,
            body => BodyBytes::Whole(body),
        };
        match sources.read_head(&self.head).conclude(&sources, body) {
            // What else some reader may find is judged beside it, and refuses nobody.
            Ok(candidates) => {
                let account = candidates.into_iter().next().expect("one at least");
                Ok(String::from_utf8(account.as_bytes().to_vec()).expect("UTF-8"))
            }
            Err(lack) => Err(lack.name().to_owned()),
        }
    }

    fn sessions(&self) -> Vec<String> {
        let sessions = SessionSources::new(vec![self.session_source()]).read(&self.head);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        sessions
            .iter()
            .map(|session| match session.is_unreadable() {
                true => "(unreadable)".to_owned(),
                false => text(session.written()),
            })
            .collect()
    }
}

fn clients() -> Vec<Vector> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/clients");
    let mut files: Vec<_> = fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("a file").path())
        .collect();
    files.sort();
    files
        .iter()
        .flat_map(|file| {
            let text = fs::read_to_string(file).expect("text");
            let vectors: Vec<Value> = serde_json::from_str(&text).expect("JSON");
            vectors.iter().map(Vector::read).collect::<Vec<_>>()
        })
        .collect()
}

/// One form of an account, as the application has it.
fn normalised(account: &str) -> String {
    let account = Normalisation::default().account(account.as_bytes());
    String::from_utf8(account.expect("an account").as_bytes().to_vec()).expect("UTF-8")
}

/// Fails with what went wrong, by what it is: a client that does one thing in many scenarios is one line.
fn assert_none(wrong: &[(&Vector, String)], all: usize) {
    let mut kinds: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
    for (vector, found) in wrong {
        let (client, scenario) = vector.client.split_once(", ").expect("both");
        kinds.entry((client, found)).or_default().push(scenario);
    }
    let lines: Vec<_> = kinds
        .iter()
        .map(|((client, found), scenarios)| {
            format!(
                "{client}: {found}: {} of {}",
                scenarios.len(),
                scenarios.join(" ")
            )
        })
        .collect();
    assert!(
        wrong.is_empty(),
        "{} of {all}:\n{}",
        wrong.len(),
        lines.join("\n")
    );
}

#[test]
fn every_real_client_is_read_as_the_account_that_it_means() {
    let vectors = clients();
    let mut wrong = Vec::new();
    for vector in vectors.iter().filter(|vector| vector.session.is_none()) {
        let found = vector.account_at(vec![vector.account_source()]);
        match &vector.account {
            Some(account) if found == Ok(normalised(account)) => {}
            // It is of no type that an application reads as a form or JSON.
            None if found.is_err() => {}
            _ => wrong.push((vector, format!("{found:?}"))),
        }
    }
    assert_none(&wrong, vectors.len());
}

#[test]
fn no_real_client_is_refused_where_several_places_are_named() {
    let vectors = clients();
    let mut wrong = Vec::new();
    for vector in &vectors {
        let Some(account) = &vector.account else {
            continue;
        };
        let pointer = |text: &str| AccountSource::Json(text.parse().expect("a pointer"));
        let mut sources = vec![vector.account_source()];
        for source in [
            AccountSource::Form(FieldName::new(USUAL)),
            AccountSource::Multipart(FieldName::new(USUAL)),
            pointer("/email"),
        ] {
            // Where the account has another name, these are other fields.
            if vector.field.trim_start_matches('/') == USUAL && !sources.contains(&source) {
                sources.push(source);
            }
        }
        let found = vector.account_at(sources);
        if found != Ok(normalised(account)) {
            wrong.push((vector, format!("{found:?}")));
        }
    }
    assert_none(&wrong, vectors.len());
}

#[test]
fn every_real_cookie_jar_and_token_is_read_as_its_session() {
    let vectors = clients();
    let mut wrong = Vec::new();
    for vector in &vectors {
        let Some(session) = &vector.session else {
            continue;
        };
        let found = vector.sessions();
        let unreadable = found.iter().any(|found| found == "(unreadable)");
        if unreadable || !found.contains(session) {
            wrong.push((vector, format!("{found:?} is not {session:?}")));
        }
    }
    assert_none(&wrong, vectors.len());
}

#[test]
fn the_clients_are_as_many_as_people_use() {
    let vectors = clients();
    let names: std::collections::BTreeSet<_> = vectors
        .iter()
        .filter_map(|vector| vector.client.split(' ').next())
        .collect();
    assert!(names.len() >= 20, "{names:?}");
    assert!(vectors.len() >= 272, "{}", vectors.len());
}
