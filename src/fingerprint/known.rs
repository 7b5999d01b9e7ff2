//! Whose ClientHello begins with which ciphers, as `make fingerprints` measures it.

use super::Ja4;

/// Who writes such a ClientHello.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// An HTTP library, or a tool that is made of one.
    Library,
    /// A browser.
    Browser,
}

/// Who writes a ClientHello with these ciphers; `None` where nobody has measured it.
///
/// By the ciphers alone: the first part changes with the protocols that a program offers, the last with every session
/// that is resumed.
pub(crate) fn origin(ja4: &Ja4) -> Option<Origin> {
    let mut known = KNOWN.iter();
    known
        .find(|(ciphers, _)| ciphers.as_bytes() == ja4.ciphers())
        .map(|(_, origin)| *origin)
}

/// The hashes of ciphers that are known. `tests/vectors/ja4.json` holds what was measured. GnuTLS is left out: wget is
/// made of it, but so is GNOME Web.
const KNOWN: [(&str, Origin); 9] = [
    // Chromium, and what is made of it.
    ("8daaf6152771", Origin::Browser),
    // Firefox.
    ("86a278354501", Origin::Browser),
    // What asks OpenSSL 3 for no ciphers of its own: curl, Ruby, native-tls.
    ("e8f1e7e78f70", Origin::Library),
    // Python.
    ("85036bcba153", Origin::Library),
    // Node.
    ("a33745022dd6", Origin::Library),
    // Go.
    ("9dc949149365", Origin::Library),
    // rustls.
    ("61a7ad8aa9b6", Origin::Library),
    // Java.
    ("db35923f8641", Origin::Library),
    // PHP's streams.
    ("479067518aa3", Origin::Library),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;

    fn measured() -> Vec<(String, Ja4, Origin)> {
        let clients: Vec<Value> =
            serde_json::from_str(include_str!("../../tests/vectors/ja4.json")).unwrap();
        let of_client = |client: &Value| {
            let name = client["client"].as_str().unwrap().to_owned();
            let origin = match client["is"].as_str().unwrap() {
                "browser" => Origin::Browser,
                "library" => Origin::Library,
                other => panic!("{name} is {other}"),
            };
            let all = client["ja4"].as_array().unwrap().clone();
            let parse = |ja4: Value| Ja4::parse(ja4.as_str().unwrap().as_bytes()).unwrap();
            let all: Vec<_> = all
                .into_iter()
                .map(|ja4| (name.clone(), parse(ja4), origin))
                .collect();
            all
        };
        clients.iter().flat_map(of_client).collect()
    }

    #[test]
    fn what_was_measured_is_known() {
        let measured = measured();
        assert!(measured.len() >= 20, "{}", measured.len());
        for (client, ja4, is) in &measured {
            let expected = (client != "wget").then_some(*is);
            assert_eq!(origin(ja4), expected, "{client}: {ja4:?}");
        }
    }

    #[test]
    fn nothing_is_known_that_was_not_measured() {
        let measured: BTreeSet<_> = measured()
            .iter()
            .map(|(_, ja4, _)| ja4.ciphers().to_vec())
            .collect();
        for (ciphers, _) in KNOWN {
            assert!(measured.contains(ciphers.as_bytes()), "{ciphers}");
        }
        assert_eq!(
            origin(&Ja4::parse(b"t13d1516h2_000000000000_02713d6af862").unwrap()),
            None
        );
    }
}
