//! YAML as Envoy and Kubernetes read it: 1.1, where `no` without quotes is false.
//!
//! They do not agree about everything. What they agree about is read, decimal numbers each as its own reader takes
//! them, and the rest is told. Measured with Envoy 1.40.0 (yaml-cpp) and sigs.k8s.io/yaml 1.6.0, see
//! tests/vectors/yaml.json.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::LazyLock;

use palisade::config::yaml::boolean;
use regex_lite::Regex;
use saphyr_parser::{Event, Parser, ScalarStyle, Span};
use serde_json::{Map, Value};

/// How deep a document may be nested.
const MAX_DEPTH: usize = 128;
/// How many nodes a document may have, aliases written out.
const MAX_SIZE: usize = 1_000_000;

/// Who reads a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reader {
    /// To Envoy a number that has a point, an exponent or more than 31 bits is a text.
    Envoy,
    /// To Kubernetes it is a number.
    Kubernetes,
}

/// A value as it is written.
#[derive(Debug)]
pub(crate) struct Node {
    kind: Kind,
    line: usize,
    tagged: bool,
    /// How many nodes it is, aliases written out.
    size: usize,
}

#[derive(Debug)]
enum Kind {
    /// A text without quotes.
    Plain(String),
    /// A text in quotes, or in a block.
    Quoted(String),
    List(Vec<Rc<Node>>),
    Map(Vec<(Rc<Node>, Rc<Node>)>),
}

/// The documents of a file.
///
/// # Errors
/// Where this is no YAML, and why.
pub(crate) fn documents(text: &str) -> Result<Vec<Rc<Node>>, String> {
    let mut documents = Vec::new();
    let mut builder = Builder::default();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| error.to_string())?;
        match event {
            Event::DocumentStart(_) => builder = Builder::default(),
            Event::DocumentEnd => documents.extend(builder.done.take()),
            event => builder.add(event, span)?,
        }
    }
    Ok(documents)
}

/// Makes a tree of events.
#[derive(Default)]
struct Builder {
    open: Vec<Open>,
    anchors: HashMap<usize, Rc<Node>>,
    done: Option<Rc<Node>>,
}

/// A list or a map of which the end has not come.
struct Open {
    is_map: bool,
    nodes: Vec<Rc<Node>>,
    anchor: usize,
    line: usize,
    tagged: bool,
}

impl Builder {
    fn add(&mut self, event: Event<'_>, span: Span) -> Result<(), String> {
        let line = span.start.line();
        let (node, anchor) = match event {
            Event::Scalar(text, style, anchor, tag) => {
                let text = text.into_owned();
                let kind = match style {
                    ScalarStyle::Plain => Kind::Plain(text),
                    _ => Kind::Quoted(text),
                };
                let tagged = tag.is_some();
                (
                    Rc::new(Node {
                        kind,
                        line,
                        tagged,
                        size: 1,
                    }),
                    anchor,
                )
            }
            Event::Alias(anchor) => {
                let node = self.anchors.get(&anchor).cloned();
                (
                    node.ok_or_else(|| {
                        format!("line {line}: this alias stands for what it stands in")
                    })?,
                    0,
                )
            }
            Event::SequenceStart(anchor, tag) => {
                return self.begin(false, anchor, line, tag.is_some());
            }
            Event::MappingStart(anchor, tag) => {
                return self.begin(true, anchor, line, tag.is_some());
            }
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop() {
                Some(open) => open.end(),
                None => return Ok(()),
            },
            _ => return Ok(()),
        };
        if node.size > MAX_SIZE {
            return Err(format!(
                "line {line}: with all aliases written out this is too large"
            ));
        }
        if anchor > 0 {
            self.anchors.insert(anchor, Rc::clone(&node));
        }
        match self.open.last_mut() {
            Some(open) => open.nodes.push(node),
            None => self.done = Some(node),
        }
        Ok(())
    }

    fn begin(
        &mut self,
        is_map: bool,
        anchor: usize,
        line: usize,
        tagged: bool,
    ) -> Result<(), String> {
        if self.open.len() >= MAX_DEPTH {
            return Err(format!(
                "line {line}: this is nested deeper than {MAX_DEPTH} levels"
            ));
        }
        self.open.push(Open {
            is_map,
            nodes: Vec::new(),
            anchor,
            line,
            tagged,
        });
        Ok(())
    }
}

impl Open {
    fn end(self) -> (Rc<Node>, usize) {
        let size = self
            .nodes
            .iter()
            .fold(1_usize, |size, node| size.saturating_add(node.size));
        let kind = if self.is_map {
            let pairs = self.nodes.chunks_exact(2);
            let pair =
                |pair: &[Rc<Node>]| Some((Rc::clone(pair.first()?), Rc::clone(pair.get(1)?)));
            Kind::Map(pairs.filter_map(pair).collect())
        } else {
            Kind::List(self.nodes)
        };
        let (line, tagged) = (self.line, self.tagged);
        (
            Rc::new(Node {
                kind,
                line,
                tagged,
                size,
            }),
            self.anchor,
        )
    }
}

/// What a text without quotes is.
enum Resolved {
    Null,
    Bool(bool),
    /// A whole number of at most 31 bits, in which everybody agrees.
    Small(i32),
    /// Any other number in JSON's form.
    Decimal(Value),
    Text,
    /// A number to one and a text to the other.
    Disputed,
}

fn resolve(text: &str) -> Resolved {
    static NUMERIC: LazyLock<Option<Regex>> = LazyLock::new(|| {
        let radix = "0[bBoOxX][0-9a-fA-F_]+";
        let decimal =
            r"[0-9][0-9_]*(\.[0-9_]*)?([eE][-+]?[0-9_]+)?|\.[0-9][0-9_]*([eE][-+]?[0-9_]+)?";
        let special = r"\.(inf|Inf|INF|nan|NaN|NAN)";
        Regex::new(&format!("^[-+]?({radix}|{decimal}|{special})$")).ok()
    });
    if matches!(text, "" | "~" | "null" | "Null" | "NULL") {
        return Resolved::Null;
    }
    if let Some(flag) = boolean(text) {
        return Resolved::Bool(flag);
    }
    if let Some(number) = small(text) {
        return Resolved::Small(number);
    }
    if let Ok(number @ Value::Number(_)) = serde_json::from_str(text) {
        return Resolved::Decimal(number);
    }
    match NUMERIC.as_ref() {
        Some(numeric) if !numeric.is_match(text) => Resolved::Text,
        _ => Resolved::Disputed,
    }
}

/// A whole number of at most 31 bits: decimal, octal behind 0, hexadecimal behind 0x.
fn small(text: &str) -> Option<i32> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let hexadecimal = digits
        .strip_prefix("0x")
        .or_else(|| digits.strip_prefix("0X"));
    let (digits, radix) = match (hexadecimal, digits.strip_prefix('0')) {
        (Some(digits), _) => (digits, 16),
        (None, Some(digits)) if !digits.is_empty() => (digits, 8),
        _ => (digits, 10),
    };
    if digits.starts_with(['+', '-']) {
        return None;
    }
    i32::from_str_radix(&format!("{sign}{digits}"), radix).ok()
}

impl Node {
    /// The fields of a map whose names are texts.
    pub(crate) fn fields(&self) -> impl Iterator<Item = (&str, &Self)> {
        let pairs = match &self.kind {
            Kind::Map(pairs) => pairs.as_slice(),
            _ => &[],
        };
        pairs
            .iter()
            .filter_map(|(name, value)| Some((name.text()?, value.as_ref())))
    }

    /// The field of a map.
    pub(crate) fn get(&self, name: &str) -> Option<&Self> {
        self.fields()
            .find(|(field, _)| *field == name)
            .map(|(_, value)| value)
    }

    /// The items of a list.
    pub(crate) fn items(&self) -> impl Iterator<Item = &Self> {
        let items = match &self.kind {
            Kind::List(items) => items.as_slice(),
            _ => &[],
        };
        items.iter().map(Rc::as_ref)
    }

    /// Whether this is a map.
    pub(crate) const fn is_map(&self) -> bool {
        matches!(self.kind, Kind::Map(_))
    }

    /// The text that stands here, with or without quotes.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Plain(text) | Kind::Quoted(text) => Some(text),
            Kind::List(_) | Kind::Map(_) => None,
        }
    }

    /// Whether this is true.
    pub(crate) fn is_true(&self) -> bool {
        matches!(&self.kind, Kind::Plain(text) if boolean(text) == Some(true))
    }

    /// The value that `reader` finds here; what the readers do not agree about is told.
    pub(crate) fn read(&self, reader: Reader, messages: &mut Vec<String>) -> Value {
        if self.tagged {
            self.tell(
                messages,
                "a tag means one thing to Envoy and another to Kubernetes: \
                 leave it out, and put texts in quotes",
            );
        }
        match &self.kind {
            Kind::Quoted(text) => Value::String(text.clone()),
            Kind::List(items) => items
                .iter()
                .map(|item| item.read(reader, messages))
                .collect(),
            Kind::Map(pairs) => {
                let mut fields = Map::new();
                for (key, value) in pairs {
                    let value = value.read(reader, messages);
                    let name = key.name(messages);
                    if fields.insert(name.clone(), value).is_some() {
                        key.tell(
                            messages,
                            &format!("the field {name} stands here more than once"),
                        );
                    }
                }
                Value::Object(fields)
            }
            Kind::Plain(text) => match resolve(text) {
                Resolved::Null => Value::Null,
                Resolved::Bool(flag) => Value::Bool(flag),
                Resolved::Small(number) => number.into(),
                Resolved::Decimal(number) if reader == Reader::Kubernetes => number,
                Resolved::Decimal(_) | Resolved::Text => Value::String(text.clone()),
                Resolved::Disputed => {
                    let problem = format!(
                        "{text} is a text to Envoy and a number to Kubernetes: \
                         put it in quotes, or write a decimal number"
                    );
                    self.tell(messages, &problem);
                    Value::String(text.clone())
                }
            },
        }
    }

    /// The name of a field.
    fn name(&self, messages: &mut Vec<String>) -> String {
        let text = self.text().unwrap_or_default();
        let agreed = match &self.kind {
            Kind::Plain(_) if text == "<<" => {
                self.tell(
                    messages,
                    "Envoy merges nothing: << is a field like others to it",
                );
                true
            }
            Kind::Plain(_) => match resolve(text) {
                Resolved::Text => true,
                Resolved::Bool(flag) => text == flag.to_string(),
                Resolved::Small(number) => text == number.to_string(),
                Resolved::Null | Resolved::Decimal(_) | Resolved::Disputed => false,
            },
            Kind::Quoted(_) => true,
            Kind::List(_) | Kind::Map(_) => false,
        };
        if !agreed {
            let problem = format!(
                "the field {text:?} has another name in Kubernetes: put its name in quotes"
            );
            self.tell(messages, &problem);
        }
        text.to_owned()
    }

    fn tell(&self, messages: &mut Vec<String>, problem: &str) {
        messages.push(format!("line {}: {problem}", self.line));
    }
}

#[cfg(test)]
mod tests;
