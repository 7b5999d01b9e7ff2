use std::collections::HashSet;
use std::net::IpAddr;

use serde_json::json;

use super::*;

fn small() -> Value {
    json!({
        "title": "one", "length": "1h", "accounts": 1_000,
        "attacks": [{
            "name": "bots", "attempts": 500,
            "addresses": { "within": ["45.0.0.0/8", "46.0.0.0/8"], "count": 100, "per_network": 4,
                "flags": ["hosting"], "flagged": 0.5 },
        }],
        "honest": [{ "name": "people", "people": 100, "logins": 50,
            "addresses": { "within": ["2a00::/24"], "count": 100 } }],
    })
}

fn mistakes(change: impl Fn(&mut Value)) -> String {
    let mut tree = small();
    change(&mut tree);
    read(&tree).expect_err("a mistake").to_string()
}

#[test]
fn mistakes_are_told_with_their_places() {
    for (pointer, value, told) in [
        (
            "/length",
            json!("61d"),
            "length = \"61d\": expected a duration from 1s to 60d",
        ),
        (
            "/accounts",
            json!(99),
            "accounts = 99: each of 100 honest people has an account; expected as many accounts",
        ),
        (
            "/attacks/0/attempts",
            json!(0),
            "attacks[0].attempts = 0: expected 1 to 4294967295",
        ),
        (
            "/attacks/0/right",
            json!(2),
            "attacks[0].right = 2: expected a share from 0 to 1, such as 0.05",
        ),
        (
            "/attacks/0/goal",
            json!("logn"),
            "attacks[0].goal = \"logn\": expected one of login, code, reset; did you mean login?",
        ),
        (
            "/attacks/0/start",
            json!("2h"),
            "attacks[0].start = \"2h\": expected less than the scenario's length, 1h",
        ),
    ] {
        let said = mistakes(|tree| {
            let (object, field) = pointer.rsplit_once('/').expect("a field");
            tree.pointer_mut(object).expect(object)[field] = value.clone();
        });
        assert!(said.contains(told), "{said}");
    }
    let said = mistakes(|tree| tree["attacks"][0]["addresses"]["flags"] = json!(["hostin"]));
    assert!(said.ends_with("did you mean hosting?"), "{said}");
    let said = mistakes(|tree| tree["attacks"][0]["addresses"]["within"] = json!(["45.0.0.0/20"]));
    assert!(
        said.contains("25 networks of /24 are needed, and these have 16"),
        "{said}"
    );
}

#[test]
fn each_number_is_an_address_of_its_own_in_the_networks() {
    let scenario = read(&small()).expect("a scenario");
    let addresses = &scenario.attacks[0].addresses;
    let all: HashSet<IpAddr> = (0..100).map(|number| addresses.at(number)).collect();
    assert_eq!(all.len(), 100);
    let networks: HashSet<[u8; 3]> = all
        .iter()
        .map(|address| match address {
            IpAddr::V4(address) => [
                address.octets()[0],
                address.octets()[1],
                address.octets()[2],
            ],
            IpAddr::V6(_) => panic!("{address}"),
        })
        .collect();
    assert_eq!(networks.len(), 25);
    assert!(
        networks
            .iter()
            .all(|network| [45, 46].contains(&network[0]))
    );
    assert_eq!(addresses.at(100), addresses.at(0));
}

#[test]
fn an_address_of_ipv6_has_a_subnet_of_its_own() {
    let scenario = read(&small()).expect("a scenario");
    let addresses = &scenario.honest[0].addresses;
    let subnets: HashSet<u128> = (0..100)
        .map(|number| match addresses.at(number) {
            IpAddr::V6(address) => address.to_bits() >> 64,
            address => panic!("{address}"),
        })
        .collect();
    assert_eq!(subnets.len(), 100);
}

#[test]
fn an_api_knows_the_share_that_it_is_said_to_know() {
    let scenario = read(&small()).expect("a scenario");
    let mut addresses = scenario.attacks[0].addresses.clone();
    addresses.count = 10_000;
    let flagged = (0..10_000).filter(|number| {
        let said = addresses.reputation(7, *number).expect("known");
        said.flags.get(crate::intelligence::Flag::Hosting) == Some(true)
    });
    assert!((4_800..5_200).contains(&flagged.count()));
}

#[test]
fn a_sample_keeps_how_often_each_address_and_account_comes() {
    let one = read(&small()).expect("a scenario");
    let some = one.clone().sampled(10);
    assert_eq!((some.accounts, some.attacks[0].attempts), (100, 50));
    assert_eq!(some.attacks[0].addresses.count, 10);
    assert_eq!(some.attacks[0].per_address, one.attacks[0].per_address);
    assert_eq!(some.honest[0].people, 10);
    assert_eq!(some.size(), 55);
}
