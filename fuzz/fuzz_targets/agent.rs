//! Whatever a client says it is, its agent gives signals, and its canonical form is short and stable.
#![no_main]

use palisade::agent::{Agent, LONGEST};
use palisade::fingerprint::Ja4;
use palisade::message::HeaderBlock;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let mut lines = bytes.split(|byte| *byte == b'\n');
    let agent = Agent {
        user_agent: lines.next(),
        brands: lines.next(),
        mobile: lines.next(),
        platform: lines.next(),
    };
    let _ = agent.signals(Ja4::parse(bytes));
    let once = agent.canonical();
    assert!(once.len() <= LONGEST);
    let user_agent = Some(&once[..]);
    assert_eq!(
        Agent {
            user_agent,
            ..Agent::default()
        }
        .canonical(),
        once
    );
    let _ = Agent::read(&HeaderBlock::new(bytes.to_vec())).signals(Ja4::parse(bytes));
});
