//! The second step knows whose it is: sessions remember whose password step they were used for.

use super::limits::signing;
use super::*;

/// A login whose account stands in a header, a code that only the session tells whose it is, and all other pages.
fn policy(more: Value) -> Value {
    let failures = |name: &str, limit: u32| {
        json!({
            "name": name, "key": ["account"], "count": "failures", "limit": limit, "window": "1h",
        })
    };
    let success = json!({ "header": [{ "name": "set-cookie", "prefix": "auth=" }] });
    let mut policy = json!({
        "identity": { "session": [{ "cookie": "sid" }] },
        "signing_keys_env": ["KEY"],
        "device": {},
        "limits": [failures("password", 20), failures("code", 3)],
        "routes": [
            {
                "name": "login", "match": { "path": "/login" }, "limits": ["password"], "rules": [], "realm": "shop",
                "account": [{ "header": "x-account" }],
                "next_step": { "header": [{ "name": "location", "equals": "/code" }] },
                "success": success, "failure": { "status": [401] },
            },
            {
                "name": "code", "match": { "path": "/code" }, "limits": ["code"], "rules": [], "realm": "shop",
                "account": ["from_session"], "success": success, "failure": "otherwise",
            },
            { "name": "pages", "match": { "path": { "prefix": "/" } }, "rules": [] },
        ],
    });
    put(&mut policy, &more);
    policy
}

/// An engine, and the client's side of a browser.
struct Site {
    engine: Engine,
    host: FakeHost,
}

fn unexpected(what: &dyn std::fmt::Debug) -> ! {
    panic!("{what:?}")
}

impl Site {
    fn new() -> Self {
        Self::of(&policy(json!({})))
    }

    fn of(policy: &Value) -> Self {
        Self {
            engine: signing(policy),
            host: FakeHost::of("11.0.0.1:1"),
        }
    }

    /// A request with these lines; what watches its answer, unless it is refused.
    fn send(&mut self, path: &str, more: &[(&str, &str)]) -> Result<Box<Watch>, String> {
        let head = [
            (":method", "POST"),
            (":path", path),
            (":authority", "example.com"),
        ];
        let headers = block(&[&head, more].concat());
        match outcome(&mut self.engine, &self.host, &headers, CLEAN) {
            Outcome::Pass(_, Some(watch)) => Ok(watch),
            Outcome::Refuse(refused) => Err(refused.reply.details),
            other => unexpected(&other),
        }
    }

    /// A request and its answer; the device cookie that follows, or why it was refused.
    fn tried(
        &mut self,
        path: &str,
        more: &[(&str, &str)],
        answer: &[(&str, &str)],
    ) -> Result<Option<String>, String> {
        let watch = self.send(path, more)?;
        match watch.headers(&block(answer), true, &self.engine, &self.host) {
            Watched::Done(gift) => Ok(gift.cookie),
            Watched::Continues(watch) => unexpected(&watch),
        }
    }

    /// A right password for `account`, which is answered with this session.
    fn password(&mut self, account: &str, session: &str) {
        let set = format!("sid={session}");
        let answer = [
            (":status", "302"),
            ("location", "/code"),
            ("set-cookie", &set),
        ];
        let lines = [("x-account", account)];
        self.tried("/login", &lines, &answer).expect("goes on");
    }

    /// A code in these sessions; whether it reached the application.
    fn code(&mut self, cookie: &str, status: &str) -> Result<Option<String>, String> {
        let mut answer = vec![(":status", status)];
        if status == "302" {
            answer.push(("set-cookie", "auth=1"));
        }
        self.tried("/code", &[("cookie", cookie)], &answer)
    }

    /// How many of so many wrong codes in this session reach the application.
    fn guesses(&mut self, cookie: &str) -> usize {
        (0..5).filter(|_| self.code(cookie, "200").is_ok()).count()
    }
}

#[test]
fn a_new_session_with_each_login_gives_no_new_codes() {
    let mut site = Site::new();
    let mut tried = 0;
    for number in 0..10 {
        let session = format!("session{number}");
        site.password("alice", &session);
        tried += usize::from(site.code(&format!("sid={session}"), "200").is_ok());
    }
    assert_eq!(tried, 3);
    site.password("bob", "bobs");
    assert_eq!(site.guesses("sid=bobs"), 3, "another account");
}

#[test]
fn a_session_of_which_nothing_is_known_is_a_missing_account() {
    let mut site = Site::new();
    site.password("alice", "known");
    let missing = "palisade_denied_account_missing";
    for cookie in ["sid=unknown", "sid=known; sid=unknown", "other=1", ""] {
        let refused = site.code(cookie, "200").expect_err(cookie);
        assert_eq!(refused, missing, "{cookie}");
    }
    assert!(site.code("sid=known", "200").is_ok());
    site.host.pass(25 * 3_600);
    assert_eq!(
        site.code("sid=known", "200"),
        Err(missing.to_owned()),
        "forgotten"
    );
}

#[test]
fn sessions_that_every_answer_replaces_are_followed() {
    let mut site = Site::new();
    site.password("alice", "value0");
    for number in 0..5 {
        let (old, new) = (
            format!("sid=value{number}"),
            format!("sid=value{}", number + 1),
        );
        let answer = [(":status", "200"), ("set-cookie", &*new)];
        site.tried("/any/page", &[("cookie", &old)], &answer)
            .expect("goes on");
    }
    assert!(site.code("sid=value5", "200").is_ok());
    assert!(site.code("sid=value0", "200").is_ok(), "an old value again");
    assert!(site.code("sid=value2", "200").is_ok());
    assert!(
        site.code("sid=value3", "200").is_err(),
        "all of one account"
    );
}

#[test]
fn an_account_of_ones_own_in_the_same_session_hides_no_other() {
    let mut site = Site::new();
    site.password("alice", "one");
    let again = [("x-account", "mallory"), ("cookie", "sid=one")];
    let answer = [(":status", "302"), ("location", "/code")];
    site.tried("/login", &again, &answer).expect("goes on");
    assert_eq!(site.guesses("sid=one"), 3);
    site.password("alice", "two");
    assert_eq!(site.guesses("sid=two"), 0, "alice's are used up");
    let both = site.code("sid=one; sid=two", "302");
    assert!(both.is_err());
}

#[test]
fn whoever_hangs_up_at_the_password_is_counted_all_the_same() {
    let mut site = Site::new();
    site.password("mallory", "one");
    let lines = [("x-account", "alice"), ("cookie", "sid=one")];
    let watch = site.send("/login", &lines).expect("goes on");
    watch.cut_off(&site.engine, &site.host);
    assert_eq!(site.guesses("sid=one"), 3);
    site.password("alice", "two");
    assert_eq!(site.guesses("sid=two"), 0, "counted for both");
}

#[test]
fn a_wrong_password_makes_no_session_anybodys() {
    let mut site = Site::new();
    let answer = [(":status", "401"), ("set-cookie", "sid=one")];
    let lines = [("x-account", "alice")];
    site.tried("/login", &lines, &answer).expect("goes on");
    assert!(site.code("sid=one", "200").is_err());
}

#[test]
fn the_last_step_makes_the_device_of_the_first_known() {
    let mut site = Site::new();
    site.password("alice", "one");
    let set = site
        .code("sid=one", "302")
        .expect("goes on")
        .expect("a device");
    let device = set.split(';').next().expect("a pair").to_owned();
    site.password("alice", "two");
    assert_eq!(site.guesses("sid=two"), 3);
    site.password("alice", "three");
    assert_eq!(site.guesses("sid=three"), 0, "strangers are locked out");
    let own = format!("sid=three; {device}");
    assert_eq!(site.guesses(&own), 3, "a device has a counter of its own");
    for _ in 0..30 {
        let lines = [("x-account", "alice")];
        let _ = site.tried("/login", &lines, &[(":status", "401")]);
    }
    let lines = [("x-account", "alice"), ("cookie", &*device)];
    assert!(
        site.send("/login", &lines).is_ok(),
        "known by its name as well"
    );
    let other = [("x-account", "ALICE"), ("cookie", &*device)];
    assert!(site.send("/login", &other).is_err(), "spelled otherwise");
}

#[test]
fn a_last_step_of_nobody_knows_whom_makes_no_device_known() {
    let mut site = Site::new();
    // A password that may have been right, and a session of two accounts.
    let answer = [(":status", "500"), ("set-cookie", "sid=maybe")];
    site.tried("/login", &[("x-account", "alice")], &answer)
        .expect("goes on");
    assert_eq!(site.code("sid=maybe", "302"), Ok(None));
    site.password("alice", "one");
    site.password("bob", "one");
    assert_eq!(site.code("sid=one", "302"), Ok(None));
    // Another spelling of the same account.
    site.password("carol", "two");
    site.password("Carol", "two");
    assert_eq!(site.code("sid=two", "302"), Ok(None));
    // Another realm.
    let mut elsewhere = policy(json!({}));
    elsewhere["routes"][1]["realm"] = json!("bank");
    let mut site = Site::of(&elsewhere);
    site.password("alice", "one");
    assert_eq!(site.code("sid=one", "302"), Ok(None));
}

#[test]
fn more_accounts_than_are_kept_are_nobodys() {
    let mut site = Site::new();
    for number in 0..7 {
        site.password(&format!("account{number}"), "one");
    }
    let refused = site.code("sid=one", "200").expect_err("too many");
    assert_eq!(refused, "palisade_denied_account_conflict");
}

#[test]
fn a_request_that_names_an_account_counts_for_that_of_its_session_too() {
    let mut both = policy(json!({}));
    both["routes"][1]["account"] = json!([{ "header": "x-account" }, "from_session"]);
    let mut site = Site::of(&both);
    fn named(account: &str) -> [(&str, &str); 2] {
        [("x-account", account), ("cookie", "sid=one")]
    }
    assert!(
        site.tried("/code", &named("alice"), &[(":status", "401")])
            .is_ok(),
        "a first step"
    );
    site.password("alice", "one");
    let mut tried = 0;
    for number in 0..5 {
        let account = format!("other{number}");
        let result = site.tried("/code", &named(&account), &[(":status", "401")]);
        tried += usize::from(result.is_ok());
    }
    assert_eq!(tried, 2, "alice has had one before");
}

#[test]
fn where_the_session_must_be_known_a_name_alone_does_not_do() {
    let mut known = policy(json!({}));
    known["routes"][1]["account"] = json!([{ "header": "x-account" }, "from_known_session"]);
    let mut site = Site::of(&known);
    fn named<'a>(account: &'a str, cookie: &'a str) -> [(&'a str, &'a str); 2] {
        [("x-account", account), ("cookie", cookie)]
    }
    let wrong = [(":status", "401")];
    let refused = site.tried("/code", &named("decoy", "sid=other"), &wrong);
    assert_eq!(
        refused.expect_err("unknown"),
        "palisade_denied_account_missing"
    );
    site.password("alice", "one");
    let tried = (0..5).filter(|number| {
        let decoy = format!("decoy{number}");
        site.tried("/code", &named(&decoy, "sid=one"), &wrong)
            .is_ok()
    });
    assert_eq!(tried.count(), 3);
    let refused = site.tried("/code", &named("decoy", "sid=one="), &wrong);
    assert!(refused.is_err(), "the same session, otherwise written");
}

#[test]
fn a_policy_without_it_reads_and_writes_nothing_more() {
    let mut plain = policy(json!({}));
    plain["routes"][1]["account"] = json!([{ "header": "x-account" }]);
    let mut site = Site::of(&plain);
    let set = [
        (":status", "302"),
        ("location", "/code"),
        ("set-cookie", "sid=one"),
    ];
    site.tried("/login", &[("x-account", "alice")], &set)
        .expect("goes on");
    let head = block(&[(":method", "GET"), (":path", "/any"), ("cookie", "sid=one")]);
    let passed = outcome(&mut site.engine, &site.host, &head, CLEAN);
    assert!(
        matches!(passed, Outcome::Pass(_, None)),
        "nobody looks at the answer"
    );
    let told = |result| site.host.counted(Event::SessionAccount(result));
    assert_eq!(told(crate::telemetry::SessionAccountResult::Remembered), 0);
}
