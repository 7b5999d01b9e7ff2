//! Logs -> lines. Another thread reads and unpacks, so that whoever presses Ctrl-C is heard while nothing comes; of a
//! log of any size some pieces are in memory, and of a line of any length its first bytes.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use flate2::bufread::MultiGzDecoder;
use ruzstd::decoding::StreamingDecoder;

/// The most bytes that a line of a log has.
pub(super) const LONGEST: usize = 65_536;
/// How much is read at once.
const PIECE: usize = 256 << 10;
/// How many pieces wait.
const WAITING: usize = 4;
/// How often somebody looks whether Ctrl-C was pressed.
const PATIENCE: Duration = Duration::from_millis(200);
/// The most memory that a compressed log may ask for.
const ZSTD_WINDOW: u64 = 128 << 20;

/// What comes of a file.
enum Piece {
    /// The next file.
    File(String),
    /// Some of its bytes.
    Bytes(Vec<u8>),
    /// It cannot be read, or not on; why, and whether what packs it is damaged.
    Failed(String, bool),
}

/// A line, or what happened instead.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line<'i> {
    /// A file begins.
    File,
    /// A line, without its end, and its number.
    Text(&'i [u8], u64),
    /// A line that is longer than any may be.
    TooLong,
    /// The file cannot be read on: why, and whether what packs it is damaged.
    Failed(String, bool),
    /// Nothing has come for a moment.
    Nothing,
    /// That was all.
    End,
}

/// The lines of several files, one after the other.
pub(super) struct Lines {
    pieces: Receiver<Piece>,
    buffer: Vec<u8>,
    /// Where the next line begins.
    start: usize,
    /// Whether the rest of a line that is too long is skipped.
    skips: bool,
    /// What came after the file's last line.
    next: Option<Piece>,
    ended: bool,
    /// The file.
    pub(super) file: String,
    /// The number of the line.
    pub(super) number: u64,
    /// How many bytes of files were read, packed as they are.
    pub(super) read: Arc<AtomicU64>,
}

impl Lines {
    /// The lines of these files; `-` is the standard input.
    pub(super) fn of(files: Vec<String>) -> Self {
        let (sender, pieces) = sync_channel(WAITING);
        let read = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&read);
        std::thread::spawn(move || {
            for file in files {
                if send_file(&file, &counter, &sender).is_none() {
                    return;
                }
            }
        });
        Self {
            pieces,
            buffer: Vec::new(),
            start: 0,
            skips: false,
            next: None,
            ended: false,
            file: String::new(),
            number: 0,
            read,
        }
    }

    /// Where the line of the moment stands.
    pub(super) fn place(&self) -> String {
        format!("{}:{}", self.file, self.number)
    }

    /// The next line.
    pub(super) fn next(&mut self) -> Line<'_> {
        loop {
            let rest = self.buffer.get(self.start..).unwrap_or_default();
            if let Some(length) = memchr::memchr(b'\n', rest) {
                let from = self.start;
                let to = from.saturating_add(length);
                self.start = to.saturating_add(1);
                self.number = self.number.saturating_add(1);
                if std::mem::take(&mut self.skips) || length > LONGEST {
                    return Line::TooLong;
                }
                return Line::Text(trimmed(&self.buffer, from, to), self.number);
            }
            if rest.len() > LONGEST {
                self.skips = true;
            }
            if self.skips {
                self.buffer.clear();
                self.start = 0;
            }
            if let Some(next) = self.next.take() {
                if let Some(last) = self.last_line() {
                    self.next = Some(next);
                    return match last {
                        Some((from, to)) => {
                            Line::Text(trimmed(&self.buffer, from, to), self.number)
                        }
                        None => Line::TooLong,
                    };
                }
                return self.turn(next);
            }
            if self.ended {
                return match self.last_line() {
                    Some(Some((from, to))) => {
                        Line::Text(trimmed(&self.buffer, from, to), self.number)
                    }
                    Some(None) => Line::TooLong,
                    None => Line::End,
                };
            }
            match self.pieces.recv_timeout(PATIENCE) {
                Ok(Piece::Bytes(bytes)) => self.append(bytes),
                Ok(other) => self.next = Some(other),
                Err(RecvTimeoutError::Timeout) => return Line::Nothing,
                Err(RecvTimeoutError::Disconnected) => self.ended = true,
            }
        }
    }

    /// Something other than bytes has come.
    fn turn(&mut self, next: Piece) -> Line<'_> {
        match next {
            Piece::File(name) => {
                self.file = name;
                self.number = 0;
                Line::File
            }
            Piece::Failed(why, is_damaged) => Line::Failed(why, is_damaged),
            Piece::Bytes(bytes) => {
                self.append(bytes);
                Line::Nothing
            }
        }
    }

    fn append(&mut self, bytes: Vec<u8>) {
        if self.start >= self.buffer.len() {
            self.buffer = bytes;
        } else {
            self.buffer.drain(..self.start);
            self.buffer.extend_from_slice(&bytes);
        }
        self.start = 0;
    }

    /// The line behind which no end stands, if there is one; `Some(None)` if it is too long.
    #[expect(
        clippy::option_option,
        reason = "no line, a line that is too long, a line"
    )]
    fn last_line(&mut self) -> Option<Option<(usize, usize)>> {
        let (from, to) = (self.start, self.buffer.len());
        self.start = to;
        if std::mem::take(&mut self.skips) {
            self.number = self.number.saturating_add(1);
            return Some(None);
        }
        (from < to).then(|| {
            self.number = self.number.saturating_add(1);
            Some((from, to))
        })
    }
}

/// These bytes without a carriage return at their end.
fn trimmed(buffer: &[u8], from: usize, to: usize) -> &[u8] {
    let line = buffer.get(from..to).unwrap_or_default();
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// Sends all that a file holds; `None` when nobody listens any more.
fn send_file(file: &str, counter: &Arc<AtomicU64>, to: &SyncSender<Piece>) -> Option<()> {
    to.send(Piece::File(file.to_owned())).ok()?;
    let source: Box<dyn Read> = match file {
        "-" => Box::new(io::stdin()),
        path => match File::open(path) {
            Ok(file) => Box::new(file),
            Err(error) => return to.send(Piece::Failed(error.to_string(), false)).ok(),
        },
    };
    let counted = Counted(source, Arc::clone(counter));
    let mut packed = BufReader::with_capacity(PIECE, counted);
    let magic = match packed.fill_buf() {
        Ok(first) => first.get(..4).unwrap_or(first).to_vec(),
        Err(error) => return to.send(Piece::Failed(error.to_string(), false)).ok(),
    };
    match magic.as_slice() {
        [0x1f, 0x8b, ..] => send(MultiGzDecoder::new(packed), true, to),
        [0x28, 0xb5, 0x2f, 0xfd] => {
            // One frame after the other, as files are that were put together.
            loop {
                match StreamingDecoder::new_with_max_window_size(&mut packed, ZSTD_WINDOW) {
                    Ok(frame) => send(frame, true, to)?,
                    Err(error) => return to.send(Piece::Failed(error.to_string(), true)).ok(),
                }
                match packed.fill_buf() {
                    Ok([]) => return Some(()),
                    Ok(_) => {}
                    Err(error) => return to.send(Piece::Failed(error.to_string(), false)).ok(),
                }
            }
        }
        _ => send(packed, false, to),
    }
}

/// Sends all that comes from there.
fn send(mut from: impl Read, is_packed: bool, to: &SyncSender<Piece>) -> Option<()> {
    loop {
        let mut bytes = vec![0; PIECE];
        match from.read(&mut bytes) {
            Ok(0) => return Some(()),
            Ok(length) => {
                bytes.truncate(length);
                to.send(Piece::Bytes(bytes)).ok()?;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return to.send(Piece::Failed(error.to_string(), is_packed)).ok(),
        }
    }
}

/// Counts what is read.
struct Counted(Box<dyn Read>, Arc<AtomicU64>);

impl Read for Counted {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let length = self.0.read(bytes)?;
        let read = u64::try_from(length).unwrap_or(u64::MAX);
        self.1.fetch_add(read, Ordering::Relaxed);
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    /// What comes of a file with these bytes.
    fn lines(bytes: &[u8]) -> Vec<String> {
        let mut file = tempfile::NamedTempFile::new().expect("a file");
        file.write_all(bytes).expect("written");
        let mut lines = Lines::of(vec![file.path().to_string_lossy().into_owned()]);
        let mut told = Vec::new();
        loop {
            let line = match lines.next() {
                Line::End => return told,
                Line::File | Line::Nothing => continue,
                Line::Text(text, _) if text.len() > 100 => format!("{} bytes", text.len()),
                Line::Text(text, _) => String::from_utf8_lossy(text).into_owned(),
                Line::TooLong => "too long".to_owned(),
                Line::Failed(_, is_damaged) => format!("failed, damaged: {is_damaged}"),
            };
            told.push(format!("{} {line}", lines.number));
        }
    }

    fn gzipped(bytes: &[u8]) -> Vec<u8> {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(bytes).expect("packed");
        packed.finish().expect("packed")
    }

    #[test]
    fn lines_end_as_they_do_and_the_last_needs_no_end() {
        assert_eq!(lines(b"a\r\n\nb"), ["1 a", "2 ", "3 b"]);
        assert_eq!(lines(b"a\n"), ["1 a"]);
        assert_eq!(lines(b""), Vec::<String>::new());
    }

    #[test]
    fn a_line_without_end_is_told_and_the_next_one_read() {
        let long = vec![b'x'; 3 << 20];
        let log = [b"a\n", long.as_slice(), b"\nb\n"].concat();
        assert_eq!(lines(&log), ["1 a", "2 too long", "3 b"]);
        assert_eq!(lines(&long), ["1 too long"]);
        let fits = [&vec![b'x'; LONGEST], b"\nb".as_slice()].concat();
        assert_eq!(lines(&fits), ["1 65536 bytes", "2 b"]);
    }

    #[test]
    fn packed_logs_are_read_also_where_several_were_put_together() {
        let two = [gzipped(b"a\nb\n"), gzipped(b"c\n")].concat();
        assert_eq!(lines(&two), ["1 a", "2 b", "3 c"]);
        let frame = |text: &[u8]| {
            ruzstd::encoding::compress_to_vec(text, ruzstd::encoding::CompressionLevel::Fastest)
        };
        let two = [frame(b"a\nb\n"), frame(b"c\n")].concat();
        assert_eq!(lines(&two), ["1 a", "2 b", "3 c"]);
    }

    #[test]
    fn what_is_cut_short_is_told_after_what_came_before() {
        let mut packed = gzipped(&b"0123456789 and more of it\n".repeat(50_000));
        packed.truncate(packed.len() / 2);
        let told = lines(&packed);
        assert!(told.len() > 1_000, "{}", told.len());
        assert!(
            told.last()
                .expect("some")
                .ends_with("failed, damaged: true")
        );
        assert_eq!(lines(b"\x28\xb5\x2f\xfdnone"), ["0 failed, damaged: true"]);
    }

    #[test]
    fn a_file_that_is_not_there_is_told_and_the_next_one_read() {
        let mut lines = Lines::of(vec!["/no/such/log".to_owned(), "/dev/null".to_owned()]);
        assert_eq!(lines.next(), Line::File);
        assert!(matches!(lines.next(), Line::Failed(_, false)));
        assert_eq!(lines.next(), Line::File);
        assert_eq!(lines.file, "/dev/null");
        assert_eq!(lines.next(), Line::End);
    }
}
