//! Texts in a page, where they mean exactly themselves: between tags and in quoted attributes.

/// Writes `text` behind the page.
///
/// Line breaks are written as references, because a parser turns raw ones into line feeds. U+0000, which no page can
/// hold, is left to the caller.
pub(crate) fn escape(text: &str, page: &mut String) {
    page.reserve(text.len());
    for c in text.chars() {
        push(c, page);
    }
}

/// The same for a text that is only shown: control characters other than line feeds become spaces.
pub(crate) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        let is_shown = c == '\n' || !c.is_control();
        push(if is_shown { c } else { ' ' }, &mut escaped);
    }
    escaped
}

fn push(c: char, page: &mut String) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_stays_a_text_in_a_page() {
        let text = "<a b='\"'>&amp;\r\n\u{1}";
        let mut page = String::from("x");
        escape(text, &mut page);
        assert_eq!(page, "x&lt;a b=&#39;&#34;&#39;&gt;&amp;amp;&#13;&#10;\u{1}");
        assert_eq!(escaped(text), "&lt;a b=&#39;&#34;&#39;&gt;&amp;amp; &#10; ");
    }
}
