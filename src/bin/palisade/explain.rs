//! `palisade explain`: what becomes of one request, step by step, by the filter's own engine.

mod curl;
mod known;
mod request;

use std::process::ExitCode;

use palisade::agent::Agent;
use palisade::breach::{BreachSignal, Password};
use palisade::config;
use palisade::decision::{Mode, Rule, Signals, Truth};
use palisade::identity::account::BodyBytes;
use palisade::intelligence::{Knowledge, Lookup, Reputation};
use palisade::message::{HeaderBlock, RequestHead};
use palisade::policy::{Policy, Protection};
use palisade::request::{Change, Effect, HEADER_PREFIX};
use palisade::route::RouteIndex;
use palisade::signals::{Fact, Signal};

use crate::documents::{self, Found};
use crate::environment::{Environment, variable};
use crate::lone::{self, Clock, Exchange, Lone, LoneHost};
use crate::{describe, say};
use request::Asked;

/// What the call says.
#[derive(Debug, clap::Args)]
pub(crate) struct Call {
    /// The configuration, in any file that `check` reads
    file: String,
    #[command(flatten)]
    asked: Asked,
    #[command(flatten)]
    known: known::Known,
    /// How often the request is made, for what counts
    #[arg(long, value_name = "NUMBER", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    times: u32,
    /// The status of the application's answers, for limits that count failures or successes
    #[arg(long, value_name = "STATUS", value_parser = clap::value_parser!(u16).range(200..=599))]
    answer: Option<u16>,
    /// A variable of the VM's environment, as often as there are some
    #[arg(long = "env", value_name = "NAME=VALUE", value_parser = variable)]
    environment: Vec<(String, String)>,
}

impl Call {
    /// Prints the request's way through the policy.
    pub(crate) fn run(&self) -> ExitCode {
        match self.explain() {
            Ok(()) => ExitCode::SUCCESS,
            Err(problem) => {
                eprintln!("palisade: {problem}");
                ExitCode::FAILURE
            }
        }
    }

    fn explain(&self) -> Result<(), String> {
        let file = self.file.as_str();
        let text = std::fs::read_to_string(file)
            .map_err(|error| format!("{file}: cannot be read: {error}"))?;
        let found = documents::find(file, &text).map_err(|error| format!("{file}: {error}"))?;
        let first = found.first().ok_or("there is no configuration in it")?;
        let policy = self.policy(first)?;
        let request = self.asked.written(&policy, &first.tree)?;
        let headers = request.head();
        let reputation = self.known.reputation();
        let exchange = || Exchange {
            peer: self.asked.peer(),
            head: headers.clone(),
            body: request.body.clone(),
            ja4: self.asked.ja4.clone(),
            breaches: self.asked.breaches,
            known: reputation.map(Knowledge::Known),
            ..Exchange::default()
        };
        let head = RequestHead::read(&headers, HEADER_PREFIX.as_bytes());
        let ends = request.body.is_empty();

        let lines = policy.trust.header().map(|name| headers.lines(name));
        let lines: Vec<&[u8]> = lines.into_iter().flatten().collect();
        let peer = self.asked.peer();
        let client = policy.trust.resolve(peer.as_bytes(), lines.into_iter());
        let client = client.ok_or("expected --client to be an address")?;
        let odd = client
            .note
            .map_or_else(String::new, |note| format!(" ({})", note.name()));
        say(format_args!("client   {}{odd}", client.client));

        let body = BodyBytes::Whole(&request.body);
        let Some((routes, _)) = policy.find(&head, &headers, ends, Some(body)) else {
            say("route    none: the request goes on, and nothing is looked up or counted");
            return Ok(());
        };
        let names = |index: &RouteIndex| policy.route_name(*index).to_owned();
        let others: Vec<String> = routes.routes.others.iter().map(names).collect();
        let also = match others.is_empty() {
            true => String::new(),
            false => format!(
                "; perhaps also {}: the strictest decides",
                others.join(", ")
            ),
        };
        say(format_args!(
            "route    {}{also}",
            names(&routes.routes.first)
        ));
        let Some(protection) = policy.protection(routes.routes.first) else {
            return Ok(());
        };

        // No answer of the API would ever be about such an address.
        let reputation = reputation.filter(|_| client.client.is_public());
        explain_lookup(protection, reputation.is_some(), client.client.is_public());
        let lists = policy.lists.memberships(
            Some(client.client),
            reputation.and_then(|known| known.network.asn),
        );
        let ja4 = policy.ja4.as_ref();
        let ja4 = ja4.and_then(|source| source.read(&headers, &LoneHost::of(exchange())));
        let signals = Signals {
            reputation: reputation.unwrap_or(Reputation::NOTHING),
            lists,
            agent: Agent::read(&headers).signals(ja4),
            ja4,
            breach: self.breach(&policy, protection, &headers, body),
            private: !client.client.is_public(),
            unknown: reputation.is_none().into(),
            ..Signals::NOTHING_KNOWN
        };
        let signals = Signals {
            score: policy.weights.score(&signals),
            ..signals
        };
        say(format_args!("signals  {}", known::said(&signals)));
        explain_score(&policy, &signals);
        explain_rules(&protection.ruleset.rules, &signals);
        for index in &protection.limits {
            if let Some(limit) = policy.limits.get(index.0) {
                say(format_args!("limit    {}", describe::limit(limit)));
            }
        }

        let mut lone = Lone::new(policy, Clock::Machine);
        for time in 1..=self.times {
            let effect = self.judge(&mut lone, exchange());
            if self.times > 1 {
                say(format_args!("-- {time}"));
            }
            tell(&effect);
        }
        Ok(())
    }

    /// What is known of the request's password, where the route asks.
    fn breach(
        &self,
        policy: &Policy,
        protection: &Protection,
        headers: &HeaderBlock,
        body: BodyBytes<'_>,
    ) -> BreachSignal {
        let (Some(password), Some(service)) = (&protection.password, &policy.breaches) else {
            return BreachSignal::NotAsked;
        };
        let reading = password.places.read_head(headers);
        match (
            reading.conclude(&password.places, body),
            self.asked.breaches,
        ) {
            (Password::Absent, _) => BreachSignal::Absent,
            (Password::Unclear, _) => BreachSignal::Unclear,
            (Password::Known(_), Some(seen)) => BreachSignal::seen(seen, service.min_count),
            (Password::Known(_), None) => BreachSignal::Untold,
        }
    }

    fn policy(&self, found: &Found) -> Result<Policy, String> {
        let environment = Environment::new(&self.environment);
        let variable = |name: &str| Some(environment.get(name));
        config::load(found.tree.to_string().as_bytes(), &variable).map_err(|errors| {
            let errors: Vec<String> = errors.0.iter().map(ToString::to_string).collect();
            format!("{}: refused\n  {}", self.file, errors.join("\n  "))
        })
    }

    /// The effect that decides over the request; afterwards the application has answered, if the call says how.
    fn judge(&self, lone: &mut Lone, exchange: Exchange) -> Effect {
        let mut visit = lone.begin(exchange);
        let effect = visit.effect.clone();
        if let Some(status) = self.answer.filter(|_| visit.passes()) {
            lone.answer(&mut visit, lone::answer(status));
        }
        lone.end(visit);
        effect
    }
}

fn explain_lookup(protection: &Protection, is_known: bool, is_public: bool) {
    let said = match (protection.lookup, is_public) {
        (Lookup::Off, _) => "off: only lists and geoip headers are known",
        (_, false) => {
            "none: private addresses and those for documentation are not asked about; --signals and the like say nothing"
        }
        (Lookup::Background, _) => "in the background: what is known decides over the next request",
        (_, true) if is_known => "answered with what the call says",
        (_, true) => "fails, since the call says nothing of the address (--signals, --asn-type ..)",
    };
    say(format_args!("lookup   {said}"));
}

fn explain_score(policy: &Policy, signals: &Signals) {
    let Some(score) = signals.score else {
        say("score    none: nothing is known of the address");
        return;
    };
    let weighs = |fact: Fact| match policy.weights.get(Signal::Fact(fact)) {
        0 => None,
        weight => Some(format!("{} {weight:+}", fact.name())),
    };
    let mut parts: Vec<String> = signals.held().filter_map(weighs).collect();
    let own = signals.reputation.score;
    parts.extend(own.map(|own| format!("the provider's own {}", own.get())));
    let parts = match parts.is_empty() {
        true => String::new(),
        false => format!(": {}", parts.join(", ")),
    };
    say(format_args!("score    {}{parts}", score.get()));
}

fn explain_rules(rules: &[Rule], signals: &Signals) {
    let mut is_open = true;
    for (place, rule) in rules.iter().enumerate() {
        let truth = rule.when.test(signals);
        let decides = is_open && truth == Truth::True && rule.mode == Mode::Enforce;
        is_open &= !decides;
        let holds = match truth {
            Truth::True if decides => "holds, and decides",
            Truth::True => "holds",
            Truth::False => "does not hold",
            Truth::Unknown => "nobody knows, so it does not hold",
        };
        let monitored = match rule.mode {
            Mode::Enforce => "",
            Mode::Monitor => " (only monitored)",
        };
        say(format_args!(
            "rule     {}. {} -> {}{monitored}: {}: {holds}",
            place.saturating_add(1),
            rule.name,
            rule.then.name(),
            describe::condition(&rule.when),
        ));
    }
    if is_open {
        say("rule     none decides");
    }
}

/// What the application or the client gets.
fn tell(effect: &Effect) {
    match &effect.change {
        None | Some(Change::Strip) => say("verdict  goes on"),
        Some(Change::Pass(pass)) => {
            say("verdict  goes on, and the application reads:");
            for (name, value) in &pass.headers {
                say(format_args!("           {name}: {value}"));
            }
        }
        Some(Change::Reply(reply)) => say(format_args!("verdict  answered: {}", reply.status)),
        Some(Change::Refuse(refused)) => {
            say(format_args!("verdict  refused: {}", refused.state));
            say(format_args!(
                "reply    {} {}",
                refused.reply.status, refused.reply.details
            ));
            for (name, value) in &refused.reply.headers {
                say(format_args!("           {name}: {value}"));
            }
            let body = String::from_utf8_lossy(&refused.reply.body);
            let short: String = body.chars().take(400).collect();
            say(format_args!("           {short}"));
        }
    }
    if let Some(audit) = &effect.audit {
        say(format_args!("audit    {audit}"));
    }
}
