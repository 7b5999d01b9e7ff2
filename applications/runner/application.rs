//! The applications, by name. One file for each; a new one is a line here.

use crate::stage::Stage;
use crate::{directus, django, keycloak, redmine, roundcube, synapse, wordpress};

/// An application and the scenes that are played in it, once in each mode.
pub(crate) struct Application {
    /// Its folder in `applications/`, and its policy's name.
    pub(crate) name: &'static str,
    /// Whether `--short` plays it: it is installed and starts within seconds, and its policy has most of the abilities.
    pub(crate) is_quick: bool,
    /// Plays all scenes.
    pub(crate) play: fn(&mut Stage<'_>),
}

/// All of them, in the order in which they are played.
pub(crate) const ALL: &[Application] = &[
    Application {
        name: "wordpress",
        is_quick: false,
        play: wordpress::play,
    },
    Application {
        name: "keycloak",
        is_quick: false,
        play: keycloak::play,
    },
    Application {
        name: "redmine",
        is_quick: false,
        play: redmine::play,
    },
    Application {
        name: "django-admin",
        is_quick: false,
        play: django::admin::play,
    },
    Application {
        name: "django-two-factor",
        is_quick: true,
        play: django::two_factor::play,
    },
    Application {
        name: "django-allauth",
        is_quick: true,
        play: django::allauth::play,
    },
    Application {
        name: "directus",
        is_quick: false,
        play: directus::play,
    },
    Application {
        name: "synapse",
        is_quick: false,
        play: synapse::play,
    },
    Application {
        name: "roundcube",
        is_quick: false,
        play: roundcube::play,
    },
];
