//! The reference of settings, as it follows from the JSON Schema: one table for each object.

use std::collections::BTreeSet;

use serde_json::Value;

use super::fields::canonical;

/// What may be said of one object.
struct Section {
    /// The way to it, with dots.
    path: String,
    about: String,
    rows: Vec<[String; 4]>,
}

/// All sections, each object once.
struct Reference {
    root: Value,
    sections: Vec<Section>,
    told: BTreeSet<String>,
}

const HEAD: &str = "# Settings

This page is made of the JSON Schema by `make reference`. [Configuration](configuration.md) says how durations,
sizes and names are written, and [a complete example](example.md) uses every setting.

Where a default is empty, the setting is one of several forms, or an object whose own settings have defaults. \"None\"
means that without it nothing of the kind happens.
";

/// The page, made of the schema of the configuration.
pub(super) fn page() -> String {
    let root = schemars::schema_for!(palisade::config::Configuration).to_value();
    let mut reference = Reference {
        root: root.clone(),
        sections: Vec::new(),
        told: BTreeSet::new(),
    };
    reference.visit(&root, "");
    HEAD.to_owned()
        + &reference
            .sections
            .iter()
            .map(Section::text)
            .collect::<String>()
}

impl Section {
    fn text(&self) -> String {
        let (title, comment) = match self.path.as_str() {
            "" => ("The top level".to_owned(), "fields".to_owned()),
            path => (format!("`{path}`"), format!("fields: {path}")),
        };
        let level = if self.path.contains('.') { "###" } else { "##" };
        let about = if self.about.is_empty() {
            String::new()
        } else {
            format!("{}\n\n", self.about)
        };
        let rows = self
            .rows
            .iter()
            .map(|cells| format!("| {} |\n", cells.join(" | ")));
        let rows: String = rows.collect();
        format!(
            "\n{level} {title}\n\n{about}<!-- {comment} -->\n| setting | default | may be | meaning |\n|---|---|---|---|\n{rows}"
        )
    }
}

impl Reference {
    /// The schema that is meant.
    fn resolved<'a>(&'a self, schema: &'a Value) -> &'a Value {
        match schema["$ref"].as_str() {
            Some(name) => self.root.pointer(name.trim_start_matches('#')).unwrap(),
            None => schema,
        }
    }

    /// All forms that the schema may have, itself the first.
    fn forms<'a>(&'a self, schema: &'a Value) -> Vec<&'a Value> {
        let schema = self.resolved(schema);
        let below = parts(schema).chain(schema.get("items"));
        let below = below.flat_map(|form| self.forms(form));
        std::iter::once(schema).chain(below).collect()
    }

    /// A section of what may be said here, and those of what is below.
    fn visit(&mut self, schema: &Value, path: &str) {
        let forms: Vec<Value> = self.forms(schema).into_iter().cloned().collect();
        let objects: Vec<&Value> = forms
            .iter()
            .filter(|form| form["properties"].is_object())
            .collect();
        let mut rows = Vec::new();
        let mut below = Vec::new();
        for form in &objects {
            let fields = form["properties"].as_object().unwrap();
            let required = form["required"].as_array().into_iter().flatten();
            let required: Vec<&str> = required.filter_map(Value::as_str).collect();
            for (name, field) in fields {
                let place = canonical(format!("{path}.{name}").trim_start_matches('.'));
                if !self.told.insert(place.clone()) {
                    continue;
                }
                // Of several forms with one field each, one must be chosen.
                let is_required =
                    required.contains(&name.as_str()) && (fields.len() > 1 || objects.len() == 1);
                rows.push(self.row(name, field, form, is_required));
                // What is the same in several places stands at one of them.
                below.push((
                    canonical(&format!("{place}."))
                        .trim_end_matches('.')
                        .to_owned(),
                    field.clone(),
                ));
            }
        }
        let about = match objects.as_slice() {
            [object] => line(object["description"].as_str().unwrap_or_default()),
            _ => String::new(),
        };
        if !rows.is_empty() {
            self.sections.push(Section {
                path: path.to_owned(),
                about,
                rows,
            });
        }
        for (place, field) in below {
            let is_new = self.forms(&field).iter().any(|form| {
                let mut names = form["properties"].as_object().into_iter().flatten();
                names.any(|(name, _)| !self.told.contains(&canonical(&format!("{place}.{name}"))))
            });
            if is_new {
                self.visit(&field, &place);
            }
        }
    }

    fn row(&self, name: &str, field: &Value, form: &Value, is_required: bool) -> [String; 4] {
        // Of a form with one field alone, it is the form that is described.
        let text = field["description"]
            .as_str()
            .or_else(|| form["description"].as_str());
        let (default, meaning) = split(text.unwrap_or_default());
        let default = match default {
            _ if is_required => "required".to_owned(),
            default if default.is_empty() => absent(field, form),
            default => default,
        };
        let meaning = format!("{meaning} {}", self.words(field));
        [
            format!("`{name}`"),
            default,
            self.kind(field),
            meaning.trim().to_owned(),
        ]
    }

    /// What may stand there, in a few words.
    fn kind(&self, schema: &Value) -> String {
        let schema = self.resolved(schema);
        let mut kinds: Vec<String> = Vec::new();
        for kind in parts(schema).map(|form| self.kind(form)) {
            if !kind.is_empty() && !kinds.contains(&kind) {
                kinds.push(kind);
            }
        }
        if !kinds.is_empty() {
            return kinds.join(", ");
        }
        if let Some(word) = schema["const"].as_str() {
            return format!("`{word}`");
        }
        if let Some(words) = schema["enum"].as_array() {
            let words: Vec<&str> = words.iter().filter_map(Value::as_str).collect();
            if words.contains(&"tor") {
                return "a [signal](signals.md), `always`".to_owned();
            }
            return format!("`{}`", words.join("`, `"));
        }
        let bound = |word: &str| schema[word].as_i64().map(|number| number.to_string());
        match schema["type"]
            .as_str()
            .or_else(|| schema["type"][0].as_str())
        {
            Some("array") => format!("a list: {}", self.kind(&schema["items"])),
            Some("boolean") => "`true`, `false`".to_owned(),
            Some("object") => "an object".to_owned(),
            Some("integer" | "number") => match (bound("minimum"), bound("maximum")) {
                // A bound of the number's type is none of the setting.
                (Some(least), Some(most)) if most.len() < 8 && most != "65535" => {
                    format!("{least} to {most}")
                }
                _ => "a number".to_owned(),
            },
            // A declaration of values in a text says how one is written.
            Some("string") => match schema["description"].as_str() {
                Some(text) if text.starts_with(char::is_lowercase) => {
                    line(text.split(" such as ").next().unwrap_or_default())
                }
                _ => "a text".to_owned(),
            },
            _ => String::new(),
        }
    }

    /// What each word means that may stand there.
    fn words(&self, schema: &Value) -> String {
        let told = self.forms(schema).into_iter().filter_map(|form| {
            let (word, text) = (form["const"].as_str()?, form["description"].as_str()?);
            Some(format!("`{word}`: {}", line(text)))
        });
        told.collect::<Vec<_>>().join(" ")
    }
}

/// The forms of which a schema is one.
fn parts(schema: &Value) -> impl Iterator<Item = &Value> {
    let words = ["anyOf", "oneOf", "allOf"].into_iter();
    words.flat_map(|word| schema[word].as_array().into_iter().flatten())
}

/// What is so where nothing is written and no description tells it.
fn absent(field: &Value, form: &Value) -> String {
    let is_choice = form["properties"]
        .as_object()
        .is_some_and(|fields| fields.len() == 1);
    match &field["default"] {
        Value::Bool(value) => format!("`{value}`"),
        _ if is_choice || field["$ref"].is_string() || field["allOf"].is_array() => String::new(),
        _ => "none".to_owned(),
    }
}

/// A default out of a description, and what is left of it.
fn split(text: &str) -> (String, String) {
    let text = format!(" {}", line(text));
    for (word, end_of_rest) in [("; default ", "."), (" Default ", "")] {
        let Some((before, behind)) = text.split_once(word) else {
            continue;
        };
        let (default, rest) = behind
            .split_once(". ")
            .unwrap_or((behind.trim_end_matches('.'), ""));
        let meaning = format!("{before}{end_of_rest} {rest}");
        return (coded(default), meaning.trim().to_owned());
    }
    (String::new(), text.trim().to_owned())
}

/// A value is code, and a sentence is none.
fn coded(default: &str) -> String {
    let (value, note) = default.split_once([',', ':']).unwrap_or((default, ""));
    let is_value = value.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    let is_value = is_value
        && (value.contains(|c: char| c.is_ascii_digit()) || ["true", "false"].contains(&value));
    match (is_value, note) {
        (true, "") => format!("`{value}`"),
        (true, note) => format!("`{value}`: {}", note.trim()),
        (false, _) => default.to_owned(),
    }
}

/// One line of a table, of the first paragraph.
fn line(text: &str) -> String {
    let text = text.split("\n\n").next().unwrap_or_default();
    text.replace('\n', " ")
        .replace('|', "\\|")
        .trim()
        .to_owned()
}
