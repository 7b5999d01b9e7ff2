use super::*;
use proptest::prelude::*;

fn address(text: &str) -> ClientAddress {
    ClientAddress::parse(text.as_bytes()).expect(text)
}

fn trusting(source: Forwarded) -> Trust {
    let networks = ["10.0.0.0/8", "fd00::/8"];
    Trust {
        trusted_proxies: networks
            .iter()
            .map(|text| text.parse::<ipnet::IpNet>().unwrap())
            .collect(),
        source,
        carriers: Carriers::default(),
    }
}

fn resolve(trust: &Trust, peer: &str, lines: &[&str]) -> (String, Option<Anomaly>) {
    let lines = lines.iter().map(|line| line.as_bytes());
    let found = trust.resolve(peer.as_bytes(), lines).expect(peer);
    (found.client.to_string(), found.note)
}

#[test]
fn the_walk_ends_at_the_first_address_that_is_not_trusted() {
    let trust = trusting(Forwarded::XForwardedFor);
    let many = |entry: &str, count: usize| vec![entry; count].join(",");
    for (peer, lines, client, note) in [
        // A stranger's headers are not read.
        ("8.8.8.8", vec!["1.1.1.1"], "8.8.8.8", None),
        ("8.8.8.8", vec!["garbage"], "8.8.8.8", None),
        ("10.0.0.1", vec!["1.1.1.1"], "1.1.1.1", None),
        ("::ffff:10.0.0.1", vec!["1.1.1.1"], "1.1.1.1", None),
        ("fd00::1", vec!["[2001:db8::7]:443"], "2001:db8::7", None),
        // What the client wrote itself stands left of its own address.
        ("10.0.0.1", vec!["6.6.6.6, 1.1.1.1"], "1.1.1.1", None),
        (
            "10.0.0.1",
            vec!["6.6.6.6", "1.1.1.1,10.0.0.2"],
            "1.1.1.1",
            None,
        ),
        (
            "10.0.0.1",
            vec!["10.9.9.9,1.1.1.1", "10.0.0.3 , 10.0.0.2:80"],
            "1.1.1.1",
            None,
        ),
        ("10.0.0.1", vec!["\u{1}\u{fe}, 1.1.1.1"], "1.1.1.1", None),
        // All trusted: the leftmost.
        (
            "10.0.0.1",
            vec!["10.0.0.9", "10.0.0.3,10.0.0.2"],
            "10.0.0.9",
            None,
        ),
        // Nobody named.
        ("10.0.0.1", vec![], "10.0.0.1", Some(Anomaly::Missing)),
        (
            "10.0.0.1",
            vec!["", " , "],
            "10.0.0.1",
            Some(Anomaly::Missing),
        ),
        // Garbage: nobody vouches for what is left of it.
        (
            "10.0.0.1",
            vec!["1.1.1.1, unknown"],
            "10.0.0.1",
            Some(Anomaly::Garbage),
        ),
        (
            "10.0.0.1",
            vec!["1.1.1.1, x, 10.0.0.2"],
            "10.0.0.2",
            Some(Anomaly::Garbage),
        ),
        // Empty elements are no garbage.
        (
            "10.0.0.1",
            vec!["1.1.1.1,,", "", ", 10.0.0.2,"],
            "1.1.1.1",
            None,
        ),
        // The end of patience.
        (
            "10.0.0.1",
            vec!["1.1.1.1", &many("10.0.0.2", 31)],
            "1.1.1.1",
            None,
        ),
        (
            "10.0.0.1",
            vec!["1.1.1.1", &many("10.0.0.2", 32)],
            "10.0.0.2",
            Some(Anomaly::TooLong),
        ),
        (
            "10.0.0.1",
            vec!["1.1.1.1", &many("", 33)],
            "10.0.0.1",
            Some(Anomaly::TooLong),
        ),
    ] {
        assert_eq!(
            resolve(&trust, peer, &lines),
            (client.to_owned(), note),
            "{peer} {lines:?}"
        );
        if trust.trusted_proxies.contains(address(peer)) {
            let mut appended: Vec<String> = lines.iter().map(ToString::to_string).collect();
            match appended.last_mut() {
                Some(line) => *line = format!("{line}, {peer}"),
                None => appended.push(peer.to_owned()),
            }
            let appended: Vec<&str> = appended.iter().map(String::as_str).collect();
            assert_eq!(
                resolve(&trust, peer, &appended),
                (client.to_owned(), note),
                "appended by Envoy: {appended:?}"
            );
        }
    }
}

#[test]
fn a_named_header_counts_only_from_a_trusted_peer_and_only_once() {
    let trust = trusting(Forwarded::Header(
        HeaderName::new("CF-Connecting-IP").unwrap(),
    ));
    assert_eq!(trust.header(), Some("cf-connecting-ip"));
    for (peer, lines, client, note) in [
        ("10.0.0.1", vec!["1.1.1.1"], "1.1.1.1", None),
        ("10.0.0.1", vec![" 2001:db8::1 "], "2001:db8::1", None),
        ("8.8.8.8", vec!["1.1.1.1"], "8.8.8.8", None),
        ("8.8.8.8", vec![], "8.8.8.8", None),
        ("10.0.0.1", vec![], "10.0.0.1", Some(Anomaly::Missing)),
        ("10.0.0.1", vec![" "], "10.0.0.1", Some(Anomaly::Missing)),
        (
            "10.0.0.1",
            vec!["1.1.1.1", "1.1.1.1"],
            "10.0.0.1",
            Some(Anomaly::Repeated),
        ),
        (
            "10.0.0.1",
            vec!["1.1.1.1, 2.2.2.2"],
            "10.0.0.1",
            Some(Anomaly::Repeated),
        ),
        (
            "10.0.0.1",
            vec!["unknown"],
            "10.0.0.1",
            Some(Anomaly::Garbage),
        ),
    ] {
        assert_eq!(
            resolve(&trust, peer, &lines),
            (client.to_owned(), note),
            "{peer} {lines:?}"
        );
    }
}

#[test]
fn by_default_the_peer_is_the_client_and_nothing_is_read() {
    let trust = Trust::default();
    assert_eq!(trust.header(), None);
    assert_eq!(
        resolve(&trust, "10.0.0.1", &["1.1.1.1"]),
        ("10.0.0.1".to_owned(), None)
    );
    let trust = trusting(Forwarded::Peer);
    assert_eq!(
        resolve(&trust, "10.0.0.1", &["1.1.1.1"]),
        ("10.0.0.1".to_owned(), None)
    );
    let nobody = Trust {
        source: Forwarded::XForwardedFor,
        ..Trust::default()
    };
    assert_eq!(nobody.header(), Some("x-forwarded-for"));
    assert_eq!(
        resolve(&nobody, "10.0.0.1", &["1.1.1.1"]),
        ("10.0.0.1".to_owned(), None)
    );
}

#[test]
fn a_header_name_is_a_token_in_lower_case() {
    assert_eq!(
        HeaderName::new("True-Client-IP").unwrap().as_str(),
        "true-client-ip"
    );
    for name in ["", ":path", "a b", "naïve", "x\n", &"x".repeat(129)] {
        let error = HeaderName::new(name).unwrap_err().to_string();
        assert!(error.contains("expected 1 to 128"), "{error}");
    }
}

#[test]
fn anomalies_have_names_of_their_own() {
    let names: std::collections::BTreeSet<_> = Anomaly::ALL.map(Anomaly::name).into();
    assert_eq!(names.len(), Anomaly::ALL.len());
}

proptest! {
    #[test]
    fn the_client_is_always_the_peer_or_named_by_a_trusted_proxy(
        peer in prop_oneof![Just("10.0.0.1"), Just("8.8.8.8")],
        forged in ".{0,40}",
        client in prop_oneof![Just("1.1.1.1"), Just("2001:db8::1")],
        hops in 0..20_usize,
    ) {
        // However a client fills the header, its own address is what its trusted proxies appended.
        let line = format!("{forged},{client}{}", ",10.0.0.7".repeat(hops));
        let trust = trusting(Forwarded::XForwardedFor);
        let expected = if peer == "8.8.8.8" { peer } else { client };
        prop_assert_eq!(resolve(&trust, peer, &[&line]), (expected.to_owned(), None));
    }

    #[test]
    fn arbitrary_lines_never_panic(lines in proptest::collection::vec(
        proptest::collection::vec(any::<u8>(), 0..64), 0..6,
    )) {
        for source in [Forwarded::XForwardedFor, Forwarded::Header(HeaderName::new("x").unwrap())] {
            let _ = trusting(source).resolve(b"10.0.0.1", lines.iter().map(Vec::as_slice));
        }
    }
}
