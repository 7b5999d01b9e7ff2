//! A request as a command line of curl: as browsers copy it, and as people write it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::lone::encoded;

/// The request that curl would send.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Curl {
    pub(super) method: String,
    pub(super) host: String,
    pub(super) path: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: String,
}

/// What stands behind options that say nothing of the request.
const WITH_VALUE: &[&str] = &[
    "-o",
    "--output",
    "-m",
    "--max-time",
    "--connect-timeout",
    "-x",
    "--proxy",
    "-w",
    "--write-out",
    "--cacert",
    "--cert",
    "--key",
    "--resolve",
    "-c",
    "--cookie-jar",
    "--retry",
    "-E",
    "--ciphers",
    "--tls-max",
];
/// Short options without a value, which may stand together: `-sSL`.
const FLAGS: &str = "sSkLvifgNqZ0#46";

/// What has been read so far.
#[derive(Default)]
struct Reader {
    method: Option<String>,
    url: Option<String>,
    headers: Vec<(String, String)>,
    data: Vec<String>,
    is_json: bool,
    in_query: bool,
}

/// Reads a command line.
///
/// # Errors
/// What is wrong, and what to write instead.
pub(super) fn read(command: &str) -> Result<Curl, String> {
    // Browsers break the line before each option.
    let command = plain_quotes(&command.replace("\\\r\n", " ").replace("\\\n", " "))?;
    let words = shell_words::split(&command)
        .map_err(|_| "expected a command line whose quotes are closed".to_owned())?;
    let mut words = words.into_iter();
    if words.next().as_deref() != Some("curl") {
        return Err("expected a command line that begins with curl".to_owned());
    }
    let mut reader = Reader::default();
    while let Some(word) = words.next() {
        let (option, joined) = split(&word);
        let mut value = || {
            let value = joined.clone().or_else(|| words.next());
            value.ok_or_else(|| format!("expected a value behind {option}"))
        };
        match option.as_str() {
            "-X" | "--request" => reader.method = Some(value()?),
            "-H" | "--header" => reader.header(&value()?)?,
            "-d" | "--data" | "--data-ascii" | "--data-binary" => {
                let data = value()?;
                if data.starts_with('@') {
                    return Err(format!(
                        "{option} {data}: a file is not read; write its text with --data-raw"
                    ));
                }
                reader.data.push(data);
            }
            "--data-raw" => reader.data.push(value()?),
            "--data-urlencode" => reader.data.push(urlencoded(&value()?)?),
            "--json" => {
                reader.is_json = true;
                reader.data.push(value()?);
            }
            "-b" | "--cookie" => reader.set("cookie", value()?),
            "-u" | "--user" => {
                let pair = value()?;
                let pair = if pair.contains(':') {
                    pair
                } else {
                    format!("{pair}:")
                };
                reader.set("authorization", format!("Basic {}", STANDARD.encode(pair)));
            }
            "-A" | "--user-agent" => reader.set("user-agent", value()?),
            "-e" | "--referer" => reader.set("referer", value()?),
            "-G" | "--get" => reader.in_query = true,
            "-I" | "--head" => reader.method = Some("HEAD".to_owned()),
            "--url" => reader.url = Some(value()?),
            "-F" | "--form" | "-T" | "--upload-file" => {
                return Err(format!(
                    "{option} is not read; write the body with --request, --header and --body"
                ));
            }
            option if WITH_VALUE.contains(&option) => {
                value()?;
            }
            // What else there is of them has no value: `--compressed`, `--http2`.
            option if option.starts_with("--") => {}
            option
                if option.starts_with('-')
                    && option.chars().skip(1).all(|flag| FLAGS.contains(flag)) => {}
            option if option.starts_with('-') => {
                return Err(format!("the option {option} is not known; leave it out"));
            }
            _ if reader.url.is_none() => reader.url = Some(word),
            _ => return Err(format!("expected one URL, and {word:?} is a second one")),
        }
    }
    reader.request()
}

/// An option with what stands behind it in the same word: `-XPOST`, `--request=POST` is none of curl's.
fn split(word: &str) -> (String, Option<String>) {
    const TAKING: [&str; 8] = ["-X", "-H", "-d", "-b", "-u", "-A", "-e", "-o"];
    let taking = TAKING
        .iter()
        .find_map(|option| Some((*option, word.strip_prefix(option)?)));
    match taking {
        Some((option, rest)) if !rest.is_empty() => (option.to_owned(), Some(rest.to_owned())),
        _ => (word.to_owned(), None),
    }
}

/// The same with `$'..'`, as bash quotes what has line breaks, in plain quotes.
fn plain_quotes(command: &str) -> Result<String, String> {
    let mut plain = String::with_capacity(command.len());
    let mut quote = None;
    let mut letters = command.chars().peekable();
    while let Some(letter) = letters.next() {
        match (quote, letter) {
            (None, '$') if letters.peek() == Some(&'\'') => {
                letters.next();
                plain.push('\'');
                for letter in ansi(&mut letters)?.chars() {
                    match letter {
                        '\'' => plain.push_str("'\\''"),
                        letter => plain.push(letter),
                    }
                }
                plain.push('\'');
                continue;
            }
            (None | Some('"'), '\\') => {
                plain.push(letter);
                plain.extend(letters.next());
                continue;
            }
            (None, '\'' | '"') => quote = Some(letter),
            (Some(open), _) if open == letter => quote = None,
            _ => {}
        }
        plain.push(letter);
    }
    Ok(plain)
}

/// What stands in `$'..'`, up to its end.
fn ansi(letters: &mut impl Iterator<Item = char>) -> Result<String, String> {
    let mut text = String::new();
    while let Some(letter) = letters.next() {
        let escape = match letter {
            '\'' => return Ok(text),
            '\\' => letters.next(),
            letter => {
                text.push(letter);
                continue;
            }
        };
        text.push(match escape {
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some(kind @ ('u' | 'x')) => {
                let length = if kind == 'u' { 4 } else { 2 };
                let digits: String = letters.by_ref().take(length).collect();
                let code = u32::from_str_radix(&digits, 16)
                    .ok()
                    .and_then(char::from_u32);
                code.ok_or_else(|| {
                    format!("expected {length} hexadecimal digits behind \\{kind}, not {digits:?}")
                })?
            }
            Some(letter @ ('\\' | '\'' | '"' | '?')) => letter,
            _ => {
                return Err(
                    "expected \\n, \\r, \\t, \\x.., \\u...., \\\\ or \\' in $'..'".to_owned(),
                );
            }
        });
    }
    Err("expected a command line whose quotes are closed".to_owned())
}

/// `name=value`, `=value` or `value`, of which the value is encoded.
fn urlencoded(text: &str) -> Result<String, String> {
    match text.split_once('=') {
        None if text.contains('@') => Err(format!("--data-urlencode {text}: a file is not read")),
        None | Some(("", _)) => Ok(encoded(text.trim_start_matches('='))),
        Some((name, value)) => Ok(format!("{name}={}", encoded(value))),
    }
}

impl Reader {
    fn set(&mut self, name: &str, value: String) {
        self.headers.push((name.to_owned(), value));
    }

    fn header(&mut self, line: &str) -> Result<(), String> {
        // `Name;` is an empty header to curl, and `Name:` none at all.
        if let Some(name) = line.strip_suffix(';').filter(|name| !name.contains(':')) {
            self.set(&name.to_ascii_lowercase(), String::new());
            return Ok(());
        }
        let (name, value) = line
            .split_once(':')
            .ok_or_else(|| format!("expected NAME: VALUE, not {line:?}"))?;
        if !value.trim().is_empty() {
            self.set(&name.trim().to_ascii_lowercase(), value.trim().to_owned());
        }
        Ok(())
    }

    fn usual(&mut self, name: &str, value: &str) {
        if !self.headers.iter().any(|(known, _)| known == name) {
            self.set(name, value.to_owned());
        }
    }

    fn request(mut self) -> Result<Curl, String> {
        let url = self
            .url
            .take()
            .ok_or("expected a URL in the command line")?;
        let rest = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
        let rest = rest.split('#').next().unwrap_or_default();
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (host, path) = rest.split_at(end);
        let mut path = if path.starts_with('/') {
            path.to_owned()
        } else {
            format!("/{path}")
        };
        let mut host = host.rsplit('@').next().unwrap_or_default().to_owned();
        self.headers.retain(|(name, value)| {
            if name == "host" {
                host.clone_from(value);
            }
            name != "host" && !name.starts_with(':') && name != "content-length"
        });
        let mut body = self.data.join(if self.is_json { "" } else { "&" });
        let has_data = !self.data.is_empty() && !self.in_query;
        if self.in_query && !body.is_empty() {
            path.push(if path.contains('?') { '&' } else { '?' });
            path.push_str(&std::mem::take(&mut body));
        }
        if self.is_json {
            self.usual("accept", "application/json");
            self.usual("content-type", "application/json");
        } else if has_data {
            self.usual("content-type", "application/x-www-form-urlencoded");
        }
        self.usual("accept", "*/*");
        self.usual("user-agent", "curl/8");
        Ok(Curl {
            method: self
                .method
                .unwrap_or_else(|| if has_data { "POST" } else { "GET" }.to_owned()),
            host,
            path,
            headers: self.headers,
            body,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header<'c>(curl: &'c Curl, name: &str) -> Option<&'c str> {
        let mut found = curl.headers.iter().filter(|(known, _)| known == name);
        found.next().map(|(_, value)| value.as_str())
    }

    #[test]
    fn what_chromium_copies_is_the_request_that_it_sent() {
        let copied = "curl 'https://shop.example/login?next=%2Fcart#top' \\\n  -H 'accept: text/html' \\\n  \
            -H 'content-type: application/x-www-form-urlencoded' \\\n  -b 'sid=a; b=\"c\"' \\\n  \
            -H 'user-agent: Mozilla/5.0 (X11)' \\\n  --data-raw $'user=ada\\u0021&note=it\\'s\\n' \\\n  --compressed";
        let curl = read(copied).expect("a request");
        assert_eq!(
            (curl.method.as_str(), curl.host.as_str()),
            ("POST", "shop.example")
        );
        assert_eq!(curl.path, "/login?next=%2Fcart");
        assert_eq!(curl.body, "user=ada!&note=it's\n");
        assert_eq!(header(&curl, "cookie"), Some("sid=a; b=\"c\""));
        assert_eq!(header(&curl, "user-agent"), Some("Mozilla/5.0 (X11)"));
    }

    #[test]
    fn what_people_write_is_what_curl_sends() {
        for (command, method, path, body) in [
            ("curl -sSXPUT http://a.example", "PUT", "/", ""),
            ("curl a.example/x -d a=1 -d b=2", "POST", "/x", "a=1&b=2"),
            (
                "curl -G a.example/x?q --data-urlencode 'a=1 2'",
                "GET",
                "/x?q&a=1%202",
                "",
            ),
            ("curl a.example -I", "HEAD", "/", ""),
            (
                "curl --json '{\"a\":1}' a.example/j",
                "POST",
                "/j",
                "{\"a\":1}",
            ),
            ("curl -o out -u ada:pw --url a.example", "GET", "/", ""),
        ] {
            let command = command.replace("-sSXPUT", "-sS -XPUT");
            let curl = read(&command).expect(&command);
            assert_eq!(
                (curl.method.as_str(), curl.path.as_str(), curl.body.as_str()),
                (method, path, body)
            );
            assert_eq!(curl.host, "a.example", "{command}");
        }
        let basic = read("curl -u ada:pw a.example").expect("a request");
        assert_eq!(header(&basic, "authorization"), Some("Basic YWRhOnB3"));
        assert_eq!(header(&basic, "user-agent"), Some("curl/8"));
    }

    #[test]
    fn what_cannot_be_read_is_said_with_what_to_write_instead() {
        for (command, said) in [
            ("wget a.example", "begins with curl"),
            ("curl -d @file a.example", "--data-raw"),
            ("curl -F a=b a.example", "--body"),
            ("curl 'a.example", "quotes are closed"),
            ("curl a.example $'\\q'", "expected \\n"),
            ("curl -X", "a value behind -X"),
            ("curl -H nothing a.example", "NAME: VALUE"),
            ("curl a.example b.example", "a second one"),
            ("curl -s", "a URL"),
        ] {
            let error = read(command).expect_err(command);
            assert!(error.contains(said), "{command}: {error}");
        }
    }
}
