//! The applications, by name. One file for each; a new one is a line here.

use crate::stage::Stage;
use crate::{directus, django, keycloak, redmine, roundcube, synapse, wordpress};

/// An application and the scenes that are played in it, once in each mode.
pub(crate) struct Application {
    /// Its folder in `applications/`, and its policy's name.
    pub(crate) name: &'static str,
    /// Plays all scenes.
    pub(crate) play: fn(&mut Stage<'_>),
}

/// All of them, in the order in which they are played.
pub(crate) const ALL: &[Application] = &[
    Application {
        name: "wordpress",
        play: wordpress::play,
    },
    Application {
        name: "keycloak",
        play: keycloak::play,
    },
    Application {
        name: "redmine",
        play: redmine::play,
    },
    Application {
        name: "django-admin",
        play: django::admin::play,
    },
    Application {
        name: "django-two-factor",
        play: django::two_factor::play,
    },
    Application {
        name: "django-allauth",
        play: django::allauth::play,
    },
    Application {
        name: "directus",
        play: directus::play,
    },
    Application {
        name: "synapse",
        play: synapse::play,
    },
    Application {
        name: "roundcube",
        play: roundcube::play,
    },
];
