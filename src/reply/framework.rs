//! Browser frameworks that fetch pages by script, and how each is told to show one as a whole.

use super::LocalReply;

/// A browser framework that fetches pages, and puts what it gets into the page that is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framework {
    /// htmx, of any version.
    Htmx,
    /// Inertia.js.
    Inertia,
    /// Livewire, of Laravel.
    Livewire,
    /// Turbo, of Rails and others.
    Turbo,
}

/// A fetch of such a framework.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fetch {
    /// Who fetches.
    pub framework: Framework,
    /// Whether the address alone would show a person the same: a whole page, asked for by GET.
    pub is_page: bool,
}

impl Fetch {
    /// The header lines that tell, beside `:method` and `accept`.
    pub const LINES: [&str; 6] = [
        "hx-boosted",
        "hx-request",
        "turbo-frame",
        "x-inertia",
        "x-livewire",
        "x-turbo-request-id",
    ];

    /// What these lines of a request say. A script may write them too: it is told the same otherwise, and nothing more.
    #[must_use]
    pub fn read<'h>(line: impl Fn(&'static str) -> Option<&'h [u8]>) -> Option<Self> {
        let is_get = line(":method") == Some(b"GET");
        let (framework, is_page) = if line("hx-request") == Some(b"true") {
            (Framework::Htmx, line("hx-boosted") == Some(b"true"))
        } else if line("x-inertia").is_some() {
            (Framework::Inertia, true)
        } else if line("x-livewire").is_some() {
            (Framework::Livewire, false)
        } else if line("turbo-frame").is_some() {
            (Framework::Turbo, false)
        } else if line("x-turbo-request-id").is_some() || line("accept").is_some_and(has_streams) {
            (Framework::Turbo, true)
        } else {
            return None;
        };
        Some(Self {
            framework,
            is_page: is_page && is_get,
        })
    }
}

impl Framework {
    /// Makes a refusal one on which the browser opens `to`, a path of this site, as a whole page.
    pub fn open(self, to: String, reply: &mut LocalReply) {
        let name = match self {
            Self::Htmx => "hx-redirect",
            Self::Inertia => {
                reply.status = 409;
                "x-inertia-location"
            }
            // These follow it, and open where it has led: a page that says so to Turbo, an empty one to Livewire.
            Self::Livewire | Self::Turbo => {
                reply.status = 303;
                "location"
            }
        };
        reply.headers.push((name, to.into()));
    }

    /// The document that has it open the same address as a whole page, once it has followed there.
    #[must_use]
    pub const fn followed(self) -> &'static str {
        match self {
            Self::Livewire => "",
            Self::Htmx | Self::Inertia | Self::Turbo => {
                "<!doctype html>\n<title>Palisade</title>\n<meta name=\"turbo-visit-control\" content=\"reload\">\n"
            }
        }
    }
}

/// The type that Turbo accepts besides pages, wherever it sends a form.
fn has_streams(accept: &[u8]) -> bool {
    let streams = b"text/vnd.turbo-stream.html";
    accept
        .split(|byte| *byte == b',')
        .any(|kind| kind.trim_ascii().starts_with(streams))
}

/// Whether a target of a request names a page of this very site wherever it is written: `//host` would be another one.
#[must_use]
pub fn is_own_path(target: &[u8]) -> bool {
    let second = target.get(1);
    target.first() == Some(&b'/')
        && !matches!(second, Some(b'/' | b'\\'))
        && target.iter().all(u8::is_ascii_graphic)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &[(&str, &str)]) -> Option<(Framework, bool)> {
        let line = |name: &str| {
            let found = lines.iter().find(|(own, _)| *own == name);
            found.map(|(_, value)| value.as_bytes())
        };
        Fetch::read(line).map(|fetch| (fetch.framework, fetch.is_page))
    }

    #[test]
    fn each_framework_is_known_by_what_it_sends() {
        use Framework::{Htmx, Inertia, Livewire, Turbo};
        let streams = "text/vnd.turbo-stream.html, text/html, application/xhtml+xml";
        for (method, name, value, expected) in [
            ("GET", "hx-request", "true", Some((Htmx, false))),
            ("GET", "x-inertia", "true", Some((Inertia, true))),
            ("POST", "x-inertia", "true", Some((Inertia, false))),
            ("POST", "x-livewire", "", Some((Livewire, false))),
            ("GET", "turbo-frame", "cart", Some((Turbo, false))),
            ("GET", "x-turbo-request-id", "1", Some((Turbo, true))),
            ("POST", "x-turbo-request-id", "1", Some((Turbo, false))),
            ("POST", "accept", streams, Some((Turbo, false))),
            ("GET", "accept", "text/html", None),
            ("GET", "hx-request", "false", None),
            ("POST", "x-requested-with", "XMLHttpRequest", None),
        ] {
            let found = read(&[(":method", method), (name, value)]);
            assert_eq!(found, expected, "{method} {name}: {value}");
        }
        let boosted = [("hx-request", "true"), ("hx-boosted", "true")];
        let get = [&[(":method", "GET")], &boosted[..]].concat();
        assert_eq!(read(&get), Some((Htmx, true)));
        assert_eq!(read(&boosted), Some((Htmx, false)));
    }

    #[test]
    fn only_a_path_of_this_site_is_one() {
        for (target, expected) in [
            ("/", true),
            ("/a?b=//c", true),
            ("//other.example/a", false),
            ("/\\other.example", false),
            ("https://other.example/", false),
            ("/a b", false),
            ("/\u{e9}", false),
            ("", false),
        ] {
            assert_eq!(is_own_path(target.as_bytes()), expected, "{target}");
        }
    }
}
