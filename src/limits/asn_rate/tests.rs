use std::collections::HashMap;
use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::fake_host::FakeHost;
use crate::identity::account::AccountError;
use crate::limits::{Threshold, Window};
use crate::store::Budget;

fn rates(min_samples: u32) -> AsnRates {
    let counters = Counters::new("test", Budget::COUNTERS, [0; 16], PrefixLengths::default());
    let settings = AsnFailures {
        window: Window::new(Duration::from_secs(3_600)).expect("a window"),
        min_samples: Threshold::new(min_samples).expect("a threshold"),
    };
    AsnRates::new(settings, counters)
}

fn account(name: u8) -> Account {
    let rules = crate::identity::account::Normalisation::default();
    let made: Result<Account, AccountError> = rules.account(format!("account-{name}").as_bytes());
    made.expect("a name")
}

/// A login: of which system, network and account, and whether it fails.
type Login = (u8, u8, Option<u8>, bool);

fn logins() -> impl Strategy<Value = Vec<Login>> {
    let login = (
        0..3_u8,
        0..12_u8,
        proptest::option::of(0..12_u8),
        any::<bool>(),
    );
    proptest::collection::vec(login, 0..250)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// The whole defence against being made to look bad, or good.
    #[test]
    fn each_network_and_each_account_counts_its_share_and_no_more(logins in logins(), min_samples in 10..60_u32) {
        let (rates, host) = (rates(min_samples), FakeHost::of("11.0.0.1:1"));
        let share = min_samples / 10;
        let mut used: HashMap<(&str, u8, bool), u32> = HashMap::new();
        let mut counted: HashMap<(u8, bool), u32> = HashMap::new();
        for (asn, network, name, failed) in logins {
            let sample = Sample {
                asn: Asn::new(u32::from(asn) + 64_500).expect("a number"),
                network: [network; 17],
                account: name.map(account),
            };
            let result = if failed { LoginResult::Failure } else { LoginResult::Success };
            rates.learn(&sample, result, host.time(), &host);
            let mut takes = |kind, name| {
                let used = used.entry((kind, name, failed)).or_default();
                *used += 1;
                *used <= share
            };
            if name.is_none_or(|name| takes("account", name)) && takes("network", network) {
                *counted.entry((asn, failed)).or_default() += 1;
            }
        }
        for asn in 0..3 {
            let of = |failed| counted.get(&(asn, failed)).copied().unwrap_or(0);
            let number = Asn::new(u32::from(asn) + 64_500).expect("a number");
            let rate = rates.failure_rate(number, host.time(), &host);
            prop_assert_eq!(rate, FailureRate::of(of(true), of(false), min_samples));
        }
    }
}

#[test]
fn what_other_workers_write_all_the_time_is_lost_and_said_to_be() {
    let (rates, host) = (rates(10), FakeHost::of("11.0.0.1:1"));
    let sample = Sample {
        asn: Asn::MIN,
        network: [0; 17],
        account: None,
    };
    let learn = || {
        rates.learn(&sample, LoginResult::Failure, host.time(), &host);
    };
    host.contended.set(true);
    learn();
    assert_eq!(host.counted(Event::CountGivenUp), 1);
    host.contended.set(false);
    learn();
    learn();
    for (result, times) in [(SampleResult::Counted, 1), (SampleResult::OverShare, 1)] {
        assert_eq!(host.counted(Event::AsnSample(result)), times, "{result:?}");
    }
}
