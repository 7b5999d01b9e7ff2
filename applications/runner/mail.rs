//! The mail that an application has sent: files in `STATE_DIR/mail`.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};

/// Forgets what has come so far, so that the next link is a new one.
pub(crate) fn clear(folder: &Path) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let _ = std::fs::remove_file(entry.path());
    }
}

/// The mailboxes to which mail has come, of those whose address begins so.
pub(crate) fn mailboxes(folder: &Path, begin: &str) -> BTreeSet<String> {
    let mails = newest_first(folder);
    let boxes = mails.iter().flat_map(|mail| recipients(mail));
    boxes.filter(|mailbox| mailbox.starts_with(begin)).collect()
}

/// How many mails have come to these mailboxes.
pub(crate) fn count(folder: &Path, mailboxes: &BTreeSet<String>) -> usize {
    let mails = newest_first(folder).into_iter();
    mails
        .filter(|mail| !mailboxes.is_disjoint(&recipients(mail)))
        .count()
}

/// Whom a mail is to, in small letters.
fn recipients(mail: &str) -> BTreeSet<String> {
    let line = mail.lines().find_map(|line| line.strip_prefix("To:"));
    let words = line.unwrap_or_default().split([' ', ',', '<', '>', '"']);
    words.map(str::to_lowercase).collect()
}

/// Waits for a mail that holds `address` and a link that contains `words`, and gives the link of the newest one.
pub(crate) fn link(folder: &Path, address: &str, words: &str) -> String {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let found = newest_first(folder)
            .into_iter()
            .filter(|mail| mail.contains(address))
            .find_map(|mail| links(&mail).into_iter().find(|link| link.contains(words)));
        if let Some(link) = found {
            return link;
        }
        assert!(
            Instant::now() < deadline,
            "no mail to {address} with a link {words:?} in {}",
            folder.display()
        );
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Waits for a mail that holds `address`, and gives the newest one's first line that is as wanted, such as a code.
pub(crate) fn line(folder: &Path, address: &str, is_wanted: impl Fn(&str) -> bool) -> String {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let found = newest_first(folder)
            .into_iter()
            .filter(|mail| mail.contains(address))
            .find_map(|mail| mail.lines().find(|line| is_wanted(line)).map(str::to_owned));
        if let Some(line) = found {
            return line;
        }
        assert!(
            Instant::now() < deadline,
            "no such mail to {address} in {}",
            folder.display()
        );
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn newest_first(folder: &Path) -> Vec<String> {
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())))
        .filter(|(_, path)| {
            path.file_name()
                .is_some_and(|name| !name.as_encoded_bytes().starts_with(b"."))
        })
        .collect();
    files.sort();
    let newest = files.into_iter().rev();
    newest
        .filter_map(|(_, path)| std::fs::read(path).ok())
        .map(|bytes| plain(&String::from_utf8_lossy(&bytes)))
        .collect()
}

/// Quoted-printable undone, as far as links need it.
fn plain(mail: &str) -> String {
    let is_quoted = mail
        .to_ascii_lowercase()
        .contains("content-transfer-encoding: quoted-printable");
    let mail = mail.replace("\r\n", "\n");
    if is_quoted {
        mail.replace("=\n", "")
            .replace("=3D", "=")
            .replace("=26", "&")
    } else {
        mail
    }
}

fn links(mail: &str) -> Vec<String> {
    let starts = mail.match_indices("http").map(|(at, _)| &mail[at..]);
    let ends = |c: char| c.is_whitespace() || "<>\"'".contains(c);
    starts
        .map(|rest| rest.split(ends).next().unwrap_or_default())
        .map(|link| link.replace("&amp;", "&"))
        .filter(|link| link.starts_with("http://") || link.starts_with("https://"))
        .collect()
}
