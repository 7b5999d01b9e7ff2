//! The policies of `policies/stacks`, and the first one of the README, before stand-ins that answer as those stacks do.

mod stand_ins;

use serde_json::Value;

use crate::support::{Answer, Received, Request, Response, Scene};

/// What the stand-ins take for a right password.
const RIGHT: &str = "correct-horse";
/// What they take for a right code.
const CODE: &str = "271828";

/// A stack: how its pages send a login, and how it answers.
struct Stack {
    policy: fn() -> Value,
    /// So many wrong logins of an account reach the application.
    limit: usize,
    login: fn(account: &str, password: &str) -> Request,
    answer: fn(&Received) -> Answer,
    /// A wrong login in a form whose answer could be taken for that of a right one.
    disguised: Option<fn(account: &str) -> Request>,
    /// What comes behind a right password of an account whose name begins with `mfa`.
    code: Option<fn(&First, code: &str) -> Request>,
}

/// A first step and its answer, to which a second one belongs.
struct First {
    request: Request,
    answer: Response,
}

impl First {
    /// The header of this name that the client has sent.
    fn header(&self, name: &str) -> String {
        self.request.header_value(name).expect(name)
    }

    /// The cookie whose name begins so, which the answer has set.
    fn cookie(&self, name: &str) -> String {
        let lines = self.answer.headers.iter();
        let set = lines.filter(|(key, _)| key == "set-cookie");
        let set = set.map(|(_, value)| String::from_utf8_lossy(value));
        let mut cookies = set.filter_map(|line| line.split(';').next().map(str::to_owned));
        cookies
            .rfind(|cookie| cookie.starts_with(name))
            .expect(name)
    }
}

/// The policy in this file, enforced.
fn policy(file: &str) -> Value {
    let path = format!("{}/policies/{file}.yaml", env!("CARGO_MANIFEST_DIR"));
    enforced(&std::fs::read_to_string(&path).expect(&path))
}

/// The first policy of the README, enforced.
fn of_readme() -> Value {
    let text = include_str!("../../../README.md");
    let (_, behind) = text.split_once("<!-- first policy -->").unwrap();
    let (_, block) = behind.split_once("```yaml\n").unwrap();
    enforced(block.split("```").next().unwrap())
}

fn enforced(text: &str) -> Value {
    let mut policy: Value = serde_yaml_ng::from_str(text).unwrap();
    policy["mode"] = "enforce".into();
    policy
}

impl Stack {
    async fn start(&self, flag: bool) -> Scene {
        let scene = Scene::flagged(&(self.policy)(), flag).await;
        scene.application.answer_by(self.answer);
        scene
    }

    /// So many tries, each from an address and a network of its own.
    fn tries(count: usize, request: impl Fn() -> Request) -> impl Iterator<Item = Request> {
        (0..count).map(move |number| request().client(&format!("11.{number}.0.1")))
    }

    async fn stops_wrong_passwords_at_the_limit(&self, scene: &Scene) {
        let wrong = || (self.login)("alice@example.com", "guess");
        let passed = scene.passing(Self::tries(self.limit + 2, wrong)).await;
        assert_eq!(passed, self.limit);
        let right = (self.login)("alice@example.com", RIGHT).client("11.200.0.1");
        let answer = scene.send(&right).await;
        // Turbo, as of Rails, is led to a page that says so.
        let page = answer.header("location").unwrap_or_default();
        let is_refused = answer.status == 429
            || answer.status == 303 && page.starts_with("/.palisade/challenge?refused=");
        assert!(is_refused, "locked for strangers: {} {page}", answer.status);
    }

    async fn lets_right_logins_through(&self, scene: &Scene) {
        let right = || (self.login)("carol@example.com", RIGHT);
        let more = self.limit + 2;
        assert_eq!(scene.passing(Self::tries(more, right)).await, more);
    }

    async fn takes_no_disguise_for_a_success(&self, scene: &Scene) {
        let Some(disguised) = self.disguised else {
            return;
        };
        let wrong = || disguised("dave@example.com");
        let passed = scene.passing(Self::tries(self.limit + 2, wrong)).await;
        assert_eq!(passed, self.limit);
    }

    async fn lets_the_owner_in_at_a_known_browser(&self, scene: &Scene) {
        let request = (self.login)("erin@example.com", RIGHT).client("11.200.0.1");
        let answer = scene.send(&request).await;
        let device = First { request, answer }.cookie("__Host-palisade-device-");
        let wrong = || (self.login)("erin@example.com", "guess");
        assert_eq!(
            scene.passing(Self::tries(self.limit + 1, wrong)).await,
            self.limit
        );
        let request = (self.login)("erin@example.com", RIGHT).client("11.201.0.1");
        let cookies = request.header_value("cookie").into_iter().chain([device]);
        let cookies = cookies.collect::<Vec<_>>().join("; ");
        assert_ne!(
            scene
                .send(&request.replace("cookie", &cookies))
                .await
                .status,
            429
        );
    }

    async fn stops_wrong_codes_at_the_limit(&self, scene: &Scene) {
        let Some(code) = self.code else {
            return;
        };
        let mut passed = 0;
        for number in 0..self.limit + 1 {
            let client = format!("12.{number}.0.1");
            let request = (self.login)("mfa@example.com", RIGHT).client(&client);
            let answer = scene.send(&request).await;
            if answer.status == 429 {
                // One counter for both steps.
                continue;
            }
            let first = First { request, answer };
            scene.application.forget();
            scene.send(&code(&first, "000000").client(&client)).await;
            passed += scene.application.count();
        }
        assert_eq!(passed, self.limit);

        let request = (self.login)("mfa2@example.com", RIGHT).client("12.200.0.1");
        let first = First {
            answer: scene.send(&request).await,
            request,
        };
        scene.application.forget();
        scene.send(&code(&first, CODE).client("12.200.0.1")).await;
        assert_eq!(scene.application.count(), 1, "a right code passes");
    }

    async fn protects(&self) {
        for flag in [false, true] {
            let scene = self.start(flag).await;
            self.lets_right_logins_through(&scene).await;
            self.stops_wrong_passwords_at_the_limit(&scene).await;
            self.takes_no_disguise_for_a_success(&scene).await;
            self.stops_wrong_codes_at_the_limit(&scene).await;
            self.lets_the_owner_in_at_a_known_browser(&scene).await;
        }
    }
}

macro_rules! stacks {
    ($($stack:ident),+ $(,)?) => {$(
        #[tokio::test]
        async fn $stack() {
            stand_ins::$stack().protects().await;
        }
    )+};
}

stacks! {
    django, express, fastapi, generic, keycloak, laravel, mobile_app, nextauth, oauth_token, rails, readme, spring,
}
