//! Escaping for what the page echoes.

/// `text` as it may stand between tags and in a quoted attribute, where it then means exactly itself.
///
/// Line breaks are written as references, because a parser turns raw ones into line feeds. U+0000, which no page can
/// hold, is left to the caller.
pub(super) fn escape(text: &str, page: &mut String) {
    page.reserve(text.len());
    for c in text.chars() {
        match c {
            '&' => page.push_str("&amp;"),
            '<' => page.push_str("&lt;"),
            '>' => page.push_str("&gt;"),
            '"' => page.push_str("&#34;"),
            '\'' => page.push_str("&#39;"),
            '\n' => page.push_str("&#10;"),
            '\r' => page.push_str("&#13;"),
            c => page.push(c),
        }
    }
}
