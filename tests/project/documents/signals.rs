//! The tables of signals are what is declared in the code.

use palisade::intelligence::{AsnType, Connection, Flag, Reputation};
use palisade::signals::{AgentSignal, ClientSignal, Measure, Membership, Signal};

use super::{Row, codes, plain, table};

/// Whether a row ends with what is declared, and perhaps says more.
fn ends_with(row: &Row, meaning: &str) {
    let last = plain(row.last().unwrap());
    assert!(last.starts_with(meaning), "{row:?} does not say: {meaning}");
}

#[test]
fn the_signals_table_is_every_declared_flag() {
    let rows = table("signals");
    for (row, flag) in rows.iter().zip(Flag::ALL) {
        let weight = flag.weight().unwrap().to_string();
        let expected = [
            format!("`{}`", flag.name()),
            weight,
            flag.meaning().to_owned(),
        ];
        assert_eq!(row[..], expected);
    }
    assert_eq!(rows.len(), Flag::ALL.len());
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
fn the_reference_of_weights_is_every_declared_one() {
    let mut rows = table("fields: score.weights");
    for signal in Signal::weighed() {
        let name = format!("`{}`", signal.name());
        let place = rows.iter().position(|row| row[0] == name);
        let row = rows.remove(place.unwrap_or_else(|| panic!("no weight {name}")));
        assert_eq!(row[1], format!("`{}`", signal.weight().unwrap()));
        ends_with(&row, signal.note());
    }
    assert_eq!(rows, Vec::<Row>::new());
}

#[test]
fn the_reference_of_conditions_tells_what_is_declared() {
    let rows = table("fields: routes.rules.when");
    let row = |name: &str| {
        let name = format!("`{name}`");
        rows.iter().find(|row| row[0] == name).expect(&name)
    };
    for measure in Measure::ALL {
        ends_with(row(measure.name()), measure.meaning());
        assert!(row(measure.name())[1].contains("is in the range"));
    }
    for membership in Membership::ALL {
        ends_with(row(membership.name()), membership.meaning());
    }
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
