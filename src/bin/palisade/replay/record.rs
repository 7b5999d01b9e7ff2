//! What one line of a log says of a request.

use std::borrow::Cow;
use std::time::Duration;

use palisade::time::Time;

use super::fault::Fault;
use super::moment;

/// A part of what a line says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Field {
    /// When the request came.
    Time,
    /// When its answer had been sent, in logs that tell that instead.
    End,
    /// The address from which it came.
    Client,
    /// `x-forwarded-for`.
    Forwarded,
    /// Method, target and protocol in one.
    Request,
    /// The method.
    Method,
    /// Path and query.
    Path,
    /// The host.
    Host,
    /// The status of the answer.
    Status,
    /// How long it took, in milliseconds.
    Duration,
    /// How long it took, in seconds.
    Seconds,
    /// `user-agent`.
    Agent,
    /// The account that it is about, or what stands for it.
    Account,
    /// The session that it belongs to, or what stands for it.
    Session,
    /// The TLS fingerprint.
    Ja4,
    /// Envoy's response code details.
    Details,
    /// Palisade's filter state.
    State,
    /// What Palisade told the application.
    Context,
}

const FIELDS: usize = 18;

impl Field {
    /// All of them with the names under which logs in JSON have them; the first is the one of `--map`.
    pub(super) const ALL: [(Self, &'static [&'static str]); FIELDS] = [
        (
            Self::Time,
            &[
                "time",
                "start_time",
                "timestamp",
                "@timestamp",
                "time_local",
                "time_iso8601",
                "ts",
            ],
        ),
        (Self::End, &["end", "end_time"]),
        (
            Self::Client,
            &[
                "client",
                "downstream_remote_address",
                "remote_addr",
                "client_ip",
                "remote_ip",
                "source_address",
            ],
        ),
        (
            Self::Forwarded,
            &[
                "forwarded",
                "x_forwarded_for",
                "http_x_forwarded_for",
                "x-forwarded-for",
            ],
        ),
        (Self::Request, &["request"]),
        (Self::Method, &["method", "request_method"]),
        (Self::Path, &["path", "request_uri", "uri"]),
        (
            Self::Host,
            &["host", "authority", "http_host", ":authority"],
        ),
        (Self::Status, &["status", "response_code", "status_code"]),
        (Self::Duration, &["duration", "duration_ms"]),
        (Self::Seconds, &["seconds", "request_time"]),
        (Self::Agent, &["agent", "user_agent", "http_user_agent"]),
        (Self::Account, &["account"]),
        (Self::Session, &["session"]),
        (Self::Ja4, &["ja4", "tls_ja4_fingerprint"]),
        (Self::Details, &["details", "response_code_details"]),
        (Self::State, &["palisade"]),
        (Self::Context, &["context"]),
    ];

    /// The field of this name, in any log.
    pub(super) fn named(name: &str) -> Option<Self> {
        let mut all = Self::ALL.iter();
        all.find(|(_, names)| names.contains(&name))
            .map(|(field, _)| *field)
    }

    #[expect(clippy::as_conversions, reason = "the discriminant of a small enum")]
    const fn place(self) -> usize {
        self as usize
    }
}

/// The texts of a line, by field. What is empty or `-` is not there.
#[derive(Debug, Default)]
pub(super) struct Fields<'l>([Option<Cow<'l, str>>; FIELDS]);

impl<'l> Fields<'l> {
    /// Sets a field that no other place of the line has set.
    pub(super) fn put(&mut self, field: Field, text: impl Into<Cow<'l, str>>) {
        let text = text.into();
        if text.is_empty() || text == "-" {
            return;
        }
        if let Some(place) = self.0.get_mut(field.place())
            && place.is_none()
        {
            *place = Some(text);
        }
    }

    fn take(&mut self, field: Field) -> Option<Cow<'l, str>> {
        self.0.get_mut(field.place())?.take()
    }
}

/// A request, as a line tells it.
#[derive(Clone, Debug)]
pub(super) struct Record<'l> {
    /// When it came.
    pub(super) time: Time,
    /// How long it took; zero where nobody says it.
    pub(super) duration: Duration,
    /// The method.
    pub(super) method: Cow<'l, str>,
    /// Path and query.
    pub(super) path: Cow<'l, str>,
    /// The host; empty where nobody says it.
    pub(super) host: Cow<'l, str>,
    /// The address from which it came.
    pub(super) client: Cow<'l, str>,
    /// `x-forwarded-for`, without the address above where only this line had that.
    pub(super) forwarded: Option<Cow<'l, str>>,
    /// `user-agent`.
    pub(super) agent: Option<Cow<'l, str>>,
    /// The status of the answer; `None` where there was none.
    pub(super) status: Option<u16>,
    /// The account.
    pub(super) account: Option<Cow<'l, str>>,
    /// The session.
    pub(super) session: Option<Cow<'l, str>>,
    /// The TLS fingerprint.
    pub(super) ja4: Option<Cow<'l, str>>,
    /// Envoy's response code details.
    pub(super) details: Option<Cow<'l, str>>,
    /// Palisade's filter state.
    pub(super) state: Option<Cow<'l, str>>,
    /// What Palisade told the application.
    pub(super) context: Option<Cow<'l, str>>,
}

/// The longest time that a request takes: whoever says more means a connection.
const LONGEST: Duration = Duration::from_secs(3_600);

impl<'l> Record<'l> {
    /// What the fields say.
    ///
    /// # Errors
    /// Where one that every request has is not there, or not what it should be.
    pub(super) fn of(mut fields: Fields<'l>) -> Result<Self, Fault> {
        let duration = duration(&mut fields);
        let time = match (fields.take(Field::Time), fields.take(Field::End)) {
            (Some(time), _) => moment::read(&time),
            (None, Some(end)) => moment::read(&end).map(|end| moment::before(end, duration)),
            (None, None) => None,
        };
        let (method, host, path) = request(&mut fields)?;
        let status = fields.take(Field::Status);
        let status = status.map(|status| status.parse()).transpose();
        let status: Option<u16> = status.map_err(|_| Fault::Status)?;
        let forwarded = fields.take(Field::Forwarded);
        let (client, forwarded) = match (fields.take(Field::Client), forwarded) {
            (Some(client), forwarded) => (client, forwarded),
            // Envoy has added the address from which the request came.
            (None, Some(forwarded)) => nearest(forwarded),
            (None, None) => return Err(Fault::Client),
        };
        Ok(Self {
            time: time.ok_or(Fault::Time)?,
            duration,
            method,
            path,
            host,
            client,
            forwarded,
            agent: fields.take(Field::Agent),
            status: status.filter(|status| *status != 0),
            account: fields.take(Field::Account),
            session: fields.take(Field::Session),
            ja4: fields.take(Field::Ja4),
            details: fields.take(Field::Details),
            state: fields.take(Field::State),
            context: fields.take(Field::Context),
        })
    }

    /// The same, apart from its line.
    pub(super) fn into_owned(self) -> Record<'static> {
        let own = |text: Cow<'_, str>| Cow::Owned(text.into_owned());
        let own_some = |text: Option<Cow<'_, str>>| text.map(own);
        Record {
            time: self.time,
            duration: self.duration,
            method: own(self.method),
            path: own(self.path),
            host: own(self.host),
            client: own(self.client),
            forwarded: own_some(self.forwarded),
            agent: own_some(self.agent),
            status: self.status,
            account: own_some(self.account),
            session: own_some(self.session),
            ja4: own_some(self.ja4),
            details: own_some(self.details),
            state: own_some(self.state),
            context: own_some(self.context),
        }
    }
}

fn duration(fields: &mut Fields<'_>) -> Duration {
    let whole = |text: Cow<'_, str>| text.parse().ok().map(Duration::from_millis);
    let parts = |text: Cow<'_, str>| Duration::try_from_secs_f64(text.parse().ok()?).ok();
    let milliseconds = fields.take(Field::Duration).and_then(whole);
    let duration = milliseconds.or_else(|| fields.take(Field::Seconds).and_then(parts));
    duration.unwrap_or_default().min(LONGEST)
}

type Text<'l> = Cow<'l, str>;

/// Method, host and path.
fn request<'l>(fields: &mut Fields<'l>) -> Result<(Text<'l>, Text<'l>, Text<'l>), Fault> {
    let host = fields.take(Field::Host);
    let (method, target) = match (fields.take(Field::Method), fields.take(Field::Path)) {
        (Some(method), Some(path)) => (method, path),
        (method, path) => {
            let line = fields.take(Field::Request).ok_or(Fault::Request)?;
            let (own, target) = split(line).ok_or(Fault::Request)?;
            (method.unwrap_or(own), path.unwrap_or(target))
        }
    };
    let (named, path) = match target.starts_with('/') || target == "*" {
        true => (None, target),
        false => absolute(target),
    };
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if method.is_empty() || method.len() > 64 || !method.bytes().all(is_token) {
        return Err(Fault::Request);
    }
    Ok((method, host.or(named).unwrap_or_default(), path))
}

/// `GET /path HTTP/1.1` in its parts; blanks may stand in the path.
fn split(line: Text<'_>) -> Option<(Text<'_>, Text<'_>)> {
    let parts = |line: &str| {
        let (method, rest) = line.split_once(' ')?;
        let target = match rest.rsplit_once(' ') {
            Some((target, protocol)) if protocol.starts_with("HTTP/") => target,
            _ => rest,
        };
        Some((method.len(), target.len()))
    };
    let (method, target) = parts(&line)?;
    let start = method.saturating_add(1);
    let end = start.saturating_add(target);
    Some(match line {
        Cow::Borrowed(line) => (line.get(..method)?.into(), line.get(start..end)?.into()),
        Cow::Owned(line) => (
            line.get(..method)?.to_owned().into(),
            line.get(start..end)?.to_owned().into(),
        ),
    })
}

/// `https://host:443/path`, as load balancers write it, in its parts.
fn absolute(target: Text<'_>) -> (Option<Text<'_>>, Text<'_>) {
    let Some((_, rest)) = target.split_once("://") else {
        return (None, target);
    };
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let path = if path.is_empty() { "/" } else { path };
    (Some(host.to_owned().into()), path.to_owned().into())
}

/// The last address of a list, and those before it.
fn nearest(forwarded: Text<'_>) -> (Text<'_>, Option<Text<'_>>) {
    match forwarded.rsplit_once(',') {
        Some((before, last)) => (
            last.trim().to_owned().into(),
            Some(before.trim().to_owned().into()),
        ),
        None => (forwarded, None),
    }
}
