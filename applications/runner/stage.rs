//! Where scenes are played: one application behind one Envoy in one mode, with a browser and a table.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::Instant;

use crate::application::Application;
use crate::attackers::Attacker;
use crate::browser::chromium::Chromium;
use crate::options::Choice;
use crate::people::Person;
use crate::running::Running;
use crate::site::Site;
use crate::table::{Row, Table};

/// What a scene gets.
pub(crate) struct Stage<'a> {
    pub(crate) application: &'a Running,
    pub(crate) site: Site,
    browser: Chromium,
    table: &'a mut Table,
    name: &'static str,
    mode: &'static str,
    choice: &'a Choice,
    /// Tells clients' networks apart.
    clients: u32,
}

impl<'a> Stage<'a> {
    /// Plays all scenes of an application in one mode.
    pub(crate) fn play(
        application: &Application,
        running: &'a Running,
        (allow, choice): (bool, &'a Choice),
        table: &'a mut Table,
    ) {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let policy = root.join(format!("policies/{}.yaml", application.name));
        let mut stage = Self {
            application: running,
            site: Site::start(running.address, &policy, allow),
            browser: Chromium::start(),
            table,
            name: application.name,
            mode: if allow { "stop" } else { "plain" },
            choice,
            clients: 0,
        };
        (application.play)(&mut stage);
    }

    /// One scene, which the short form leaves out.
    pub(crate) fn scene(
        &mut self,
        scene: &str,
        expected: &str,
        play: impl FnOnce(&mut Self) -> String,
    ) {
        if self.choice.has(scene, false) {
            self.plays(scene, expected, play);
        }
    }

    /// One scene that every form plays.
    pub(crate) fn main_scene(
        &mut self,
        scene: &str,
        expected: &str,
        play: impl FnOnce(&mut Self) -> String,
    ) {
        if self.choice.has(scene, true) {
            self.plays(scene, expected, play);
        }
    }

    /// `play` gives what was seen, which must be what is expected. A panic in it is what was seen, too.
    fn plays(&mut self, scene: &str, expected: &str, play: impl FnOnce(&mut Self) -> String) {
        let began = Instant::now();
        let seen = catch_unwind(AssertUnwindSafe(|| play(self)));
        let seen = seen.unwrap_or_else(|payload| {
            let message = payload.downcast_ref::<String>().cloned();
            let message = message.or_else(|| payload.downcast_ref::<&str>().map(|m| (*m).into()));
            let message = message.unwrap_or_default();
            let message: Vec<&str> = message.split_whitespace().collect();
            let message: String = message.join(" ").chars().take(300).collect();
            format!("stopped: {message} [{}]", self.site.last_requests(4))
        });
        self.table.row(Row {
            application: self.name,
            scene: scene.to_owned(),
            mode: self.mode,
            expected: expected.to_owned(),
            seen,
            took: began.elapsed(),
        });
    }

    /// Somebody at home, in a browser that has never been here.
    pub(crate) fn person(&mut self) -> Person<'_> {
        let address = self.home();
        Person::new(&mut self.browser, &self.site, &address)
    }

    /// Whoever was in the browser last, as she left it.
    pub(crate) fn returns(&mut self) -> Person<'_> {
        Person::again(&mut self.browser, &self.site)
    }

    /// Somebody with a program and an address of their own for each request.
    pub(crate) fn attacker(&mut self) -> Attacker<'_> {
        let first = 1 + self.clients * 4096;
        self.clients += 1;
        Attacker::new(&self.site, first)
    }

    /// An address in a network of its own, for those who keep theirs.
    pub(crate) fn home(&mut self) -> String {
        self.clients += 1;
        format!("12.{}.{}.1", self.clients / 256, self.clients % 256)
    }
}
