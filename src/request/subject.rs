use std::rc::Rc;

use super::account::HeadReadings;
use super::earlier::Earlier;
use super::password_state::PasswordState;
use crate::address::ClientAddress;
use crate::agent::{Agent, SeenAgent};
use crate::callout::StreamId;
use crate::challenge::Client;
use crate::decision::Signals;
use crate::fingerprint::Ja4;
use crate::identity::session::Session;
use crate::intelligence::Reputation;
use crate::message::{self, HeaderBlock};
use crate::policy::{Guard, Policy};

/// A request to a protected route, or to one of several: all that its judgement needs of it.
#[derive(Debug)]
pub(super) struct Subject {
    /// How it is protected.
    pub(super) guard: Rc<Guard>,
    /// The number of its stream; none where it only asks for a challenge.
    pub(super) stream: Option<StreamId>,
    pub(super) client: Option<ClientAddress>,
    /// Whether the client's address is a private or reserved one.
    pub(super) private: bool,
    /// What Envoy's geoip filter says.
    pub(super) geoip: Reputation,
    /// Whether it carries anything under our prefix.
    pub(super) strip: bool,
    /// What another Palisade before this one has told of it.
    pub(super) earlier: Option<Box<Earlier>>,
    /// Whether it carries headers by which the client chooses what its answer looks like.
    pub(super) steered: bool,
    /// Whether its method changes something, as a login does, as far as the head tells.
    pub(super) writes: bool,
    /// Whether another site has had it made.
    pub(super) cross_site: bool,
    /// Whether a page may have had it made without its visitor's knowing: what it costs counts by itself.
    pub(super) unasked: bool,
    /// What comes behind the head.
    pub(super) body: Body,
    /// The fingerprint of its ClientHello, where Envoy tells it.
    pub(super) ja4: Option<Ja4>,
    /// What its User-Agent says, where the route asks.
    pub(super) agent: SeenAgent,
    /// Who it comes from and is about, where limits count that.
    pub(super) identity: Option<Box<Identified>>,
}

/// Who a request comes from and is about, as its head says.
#[derive(Debug)]
pub(super) struct Identified {
    /// The account, as far as the head tells it; where no limit needs it, it is not looked for.
    pub(super) account: Option<HeadReadings>,
    /// The sessions that it may belong to.
    pub(super) sessions: Vec<Session>,
    /// The lines of cookies, where a device may be known by one.
    pub(super) cookies: HeaderBlock,
    /// What is known of its password, where that matters.
    pub(super) password: PasswordState,
    /// The lines by which the client says what it is.
    agent: [Option<Vec<u8>>; 4],
}

/// What comes behind the head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Body {
    /// Nothing.
    None,
    /// A body; how long, if the head says so.
    Comes(Option<u64>),
    /// Something that nobody waits for: more than is read, or what does not end, after an upgrade.
    Unread,
}

impl Body {
    /// What the head says, if no more than `limit` is read; `ends` if nothing comes behind it.
    pub(super) fn read(headers: &HeaderBlock, ends: bool, limit: usize) -> Self {
        let present = |name| headers.lines(name).next().is_some();
        if ends {
            return Self::None;
        }
        if present("upgrade") {
            return Self::Unread;
        }
        let limit = u64::try_from(limit).unwrap_or(u64::MAX);
        match length(headers).filter(|_| !present("transfer-encoding")) {
            Some(0) => Self::None,
            Some(length) if length > limit => Self::Unread,
            length => Self::Comes(length),
        }
    }

    /// Whether it is waited for.
    pub(super) const fn comes(self) -> bool {
        matches!(self, Self::Comes(_))
    }
}

/// The one length that the head tells.
fn length(headers: &HeaderBlock) -> Option<u64> {
    let mut lines = headers.lines("content-length");
    match (lines.next(), lines.next()) {
        (Some(line), None) => std::str::from_utf8(line).ok()?.trim().parse().ok(),
        _ => None,
    }
}

impl Subject {
    /// The sessions that it may belong to.
    pub(super) fn sessions(&self) -> &[Session] {
        self.identity
            .as_ref()
            .map_or(&[], |identity| &identity.sessions)
    }

    /// Its client, of which this is known, as far as what is asked of it depends on that.
    pub(super) fn client_of<'c>(&'c self, policy: &'c Policy, signals: &'c Signals) -> Client<'c> {
        Client {
            address: self.client,
            unasked: self.unasked,
            signals,
            asks: self.guard.asks,
            route: policy.route_name(self.guard.challenger),
        }
    }

    /// What a later judgement needs of it.
    pub(super) fn reference(&self) -> Self {
        Self {
            guard: Rc::clone(&self.guard),
            identity: None,
            earlier: None,
            ..*self
        }
    }

    /// Whether it belongs to a session that can be told from others.
    pub(super) fn has_sessions(&self) -> bool {
        self.sessions()
            .iter()
            .any(|session| !session.is_unreadable())
    }
}

/// The lines of one name alone.
fn lines(headers: &HeaderBlock, name: &'static str) -> HeaderBlock {
    headers.only(|own| own.eq_ignore_ascii_case(name.as_bytes()))
}

impl Identified {
    /// What the head says, as far as the limits of the route need it; `None` when they need nothing.
    pub(super) fn read(policy: &Policy, guard: &Guard, headers: &HeaderBlock) -> Option<Box<Self>> {
        if guard.charges.is_empty()
            && !guard.watches
            && !guard.tells_sessions
            && !guard.password.reads
        {
            return None;
        }
        let agent = Agent::read(headers);
        let agent = [agent.user_agent, agent.brands, agent.mobile, agent.platform];
        Some(Box::new(Self {
            account: HeadReadings::read(policy, guard, headers),
            sessions: match guard.tells_sessions {
                true => policy.identity.session.read(headers),
                false => Vec::new(),
            },
            cookies: match policy.devices {
                Some(_) => lines(headers, "cookie"),
                None => HeaderBlock::default(),
            },
            password: PasswordState::of_head(policy, guard, headers),
            agent: agent.map(|line| line.map(<[u8]>::to_vec)),
        }))
    }

    /// What the client says it is.
    pub(super) fn agent(&self) -> Agent<'_> {
        let [user_agent, brands, mobile, platform] = &self.agent;
        Agent {
            user_agent: user_agent.as_deref(),
            brands: brands.as_deref(),
            mobile: mobile.as_deref(),
            platform: platform.as_deref(),
        }
    }

    /// Names and values of the cookies.
    pub(super) fn cookies(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        message::cookies(&self.cookies)
    }
}
