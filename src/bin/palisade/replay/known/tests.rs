use std::io::Write as _;

use serde_json::json;
use tempfile::NamedTempFile;

use super::*;

fn file(end: &str, bytes: &[u8]) -> NamedTempFile {
    let mut file = tempfile::Builder::new()
        .suffix(end)
        .tempfile()
        .expect("a file");
    file.write_all(bytes).expect("written");
    file
}

/// The flags that hold and the network's number and country; `?` before them where nothing is known.
fn told(all: &mut Databases, address: &str) -> String {
    let known = all.find(ClientAddress::parse(address.as_bytes()).expect(address));
    let found = known.reputation();
    let held: Vec<&str> = found.flags.held().map(Flag::name).collect();
    let mark = if matches!(known, Knowledge::Known(_)) {
        ""
    } else {
        "?"
    };
    let asn = found.network.asn.map_or(0, |asn| asn.get());
    let country = found
        .network
        .country
        .map_or_else(String::new, |code| code.as_str().to_owned());
    format!("{mark}{} {asn} {country}", held.join(","))
}

#[test]
fn lines_of_json_tell_by_the_longest_network() {
    let lines = concat!(
        r#"{"network":"11.0.0.0/8","signals":[],"asn":"AS1","country":"de"}"#,
        "\n",
        r#"{"ip":"11.0.0.4","signals":"vpn,tor","asn":2}"#,
        "\n\nno\n{}\n",
        r#"{"address":"2001:db8::/32","hosting":true}"#,
        "\n",
    );
    let file = file(".jsonl", lines.as_bytes());
    let (mut all, wrong) = Databases::read(&[file.path().to_owned()], &[]);
    assert_eq!(told(&mut all, "11.0.0.4"), "vpn,tor 2 ");
    assert_eq!(told(&mut all, "11.0.0.5"), " 1 DE");
    assert_eq!(told(&mut all, "2001:db8::1"), "hosting 0 ");
    assert_eq!(told(&mut all, "12.0.0.1"), "? 0 ");
    assert_eq!(wrong.len(), 2, "{wrong:?}");
    assert!(wrong[0].ends_with(":4: no JSON"), "{wrong:?}");
}

#[test]
fn a_list_says_of_every_address_whether_it_is_on_it() {
    let list = file(".txt", b"# VPNs\n11.0.0.0/24 # one\n\nnone\n12.0.0.1\n");
    let listed = listed(&format!("vpn={}", list.path().display())).expect("one");
    let (mut all, wrong) = Databases::read(&[], &[listed]);
    assert_eq!(told(&mut all, "11.0.0.9"), "vpn 0 ");
    assert_eq!(told(&mut all, "11.0.1.9"), " 0 ");
    assert_eq!(wrong.len(), 1, "{wrong:?}");
}

#[test]
fn databases_that_are_none_are_told_and_the_others_used() {
    let none = file(".mmdb", b"this is no database");
    let lines = file(".jsonl", br#"{"ip":"11.0.0.4","tor":true}"#);
    let files = [none.path(), lines.path(), Path::new("/no/such")].map(Path::to_owned);
    let (mut all, wrong) = Databases::read(&files, &[]);
    assert_eq!(told(&mut all, "11.0.0.4"), "tor 0 ");
    assert_eq!(wrong.len(), 2, "{wrong:?}");
    assert!(wrong[0].contains("is no MMDB"), "{wrong:?}");
}

/// A database of this kind in the format of MaxMind's, with this record for a network.
fn mmdb(kind: &str, network: &str, record: &impl serde::Serialize) -> NamedTempFile {
    let mut database = maxminddb_writer::Database::default();
    database.metadata.binary_format_major_version = 2;
    database.metadata.database_type = kind.to_owned();
    let record = database.insert_value(record).expect("a record");
    let network: maxminddb_writer::paths::IpAddrWithMask = network.parse().expect("a network");
    database.insert_node(network, record);
    let mut bytes = Vec::new();
    database.write_to(&mut bytes).expect("written");
    file(".mmdb", &bytes)
}

#[test]
fn databases_of_networks_places_and_anonymous_addresses_add_up() {
    // The number has 32 bits there, as in those that are sold; of JSON it would have 64.
    let asn = std::collections::BTreeMap::from([("autonomous_system_number", 64_504_u32)]);
    let city = json!({
        "city": { "names": { "en": "Berlin" } }, "country": { "iso_code": "DE" },
        "location": { "latitude": 52.5, "longitude": 13.4 },
    });
    let anonymous =
        json!({ "is_anonymous": true, "is_anonymous_vpn": true, "is_hosting_provider": true });
    let files = [
        mmdb("GeoLite2-ASN", "11.0.0.0/8", &asn),
        mmdb("GeoLite2-City", "11.0.0.0/9", &city),
        mmdb("GeoIP2-Anonymous-IP", "11.0.0.0/16", &anonymous),
    ];
    let paths = files.each_ref().map(|file| file.path().to_owned());
    let (mut all, wrong) = Databases::read(&paths, &[]);
    assert_eq!(wrong, Vec::<String>::new());
    assert_eq!(told(&mut all, "11.0.0.4"), "vpn,hosting 64504 DE");
    assert_eq!(
        told(&mut all, "11.1.0.4"),
        " 64504 DE",
        "it is not anonymous"
    );
    assert_eq!(told(&mut all, "11.200.0.4"), " 64504 ");
    assert_eq!(told(&mut all, "12.0.0.1"), " 0 ");
    let client = ClientAddress::parse(b"11.0.0.4").expect("an address");
    assert!(all.find(client).reputation().network.position.is_some());
}

#[test]
fn what_the_filter_has_written_is_known_again() {
    let state = r#"verdict=deny, reason="tor", route="login", ref="a", signals=("tor" "vpn"), asn=64500, country="US""#;
    let recorded = Recorded::read(Some(state), None).expect("some");
    let known = of_signals(&recorded).expect("known");
    assert_eq!(known.reputation().flags.held().count(), 2);
    let context = r#"signals=("unknown"), ref="a""#;
    let recorded = Recorded::read(Some("verdict=allow"), Some(context)).expect("some");
    assert!(matches!(
        of_signals(&recorded),
        Some(Knowledge::Lacking(..))
    ));
    let clean = Recorded::read(Some("verdict=allow"), None).expect("some");
    assert_eq!(of_signals(&clean), None);
    assert!(
        Recorded::read(None, Some(state)).is_none(),
        "a client can write that"
    );
}
