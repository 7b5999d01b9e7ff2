//! YAML as Envoy and Kubernetes read it: 1.1, where `no` without quotes is false.
//!
//! They do not agree about everything. What they agree about is read, decimal numbers each as its own reader takes
//! them, and the rest is told. Measured with Envoy 1.40.0 (yaml-cpp) and sigs.k8s.io/yaml 1.6.0, see
//! tests/vectors/yaml.json.

mod words;

use std::collections::HashMap;
use std::fmt;
use std::rc::Rc;

use palisade::config::Step;
use palisade::config::yaml::boolean;
use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Span};
use serde_json::{Map, Value};

use words::{Resolved, resolve};

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

/// A place in a file: line and column, both from 1 on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Mark {
    pub(crate) line: usize,
    pub(crate) column: usize,
}

impl From<Marker> for Mark {
    fn from(marker: Marker) -> Self {
        Self {
            line: marker.line(),
            column: marker.col().saturating_add(1),
        }
    }
}

/// What is wrong somewhere in a file.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub(crate) mark: Mark,
    pub(crate) problem: String,
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.mark.line, self.problem)
    }
}

/// A value as it is written.
#[derive(Debug)]
pub(crate) struct Node {
    kind: Kind,
    mark: Mark,
    /// Behind its last character.
    end: Mark,
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
pub(crate) fn documents(text: &str) -> Result<Vec<Rc<Node>>, Told> {
    let mut documents = Vec::new();
    let mut builder = Builder::default();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| Told {
            mark: (*error.marker()).into(),
            problem: error.info().to_owned(),
        })?;
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
    mark: Mark,
    tagged: bool,
}

impl Builder {
    fn add(&mut self, event: Event<'_>, span: Span) -> Result<(), Told> {
        let mark = Mark::from(span.start);
        let wrong = |problem: String| Told { mark, problem };
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
                        mark,
                        end: span.end.into(),
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
                        wrong("this alias stands for what it stands in".to_owned())
                    })?,
                    0,
                )
            }
            Event::SequenceStart(anchor, tag) => {
                return self.begin(false, anchor, mark, tag.is_some());
            }
            Event::MappingStart(anchor, tag) => {
                return self.begin(true, anchor, mark, tag.is_some());
            }
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop() {
                Some(open) => open.end(span),
                None => return Ok(()),
            },
            _ => return Ok(()),
        };
        if node.size > MAX_SIZE {
            return Err(wrong(
                "with all aliases written out this is too large".to_owned(),
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

    fn begin(&mut self, is_map: bool, anchor: usize, mark: Mark, tagged: bool) -> Result<(), Told> {
        if self.open.len() >= MAX_DEPTH {
            let problem = format!("this is nested deeper than {MAX_DEPTH} levels");
            return Err(Told { mark, problem });
        }
        self.open.push(Open {
            is_map,
            nodes: Vec::new(),
            anchor,
            mark,
            tagged,
        });
        Ok(())
    }
}

impl Open {
    fn end(self, span: Span) -> (Rc<Node>, usize) {
        let size = self
            .nodes
            .iter()
            .fold(1_usize, |size, node| size.saturating_add(node.size));
        // A block has no sign of its own at its end.
        let inner = self.nodes.last().map(|node| node.end);
        let end = match inner {
            Some(inner) if span.is_empty() => inner,
            _ => span.end.into(),
        };
        let kind = if self.is_map {
            let pairs = self.nodes.chunks_exact(2);
            let pair =
                |pair: &[Rc<Node>]| Some((Rc::clone(pair.first()?), Rc::clone(pair.get(1)?)));
            Kind::Map(pairs.filter_map(pair).collect())
        } else {
            Kind::List(self.nodes)
        };
        let (mark, tagged) = (self.mark, self.tagged);
        (
            Rc::new(Node {
                kind,
                mark,
                end,
                tagged,
                size,
            }),
            self.anchor,
        )
    }
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

    /// Where it begins.
    pub(crate) const fn mark(&self) -> Mark {
        self.mark
    }

    /// Where it ends.
    pub(crate) const fn end(&self) -> Mark {
        self.end
    }

    /// What these steps lead to.
    pub(crate) fn at(&self, steps: &[Step]) -> Option<&Self> {
        steps
            .iter()
            .try_fold(self, |node, step| Some(node.step(step)?.1))
    }

    /// Where that begins which these steps lead to, or its name where the last one is a field and it is `named`.
    /// Where nothing stands there, the last thing on the way that does.
    pub(crate) fn mark_at(&self, steps: &[Step], named: bool) -> Mark {
        let mut at = self;
        for (index, step) in steps.iter().enumerate() {
            let is_last = index.saturating_add(1) == steps.len();
            match at.step(step) {
                Some((name, _)) if is_last && named => return name.mark,
                Some((_, value)) => at = value,
                None => break,
            }
        }
        at.mark
    }

    /// The name and the value that a step leads to; an element is its own name.
    fn step(&self, step: &Step) -> Option<(&Self, &Self)> {
        match (step, &self.kind) {
            (Step::Element(index), Kind::List(items)) => {
                items.get(*index).map(|item| (&**item, &**item))
            }
            (Step::Field(name), Kind::Map(pairs)) => {
                let pair = pairs.iter().rfind(|(key, _)| key.text() == Some(name));
                pair.map(|(key, value)| (&**key, &**value))
            }
            _ => None,
        }
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
    pub(crate) fn read(&self, reader: Reader, messages: &mut Vec<Told>) -> Value {
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
    fn name(&self, messages: &mut Vec<Told>) -> String {
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

    fn tell(&self, messages: &mut Vec<Told>, problem: &str) {
        messages.push(Told {
            mark: self.mark,
            problem: problem.to_owned(),
        });
    }
}

#[cfg(test)]
mod tests;
