//! What a refusal says where the operator says nothing, in every language of the challenge page.

use super::Kind;
use crate::challenge::page::Language;

/// What happened, as far as a person is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Usual {
    /// The network could not be checked.
    Unchecked,
    /// The rest of the request is late.
    Late,
    /// Nobody can tell the account.
    NoAccount,
    /// A person has to prove to be one.
    Proof,
    /// There were too many attempts.
    TooMany,
    /// The session has been ended.
    SignedOut,
    /// The captcha could not be verified.
    Captcha,
    /// The network is not let in.
    Network,
}

impl Usual {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Unchecked,
        Self::Late,
        Self::NoAccount,
        Self::Proof,
        Self::TooMany,
        Self::SignedOut,
        Self::Captcha,
        Self::Network,
    ];

    /// Its name in addresses.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unchecked => "unchecked",
            Self::Late => "late",
            Self::NoAccount => "no_account",
            Self::Proof => "proof",
            Self::TooMany => "too_many",
            Self::SignedOut => "signed_out",
            Self::Captcha => "captcha",
            Self::Network => "network",
        }
    }

    /// What happened.
    #[must_use]
    pub const fn message(self, language: Language) -> &'static str {
        let [english, german] = match self {
            Self::Unchecked => [
                "Your network could not be checked. Please try again in a moment.",
                "Ihr Netz konnte nicht geprüft werden. Bitte versuchen Sie es gleich noch einmal.",
            ],
            Self::Late => [
                "The rest of the request did not come in time.",
                "Der Rest der Anfrage kam nicht rechtzeitig.",
            ],
            Self::NoAccount => [
                "The request does not say clearly which account it is about.",
                "Die Anfrage sagt nicht klar, um welches Konto es geht.",
            ],
            Self::Proof => [
                "Please verify that you are a person before you go on.",
                "Bitte zeigen Sie erst, dass Sie ein Mensch sind.",
            ],
            Self::TooMany => [
                "Too many attempts. Please wait a while before you try again.",
                "Zu viele Versuche. Bitte warten Sie eine Weile, bevor Sie es noch einmal versuchen.",
            ],
            Self::SignedOut => [
                "For your safety you have been signed out. Please sign in again.",
                "Zu Ihrer Sicherheit wurden Sie abgemeldet. Bitte melden Sie sich wieder an.",
            ],
            Self::Captcha => [
                "The captcha could not be verified. Please try again in a moment.",
                "Das Captcha konnte nicht geprüft werden. Bitte versuchen Sie es gleich noch einmal.",
            ],
            Self::Network => [
                "Access from this network is not possible here.",
                "Aus diesem Netz ist hier kein Zugang möglich.",
            ],
        };
        pick(language, english, german)
    }

    /// What the person can do next.
    #[must_use]
    pub const fn next(self, language: Language) -> &'static str {
        let [english, german] = match self {
            Self::Unchecked | Self::Captcha | Self::Late => [
                "Go back and send it again.",
                "Gehen Sie zurück und senden Sie es noch einmal.",
            ],
            Self::NoAccount => [
                "Go back, fill in the form anew, and send it again.",
                "Gehen Sie zurück, füllen Sie das Formular neu aus und senden Sie es noch einmal.",
            ],
            Self::Proof => [
                "Open this page by itself, in a browser with JavaScript and cookies.",
                "Öffnen Sie diese Seite für sich, in einem Browser mit JavaScript und Cookies.",
            ],
            Self::TooMany => [
                "If you have forgotten your password, reset it meanwhile.",
                "Wenn Sie Ihr Passwort vergessen haben, setzen Sie es inzwischen zurück.",
            ],
            Self::SignedOut | Self::Network => [
                "If you use a VPN, a proxy or Tor, switch it off or use another network, and try again.",
                "Wenn Sie VPN, Proxy oder Tor nutzen, schalten Sie das ab oder wechseln Sie das Netz, und versuchen \
                 Sie es noch einmal.",
            ],
        };
        pick(language, english, german)
    }
}

/// What happened, in a few words.
#[must_use]
pub const fn title(kind: Kind, language: Language) -> &'static str {
    let [english, german] = match kind {
        Kind::ChallengeRequired => ["Verification required", "Bestätigung nötig"],
        Kind::Limited => ["Too many requests", "Zu viele Anfragen"],
        Kind::Denied => ["Access denied", "Zugang verweigert"],
    };
    pick(language, english, german)
}

/// What stands before the contact, and before the reference.
pub(super) const fn labels(language: Language) -> [&'static str; 2] {
    match language {
        Language::English => ["If that does not help:", "Reference"],
        Language::German => ["Wenn das nicht hilft:", "Kennzeichen"],
    }
}

const fn pick(language: Language, english: &'static str, german: &'static str) -> &'static str {
    match language {
        Language::English => english,
        Language::German => german,
    }
}
