//! What an attacker's program reads from a page: hidden fields and links.

/// The value of the last `input` with this name: that of the page's own form, behind those of its head.
pub(crate) fn last_field(page: &str, name: &str) -> Option<String> {
    let inputs = page.split("<input").skip(1);
    inputs
        .filter_map(|rest| rest.split_once('>').map(|(tag, _)| tag))
        .filter(|tag| attribute(tag, "name").as_deref() == Some(name))
        .last()
        .map(|tag| attribute(tag, "value").unwrap_or_default())
}

/// The `action` of the first form whose tag holds `words`.
pub(crate) fn action(page: &str, words: &str) -> Option<String> {
    let forms = page.split("<form").skip(1);
    forms
        .filter_map(|rest| rest.split_once('>').map(|(tag, _)| tag))
        .find(|tag| tag.contains(words))
        .and_then(|tag| attribute(tag, "action"))
}

/// Path and query of the first link that holds `words`.
pub(crate) fn link(page: &str, words: &str) -> Option<String> {
    let links = page.split("<a ").skip(1);
    links
        .filter_map(|rest| rest.split_once('>').map(|(tag, _)| format!(" {tag}")))
        .filter_map(|tag| attribute(&tag, "href"))
        .find(|link| link.contains(words))
        .map(|link| target(&link))
}

/// An attribute of a tag, its character references undone as far as links need it.
pub(crate) fn attribute(tag: &str, name: &str) -> Option<String> {
    for quote in ['"', '\''] {
        let begin = format!(" {name}={quote}");
        // A line may end before a name.
        let tag = tag.replace(['\n', '\t', '\r'], " ");
        if let Some(at) = tag.find(&begin) {
            let value = tag[at + begin.len()..].split(quote).next()?;
            return Some(value.replace("&amp;", "&").replace("&#x3D;", "="));
        }
    }
    None
}

/// Path and query of a link to this site or to nowhere else.
pub(crate) fn target(link: &str) -> String {
    let rest = link
        .strip_prefix("http://")
        .or_else(|| link.strip_prefix("https://"));
    match rest {
        Some(rest) => rest
            .find('/')
            .map_or_else(|| "/".to_owned(), |at| rest[at..].to_owned()),
        None => link.to_owned(),
    }
}

/// A form's body, as browsers write it.
pub(crate) fn encoded<V: AsRef<str>>(fields: &[(&str, V)]) -> String {
    let pairs = fields
        .iter()
        .map(|(name, value)| format!("{}={}", percent(name), percent(value.as_ref())));
    pairs.collect::<Vec<_>>().join("&")
}

/// A name or value of a form's body.
pub(crate) fn percent(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'*' => {
                out.push(char::from(byte));
            }
            b' ' => out.push('+'),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}
