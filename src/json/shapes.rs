//! Configuration values that may be written in several shapes: as a text, as an object or as a list.

use super::{FromJson, Json, Mistakes, Node};

/// The shapes in which a `T` may be written. `O` is the object's own type, `L` that of the list's items.
pub(crate) struct Shapes<T, O, L = O> {
    /// What is expected, in a few words.
    pub(crate) expected: &'static str,
    /// From a text; `None` if it is another one.
    pub(crate) text: fn(&str) -> Option<T>,
    /// From an object.
    pub(crate) object: fn(O) -> T,
    /// From a list, if one may stand there.
    pub(crate) list: Option<fn(Vec<L>) -> T>,
}

impl<T, O: FromJson, L: FromJson> Shapes<T, O, L> {
    /// Reads whichever shape stands there.
    pub(crate) fn read(self, node: Node<'_, '_>, mistakes: &mut Mistakes<'_>) -> Option<T> {
        let read = match (node.value, self.list) {
            (Json::Text(text), _) => (self.text)(text),
            (Json::Object(_), _) => return O::from_json(node, mistakes).map(self.object),
            (Json::List(_), Some(list)) => return Vec::from_json(node, mistakes).map(list),
            _ => None,
        };
        read.or_else(|| node.expected_word(self.expected, mistakes))
    }
}
