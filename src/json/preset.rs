//! Tables that ship with the filter, and what an operator writes over them.

use super::{FromJson, Json, Mistakes, Place, one_of, read};

/// The table whose `name` stands there, one of `names`.
pub(crate) fn preset<T: FromJson>(
    (name, table): (&str, Option<&'static str>),
    names: &[&str],
    at: &Place<'_>,
    mistakes: &mut Mistakes<'_>,
) -> Option<T> {
    let Some(table) = table else {
        let sentence = format!("expected {}", one_of(names));
        mistakes.unknown(at, &sentence, name, names);
        return None;
    };
    let tree = Json::parse(table.as_bytes()).ok();
    let raw = tree.and_then(|tree| read(&tree).ok());
    mistakes.require(at, raw, &"this preset is broken")
}

/// What the operator wrote, with what it leaves out taken from the table by `over`.
pub(crate) fn merged<T>(own: Option<T>, base: Option<T>, over: fn(T, T) -> T) -> Option<T> {
    match (own, base) {
        (Some(own), Some(base)) => Some(over(own, base)),
        (own, base) => own.or(base),
    }
}

/// What the schema lets stand where a preset may be named.
#[cfg(feature = "cli")]
pub(crate) fn names_or_nothing(names: &[&'static str]) -> Vec<Option<&'static str>> {
    names.iter().copied().map(Some).chain([None]).collect()
}
