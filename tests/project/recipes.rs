//! The recipes for other languages make the tokens that the filter takes.

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::process::Command;
use std::time::SystemTime;

use palisade::signing::{Secret, SigningKeys};
use palisade::time::Time;
use palisade::unlock::Unlock;

const EXPIRY: u64 = 1_800_000_060;
const NONCE: &str = "AAAA-AAAA_AAAA99";

/// The words that run a recipe.
struct Recipe(&'static [&'static str]);

const PYTHON: Recipe = Recipe(&["python3", "unlock.py"]);
const NODE: Recipe = Recipe(&["node", "unlock.mjs"]);
const GO: Recipe = Recipe(&["go", "run", "unlock.go"]);
const JAVA: Recipe = Recipe(&["java", "Unlock.java"]);
const SHELL: Recipe = Recipe(&["sh", "unlock.sh"]);

impl Recipe {
    /// What it prints; none when this machine has no such language.
    fn token(&self, key: &str, account: &str, fixed: bool) -> Option<String> {
        let (program, words) = self.0.split_first().expect("a program");
        let mut command = Command::new(program);
        command
            .args(words)
            .args([account, "3600"])
            .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/recipes/unlock"))
            .env("PALISADE_KEY", key)
            .env_remove("PALISADE_EXPIRY")
            .env_remove("PALISADE_NONCE")
            .env("LC_ALL", "C.UTF-8")
            // Whatever a recipe needs is on the machine.
            .envs([("GOPROXY", "off"), ("GOTOOLCHAIN", "local")]);
        if fixed {
            command.env("PALISADE_EXPIRY", EXPIRY.to_string());
            command.env("PALISADE_NONCE", NONCE);
        }
        let output = match command.output() {
            Err(error) if error.kind() == ErrorKind::NotFound => return None,
            output => output.expect(program),
        };
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{program}: {told}");
        let printed = String::from_utf8(output.stdout).expect(program);
        Some(printed.strip_suffix('\n').expect("one line").to_owned())
    }

    /// Whether this machine has the language, and then that the recipe makes what the filter makes and takes.
    fn agrees(&self) -> bool {
        let bare = "0123456789+/=$'\"\\%s-abcdefghijklm";
        let longer_than_a_block = bare.repeat(3);
        let keys = [format!("{bare}\r\n"), longer_than_a_block];
        let accounts = ["Jörg \"Jo\" O'Müller+1 %s\\n$HOME *@exämple.com", "-a~ÿ?>"];
        for (key, account) in keys.iter().zip(accounts) {
            let Some(printed) = self.token(key, account, true) else {
                return false;
            };
            let unlock = Unlock::new(account.as_bytes(), EXPIRY, NONCE).expect("a permission");
            assert_eq!(printed, unlock.token(&signing(key)), "{:?}", self.0);
        }
        true
    }

    /// That what it makes in daily use is taken, and different each time.
    fn makes_fresh_tokens(&self) {
        let key = "k".repeat(40);
        let now = || SystemTime::UNIX_EPOCH.elapsed().expect("a clock").as_secs();
        let before = now();
        let fresh: BTreeSet<String> = (0..2)
            .filter_map(|_| self.token(&key, "alice", false))
            .map(|token| {
                let at = Time::from_secs(now());
                let unlock = Unlock::verify(token.as_bytes(), &signing(&key), at).expect(&token);
                assert_eq!(unlock.account(), b"alice");
                let hour = Time::from_secs(before + 3600)..=Time::from_secs(now() + 3600);
                assert!(hour.contains(&unlock.expiry()), "{:?}", self.0);
                unlock.nonce().to_owned()
            })
            .collect();
        assert_eq!(fresh.len(), 2, "{:?}", self.0);
    }
}

fn signing(key: &str) -> SigningKeys {
    SigningKeys::new(&[Secret::parse(key).expect("a secret")]).expect("keys")
}

#[test]
fn python_and_openssl_make_the_tokens_that_the_filter_takes() {
    for recipe in [PYTHON, SHELL] {
        assert!(recipe.agrees(), "{:?} must be installed", recipe.0);
        recipe.makes_fresh_tokens();
    }
}

#[test]
fn every_other_language_here_makes_tokens_the_filter_takes() {
    for recipe in [NODE, GO, JAVA] {
        if recipe.agrees() {
            recipe.makes_fresh_tokens();
        } else {
            eprintln!("not run, since it is not installed: {}", recipe.0.join(" "));
        }
    }
}
