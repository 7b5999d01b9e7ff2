//! Where in a request the differential looks.

/// A place of an account, a session or a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Place {
    /// An urlencoded form.
    Form,
    /// A multipart form.
    Multipart,
    /// A JSON document.
    Json,
    /// A body of any of these kinds, all of which the operator named.
    Body,
    Query,
    Cookie,
    Basic,
    Bearer,
    /// A segment of the path.
    Segment,
    Route,
}

impl Place {
    pub(crate) const ALL: [Self; 10] = [
        Self::Form,
        Self::Multipart,
        Self::Json,
        Self::Body,
        Self::Query,
        Self::Cookie,
        Self::Basic,
        Self::Bearer,
        Self::Segment,
        Self::Route,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Form => "form",
            Self::Multipart => "multipart",
            Self::Json => "json",
            Self::Body => "body",
            Self::Query => "query",
            Self::Cookie => "cookie",
            Self::Basic => "basic",
            Self::Bearer => "bearer",
            Self::Segment => "segment",
            Self::Route => "route",
        }
    }

    /// What the keys of an answer begin with that an application reads which has its value here.
    pub(crate) const fn keys(self) -> &'static [&'static str] {
        match self {
            Self::Form => &["form", "any"],
            Self::Multipart => &["form", "multipart", "any"],
            Self::Json => &["json", "any"],
            Self::Body => &["form", "multipart", "json", "any"],
            Self::Query => &["query", "any"],
            Self::Cookie => &["cookie"],
            Self::Basic => &["basic"],
            Self::Bearer => &["bearer"],
            Self::Segment => &["segment"],
            Self::Route => &[],
        }
    }
}

/// The field in which the account stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Field {
    /// `email`
    Flat,
    /// `user[email]`
    Nested,
}

impl Field {
    /// As a form has it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Flat => "email",
            Self::Nested => "user[email]",
        }
    }

    /// As keys of an answer have it.
    pub(crate) const fn key(self) -> &'static str {
        match self {
            Self::Flat => "email",
            Self::Nested => "user.email",
        }
    }

    /// As JSON has it.
    pub(crate) const fn pointer(self) -> &'static str {
        match self {
            Self::Flat => "/email",
            Self::Nested => "/user/email",
        }
    }
}

/// The name of the cookie that is a session.
pub(crate) const COOKIE: &str = "sid";

/// The routes: their name, their methods, their path as a glob.
pub(crate) const ROUTES: [(&str, &[&str], &str); 5] = [
    ("login", &["POST"], "/login"),
    ("code", &["POST"], "/login/code"),
    ("account", &["GET"], "/account"),
    ("user", &["GET", "POST"], "/users/*/login"),
    ("admin", &["GET"], "/admin"),
];

/// The segment of `/users/{name}/login` that is an account.
pub(crate) const SEGMENT: usize = 2;

/// A request, and what is asked about it.
#[derive(Clone)]
pub(crate) struct Case {
    pub(crate) place: Place,
    pub(crate) field: Field,
    pub(crate) request: super::request::Request,
    /// What the filter must read, of a request that honest clients make.
    pub(crate) honest: Option<Vec<u8>>,
}
