//! Which application stands behind the filter.

use crate::json::FromJson;

/// Which application stands behind the filter: `palisade check` then warns of doors to its accounts that the policy
/// leaves open. Nothing else follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Application {
    /// Directus 11.
    Directus,
    /// Django's own administration.
    #[serde(rename = "django-admin")]
    DjangoAdmin,
    /// django-allauth, with its headless API.
    #[serde(rename = "django-allauth")]
    DjangoAllauth,
    /// django-two-factor-auth.
    #[serde(rename = "django-two-factor")]
    DjangoTwoFactor,
    /// Keycloak 26.
    Keycloak,
    /// Redmine 5.
    Redmine,
    /// Roundcube 1.6.
    Roundcube,
    /// Matrix Synapse.
    Synapse,
    /// WordPress 6.
    Wordpress,
}

impl Application {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Directus,
        Self::DjangoAdmin,
        Self::DjangoAllauth,
        Self::DjangoTwoFactor,
        Self::Keycloak,
        Self::Redmine,
        Self::Roundcube,
        Self::Synapse,
        Self::Wordpress,
    ];

    /// Its name in the configuration, which is that of its policy.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Directus => "directus",
            Self::DjangoAdmin => "django-admin",
            Self::DjangoAllauth => "django-allauth",
            Self::DjangoTwoFactor => "django-two-factor",
            Self::Keycloak => "keycloak",
            Self::Redmine => "redmine",
            Self::Roundcube => "roundcube",
            Self::Synapse => "synapse",
            Self::Wordpress => "wordpress",
        }
    }
}
