//! Formats in which blanks, brackets and quotes stand between fields.

use super::super::fault::Fault;
use super::super::record::{Field, Fields};

/// A line, as far as it has not been read.
struct Rest<'l>(&'l str);

impl<'l> Rest<'l> {
    /// What stands before the next blank.
    fn word(&mut self) -> Option<&'l str> {
        let text = self.0.trim_start_matches(' ');
        let end = memchr::memchr(b' ', text.as_bytes()).unwrap_or(text.len());
        let (word, rest) = text.split_at_checked(end)?;
        self.0 = rest;
        (!word.is_empty()).then_some(word)
    }

    /// What stands in brackets, which come next.
    fn bracketed(&mut self) -> Option<&'l str> {
        let (inner, rest) = self
            .0
            .trim_start_matches(' ')
            .strip_prefix('[')?
            .split_once(']')?;
        self.0 = rest;
        Some(inner)
    }

    /// What stands in quotes, which come next. A quote behind a backslash ends nothing.
    fn quoted(&mut self) -> Option<&'l str> {
        let text = self.0.trim_start_matches(' ').strip_prefix('"')?;
        for end in memchr::memchr_iter(b'"', text.as_bytes()) {
            let (inner, rest) = text.split_at_checked(end)?;
            if !inner.ends_with('\\') {
                self.0 = rest.strip_prefix('"')?;
                return Some(inner);
            }
        }
        None
    }
}

/// Envoy's default text, and Istio's, which has two fields more in the middle and some at the end.
///
/// Clients write user agents, with any quotes: what stands behind them is read from the end.
pub(super) fn envoy(line: &str, is_istio: bool) -> Result<Fields<'_>, Fault> {
    let mut fields = Fields::default();
    read_envoy(line, is_istio, &mut fields).ok_or(Fault::Format)?;
    Ok(fields)
}

fn read_envoy<'l>(line: &'l str, is_istio: bool, fields: &mut Fields<'l>) -> Option<()> {
    let mut rest = Rest(line);
    fields.put(Field::Time, rest.bracketed()?);
    fields.put(Field::Request, rest.quoted()?);
    fields.put(Field::Status, rest.word()?);
    rest.word()?; // flags
    if is_istio {
        fields.put(Field::Details, rest.word()?);
        rest.word()?; // why the connection ended
        rest.quoted()?; // why the transport failed
    }
    rest.word()?; // bytes received
    rest.word()?; // bytes sent
    fields.put(Field::Duration, rest.word()?);
    rest.word()?; // the application's own time
    let (quoted, after) = rest.0.rsplit_once('"')?;
    let quoted = quoted.trim_start_matches(' ').strip_prefix('"')?;
    let mut parts = quoted.rsplitn(4, "\" \"");
    let _upstream = parts.next()?;
    fields.put(Field::Host, parts.next()?);
    let _id = parts.next()?;
    let (forwarded, agent) = parts.next()?.split_once("\" \"")?;
    fields.put(Field::Forwarded, forwarded);
    fields.put(Field::Agent, agent);
    if is_istio {
        let mut rest = Rest(after);
        let _cluster = rest.word()?;
        let _from = rest.word()?;
        let _to = rest.word()?;
        fields.put(Field::Client, rest.word()?);
    }
    Some(())
}

/// Whether a line that begins like Envoy's default has Istio's fields: behind the flags stands a word, and no number.
pub(super) fn is_istio(line: &str) -> bool {
    let mut rest = Rest(line);
    let found = || {
        rest.bracketed()?;
        rest.quoted()?;
        rest.word()?;
        rest.word()?;
        let details = rest.word()?;
        Some(details.parse::<u64>().is_err())
    };
    let mut found = found;
    found().unwrap_or(false)
}

/// The common and the combined format, also with the host before them (`vhost_combined`). The user of basic
/// authentication is the account.
pub(super) fn combined(line: &str) -> Result<Fields<'_>, Fault> {
    let mut fields = Fields::default();
    read_combined(line, &mut fields).ok_or(Fault::Format)?;
    Ok(fields)
}

fn read_combined<'l>(line: &'l str, fields: &mut Fields<'l>) -> Option<()> {
    let (before, _) = line.split_once(" [")?;
    let mut rest = Rest(line.get(before.len()..)?);
    let mut names = before.split(' ');
    let first = names.next()?;
    let second = names.next()?;
    let third = names.next()?;
    let (client, user) = match names.next() {
        // With a host before it there is one word more, unless the user has a blank in the name.
        Some(fourth) if is_address(second) => {
            fields.put(Field::Host, first);
            (second, fourth)
        }
        _ => (first, third),
    };
    is_address(client).then_some(())?;
    fields.put(Field::Client, client);
    fields.put(Field::Account, user);
    fields.put(Field::Time, rest.bracketed()?);
    fields.put(Field::Request, rest.quoted()?);
    fields.put(Field::Status, rest.word()?);
    rest.word()?; // bytes
    if rest.quoted().is_some()
        && let Some(agent) = rest.quoted()
    {
        fields.put(Field::Agent, agent);
    }
    Some(())
}

fn is_address(text: &str) -> bool {
    palisade::address::ClientAddress::parse(text.as_bytes()).is_some()
}

/// The application load balancer of AWS.
pub(super) fn alb(line: &str) -> Result<Fields<'_>, Fault> {
    let mut fields = Fields::default();
    read_alb(line, &mut fields).ok_or(Fault::Format)?;
    Ok(fields)
}

/// Whether it begins with a protocol and a time.
pub(super) fn is_alb(line: &str) -> bool {
    let mut words = line.splitn(3, ' ');
    let is_protocol = words
        .next()
        .is_some_and(|word| ["http", "https", "h2", "grpcs", "ws", "wss"].contains(&word));
    let has_time = words
        .next()
        .is_some_and(|word| word.len() > 18 && word.as_bytes().get(10) == Some(&b'T'));
    is_protocol && has_time
}

fn read_alb<'l>(line: &'l str, fields: &mut Fields<'l>) -> Option<()> {
    let mut rest = Rest(line);
    rest.word()?; // protocol
    fields.put(Field::End, rest.word()?);
    rest.word()?; // load balancer
    fields.put(Field::Client, rest.word()?);
    rest.word()?; // target
    let seconds = [rest.word()?, rest.word()?, rest.word()?].map(|word| word.parse::<f64>());
    // What did not come about is -1.
    let spent = seconds.into_iter().flatten().filter(|spent| *spent > 0.0);
    fields.put(Field::Seconds, spent.sum::<f64>().to_string());
    fields.put(Field::Status, rest.word()?);
    let target = rest.word()?;
    if target == "-" {
        fields.put(Field::Details, "no_target");
    } else {
        fields.put(Field::Details, "via_upstream");
    }
    rest.word()?; // bytes received
    rest.word()?; // bytes sent
    fields.put(Field::Request, rest.quoted()?);
    fields.put(Field::Agent, rest.quoted()?);
    Some(())
}
