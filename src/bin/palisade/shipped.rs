//! The policies and manifests that ship, as they stand in the repository.

/// A policy that ships.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shipped {
    /// How it is called.
    pub(crate) name: &'static str,
    /// Its text.
    pub(crate) text: &'static str,
}

macro_rules! shipped {
    ($($name:literal in $file:literal),* $(,)?) => {
        &[$(Shipped { name: $name, text: include_str!(concat!("../../../policies/", $file)) }),*]
    };
}

/// All policies, those of stacks first.
pub(crate) const POLICIES: &[Shipped] = shipped![
    "generic" in "stacks/generic.yaml",
    "django" in "stacks/django.yaml",
    "express" in "stacks/express.yaml",
    "fastapi" in "stacks/fastapi.yaml",
    "laravel" in "stacks/laravel.yaml",
    "mobile-app" in "stacks/mobile-app.yaml",
    "nextauth" in "stacks/nextauth.yaml",
    "oauth-token" in "stacks/oauth-token.yaml",
    "rails" in "stacks/rails.yaml",
    "spring" in "stacks/spring.yaml",
    "directus" in "directus.yaml",
    "django-admin" in "django-admin.yaml",
    "django-allauth" in "django-allauth.yaml",
    "django-two-factor" in "django-two-factor.yaml",
    "keycloak" in "keycloak.yaml",
    "redmine" in "redmine.yaml",
    "roundcube" in "roundcube.yaml",
    "synapse" in "synapse.yaml",
    "wordpress" in "wordpress.yaml",
];

/// An Envoy before an application.
pub(crate) const BOOTSTRAP: &str = include_str!("../../../envoy/ipasis.yaml");
/// An Istio `WasmPlugin`.
pub(crate) const WASM_PLUGIN: &str = include_str!("../../../envoy/kubernetes/istio.yaml");
/// An Istio `EnvoyFilter`.
pub(crate) const ENVOY_FILTER: &str =
    include_str!("../../../envoy/kubernetes/istio-envoyfilter.yaml");
/// What Envoy Gateway needs.
pub(crate) const ENVOY_GATEWAY: &str = include_str!("../../../envoy/kubernetes/envoy-gateway.yaml");
