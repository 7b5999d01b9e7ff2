mod browsers;
mod others;

use proptest::prelude::*;

use super::*;
use crate::message::serialise;

/// The first four header lines of a request; an empty text is no line.
type Lines = (&'static str, &'static str, &'static str, &'static str);

fn signals((agent, brands, mobile, platform): Lines) -> AgentFacts {
    let line = |text: &'static str| (!text.is_empty()).then_some(text.as_bytes());
    Agent {
        user_agent: line(agent),
        brands: line(brands),
        mobile: line(mobile),
        platform: line(platform),
    }
    .signals(None)
}

/// What an agent says by itself: that these hold, and no others.
fn told(held: &[AgentSignal]) -> AgentFacts {
    let mut facts = AgentFacts::UNKNOWN;
    for signal in SUSPICIOUS.into_iter().chain([AgentSignal::CrawlerClaimed]) {
        facts.put(signal, Some(held.contains(&signal)));
    }
    // Without a fingerprint nobody knows.
    facts.put(AgentSignal::Contradicted, None);
    facts
}

fn canonical(text: &[u8]) -> Vec<u8> {
    Agent {
        user_agent: Some(text),
        ..Agent::default()
    }
    .canonical()
}

#[test]
fn the_first_line_of_each_name_is_read_whatever_its_case() {
    let lines: [(&[u8], &[u8]); 6] = [
        (b"User-Agent", b"curl/8.0"),
        (b"user-agent", b"Mozilla/5.0 (X11)"),
        (b"sec-ch-ua", b"brands"),
        (b"Sec-CH-UA-Mobile", b"?1"),
        (b"sec-ch-ua-platform", b"\"Linux\""),
        (b"sec-ch-ua-model", b"x"),
    ];
    let block = HeaderBlock::new(serialise(lines.into_iter()));
    let expected = Agent {
        user_agent: Some(b"curl/8.0"),
        brands: Some(b"brands"),
        mobile: Some(b"?1"),
        platform: Some(b"\"Linux\""),
    };
    assert_eq!(Agent::read(&block), expected);
}

#[test]
fn only_the_first_kib_of_an_agent_is_looked_at() {
    let long = |start: &str, fill: &str, end: &str| {
        let mut text = start.to_owned();
        while text.len() < LONGEST {
            text.push_str(fill);
        }
        text.push_str(end);
        text
    };
    let of = |text: &str| {
        let user_agent = Some(text.as_bytes());
        Agent {
            user_agent,
            ..Agent::default()
        }
        .signals(None)
    };
    assert_eq!(of(&long("Mozilla/5.0 (x) ", "a ", "sqlmap/1")), told(&[]));
    assert_eq!(
        of(&long("sqlmap/1 ", "a ", "")),
        told(&[AgentSignal::Scripted])
    );
    let megabyte = "curl/8 ".repeat(150_000);
    assert_eq!(of(&megabyte), told(&[AgentSignal::Scripted]));
    assert!(canonical(megabyte.as_bytes()).len() <= LONGEST);
}

#[test]
fn agents_that_differ_in_case_space_or_minor_version_are_the_same() {
    let one = canonical(b"Mozilla/5.0 (iPhone; CPU iPhone OS 17_4_1 like Mac OS X) Version/17.4");
    assert_eq!(
        one,
        b"mozilla/5 (iphone; cpu iphone os 17 like mac os x) version/17"
    );
    for same in [
        &b"mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Version/17.4.1.2"[..],
        b"  Mozilla/5  (iPhone;\tCPU iPhone OS 17 like Mac OS X) Version/17. ",
    ] {
        assert_eq!(canonical(same), one);
    }
    for other in [
        &b"Mozilla/5.0"[..],
        b"",
        b"Mozilla/5.0 (iPhone; CPU iPhone OS 18_4_1 like Mac OS X) Version/17.4",
    ] {
        assert_ne!(canonical(other), one);
    }
    assert!(Agent::default().canonical().is_empty());
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(
        agent: Option<Vec<u8>>, brands: Option<Vec<u8>>, mobile: Option<Vec<u8>>, platform: Option<Vec<u8>>,
    ) {
        let agent = Agent {
            user_agent: agent.as_deref(),
            brands: brands.as_deref(),
            mobile: mobile.as_deref(),
            platform: platform.as_deref(),
        };
        let blank = agent.user_agent.is_none_or(|text| text.trim_ascii().is_empty());
        prop_assert_eq!(agent.signals(None).get(AgentSignal::Missing), Some(blank));
        prop_assert!(agent.canonical().len() <= LONGEST);
    }

    #[test]
    fn the_canonical_form_of_a_canonical_form_is_itself(text in "[ a-cA-C0-2._/\t\u{e9}]{0,40}") {
        let once = canonical(text.as_bytes());
        prop_assert_eq!(canonical(&once), once);
    }

    #[test]
    fn a_person_is_not_locked_out_by_words_after_the_browsers_own(words in "( [a-zA-Z]{1,3}[0-9]{1,4}/[0-9.]{1,6}){0,4}") {
        let text = format!("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0{words}");
        let agent = Agent { user_agent: Some(text.as_bytes()), ..Agent::default() };
        prop_assert_eq!(agent.signals(None), told(&[]));
    }
}
