//! All mistakes of a configuration at once, from whatever stage of its reading.
//!
//! The filter tells sixteen mistakes of one stage; the next stage needs a tree without any. So what is wrong is taken
//! out of the tree, and the rest is read again. What is only wrong because something was taken out is not told.

use palisade::config::{self, ConfigError, Path, Step};
use palisade::policy::Policy;
use serde_json::Value;

/// Where the values of environment variables come from.
type Environment<'e> = &'e dyn Fn(&str) -> Option<String>;

/// How often a tree is read again at most.
const MOST_ROUNDS: usize = 64;

/// Loads a configuration, or tells every mistake in it.
///
/// # Errors
/// All mistakes, each once.
pub(super) fn load(tree: &Value, environment: Environment<'_>) -> Result<Policy, Vec<ConfigError>> {
    let mut rest = Rest {
        tree: tree.clone(),
        removed: Vec::new(),
        names: Vec::new(),
        told: Vec::new(),
    };
    for _ in 0..MOST_ROUNDS {
        let misread = config::misread(rest.tree.to_string().as_bytes());
        if !misread.is_empty() {
            if rest.take(misread) {
                continue;
            }
            return Err(rest.told);
        }
        match config::load(rest.tree.to_string().as_bytes(), environment) {
            Ok(policy) if rest.told.is_empty() => return Ok(policy),
            Ok(_) => break,
            Err(errors) => {
                let more = errors.0.iter().any(is_sum);
                let goes_on = rest.take(errors.0);
                if !more || !goes_on {
                    break;
                }
            }
        }
    }
    Err(rest.told)
}

/// Whether this only says that there are more.
fn is_sum(mistake: &ConfigError) -> bool {
    let says = |text: &String| text.starts_with("there may be more mistakes");
    mistake.path.0.is_empty() && mistake.problem.as_ref().is_some_and(says)
}

/// What is left of a tree.
struct Rest {
    tree: Value,
    /// What was taken out, by its way in the whole tree.
    removed: Vec<Path>,
    /// The names of what was taken out, to which something else may refer.
    names: Vec<String>,
    told: Vec<ConfigError>,
}

impl Rest {
    /// Tells these mistakes and takes what they are about out of the tree; whether anything was.
    fn take(&mut self, mistakes: Vec<ConfigError>) -> bool {
        let mut gone: Vec<Path> = Vec::new();
        for mistake in mistakes.into_iter().filter(|mistake| !is_sum(mistake)) {
            let whole = self.in_whole(&mistake.path);
            // Something that is in there was taken out.
            let lacks = self.removed.iter().any(|path| path.0.starts_with(&whole.0));
            let names_removed = |found: &String| self.names.contains(found);
            let follows = lacks || mistake.found.as_ref().is_some_and(names_removed);
            if !follows {
                let told = ConfigError {
                    path: whole,
                    ..mistake.clone()
                };
                if !self.told.contains(&told) {
                    self.told.push(told);
                }
            }
            if !mistake.path.0.is_empty() && !gone.contains(&mistake.path) {
                gone.push(mistake.path);
            }
        }
        // The last elements first, so that the places of the others stay what they are.
        gone.sort_by_key(|path| {
            let key = |step: &Step| match step {
                Step::Element(index) => (*index, String::new()),
                Step::Field(name) => (0, name.clone()),
            };
            std::cmp::Reverse(path.0.iter().map(key).collect::<Vec<_>>())
        });
        let whole: Vec<Path> = gone.iter().map(|path| self.in_whole(path)).collect();
        let mut removed = false;
        for (path, whole) in gone.into_iter().zip(whole) {
            if let Some(value) = remove(&mut self.tree, &path.0) {
                let name = value.get("name").and_then(Value::as_str);
                self.names.extend(name.map(|name| format!("{name:?}")));
                self.removed.push(whole);
                removed = true;
            }
        }
        removed
    }

    /// The way in the whole tree of what stands in the rest.
    fn in_whole(&self, path: &Path) -> Path {
        let mut whole = Path::default();
        for step in &path.0 {
            whole.0.push(match step {
                Step::Field(name) => Step::Field(name.clone()),
                Step::Element(index) => Step::Element(self.index_in_whole(&whole, *index)),
            });
        }
        whole
    }

    fn index_in_whole(&self, list: &Path, index: usize) -> usize {
        let own = self
            .removed
            .iter()
            .filter_map(|path| match path.0.split_last() {
                Some((Step::Element(index), list_of)) if list_of == list.0 => Some(*index),
                _ => None,
            });
        let mut own: Vec<usize> = own.collect();
        own.sort_unstable();
        own.iter()
            .fold(index, |index, removed| match *removed <= index {
                true => index.saturating_add(1),
                false => index,
            })
    }
}

/// Takes a value out of a tree.
fn remove(tree: &mut Value, steps: &[Step]) -> Option<Value> {
    let (last, way) = steps.split_last()?;
    let mut at = tree;
    for step in way {
        at = match step {
            Step::Field(name) => at.get_mut(name.as_str())?,
            Step::Element(index) => at.get_mut(*index)?,
        };
    }
    match (last, at) {
        (Step::Field(name), Value::Object(fields)) => fields.remove(name),
        (Step::Element(index), Value::Array(items)) if *index < items.len() => {
            Some(items.remove(*index))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(tree: &Value) -> Vec<String> {
        let key = |name: &str| Some(format!("{name:-<32}"));
        let told = load(tree, &key).err().into_iter().flatten();
        told.map(|mistake| mistake.to_string()).collect()
    }

    #[test]
    fn mistakes_of_all_stages_are_told_at_once() {
        let told = told(&json!({
            "mode": "sometimes",
            "limits": [
                { "name": "a", "key": ["account"], "limit": 3 },
                { "name": "b", "key": ["nothing"], "limit": 3, "window": "1h" },
                { "name": "c", "key": ["subnet"], "limit": 3, "window": "1x" },
            ],
            "routes": [{ "name": "A B", "match": { "path": "login" }, "limits": ["b", "c", "d"],
                "rules": [{ "when": { "score": 50 }, "then": "deny" }] }],
        }));
        let begins = [
            "mode = \"sometimes\": expected one of",
            "limits[0]: the field window is missing",
            "limits[1].key[0] = \"nothing\": expected",
            "limits[2].window = \"1x\": expected",
            "routes[0].name = \"A B\"",
            "routes[0].match.path = \"login\"",
            "routes[0].rules[0].when.score = 50",
            "routes[0].limits[2] = \"d\"",
        ];
        for begin in begins {
            assert!(
                told.iter().any(|line| line.starts_with(begin)),
                "{begin} in {told:#?}"
            );
        }
        assert_eq!(told.len(), begins.len(), "{told:#?}");
    }

    #[test]
    fn more_than_sixteen_mistakes_are_told() {
        let names: Vec<String> = (0..40).map(|name| format!("N{name}")).collect();
        let told = told(&json!({ "routes": [{ "name": "r", "match": {}, "limits": names }] }));
        assert_eq!(told.len(), 40, "{told:#?}");
        assert!(
            told.iter()
                .any(|line| line.starts_with("routes[0].limits[39]"))
        );
    }
}
