//! Accounts by the names that the application has for them, in a header of its answers.

mod several;

use super::limits::{SECRET, signing};
use super::*;
use crate::reply::LocalReply;
use crate::signing::{Secret, SigningKeys};
use crate::telemetry::AccountNameResult;
use crate::unlock::Unlock;

const LIMIT: usize = 5;

/// A login with one limit of failures, which nothing forgives.
fn policy() -> Value {
    json!({
        "identity": { "account": [{ "header": "x-name" }], "account_header": "x-user" },
        "signing_keys_env": ["KEY"],
        "device": {},
        "unlock": { "path": "/unlock", "redirect": "/login" },
        "limits": [
            { "name": "account", "key": ["account"], "count": "failures", "limit": LIMIT, "window": "1h" },
        ],
        "routes": [
            {
                "name": "login", "match": { "path": "/login" }, "limits": ["account"], "rules": [], "realm": "shop",
                "success": { "header": [{ "name": "set-cookie", "prefix": "auth=" }] }, "failure": { "status": [401] },
            },
            {
                "name": "other", "match": { "path": "/other" }, "limits": ["account"], "rules": [], "realm": "blog",
                "success": { "header": [{ "name": "set-cookie", "prefix": "auth=" }] }, "failure": { "status": [401] },
            },
            {
                "name": "batch", "match": { "path": "/batch" }, "limits": ["account"], "rules": [], "realm": "shop",
                "account": [{ "body_pattern": { "pattern": r"login\((\w+)\)", "at_most": 4 } }],
                "sets_device": false, "failure": { "status": [401] }, "success": { "header": [{ "name": "x-in" }] },
            },
        ],
    })
}

struct Site {
    engine: Engine,
    host: FakeHost,
}

/// What came of a request.
#[derive(Debug, PartialEq, Eq)]
enum Came {
    /// It was refused before it went on.
    Refused,
    /// The application has answered, and the client did not get it.
    Withheld,
    /// The client got the answer, and perhaps a device cookie.
    Through(Option<String>),
}

use Came::{Refused, Through, Withheld};

fn unexpected(what: &dyn std::fmt::Debug) -> ! {
    panic!("{what:?}")
}

impl Site {
    fn new() -> Self {
        Self::of(&policy())
    }

    fn of(policy: &Value) -> Self {
        Self {
            engine: signing(policy),
            host: FakeHost::of("11.0.0.1:1"),
        }
    }

    /// A request that goes on, as long as it has no answer.
    fn send(
        &mut self,
        path: &str,
        lines: &[(&str, &str)],
    ) -> Result<Box<Watch>, Box<crate::request::pass::Refused>> {
        let head = [
            (":method", "POST"),
            (":path", path),
            (":authority", "example.com"),
        ];
        let headers = block(&[&head, lines].concat());
        match outcome(&mut self.engine, &self.host, &headers, CLEAN) {
            Outcome::Pass(_, Some(watch)) => Ok(watch),
            Outcome::Refuse(refused) => Err(refused),
            other => unexpected(&other),
        }
    }

    /// Its answer.
    fn answered(
        &mut self,
        mut watch: Box<Watch>,
        answer: &[(&str, &str)],
    ) -> Result<Came, Box<crate::request::pass::Refused>> {
        let headers = block(answer);
        let watch = match watch.take_unnamed() {
            None => watch,
            Some(unnamed) => match self.engine.named_by(*unnamed, &headers, &self.host) {
                Ok(assessment) => self
                    .engine
                    .watch(assessment)
                    .unwrap_or_else(|| unexpected(&"nobody watches")),
                Err(refused) => return Err(refused),
            },
        };
        match watch.headers(&headers, true, &self.engine, &self.host) {
            Watched::Done(gift) => Ok(Through(gift.cookie)),
            Watched::Continues(watch) => unexpected(&watch),
        }
    }

    fn try_at(&mut self, path: &str, lines: &[(&str, &str)], answer: &[(&str, &str)]) -> Came {
        match self.send(path, lines) {
            Err(_) => Refused,
            Ok(watch) => self.answered(watch, answer).unwrap_or(Withheld),
        }
    }

    /// A wrong password for this name, which is that of an account, if it is any's.
    fn fail(&mut self, name: &str, account: &str) -> Came {
        self.try_at("/login", &[("x-name", name)], &wrong(account))
    }

    /// How many of these wrong passwords, by these names in turn, were answered.
    fn guesses(&mut self, names: &[&str], account: &str, number: usize) -> usize {
        let names = names.iter().cycle().take(number);
        names
            .filter(|name| matches!(self.fail(name, account), Through(_)))
            .count()
    }

    /// A right one, from a browser with this cookie.
    fn log_in(&mut self, name: &str, account: &str, cookie: &str) -> Came {
        let right = [
            (":status", "302"),
            ("set-cookie", "auth=1"),
            ("x-user", account),
        ];
        self.try_at("/login", &[("x-name", name), ("cookie", cookie)], &right)
    }

    fn told(&self, result: AccountNameResult) -> usize {
        self.host.counted(Event::AccountName(result))
    }
}

fn wrong(account: &str) -> Vec<(&str, &str)> {
    let mut answer = vec![(":status", "401")];
    if !account.is_empty() {
        answer.push(("x-user", account));
    }
    answer
}

#[test]
fn two_names_of_an_account_have_one_limit_in_whatever_order() {
    for names in [
        &["ada", "ada@example.com"][..],
        &["ada", "ada", "ada", "ada@example.com"],
        &[
            "ada",
            "ada@example.com",
            "A. Lovelace",
            "+44 1",
            "ada2",
            "ada3",
            "ada4",
        ],
    ] {
        let mut site = Site::new();
        assert_eq!(site.guesses(names, "17", 24), LIMIT, "{names:?}");
        assert_eq!(site.fail("ada", "17"), Refused);
        assert!(matches!(site.fail("bob", "18"), Through(_)));
    }
}

#[test]
fn an_unseen_name_of_a_locked_account_gets_no_answer() {
    let mut site = Site::new();
    site.guesses(&["ada"], "17", LIMIT);
    assert_eq!(site.log_in("ada@example.com", "17", ""), Withheld);
    assert_eq!(site.log_in("ada@example.com", "17", ""), Refused);
    assert_eq!(site.told(AccountNameResult::Withheld), 1);
    assert_eq!(site.told(AccountNameResult::Learnt), 2);
}

#[test]
fn what_is_held_back_reads_like_any_refusal() {
    let mut site = Site::new();
    site.guesses(&["ada"], "17", LIMIT);
    let watch = site
        .send("/login", &[("x-name", "ada@example.com")])
        .expect("unseen");
    let late = site
        .answered(watch, &wrong("17"))
        .expect_err("held back")
        .reply;
    let early = site
        .send("/login", &[("x-name", "ada")])
        .expect_err("locked")
        .reply;
    let clean = |reply: &LocalReply| {
        let mut body: Value = serde_json::from_slice(&reply.body).expect("JSON");
        body["reference"] = Value::Null;
        body["instance"] = Value::Null;
        let headers = reply.headers.iter();
        let headers: Vec<_> = headers
            .filter(|(name, _)| *name != "x-palisade-ref")
            .cloned()
            .collect();
        (reply.status, reply.details.clone(), headers, body)
    };
    assert_eq!(clean(&late), clean(&early));
}

#[test]
fn at_once_by_many_names_no_more_answers_come_than_the_limit() {
    let mut site = Site::new();
    let mut under_way = Vec::new();
    for name in ["a", "b", "c"] {
        for _ in 0..LIMIT + 1 {
            under_way.extend(site.send("/login", &[("x-name", name)]).ok());
        }
    }
    assert_eq!(
        under_way.len(),
        3 * LIMIT,
        "of each name as many as the limit"
    );
    let answers = under_way.into_iter();
    let through = answers
        .filter_map(|watch| site.answered(watch, &wrong("17")).ok())
        .count();
    assert_eq!(through, LIMIT);
}

#[test]
fn one_name_reads_alike_whether_it_is_an_accounts_or_nobodys() {
    let tried = |account: &str| {
        let mut site = Site::new();
        let came = (0..LIMIT + 3).map(|_| match site.send("/login", &[("x-name", "ada")]) {
            Ok(watch) => format!(
                "{:?}",
                site.answered(watch, &wrong(account)).expect("through")
            ),
            Err(refused) => format!(
                "{} {:?}",
                refused.reply.status,
                refused.reply.headers.get(3..)
            ),
        });
        came.collect::<Vec<_>>()
    };
    assert_eq!(tried("17"), tried(""));
}

#[test]
fn a_browser_that_is_known_by_one_name_is_known_by_the_other() {
    let mut site = Site::new();
    let Through(Some(set)) = site.log_in("ada", "17", "") else {
        panic!("a device");
    };
    let cookie = set.split(';').next().expect("a cookie").to_owned();
    site.guesses(&["ada", "ada@example.com"], "17", LIMIT + 1);
    assert_eq!(site.log_in("ada", "17", ""), Refused);
    assert_eq!(site.log_in("ada@example.com", "17", ""), Refused);
    for name in ["ada@example.com", "ada", "her other one"] {
        assert_eq!(site.log_in(name, "17", &cookie), Through(None), "{name}");
    }
    site.guesses(&["bob"], "18", LIMIT);
    assert_eq!(
        site.log_in("bob", "18", &cookie),
        Refused,
        "the cookie is hers"
    );
}

#[test]
fn a_link_for_one_name_or_for_the_account_itself_opens_both() {
    for of in ["ada", "ADA@example.com", "17"] {
        let mut site = Site::new();
        site.guesses(&["ada", "ada@example.com"], "17", LIMIT);
        assert_eq!(site.fail("ada", "17"), Refused);
        let keys = SigningKeys::new(&[Secret::parse(SECRET).expect("a secret")]).expect("keys");
        let expiry = u64::from(site.host.time().seconds()) + 60;
        let unlock = Unlock::new(of.as_bytes(), expiry, "0123456789abcdef").expect("a token");
        let path = format!("/unlock?token={}", unlock.token(&keys));
        let link = block(&[
            (":method", "GET"),
            (":path", &path),
            (":authority", "example.com"),
        ]);
        let done = outcome(&mut site.engine, &site.host, &link, CLEAN);
        assert!(matches!(done, Outcome::Answer(_)), "{done:?}");
        assert!(matches!(site.fail("ada", "17"), Through(_)), "{of}");
        assert!(
            matches!(site.fail("ada@example.com", "17"), Through(_)),
            "{of}"
        );
    }
}

#[test]
fn a_success_by_one_name_forgives_what_was_counted_by_both() {
    let mut policy = policy();
    policy["limits"][0]["key"] = json!(["subnet", "account"]);
    policy["limits"][0]["on_success"] = json!("clear");
    let mut site = Site::of(&policy);
    site.guesses(&["ada", "ada@example.com"], "17", LIMIT - 1);
    assert!(matches!(site.log_in("ada", "17", ""), Through(_)));
    assert_eq!(
        site.guesses(&["ada@example.com", "ada"], "17", 2 * LIMIT),
        LIMIT
    );
}

#[test]
fn who_takes_the_number_of_an_account_for_a_name_has_nothing_of_it() {
    let mut site = Site::new();
    site.guesses(&["ada"], "17", LIMIT);
    // Somebody is called 17, whose account is another one, or of whom the application tells nothing.
    for account in ["99", ""] {
        assert!(matches!(site.log_in("17", account, ""), Through(_)));
        assert_eq!(site.fail("ada", "17"), Refused);
    }
}

#[test]
fn no_client_and_nobody_but_the_application_names_an_account() {
    let mut site = Site::new();
    for number in 0..LIMIT + 1 {
        let lines = [("x-name", "ada"), ("x-user", "somebody else")];
        let came = site.try_at("/login", &lines, &wrong(""));
        assert_eq!(matches!(came, Through(_)), number < LIMIT);
    }
    let mut site = Site::new();
    site.host.origin.set(Some(Origin::Envoy));
    for number in 0..LIMIT + 1 {
        let account = format!("account {number}");
        assert_eq!(
            matches!(site.fail("ada", &account), Through(_)),
            number < LIMIT
        );
    }
}

#[test]
fn a_name_that_is_somebody_elses_by_now_counts_for_him() {
    let mut site = Site::new();
    site.guesses(&["ada"], "17", LIMIT - 2);
    assert!(matches!(site.fail("ada", "18"), Through(_)));
    assert!(matches!(site.fail("ada", "18"), Through(_)));
    assert_eq!(site.fail("ada", "18"), Refused, "by the name");
    assert_eq!(site.guesses(&["his other"], "18", 2 * LIMIT), LIMIT - 2);
    // Until the answer came, the first of the two was the account's that had the name before: that forgives nothing.
    assert_eq!(site.guesses(&["hers"], "17", LIMIT), 1);
}

#[test]
fn a_header_that_tells_who_is_logged_in_gives_nobody_more_guesses() {
    let mut site = Site::new();
    let accounts = ["1", "2", "3", "4", "5", "6"];
    let through = accounts
        .iter()
        .filter(|own| matches!(site.fail("ada", own), Through(_)));
    assert_eq!(through.count(), LIMIT);
}

#[test]
fn an_account_is_one_of_a_networks_before_and_after_it_is_known() {
    let mut policy = policy();
    let spray = json!({ "name": "spray", "key": ["subnet"], "count": "distinct(account)", "limit": 2, "window": "1h" });
    policy["limits"].as_array_mut().expect("a list").push(spray);
    policy["routes"][0]["limits"] = json!(["account", "spray"]);
    let mut site = Site::of(&policy);
    for (name, account) in [("ada", "17"), ("bob", "18"), ("ada", "17"), ("bob", "18")] {
        assert!(matches!(site.fail(name, account), Through(_)), "{name}");
    }
    assert_eq!(site.fail("eve", "19"), Refused);
}

#[test]
fn a_name_is_an_accounts_within_its_realm_alone() {
    let mut site = Site::new();
    site.guesses(&["ada", "ada@example.com"], "17", LIMIT);
    let came = site.try_at("/other", &[("x-name", "ada")], &wrong("17"));
    assert!(
        matches!(came, Through(_)),
        "another application's account of this number"
    );
}

#[test]
fn an_answer_that_never_comes_counts_for_the_name() {
    let mut site = Site::new();
    for _ in 0..LIMIT {
        let watch = site.send("/login", &[("x-name", "ada")]).expect("goes on");
        watch.cut_off(&site.engine, &site.host);
    }
    assert_eq!(site.fail("ada", ""), Refused);
}
