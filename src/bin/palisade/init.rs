//! `palisade init`: a policy for a stack or an application, made of the one that ships.

use std::io::{BufRead, IsTerminal as _, Write};
use std::process::ExitCode;

use palisade::config::{self, Step};

use crate::documents::{self, Found};
use crate::environment::Environment;
use crate::rewrite::{Rewrite, scalar};
use crate::say;
use crate::shipped::{POLICIES, Shipped};
use crate::yaml::Node;

/// What the call says.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct Call {
    /// What your application is made of, or which one it is; on a terminal you are asked
    #[arg(long, value_name = "NAME", value_parser = names())]
    stack: Option<String>,
    /// A path to which the login is posted, as often as there are some; default that of the stack
    #[arg(long, value_name = "PATH")]
    login: Vec<String>,
    /// Where the account's name stands: a field of the form, a JSON pointer such as /email, or `basic`; default as the
    /// stack has it
    #[arg(long, value_name = "FIELD")]
    account: Vec<String>,
    /// A cookie that only a right password sets; default what shows one in the stack
    #[arg(long, value_name = "NAME")]
    cookie: Option<String>,
    /// The API that is asked about addresses, by the name of its preset such as `ipasis`; default none
    #[arg(long, value_name = "NAME")]
    provider: Option<String>,
    /// Refuses from the beginning, and does not only count
    #[arg(long)]
    enforce: bool,
    /// Where the policy is written, in place of the standard output
    #[arg(long, value_name = "FILE")]
    output: Option<String>,
}

fn names() -> clap::builder::PossibleValuesParser {
    clap::builder::PossibleValuesParser::new(POLICIES.iter().map(|policy| policy.name))
}

impl Call {
    /// Writes the policy.
    pub(crate) fn run(&self) -> ExitCode {
        match self.write() {
            Ok(()) => ExitCode::SUCCESS,
            Err(problem) => {
                eprintln!("palisade: {problem}");
                ExitCode::FAILURE
            }
        }
    }

    fn write(&self) -> Result<(), String> {
        let asked = match &self.stack {
            Some(_) => self.clone(),
            None if std::io::stdin().is_terminal() => {
                self.ask(std::io::stdin().lock(), std::io::stderr())?
            }
            None => {
                let names: Vec<&str> = POLICIES.iter().map(|policy| policy.name).collect();
                return Err(format!("expected --stack, one of {}", names.join(", ")));
            }
        };
        let policy = asked.policy()?;
        match &self.output {
            None => {
                say(policy.trim_end());
                Ok(())
            }
            Some(file) => {
                // What somebody wrote into it stays.
                let new = std::fs::OpenOptions::new()
                    .write(true)
                    .create_new(true)
                    .open(file);
                new.and_then(|mut new| new.write_all(policy.as_bytes()))
                    .map_err(|error| format!("{file}: cannot be written: {error}"))
            }
        }
    }

    /// Asks for what the call leaves out. An empty answer takes what stands in brackets.
    fn ask(&self, mut input: impl BufRead, mut output: impl Write) -> Result<Self, String> {
        let mut asked = self.clone();
        let mut question = |text: &str, usual: &str| {
            let unread = |error: std::io::Error| format!("no answer can be read: {error}");
            write!(output, "{text} [{usual}] ")
                .and_then(|()| output.flush())
                .map_err(unread)?;
            let mut answer = String::new();
            input.read_line(&mut answer).map_err(unread)?;
            Ok::<_, String>(answer.trim().to_owned())
        };
        let stacks: Vec<&str> = POLICIES.iter().map(|policy| policy.name).collect();
        let stack = loop {
            let told = format!(
                "Which stack or application is it?\n  {}\n",
                stacks.join(" ")
            );
            let answer = question(&told, "generic")?;
            match answer.as_str() {
                "" => break "generic".to_owned(),
                name if stacks.contains(&name) => break answer,
                _ => {}
            }
        };
        asked.stack = Some(stack);
        if asked.login.is_empty() {
            let answer = question("To which path is the login posted?", "as the stack has it")?;
            asked
                .login
                .extend(Some(answer).filter(|answer| !answer.is_empty()));
        }
        if asked.account.is_empty() {
            let text = "Which field has the account's name? (a field of the form, or a JSON pointer such as /email)";
            let answer = question(text, "as the stack has it")?;
            asked
                .account
                .extend(Some(answer).filter(|answer| !answer.is_empty()));
        }
        if asked.cookie.is_none() {
            let answer = question(
                "Which cookie does only a right password set?",
                "as the stack has it",
            )?;
            asked.cookie = Some(answer).filter(|answer| !answer.is_empty());
        }
        if asked.provider.is_none() {
            let answer = question(
                "Which API is asked about addresses, such as ipasis?",
                "none",
            )?;
            asked.provider = Some(answer).filter(|answer| !answer.is_empty() && answer != "none");
        }
        Ok(asked)
    }

    /// The policy that ships for the stack, with what the call says.
    fn policy(&self) -> Result<String, String> {
        let stack = self.stack.as_deref().unwrap_or("generic");
        let shipped = POLICIES.iter().find(|policy| policy.name == stack);
        let Shipped { text, .. } = shipped.ok_or("no policy of this name ships")?;
        let found = documents::find(stack, text).map_err(|told| told.to_string())?;
        let found = found.first().ok_or("there is no policy in it")?;
        let changed = self.changed(stack, text, found)?;
        let changed = match &self.provider {
            Some(provider) => with_provider(&changed, provider),
            None => changed,
        };
        load(&changed)?;
        Ok(changed)
    }

    fn changed(&self, stack: &str, text: &str, found: &Found) -> Result<String, String> {
        let node = found.node();
        let mut rewrite = Rewrite::new(text);
        let by_hand = |flag: &str| {
            format!(
                "{flag}: the policy of {stack} has none of it, or several; leave the flag out, and change the file by hand"
            )
        };
        let route = login_route(node).ok_or_else(|| by_hand("--login"))?;
        let paths: Vec<String> = self.login.iter().map(|path| scalar(path)).collect();
        if let Some(first) = paths.first() {
            let path = at(route, &["match", "path"]).ok_or_else(|| by_hand("--login"))?;
            rewrite.replace(
                path,
                match paths.as_slice() {
                    [one] => one.clone(),
                    several => format!("[{}]", several.join(", ")),
                },
            );
            if let Some(redirect) = at(node, &["unlock", "redirect"]) {
                rewrite.replace(redirect, first.clone());
            }
        }
        if !self.account.is_empty() {
            let own = at(route, &["account"]).or_else(|| at(node, &["identity", "account"]));
            let fields = self.account.iter().map(|field| match field.as_str() {
                "basic" => field.clone(),
                pointer if pointer.starts_with('/') => format!("{{ json: {} }}", scalar(pointer)),
                field => format!("{{ form: {} }}", scalar(field)),
            });
            let mut fields: Vec<String> = fields.collect();
            let own = own.ok_or_else(|| by_hand("--account"))?;
            // What comes from the step before stays.
            let kept = own
                .items()
                .filter_map(Node::text)
                .filter(|source| matches!(*source, "from_session" | "from_known_session"));
            fields.extend(kept.map(str::to_owned));
            rewrite.replace(own, format!("[{}]", fields.join(", ")));
        }
        if let Some(cookie) = &self.cookie {
            let success = at(route, &["success"]).ok_or_else(|| by_hand("--cookie"))?;
            let prefix = scalar(&format!("{cookie}="));
            rewrite.replace(
                success,
                format!("{{ header: [{{ name: set-cookie, prefix: {prefix} }}] }}"),
            );
        }
        if self.enforce
            && let Some(mode) = at(node, &["mode"])
        {
            rewrite.replace(mode, "enforce");
        }
        let changed = rewrite.finish();
        Ok(match at(node, &["mode"]) {
            None if !self.enforce => monitored(&changed),
            _ => changed,
        })
    }
}

/// The policy with `mode: monitor` before everything else.
fn monitored(text: &str) -> String {
    let is_key = |line: &str| !line.is_empty() && !line.starts_with('#');
    let head = text
        .split_inclusive('\n')
        .take_while(|line| !is_key(line.trim_end()));
    let (head, policy) = text
        .split_at_checked(head.map(str::len).sum())
        .unwrap_or(("", text));
    format!(
        "{head}mode: monitor                         # refuses nothing yet; later `enforce`\n\n{policy}"
    )
}

/// What these fields lead to.
fn at<'n>(node: &'n Node, fields: &[&str]) -> Option<&'n Node> {
    fields.iter().try_fold(node, |node, field| {
        node.at(&[Step::Field((*field).to_owned())])
    })
}

/// The route of the login: the one with this name, or else the first whose limits have `account`.
fn login_route(node: &Node) -> Option<&Node> {
    let routes = || node.get("routes").into_iter().flat_map(Node::items);
    let named = |route: &&Node| route.get("name").and_then(Node::text) == Some("login");
    let counts = |route: &&Node| {
        let mut limits = route.get("limits").into_iter().flat_map(Node::items);
        limits.any(|limit| limit.text() == Some("account"))
    };
    routes().find(named).or_else(|| routes().find(counts))
}

/// The policy with an API, whose built-in rules then judge wherever limits are.
fn with_provider(text: &str, provider: &str) -> String {
    let name = provider.to_ascii_uppercase();
    let api = format!(
        "intelligence: {{ provider: {}, cluster: {}, api_key_env: {name}_API_KEY }}",
        scalar(provider),
        scalar(provider)
    );
    let told = "#\n# Add `intelligence` to judge addresses as well; nothing here needs it.";
    let with_api = match text.contains(told) {
        true => text.replacen(told, &format!("\n# What is known of addresses.\n{api}"), 1),
        false => format!("{api}\n{text}"),
    };
    let Ok(found) = documents::find("", &with_api) else {
        return with_api;
    };
    let mut rewrite = Rewrite::new(&with_api);
    let routes = found
        .iter()
        .flat_map(|found| found.node().get("routes"))
        .flat_map(Node::items);
    for route in routes.filter(|route| route.get("limits").is_some()) {
        if let Some(rules) = route
            .get("rules")
            .filter(|rules| rules.items().next().is_none())
        {
            rewrite.replace(rules, "[default]");
        }
    }
    rewrite.finish()
}

/// Whether the filter takes what has become of it.
fn load(text: &str) -> Result<(), String> {
    let found = documents::find("policy", text).map_err(|told| told.to_string())?;
    let environment = Environment::new(&[]);
    for found in found {
        let variable = |name: &str| Some(environment.get(name));
        config::load(found.tree.to_string().as_bytes(), &variable)
            .map_err(|errors| format!("the flags make no policy: {errors}"))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_call_leaves_out_is_asked_for() {
        let answers = "wordpres\nspring\n/enter\nuser\n\nipasis\n";
        let mut questions = Vec::new();
        let asked = Call::default()
            .ask(answers.as_bytes(), &mut questions)
            .unwrap_or_default();
        assert_eq!(asked.stack.as_deref(), Some("spring"));
        assert_eq!(
            (asked.login, asked.account),
            (vec!["/enter".to_owned()], vec!["user".to_owned()])
        );
        assert_eq!(
            (asked.cookie, asked.provider.as_deref()),
            (None, Some("ipasis"))
        );
        let questions = String::from_utf8_lossy(&questions);
        assert_eq!(
            questions.matches("Which stack").count(),
            2,
            "a wrong name is asked for again"
        );
        let asked = Call::default()
            .ask("\n\n\n\n\n".as_bytes(), Vec::new())
            .unwrap_or_default();
        assert_eq!(asked.stack.as_deref(), Some("generic"));
        assert!(asked.login.is_empty() && asked.provider.is_none());
    }
}
