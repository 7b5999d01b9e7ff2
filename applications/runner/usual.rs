//! The scenes that every login has: honest people, owners under attack, and those who guess passwords.

use std::cell::Cell;
use std::time::Duration;

use crate::attackers::Attacker;
use crate::evasions::{self, Login};
use crate::mail;
use crate::people::Person;
use crate::secrets::unlock_link;
use crate::stage::Stage;
use crate::support::Response;

pub(crate) const PASSWORD: &str = "correct-horse-7";
/// The limit of wrong passwords, and of wrong codes, in every policy.
pub(crate) const LIMIT: usize = 5;

/// What one application's login looks like to people and to programs.
pub(crate) struct Usual {
    /// How this application names its Nth person.
    pub(crate) name: fn(usize) -> String,
    /// Where the unlock link leads.
    pub(crate) login_page: &'static str,
    /// Enters name and password, and waits for what follows.
    pub(crate) enters: fn(&mut Person<'_>, &str, &str),
    /// Whether she is in; panics where she sees neither that nor the application's refusal.
    pub(crate) is_in: fn(&mut Person<'_>) -> bool,
    /// A guess, as a browser would send it.
    pub(crate) guess: fn(&mut Attacker<'_>, &str, &str) -> Response,
    /// Whether an answer lets its client in.
    pub(crate) lets_in: fn(&Response) -> bool,
    /// What she sees whose account strangers have locked.
    pub(crate) locked: Locked,
}

/// What somebody sees whose account strangers have locked.
pub(crate) enum Locked {
    /// The filter's page, with its status.
    Page,
    /// The reason in these small letters, wherever the application's own page shows it.
    Reads(&'static str),
}

impl Usual {
    /// Whether she gets in.
    pub(crate) fn logs_in(&self, person: &mut Person<'_>, name: &str, password: &str) -> bool {
        (self.enters)(person, name, password);
        (self.is_in)(person)
    }

    /// All scenes, which are the main ones of every application. Each has accounts of its own, because what one locks
    /// another would find locked.
    pub(crate) fn play(&self, stage: &mut Stage<'_>) {
        self.people(stage);
        self.owners(stage);
        self.attackers(stage);
    }

    fn people(&self, stage: &mut Stage<'_>) {
        stage.main_scene("wrong four times, then right", "in", |stage| {
            let name = (self.name)(2);
            let mut person = stage.person();
            for _ in 1..LIMIT {
                assert!(!self.logs_in(&mut person, &name, "mistyped"));
            }
            in_or_not(self.logs_in(&mut person, &name, PASSWORD))
        });
        stage.main_scene("twenty right logins in a row", "in 20 times", |stage| {
            let name = (self.name)(1);
            let mut person = stage.person();
            let ins = (0..20).filter(|_| {
                person.forget_all_but_ours();
                self.logs_in(&mut person, &name, PASSWORD)
            });
            format!("in {} times", ins.count())
        });
    }

    /// Those whose account is under attack.
    fn owners(&self, stage: &mut Stage<'_>) {
        stage.main_scene(
            "locked by strangers, in her browser of before",
            "in",
            |stage| {
                let name = (self.name)(11);
                let mut person = stage.person();
                assert!(self.logs_in(&mut person, &name, PASSWORD), "not in before");
                self.locks(stage, &name);
                let mut person = stage.returns();
                person.forget_all_but_ours();
                in_or_not(self.logs_in(&mut person, &name, PASSWORD))
            },
        );
        let expected = match self.locked {
            Locked::Page => "429 Too many attempts",
            Locked::Reads(_) => "reads why",
        };
        stage.main_scene("locked by strangers, in a new browser", expected, |stage| {
            let name = (self.name)(14);
            self.locks(stage, &name);
            let mut person = stage.person();
            (self.enters)(&mut person, &name, PASSWORD);
            let page = person.reads();
            match self.locked {
                Locked::Page if page.contains("Too many attempts") => {
                    format!("{} Too many attempts", person.status())
                }
                Locked::Reads(words) if page.to_lowercase().contains(words) => expected.to_owned(),
                _ => format!("reads {:?}", page.chars().take(200).collect::<String>()),
            }
        });
        stage.main_scene("the same, by the unlock link", "in", |stage| {
            let name = (self.name)(14);
            let mut person = stage.returns();
            person.open(&unlock_link("/palisade/unlock", &name, 1));
            assert!(
                person.path().starts_with(self.login_page),
                "{}",
                person.path()
            );
            in_or_not(self.logs_in(&mut person, &name, PASSWORD))
        });
    }

    /// Whoever is locked out by strangers can still have a new password.
    pub(crate) fn still_resets(
        &self,
        stage: &mut Stage<'_>,
        resets: impl FnOnce(&mut Stage<'_>, &str) -> String,
    ) {
        stage.main_scene(
            "locked by strangers, asks for a new password",
            "has it",
            |stage| {
                let name = (self.name)(15);
                self.locks(stage, &name);
                resets(stage, &name)
            },
        );
    }

    fn attackers(&self, stage: &mut Stage<'_>) {
        stage.main_scene(
            "passwords of one account",
            "5 answered, 15 refused",
            |stage| {
                let name = (self.name)(10);
                let guesses = stage.attacker().guesses(20, |attacker, number| {
                    (self.guess)(attacker, &name, &format!("guess-{number}"))
                });
                guesses.to_string()
            },
        );
    }

    /// The right password of a locked account, in every way that a form can be written.
    pub(crate) fn written_otherwise(
        &self,
        stage: &mut Stage<'_>,
        login: impl FnMut(&mut Attacker<'_>) -> Login,
    ) {
        stage.main_scene(
            "a locked account, otherwise written",
            "nobody in",
            |stage| {
                let name = (self.name)(12);
                let mut attacker = stage.attacker();
                let right = (self.guess)(&mut attacker, &name, PASSWORD);
                assert!((self.lets_in)(&right), "as it is meant: {}", right.status);
                self.locks(stage, &name);
                stage.attacker().writes_otherwise(login, self.lets_in)
            },
        );
    }

    /// Mails to one mailbox, each asked for by `ask`.
    pub(crate) fn mails(
        &self,
        stage: &mut Stage<'_>,
        mut ask: impl FnMut(&mut Attacker<'_>, &str) -> Response,
    ) {
        stage.main_scene("mails to one mailbox", "3 answered, 9 refused", |stage| {
            let name = (self.name)(20);
            let guesses = stage
                .attacker()
                .guesses(12, |attacker, _| ask(attacker, &name));
            guesses.to_string()
        });
    }

    /// More mails to that mailbox, asked for in every way that a form can be written.
    pub(crate) fn mails_otherwise(
        &self,
        stage: &mut Stage<'_>,
        login: impl FnMut(&mut Attacker<'_>) -> Login,
    ) {
        self.no_more_mails(stage, |attacker, has_sent| {
            attacker.writes_otherwise(login, has_sent)
        });
    }

    /// After [`Self::mails`]: whatever `attack` does, no more mails come. It gets what tells whether an answer has
    /// brought one, and names its ways that have.
    pub(crate) fn no_more_mails(
        &self,
        stage: &mut Stage<'_>,
        attack: impl FnOnce(&mut Attacker<'_>, &dyn Fn(&Response) -> bool) -> String,
    ) {
        let scene = "mails to one mailbox, asked for otherwise";
        stage.scene(scene, "no more mails", |stage| {
            let (folder, name) = (stage.application.mail(), (self.name)(20));
            let mailboxes = mail::mailboxes(&folder, &name);
            assert!(!mailboxes.is_empty(), "the scene before has brought some");
            let count = || mail::count(&folder, &mailboxes);
            let before = count();
            let last = Cell::new(before);
            let has_sent = |_: &Response| {
                let now = count();
                now > last.replace(now)
            };
            let ways = attack(&mut stage.attacker(), &has_sent);
            // Some send their mail a moment later.
            std::thread::sleep(Duration::from_secs(2));
            match count().saturating_sub(before) {
                0 => "no more mails".to_owned(),
                more => format!("{more} more mails: {ways}"),
            }
        });
    }

    /// The right code of an account whose codes are used up, in every way that a form can be written.
    pub(crate) fn code_otherwise(
        &self,
        stage: &mut Stage<'_>,
        login: impl FnMut(&mut Attacker<'_>) -> Login,
        is_in: impl Fn(&Response) -> bool,
    ) {
        stage.scene("the right code, otherwise written", "nobody in", |stage| {
            stage.attacker().writes_otherwise(login, is_in)
        });
    }

    /// The right password of a locked account, in every way that credentials of HTTP can be written.
    pub(crate) fn basic_otherwise(
        &self,
        stage: &mut Stage<'_>,
        (scene, target): (&str, &str),
        (name, password): (&str, &str),
        is_in: impl Fn(&Response) -> bool,
    ) {
        stage.scene(scene, "nobody in", |stage| {
            let mut attacker = stage.attacker();
            attacker.guesses(20, |attacker, _| attacker.basic(target, name, "guess"));
            attacker.tries(evasions::credentials(target, name, password), is_in)
        });
    }

    /// Twenty guesses at the Nth person's password, each made by `guess` from its number.
    pub(crate) fn guesses(
        &self,
        stage: &mut Stage<'_>,
        scene: &str,
        person: usize,
        mut guess: impl FnMut(&mut Attacker<'_>, &str, usize) -> Response,
    ) {
        stage.scene(scene, "5 answered, 15 refused", |stage| {
            let name = (self.name)(person);
            let guesses = stage
                .attacker()
                .guesses(20, |attacker, number| guess(attacker, &name, number));
            guesses.to_string()
        });
    }

    /// Locks an account, as strangers do.
    pub(crate) fn locks(&self, stage: &mut Stage<'_>, name: &str) {
        let guesses = stage.attacker().guesses(LIMIT + 3, |attacker, number| {
            (self.guess)(attacker, name, &format!("guess-{number}"))
        });
        assert!(guesses.answered >= 1, "{guesses}: it was locked before");
    }
}

/// How the Nth person is named almost everywhere.
pub(crate) fn person_name(number: usize) -> String {
    format!("person{number}")
}

pub(crate) fn out_or_not(is_out: bool) -> String {
    if is_out { "out" } else { "not out" }.to_owned()
}

pub(crate) fn in_or_not(is_in: bool) -> String {
    if is_in { "in" } else { "not in" }.to_owned()
}
