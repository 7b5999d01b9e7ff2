//! A JSON tree -> types, every mistake told with its place.
//!
//! What differs between two types is a table of their fields, which `palisade-derive` writes; the reading is here,
//! once. Serde's visitors repeat it for every field of every type, which made the filter 89 KiB larger.

use std::fmt::Display;

use super::mistake::{Mistake, Mistakes, one_of};
use super::place::Place;
use super::{Json, yaml};

/// What can be read from a JSON tree.
pub(crate) trait FromJson: Sized {
    /// Reads the value at `node`. Mistakes are told, and what has one is passed over: a list without the element is
    /// read on, an object without the field.
    ///
    /// `None` only if a mistake has been told.
    fn from_json(node: Node<'_, '_>, mistakes: &mut Mistakes<'_>) -> Option<Self>;
}

/// Reads a document into a type.
///
/// # Errors
/// Up to sixteen mistakes, and whether there may be more. What only follows from a mistake that has been told is not
/// told; of one object, one missing field is told at a time.
pub(crate) fn read<T: FromJson>(document: &Json) -> Result<T, Vec<Mistake>> {
    let mut mistakes = Mistakes::new(document);
    let read = T::from_json(top(document), &mut mistakes);
    mistakes.unless_any(read)
}

pub(super) const fn top(document: &Json) -> Node<'_, '_> {
    Node {
        value: document,
        place: &Place::Top,
    }
}

/// The whole number that a value is, if it is one that a double holds exactly.
pub(crate) fn whole(value: &Json) -> Option<i64> {
    const LARGEST_EXACT: f64 = 9_007_199_254_740_992.0;
    let Json::Number(number) = *value else {
        return None;
    };
    #[expect(
        clippy::cast_possible_truncation,
        clippy::as_conversions,
        reason = "whole and within the exact range"
    )]
    (number.fract() == 0.0 && number.abs() <= LARGEST_EXACT).then_some(number as i64)
}

/// A value and where it stands.
#[derive(Clone, Copy)]
pub(crate) struct Node<'p, 'j> {
    pub(crate) value: &'j Json,
    pub(super) place: &'p Place<'p>,
}

/// A field of an object, as it is written.
pub(crate) struct Member {
    pub(crate) name: &'static str,
    pub(crate) required: bool,
}

/// Where a field goes.
pub(crate) trait Slot {
    fn is_empty(&self) -> bool;
    fn fill(&mut self, node: Node<'_, '_>, mistakes: &mut Mistakes<'_>);
}

impl<T: FromJson> Slot for Option<T> {
    fn is_empty(&self) -> bool {
        self.is_none()
    }

    fn fill(&mut self, node: Node<'_, '_>, mistakes: &mut Mistakes<'_>) {
        *self = T::from_json(node, mistakes);
    }
}

impl<'p, 'j> Node<'p, 'j> {
    /// Tells what is wrong here.
    #[inline(never)]
    pub(crate) fn wrong(self, sentence: &dyn Display, mistakes: &mut Mistakes<'_>) {
        mistakes.kind(self.place, self.value, sentence);
    }

    /// Tells what was expected here.
    #[inline(always)]
    pub(crate) fn expected<T>(self, what: &str, mistakes: &mut Mistakes<'_>) -> Option<T> {
        self.expects(what, "", mistakes);
        None
    }

    /// Tells that a word or another text was expected here. YAML makes something else of some words without quotes.
    #[inline(always)]
    pub(crate) fn expected_word<T>(self, what: &str, mistakes: &mut Mistakes<'_>) -> Option<T> {
        self.expects(what, self.unquoted_word(), mistakes);
        None
    }

    /// Tells that a text was expected here, which what stands here would be in quotes.
    #[inline(always)]
    pub(crate) fn expected_quotes<T>(self, what: &str, mistakes: &mut Mistakes<'_>) -> Option<T> {
        let advice = match self.value {
            Json::Number(_) => "; without quotes YAML reads this as a number: put it in quotes",
            _ => self.unquoted_word(),
        };
        self.expects(what, advice, mistakes);
        None
    }

    /// The same for all types: once in the filter, not once for each.
    #[inline(never)]
    fn expects(self, what: &str, advice: &str, mistakes: &mut Mistakes<'_>) {
        self.wrong(&format_args!("expected {what}{advice}"), mistakes);
    }

    /// The advice to put a word into quotes that YAML has made a truth value of.
    #[inline(never)]
    fn unquoted_word(self) -> &'static str {
        match self.value {
            Json::Bool(true) => {
                "; without quotes YAML reads yes, on and y as true: put the word in quotes"
            }
            Json::Bool(false) => {
                "; without quotes YAML reads no, off and n as false: put the word in quotes"
            }
            _ => "",
        }
    }

    /// The number that stands here. Envoy makes a text of each that has a point, an exponent or more than 31 bits.
    pub(super) fn number(self) -> Option<f64> {
        match self.value {
            Json::Number(number) => Some(*number),
            Json::Text(text) => match Json::parse(text.as_bytes()) {
                Ok(Json::Number(number)) => Some(number),
                _ => None,
            },
            _ => None,
        }
    }

    /// A field of an object that stands here.
    pub(crate) fn field<T>(
        self,
        (name, value): &'j (String, Json),
        read: impl FnOnce(Node<'_, 'j>) -> T,
    ) -> T {
        let place = &Place::Field(self.place, name);
        read(Node { value, place })
    }

    /// The whole number that stands here, if one does.
    pub(crate) fn whole(self) -> Option<i64> {
        whole(&Json::Number(self.number()?))
    }

    #[inline(never)]
    pub(super) fn whole_from(
        self,
        low: i64,
        high: i64,
        mistakes: &mut Mistakes<'_>,
    ) -> Option<i64> {
        let number = self.whole().filter(|number| (low..=high).contains(number));
        if number.is_none() {
            self.wrong(
                &format_args!("expected a whole number from {low} to {high}"),
                mistakes,
            );
        }
        number
    }

    /// The text that stands here.
    pub(crate) fn text(self, expected: &str, mistakes: &mut Mistakes<'_>) -> Option<&'j str> {
        match self.value {
            Json::Text(text) => Some(text),
            _ => self.expected_word(expected, mistakes),
        }
    }

    /// The fields of the object that stands here.
    pub(crate) fn fields(self, mistakes: &mut Mistakes<'_>) -> Option<&'j [(String, Json)]> {
        match self.value {
            Json::Object(fields) => Some(fields),
            _ => self.expected("an object", mistakes),
        }
    }

    /// Tells that there is no field of this name.
    #[inline(never)]
    pub(crate) fn unknown(self, name: &str, names: &[&str], mistakes: &mut Mistakes<'_>) {
        let sentence = format!("there is no such field; expected {}", one_of(names));
        mistakes.unknown(self.place, &sentence, name, names);
    }

    /// Tells that a field stands here more than once.
    #[inline(never)]
    pub(crate) fn repeated(self, name: &str, mistakes: &mut Mistakes<'_>) {
        let sentence = format_args!("the field {name} stands here more than once");
        mistakes.object(self.place, &sentence);
    }

    /// Tells that a word of these was expected here.
    #[inline(never)]
    fn unknown_word(self, word: &str, words: &[&str], mistakes: &mut Mistakes<'_>) {
        let sentence = format!("expected {}", one_of(words));
        mistakes.unknown(self.place, &sentence, word, words);
    }

    /// Reads an object, each field into the slot of its member.
    pub(crate) fn read_object(
        self,
        members: &[Member],
        slots: &mut [&mut dyn Slot],
        mistakes: &mut Mistakes<'_>,
    ) {
        let Some(fields) = self.fields(mistakes) else {
            return;
        };
        for field in fields {
            let mut both = members.iter().zip(slots.iter_mut());
            match both.find(|(member, _)| member.name == field.0) {
                Some((_, slot)) if slot.is_empty() => {
                    self.field(field, |node| slot.fill(node, mistakes));
                }
                Some((member, _)) => return self.repeated(member.name, mistakes),
                None => {
                    let names: Vec<&str> = members.iter().map(|member| member.name).collect();
                    self.field(field, |node| node.unknown(&field.0, &names, mistakes));
                }
            }
        }
        let mut both = members.iter().zip(slots.iter());
        let missing = both.find(|(member, slot)| member.required && slot.is_empty());
        if let Some((Member { name, .. }, _)) = missing
            && !fields.iter().any(|(field, _)| field == name)
        {
            mistakes.object(self.place, &format_args!("the field {name} is missing"));
        }
    }

    /// Reads one of these words: which one it is.
    #[inline(never)]
    pub(crate) fn choose_word(
        self,
        words: &[&'static str],
        mistakes: &mut Mistakes<'_>,
    ) -> Option<usize> {
        self.choose(words, mistakes)?.alone(mistakes)
    }

    /// Reads the name of a variant: a word alone, or an object of one field.
    #[inline(never)]
    pub(crate) fn choose(
        self,
        names: &[&'static str],
        mistakes: &mut Mistakes<'_>,
    ) -> Option<Chosen<'p, 'j>> {
        let (name, content) = match self.value {
            Json::Text(word) => (word.as_str(), None),
            // `off` without quotes.
            Json::Bool(flag) => {
                let words = yaml::words(*flag);
                match names.iter().find(|name| words.contains(name)) {
                    Some(name) => (*name, None),
                    None => return self.expected_word(&one_of(names), mistakes),
                }
            }
            Json::Object(fields) => match fields.as_slice() {
                [(name, value)] => (name.as_str(), Some(value)),
                _ => return self.expected(&one_of(names), mistakes),
            },
            _ => return self.expected(&one_of(names), mistakes),
        };
        match names.iter().position(|each| *each == name) {
            Some(index) => Some(Chosen {
                index,
                node: self,
                name,
                content,
            }),
            None => {
                self.unknown_word(name, names, mistakes);
                None
            }
        }
    }
}

/// A variant that has been named.
pub(crate) struct Chosen<'p, 'j> {
    /// Which one of the names.
    pub(crate) index: usize,
    node: Node<'p, 'j>,
    name: &'j str,
    content: Option<&'j Json>,
}

impl Chosen<'_, '_> {
    /// Which one it is, if it is a word alone.
    pub(crate) fn alone(&self, mistakes: &mut Mistakes<'_>) -> Option<usize> {
        match self.content {
            None => Some(self.index),
            Some(_) => self
                .node
                .expected(&format!("only the word {}", self.name), mistakes),
        }
    }

    /// What stands in the variant.
    pub(crate) fn content<T: FromJson>(&self, mistakes: &mut Mistakes<'_>) -> Option<T> {
        match self.content {
            Some(value) => {
                let place = &Place::Field(self.node.place, self.name);
                T::from_json(Node { value, place }, mistakes)
            }
            None => self
                .node
                .expected(&format!("an object with the field {}", self.name), mistakes),
        }
    }
}
