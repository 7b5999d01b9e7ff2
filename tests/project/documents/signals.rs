//! The tables of signals are what is declared in the code.

use palisade::intelligence::{AsnType, Connection, Flag, Reputation};
use palisade::signals::{AgentSignal, ClientSignal, Measure, Membership};

use super::{Row, codes, plain, table};

/// The reference of signals, made of their declarations.
pub(super) fn page() -> String {
    let mut page = String::from(
        "# Signals\n\nThis page is made of the declarations by `make reference`. Rules and limits name a signal as a condition (`when: \
         vpn`), and each that weighs adds to the score where it holds. [How it decides](../concepts/decisions.md) says what follows, and \
         [Settings](settings.md#routesruleswhen) how conditions are put together.\n",
    );
    let mut section = |title: &str, head: &str, rows: Vec<[String; 3]>| {
        page += &format!("\n## {title}\n\n| signal | weight | {head} |\n|---|---|---|\n");
        for row in rows {
            page += &format!("| {} |\n", row.join(" | "));
        }
    };
    let row = |name: &str, weight: Option<i16>, meaning: &str| {
        let weight = weight.map_or_else(String::new, |weight| weight.to_string());
        [format!("`{name}`"), weight, meaning.to_owned()]
    };
    let flags = Flag::ALL.map(|flag| row(flag.name(), flag.weight(), flag.meaning()));
    let provider = "holds when the provider (or a geoip header) says that the address is";
    section("The address", provider, flags.into());
    let agents =
        AgentSignal::ALL.map(|signal| row(signal.name(), signal.weight(), signal.meaning()));
    section(
        "The User-Agent",
        "holds when the [User-Agent](../concepts/agents.md)",
        agents.into(),
    );
    let client =
        ClientSignal::ALL.map(|signal| row(signal.name(), signal.weight(), signal.meaning()));
    section("The client", "holds when", client.into());
    let numbers = Measure::ALL.map(|measure| {
        let example = format!("{}: '>=50'", measure.name());
        row(&example, measure.weight(), measure.meaning())
    });
    section("Numbers", "is", numbers.into());
    let lists = Membership::ALL.map(|membership| {
        let example = format!("{}: ..", membership.name());
        row(&example, membership.weight(), membership.meaning())
    });
    section("One of many values", "holds when", lists.into());
    page
}

/// Whether a row ends with what is declared, and perhaps says more.
fn ends_with(row: &Row, meaning: &str) {
    let last = plain(row.last().unwrap());
    assert!(last.starts_with(meaning), "{row:?} does not say: {meaning}");
}

#[test]
fn the_agents_table_is_every_declared_signal_of_the_agent() {
    let rows = table("agents");
    for (row, signal) in rows.iter().zip(AgentSignal::ALL) {
        let weight = signal.weight().unwrap().to_string();
        assert_eq!(row[..2], [format!("`{}`", signal.name()), weight]);
        ends_with(row, signal.meaning());
    }
    assert_eq!(rows.len(), AgentSignal::ALL.len());
}

#[test]
fn the_travel_table_tells_what_is_declared() {
    for row in table("travel") {
        let name = &codes(&row[0])[0];
        let meaning = Measure::from_name(name).map(Measure::meaning);
        let fact = ClientSignal::from_name(name).map(ClientSignal::meaning);
        ends_with(&row[..2].to_vec(), meaning.or(fact).expect(name));
    }
}

#[test]
fn the_connections_table_is_what_is_concluded() {
    let rows = table("connections");
    assert_eq!(rows.len(), AsnType::ALL.len() + 1);
    let said = [
        None,
        Some((Flag::Hosting, true)),
        Some((Flag::Mobile, true)),
        Some((Flag::Hosting, false)),
        Some((Flag::Mobile, false)),
        Some((Flag::ResidentialProxy, true)),
    ];
    for (row, kind) in rows.iter().zip(
        [None]
            .into_iter()
            .chain(AsnType::ALL.map(Some))
            .collect::<Vec<_>>(),
    ) {
        assert_eq!(
            row[0].trim_matches('`'),
            kind.map_or("unknown", AsnType::name)
        );
        assert_eq!(row.len(), said.len() + 1);
        for (cell, flag) in row[1..].iter().zip(said) {
            let mut reputation = Reputation::default();
            reputation.network.asn_type = kind;
            if let Some((flag, value)) = flag {
                reputation.flags.put(flag, Some(value));
            }
            let told = reputation.connection().map_or("unknown", Connection::name);
            assert_eq!(told, cell, "{flag:?} in {row:?}");
        }
    }
}
