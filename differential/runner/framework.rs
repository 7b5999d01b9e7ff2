//! The frameworks: installed, started and stopped.

use std::fs::{self, File};
use std::io;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(60);

/// A framework that can be installed and run.
pub(crate) struct Framework {
    pub(crate) name: String,
    folder: PathBuf,
    cache: PathBuf,
}

/// A server that runs. It is stopped when this is dropped.
pub(crate) struct Server {
    pub(crate) port: u16,
    process: Child,
}

/// Why there is no server.
pub(crate) enum Absent {
    /// This machine cannot have it.
    CannotBeHad(String),
    /// Something is wrong.
    Broken(String),
}

impl Framework {
    /// All frameworks in `differential/frameworks`, by name.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub(crate) fn all(root: &Path) -> io::Result<Vec<Self>> {
        let mut all = Vec::new();
        for entry in fs::read_dir(root.join("differential/frameworks"))? {
            let folder = entry?.path();
            let name = folder
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            if folder.join("install").is_file() && !name.starts_with('_') {
                let cache = root.join(".cache/differential").join(&name);
                all.push(Self {
                    name,
                    folder,
                    cache,
                });
            }
        }
        all.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(all)
    }

    /// Whether a file `ignore_case` says that its routes do not regard letter case.
    pub(crate) fn ignores_case(&self) -> bool {
        self.folder.join("ignore_case").is_file()
    }

    /// Installs it, if that is not done yet.
    ///
    /// # Errors
    /// When it cannot be.
    pub(crate) fn install(&self) -> Result<(), Absent> {
        let broken = |error: io::Error| Absent::Broken(format!("{}: {error}", self.name));
        fs::create_dir_all(&self.cache).map_err(broken)?;
        let output = Command::new(self.folder.join("install"))
            .env("CACHE", &self.cache)
            .stdin(Stdio::null())
            .output()
            .map_err(broken)?;
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        match output.status.code() {
            Some(0) => Ok(()),
            Some(3) => Err(Absent::CannotBeHad(
                said.lines().last().unwrap_or("no reason given").to_owned(),
            )),
            _ => Err(Absent::Broken(format!(
                "install ended with {}: {said}",
                output.status
            ))),
        }
    }

    /// Starts it on a free port, and waits until it accepts connections.
    ///
    /// # Errors
    /// When it does not.
    pub(crate) fn start(&self) -> Result<Server, Absent> {
        let log = self.cache.join("server.log");
        let start = || -> io::Result<Server> {
            let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?
                .local_addr()?
                .port();
            let out = File::create(&log)?;
            let process = Command::new(self.folder.join("run"))
                .arg(port.to_string())
                .env("CACHE", &self.cache)
                .stdin(Stdio::null())
                .stdout(out.try_clone()?)
                .stderr(out)
                // Whatever it starts ends with it.
                .process_group(0)
                .spawn()?;
            let mut server = Server { port, process };
            let start = Instant::now();
            while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
                if let Some(status) = server.process.try_wait()? {
                    return Err(io::Error::other(format!("it ended with {status}")));
                }
                if start.elapsed() > PATIENCE {
                    return Err(io::Error::other(
                        "it does not accept connections after 60 seconds",
                    ));
                }
                thread::sleep(Duration::from_millis(50));
            }
            Ok(server)
        };
        start().map_err(|error| Absent::Broken(format!("{error}; see {}", log.display())))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let group = format!("-{}", self.process.id());
        let signal = |name: &str| {
            let _ = Command::new("kill")
                .args([name, "--", &group])
                .stderr(Stdio::null())
                .status();
        };
        signal("-TERM");
        for _ in 0..60 {
            if matches!(self.process.try_wait(), Ok(Some(_))) {
                break;
            }
            thread::sleep(Duration::from_millis(50));
        }
        signal("-KILL");
        let _ = self.process.wait();
    }
}
