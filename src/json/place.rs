//! Where something stands in a document.

use std::fmt::{self, Display};

use super::Json;

/// The way to a value, while it is gone. A step costs nothing; what is told of a mistake is a [`Path`].
#[derive(Clone, Copy)]
pub(crate) enum Place<'p> {
    /// The document itself.
    Top,
    /// A field of the object there.
    Field(&'p Place<'p>, &'p str),
    /// An element of the list there.
    Element(&'p Place<'p>, usize),
}

impl<'p> Place<'p> {
    /// A field of the object here.
    pub(crate) const fn field(&'p self, name: &'p str) -> Self {
        Self::Field(self, name)
    }

    /// An element of the list here.
    pub(crate) const fn element(&'p self, index: usize) -> Self {
        Self::Element(self, index)
    }

    /// What stands here, if anything does.
    pub(super) fn find<'j>(&self, document: &'j Json) -> Option<&'j Json> {
        match self {
            Self::Top => Some(document),
            Self::Field(object, name) => match object.find(document)? {
                Json::Object(fields) => {
                    let field = fields.iter().find(|(field, _)| field == name);
                    field.map(|(_, value)| value)
                }
                _ => None,
            },
            Self::Element(list, index) => match list.find(document)? {
                Json::List(items) => items.get(*index),
                _ => None,
            },
        }
    }

    pub(super) fn to_path(self) -> Path {
        let (mut path, step) = match self {
            Self::Top => return Path::default(),
            Self::Field(object, name) => (object.to_path(), Step::Field(name.to_owned())),
            Self::Element(list, index) => (list.to_path(), Step::Element(index)),
        };
        path.0.push(step);
        path
    }
}

/// One step of a [`Path`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// To the field of this name.
    Field(String),
    /// To the element of this number, from 0 on.
    Element(usize),
}

/// The way to a value, from the top: `routes[1].rules[0].then`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Path(pub Vec<Step>);

impl Path {
    /// The names of the fields on the way.
    pub(super) fn fields(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.0.iter().filter_map(|step| match step {
            Step::Field(name) => Some(name.as_str()),
            Step::Element(_) => None,
        })
    }
}

impl Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("(top)");
        }
        let mut dot = "";
        for step in &self.0 {
            match step {
                Step::Element(index) => write!(f, "[{index}]")?,
                Step::Field(name) => {
                    f.write_str(dot)?;
                    let plain = (1..=64).contains(&name.len())
                        && name.bytes().all(|byte| byte.is_ascii_graphic());
                    if plain {
                        f.write_str(name)?;
                    } else {
                        f.write_str(&quoted(name))?;
                    }
                }
            }
            dot = ".";
        }
        Ok(())
    }
}

/// A text as it is shown: escaped and shortened.
pub(super) fn quoted(text: &str) -> String {
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{:?}...", text.get(..end).unwrap_or_default()),
        None => format!("{text:?}"),
    }
}
