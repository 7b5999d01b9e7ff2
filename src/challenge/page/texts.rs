//! What the page says, in every language it speaks. A new language is a new entry of [`Language::ALL`] and its texts.

use serde::Serialize;

use crate::reply::quality;

/// Most bytes of `accept-language` that are read.
const HEADER_LIMIT: usize = 1_024;
/// Most languages of it.
const RANGE_LIMIT: usize = 32;

/// A language of the page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// English, also for those whose language the page does not speak.
    #[default]
    English,
    /// German.
    German,
}

/// The texts of one language. Those that the script shows go to it as JSON.
#[derive(Serialize)]
pub(super) struct Texts {
    #[serde(skip)]
    pub(super) title: &'static str,
    #[serde(skip)]
    pub(super) explanation: &'static str,
    /// What is going on where an outside service has a captcha solved.
    #[serde(skip)]
    pub(super) captcha: &'static str,
    #[serde(skip)]
    pub(super) reference: &'static str,
    #[serde(skip)]
    pub(super) progress: &'static str,
    #[serde(skip)]
    pub(super) no_script: &'static str,
    working: &'static str,
    done: &'static str,
    send_again: &'static str,
    refused: &'static str,
    failed: &'static str,
    cookies: &'static str,
    retry: &'static str,
    back: &'static str,
    check: &'static str,
    unreachable: &'static str,
    go_on: &'static str,
}

impl Language {
    /// Every language.
    pub const ALL: [Self; 2] = [Self::English, Self::German];

    /// The language that an `accept-language` header ranks highest among those that the page speaks, read in bounded
    /// time; of two ranked alike the first.
    #[must_use]
    pub fn negotiate(accept_language: Option<&[u8]>) -> Self {
        let header = accept_language.unwrap_or_default();
        let header = header.get(..HEADER_LIMIT).unwrap_or(header);
        let mut best = (0, Self::default());
        let ranges = header.split(|byte| *byte == b',').take(RANGE_LIMIT);
        for (quality, language) in ranges.filter_map(range) {
            if quality > best.0 {
                best = (quality, language);
            }
        }
        best.1
    }

    /// Its code (BCP 47).
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
        }
    }

    pub(super) const fn texts(self) -> &'static Texts {
        match self {
            Self::English => &ENGLISH,
            Self::German => &GERMAN,
        }
    }
}

/// A language and its quality in thousandths, if the page speaks it and is asked to.
fn range(text: &[u8]) -> Option<(u16, Language)> {
    let mut parts = str::from_utf8(text).ok()?.split(';').map(str::trim);
    let primary = parts.next()?.split('-').next()?;
    let language = Language::ALL
        .into_iter()
        .find(|language| primary.eq_ignore_ascii_case(language.code()))?;
    let quality = match parts.find_map(|part| part.strip_prefix("q=")) {
        Some(value) => quality(value.as_bytes())?,
        None => 1_000,
    };
    Some((quality, language))
}

const ENGLISH: Texts = Texts {
    title: "One moment, please",
    explanation: "Your browser is solving a small task before this goes on. You need not do anything, and nothing is \
                  sent to anybody else.",
    captcha: "Please show that you are no program before this goes on. An outside service checks that; it learns your address \
              and that you are here, but nothing of what you entered.",
    reference: "Reference:",
    progress: "Progress of the task",
    no_script: "JavaScript is switched off, and without it this cannot go on. Nothing you entered has been passed on \
                yet: please switch JavaScript on for this site, go back, and try again.",
    working: "Working …",
    done: "Done. Going on …",
    send_again: "Done. Please go back and send your form again.",
    refused: "The last attempt came too late or did not count. Please try again.",
    failed: "That did not work. Please try again.",
    cookies: "Please allow cookies for this site, then try again.",
    retry: "Try again",
    back: "Go back",
    check: "Please complete the check.",
    unreachable: "The check could not be loaded. If something blocks content in your browser, please allow it for this page, \
                  then try again.",
    go_on: "Go on",
};

const GERMAN: Texts = Texts {
    title: "Einen Moment bitte",
    explanation: "Ihr Browser löst eine kleine Aufgabe, bevor es weitergeht. Sie müssen nichts tun, und es wird nichts an \
                  Dritte gesendet.",
    captcha: "Bitte zeigen Sie, dass Sie kein Programm sind, bevor es weitergeht. Das prüft ein Dienst außerhalb dieser \
              Seite; er erfährt Ihre Adresse und dass Sie hier sind, aber nichts von Ihren Eingaben.",
    reference: "Referenz:",
    progress: "Fortschritt der Aufgabe",
    no_script: "JavaScript ist ausgeschaltet, und ohne geht es hier nicht weiter. Von Ihren Eingaben wurde noch nichts \
                weitergegeben: Bitte schalten Sie JavaScript für diese Seite ein, gehen Sie zurück und versuchen Sie es noch einmal.",
    working: "In Arbeit …",
    done: "Fertig. Es geht weiter …",
    send_again: "Fertig. Bitte gehen Sie zurück und senden Sie Ihr Formular noch einmal.",
    refused: "Der letzte Versuch kam zu spät oder zählte nicht. Bitte versuchen Sie es noch einmal.",
    failed: "Das hat nicht geklappt. Bitte versuchen Sie es noch einmal.",
    cookies: "Bitte erlauben Sie Cookies für diese Seite und versuchen Sie es noch einmal.",
    retry: "Noch einmal versuchen",
    back: "Zurück",
    check: "Bitte absolvieren Sie die Prüfung.",
    unreachable: "Die Prüfung konnte nicht geladen werden. Falls etwas in Ihrem Browser Inhalte blockiert, erlauben Sie sie bitte \
                  für diese Seite und versuchen Sie es noch einmal.",
    go_on: "Weiter",
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_speaks_the_language_that_is_asked_for() {
        for (header, language) in [
            ("de", Language::German),
            ("de-AT,de;q=0.9,en;q=0.8", Language::German),
            ("DE-ch", Language::German),
            ("en-US,en;q=0.9,de;q=0.8", Language::English),
            ("fr,de;q=0.5,en;q=0.4", Language::German),
            ("de;q=0.1, en;q=0.2", Language::English),
            ("de;q=0", Language::English),
            ("de;q=2", Language::English),
            ("de;q=NaN", Language::English),
            ("deutsch", Language::English),
            ("fr", Language::English),
            ("*", Language::English),
            ("", Language::English),
        ] {
            assert_eq!(
                Language::negotiate(Some(header.as_bytes())),
                language,
                "{header}"
            );
        }
        assert_eq!(Language::negotiate(None), Language::English);
        assert_eq!(Language::negotiate(Some(b"\xff,de")), Language::German);
        let far = format!("{}de", "fr,".repeat(500));
        assert_eq!(Language::negotiate(Some(far.as_bytes())), Language::English);
    }
}
