//! The doors that applications are known to have, and those of them that a policy leaves open.
//!
//! Each was tried on the running application (applications/*/NOTES.md). A door is a request that guesses at a password
//! or a code, or has a mail sent, without being logged in; it is judged by the policy as a real one.

use palisade::config::Application;
use palisade::decision::{Action, Condition, Mode};
use palisade::identity::account::{AccountSources, BodyBytes};
use palisade::limits::{KeyPart, LimitPolicy};
use palisade::message::{HeaderBlock, RequestHead, serialise};
use palisade::policy::{Policy, Protection};

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";
const XML: &str = "text/xml";

/// A door.
struct Door {
    /// What it is called.
    name: &'static str,
    method: &'static str,
    path: &'static str,
    /// The type of the body; `basic` for a request with a user and a password in its head.
    kind: &'static str,
    body: &'static str,
}

const BASIC: &str = "basic";

const fn door(
    name: &'static str,
    method: &'static str,
    path: &'static str,
    kind: &'static str,
    body: &'static str,
) -> Door {
    Door {
        name,
        method,
        path,
        kind,
        body,
    }
}

const fn form(name: &'static str, path: &'static str, body: &'static str) -> Door {
    door(name, "POST", path, FORM, body)
}

const fn json(name: &'static str, path: &'static str, body: &'static str) -> Door {
    door(name, "POST", path, JSON, body)
}

/// The doors of an application.
fn doors(application: Application) -> Vec<Door> {
    match application {
        Application::Directus => vec![
            json(
                "login",
                "/auth/login",
                r#"{"email":"a@b.example","password":"x"}"#,
            ),
            json(
                "code",
                "/auth/login",
                r#"{"email":"a@b.example","password":"x","otp":"123456"}"#,
            ),
            json(
                "lost_password",
                "/auth/password/request",
                r#"{"email":"a@b.example"}"#,
            ),
            json(
                "graphql",
                "/graphql/system",
                r#"{"query":"mutation { auth_login(email: \"a@b.example\", password: \"x\") { access_token } }"}"#,
            ),
        ],
        Application::DjangoAdmin => vec![
            form("login", "/admin/login/", "username=ada&password=x"),
            form(
                "lost_password",
                "/admin/password_reset/",
                "email=a%40b.example",
            ),
        ],
        Application::DjangoAllauth => vec![
            form("login", "/accounts/login/", "login=ada&password=x"),
            form("code", "/accounts/2fa/authenticate/", "code=123456"),
            form(
                "code_by_mail",
                "/accounts/login/code/confirm/",
                "code=ABCDEFGH",
            ),
            form(
                "request_code",
                "/accounts/login/code/",
                "email=a%40b.example",
            ),
            form(
                "lost_password",
                "/accounts/password/reset/",
                "email=a%40b.example",
            ),
            form("admin", "/admin/login/", "username=ada&password=x"),
            json(
                "api_login",
                "/_allauth/browser/v1/auth/login",
                r#"{"username":"ada","password":"x"}"#,
            ),
            json(
                "app_login",
                "/_allauth/app/v1/auth/login",
                r#"{"email":"a@b.example","password":"x"}"#,
            ),
            json(
                "api_code",
                "/_allauth/browser/v1/auth/2fa/authenticate",
                r#"{"code":"123456"}"#,
            ),
            json(
                "app_code",
                "/_allauth/app/v1/auth/2fa/authenticate",
                r#"{"code":"123456"}"#,
            ),
            json(
                "api_code_by_mail",
                "/_allauth/browser/v1/auth/code/confirm",
                r#"{"code":"ABCDEFGH"}"#,
            ),
            json(
                "app_code_by_mail",
                "/_allauth/app/v1/auth/code/confirm",
                r#"{"code":"ABCDEFGH"}"#,
            ),
            json(
                "api_lost_password",
                "/_allauth/app/v1/auth/password/request",
                r#"{"email":"a@b.example"}"#,
            ),
        ],
        Application::DjangoTwoFactor => vec![
            form(
                "login",
                "/account/login/",
                "login_view-current_step=auth&auth-username=ada&auth-password=x",
            ),
            form(
                "code",
                "/account/login/",
                "login_view-current_step=token&token-otp_token=123456",
            ),
            form(
                "code_on_paper",
                "/account/login/",
                "login_view-current_step=backup&backup-otp_token=abcdefgh",
            ),
            form(
                "lost_password",
                "/account/password_reset/",
                "email=a%40b.example",
            ),
        ],
        Application::Keycloak => vec![
            form(
                "login",
                "/realms/shop/login-actions/authenticate",
                "username=ada&password=x",
            ),
            form(
                "code",
                "/realms/shop/login-actions/authenticate",
                "otp=123456",
            ),
            form(
                "token",
                "/realms/shop/protocol/openid-connect/token",
                "grant_type=password&client_id=app&username=ada&password=x",
            ),
            form(
                "lost_password",
                "/realms/shop/login-actions/reset-credentials",
                "username=ada",
            ),
        ],
        Application::Redmine => vec![
            form("login", "/login", "username=ada&password=x"),
            form("login_by_json", "/login.json", "username=ada&password=x"),
            form("code", "/account/twofa", "twofa_code=123456"),
            form(
                "lost_password",
                "/account/lost_password",
                "mail=a%40b.example",
            ),
            door("rest", "GET", "/users/current.json", BASIC, ""),
        ],
        Application::Roundcube => vec![form(
            "login",
            "/?_task=login",
            "_task=login&_action=login&_user=ada&_pass=x",
        )],
        Application::Synapse => vec![
            json(
                "login",
                "/_matrix/client/v3/login",
                r#"{"type":"m.login.password","identifier":{"type":"m.id.user","user":"ada"},"password":"x"}"#,
            ),
            json(
                "password_again",
                "/_matrix/client/v3/account/password",
                r#"{"new_password":"y","auth":{"type":"m.login.password","identifier":{"type":"m.id.user","user":"ada"},"password":"x"}}"#,
            ),
        ],
        Application::Wordpress => vec![
            form("login", "/wp-login.php", "log=ada&pwd=x"),
            form(
                "lost_password",
                "/wp-login.php?action=lostpassword",
                "user_login=ada",
            ),
            door(
                "xmlrpc",
                "POST",
                "/xmlrpc.php",
                XML,
                "<methodCall><methodName>wp.getUsersBlogs</methodName><params><param><value>ada</value></param><param><value>x</value></param></params></methodCall>",
            ),
            door(
                "xmlrpc_others",
                "POST",
                "/xmlrpc.php",
                XML,
                "<methodCall><methodName>wp.getUsers</methodName><params><param><value>1</value></param><param><value>ada</value></param><param><value>x</value></param></params></methodCall>",
            ),
            door("rest", "GET", "/wp-json/wp/v2/users/me", BASIC, ""),
            door(
                "rest_by_query",
                "GET",
                "/?rest_route=/wp/v2/users/me",
                BASIC,
                "",
            ),
        ],
    }
}

impl Door {
    fn head(&self) -> HeaderBlock {
        let mut lines = vec![
            (":method", self.method),
            (":path", self.path),
            (":authority", "shop.example"),
        ];
        lines.push(match self.kind {
            // ada:x
            BASIC => ("authorization", "Basic YWRhOng="),
            kind => ("content-type", kind),
        });
        let lines = lines.into_iter();
        HeaderBlock::new(serialise(
            lines.map(|(name, value)| (name.as_bytes(), value.as_bytes())),
        ))
    }

    const fn body(&self) -> BodyBytes<'_> {
        match self.body.as_bytes() {
            [] => BodyBytes::Absent,
            body => BodyBytes::Whole(body),
        }
    }

    /// What is wrong with how a policy keeps it, if anything is.
    fn gap(&self, policy: &Policy) -> Option<String> {
        let (block, body) = (self.head(), self.body());
        let head = RequestHead::read(&block, b"x-palisade-");
        let ends = self.body.is_empty();
        let Some((found, _)) = policy.find(&head, &block, ends, Some(body)) else {
            return Some("no route is for it".to_owned());
        };
        let routes = found.routes.iter();
        let own: Vec<&Protection> = routes
            .filter_map(|route| policy.protection(*route))
            .collect();
        if own.iter().any(|route| closes(route)) {
            return None;
        }
        let Some(route) = own.iter().find(|route| counts(policy, route)) else {
            let names: Vec<&str> = own.iter().map(|route| route.name.as_str()).collect();
            return Some(format!(
                "route {} neither counts by account or session there nor denies everybody",
                names.join(" and ")
            ));
        };
        let names = |sources: &AccountSources| {
            sources.from_session() || sources.read_head(&block).conclude(sources, body).is_ok()
        };
        let counts_accounts = policy.limits_of(route).any(LimitPolicy::needs_account);
        match &route.account {
            Some(sources) if counts_accounts && !names(sources) => Some(format!(
                "route {} finds no account in it ({})",
                route.name,
                match route.on_missing_account {
                    Action::Allow => "and lets it through",
                    _ => "so that nobody gets in",
                }
            )),
            _ => None,
        }
    }
}

/// Whether nobody gets through.
fn closes(route: &Protection) -> bool {
    let always = |when: &Condition| matches!(when, Condition::All(all) if all.is_empty());
    let mut rules = route.ruleset.rules.iter();
    // That a policy or a route is only monitored is told by itself.
    rules.any(|rule| rule.then == Action::Deny && rule.mode == Mode::Enforce && always(&rule.when))
}

/// Whether a limit refuses who tries too often, by account or by session.
fn counts(policy: &Policy, route: &Protection) -> bool {
    policy.limits_of(route).any(|limit| {
        let by = limit.has(KeyPart::Account) || limit.has(KeyPart::Session);
        by && limit.rule.mode == Mode::Enforce && !limit.rule.then.lets_through()
    })
}

/// The doors of an application that a policy leaves open, or closes to everybody without saying so.
pub(super) fn open(policy: &Policy, application: Application) -> Vec<String> {
    let name = application.name();
    let gaps = doors(application).into_iter().filter_map(|door| {
        let gap = door.gap(policy)?;
        let Door {
            name: own,
            method,
            path,
            ..
        } = door;
        Some(format!(
            "{name} has the door {own} ({method} {path}): {gap}"
        ))
    });
    gaps.collect()
}
