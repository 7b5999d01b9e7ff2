//! An application that runs: `applications/NAME/start.sh PORT STATE_DIR`, in a process group of its own.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// The first start installs, which may take minutes.
const PATIENCE: Duration = Duration::from_secs(900);

/// An application that answers. It ends, with everything that it has started, when this is dropped or this process
/// ends.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    process: Child,
    /// Ends the group when this process is killed and no `Drop` runs.
    watchdog: Child,
    state: TempDir,
}

/// Why there is no application.
pub(crate) enum Absent {
    /// This machine cannot have it.
    CannotBeHad(String),
    /// Something is wrong.
    Broken(String),
}

impl Running {
    /// Installs it where that is not done, starts it on a free port, and waits until it answers HTTP.
    ///
    /// # Errors
    /// When it does not.
    pub(crate) fn start(root: &Path, name: &str) -> Result<Self, Absent> {
        Self::spawn(root, name)
            .map_err(|error| Absent::Broken(error.to_string()))?
            .until_it_answers()
    }

    fn spawn(root: &Path, name: &str) -> io::Result<Self> {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?
            .local_addr()?
            .port();
        let state = TempDir::with_prefix(format!("palisade-{name}-"))?;
        let log = File::create(state.path().join("start.log"))?;
        let process = Command::new(root.join("applications").join(name).join("start.sh"))
            .arg(port.to_string())
            .arg(state.path())
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .process_group(0)
            .spawn()?;
        let watchdog = Command::new("sh")
            .args(["-c", "read _; kill -9 -$0 2>/dev/null; rm -rf \"$1\""])
            .arg(process.id().to_string())
            .arg(state.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()?;
        Ok(Self {
            address: (Ipv4Addr::LOCALHOST, port).into(),
            process,
            watchdog,
            state,
        })
    }

    fn until_it_answers(mut self) -> Result<Self, Absent> {
        let began = Instant::now();
        while !self.answers() {
            let ended = self.process.try_wait();
            if let Ok(Some(status)) = ended {
                let log = self.log();
                let last = log.lines().last().unwrap_or("no reason given").to_owned();
                return Err(match status.code() {
                    Some(75) => Absent::CannotBeHad(last),
                    _ => Absent::Broken(format!("start.sh ended with {status}:\n{log}")),
                });
            }
            if began.elapsed() > PATIENCE {
                let log = self.log();
                return Err(Absent::Broken(format!("no answer in {PATIENCE:?}:\n{log}")));
            }
            thread::sleep(Duration::from_millis(100));
        }
        Ok(self)
    }

    /// Whether it answers a request, with whatever status below 500.
    fn answers(&self) -> bool {
        let ask = || -> io::Result<[u8; 12]> {
            let mut stream = TcpStream::connect(self.address)?;
            stream.set_read_timeout(Some(Duration::from_secs(60)))?;
            write!(stream, "GET / HTTP/1.0\r\nHost: {}\r\n\r\n", self.address)?;
            let mut answer = [0; 12];
            stream.read_exact(&mut answer)?;
            Ok(answer)
        };
        ask().is_ok_and(|answer| answer.starts_with(b"HTTP/1.") && answer[9] < b'5')
    }

    /// The folder of all that it keeps.
    pub(crate) fn state(&self) -> &Path {
        self.state.path()
    }

    /// Where its mail becomes files.
    pub(crate) fn mail(&self) -> PathBuf {
        self.state().join("mail")
    }

    /// What `start.sh` has printed.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.state().join("start.log")).unwrap_or_default()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let group = format!("-{}", self.process.id());
        let _ = Command::new("kill")
            .args(["-KILL", "--", &group])
            .stderr(Stdio::null())
            .status();
        let _ = self.process.wait();
        let _ = self.watchdog.kill();
        let _ = self.watchdog.wait();
    }
}
