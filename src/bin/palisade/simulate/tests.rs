//! Scenarios that ship, what a run says of small ones, and mistakes in files.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use palisade::scenario::Scenario;

use super::figures::{Figure, Figures};
use super::plan::Plan;
use super::progress::Progress;
use super::sources::{self, SCENARIOS, Tested};

fn lines() -> [super::Line; 3] {
    ["/login", "/login/code", "/password-reset"].map(|path| ("POST".to_owned(), path.to_owned()))
}

/// What these sets of defences come to.
fn table(scenario: &Scenario, seed: u64, names: &[&str]) -> Vec<(String, Figures)> {
    let tested = Tested::read(None, &[]).expect("the policy that ships");
    let mut plan = Plan::new(
        ("test", scenario),
        &tested,
        (lines(), "localhost"),
        (false, None),
    )
    .expect("a plan");
    plan.keep(names);
    let progress = Progress::new(1, Arc::new(AtomicBool::new(false)));
    let rows = plan.run(seed, 2, &progress);
    rows.into_iter()
        .map(|row| (row.name, row.figures.expect("figures")))
        .collect()
}

fn of<'t>(table: &'t [(String, Figures)], name: &str) -> &'t Figures {
    &table.iter().find(|(row, _)| row == name).expect(name).1
}

fn small(attack: &str, honest: &str) -> Scenario {
    let text = format!(
        "{{ title: t, length: 1h, accounts: 1000, attacks: [{attack}], honest: [{honest}] }}"
    );
    sources::read("test.yaml", &text).unwrap_or_else(|mistakes| panic!("{mistakes}"))
}

const RACK: &str = "{ name: rack, attempts: 1500, right: 0.01, \
    addresses: { within: [45.76.0.0/24], count: 50, per_network: 50, flags: [hosting] } }";
const PEOPLE: &str =
    "{ name: people, people: 100, logins: 100, addresses: { within: [80.0.0.0/8], count: 100 } }";

#[test]
fn every_scenario_that_ships_can_be_run() {
    let tested = Tested::read(None, &[]).expect("the policy that ships");
    for shipped in SCENARIOS {
        let scenario = sources::read(shipped.name, shipped.text)
            .unwrap_or_else(|mistakes| panic!("{mistakes}"));
        let sample = scenario.clone().sampled(1_000_000);
        let plan = Plan::new(
            (shipped.name, &sample),
            &tested,
            (lines(), "localhost"),
            (true, None),
        );
        let plan = plan.unwrap_or_else(|problem| panic!("{problem}"));
        let progress = Progress::new(1, Arc::new(AtomicBool::new(false)));
        for row in plan.run(1, 1, &progress) {
            row.figures
                .unwrap_or_else(|problem| panic!("{}: {problem}", shipped.name));
        }
    }
}

#[test]
fn without_defences_every_guess_gets_through_and_with_all_few_do() {
    let table = table(
        &small(RACK, PEOPLE),
        1,
        &["none", "subnet", "devices", "all"],
    );
    let none = of(&table, "none");
    assert_eq!(none.get(Figure::Reached), 1_500);
    assert!((5..40).contains(&none.get(Figure::Taken)), "{none:?}");
    assert_eq!(none.get(Figure::Lookups), 0);
    assert_eq!(none.turned_away(), Some(0.0));
    let all = of(&table, "all");
    assert_eq!(all.get(Figure::Reached), 0, "a datacenter is denied");
    assert_eq!(all.get(Figure::Taken), 0);
    assert!(all.get(Figure::Lookups) >= 150, "{all:?}");
    assert!(of(&table, "subnet").get(Figure::Limited) > 0);
    assert_eq!(
        of(&table, "devices").get(Figure::Reached),
        1_500,
        "devices stop nobody by themselves"
    );
}

#[test]
fn the_same_seed_gives_the_same_figures_and_another_one_others() {
    let scenario = small(RACK, PEOPLE);
    let [one, again, other] = [1, 1, 2].map(|seed| table(&scenario, seed, &["none", "all"]));
    // Which address has to go from the cache is random in the filter, so that nobody can choose it.
    let plain = |table: &[(String, Figures)]| -> Vec<serde_json::Value> {
        let rows = table.iter().map(|(_, figures)| {
            let mut row = figures.to_json();
            row.as_object_mut().expect("a row").remove("lookups");
            row
        });
        rows.collect()
    };
    assert_eq!(plain(&one), plain(&again));
    assert_ne!(of(&one, "none"), of(&other, "none"));
}

#[test]
fn an_attacker_that_leaves_refused_addresses_has_none_left_at_last() {
    let attack = RACK.replace("right: 0.01", "right: 0.01, gives_up_after: 1");
    let table = table(&small(&attack, PEOPLE), 1, &["reputation"]);
    let reputation = of(&table, "reputation");
    assert_eq!(reputation.get(Figure::Requests), 50);
    assert_eq!(reputation.get(Figure::GivenUp), 1_450);
}

#[test]
fn a_challenge_is_solved_by_whoever_can_and_the_work_is_counted() {
    let attack = RACK.replace("flags: [hosting]", "flags: []");
    let idle = table(&small(&attack, PEOPLE), 1, &["challenge"]);
    let busy = table(
        &small(&attack.replace("right", "solves: 5000000, right"), PEOPLE),
        1,
        &["challenge"],
    );
    let (idle, busy) = (of(&idle, "challenge"), of(&busy, "challenge"));
    assert!(
        idle.get(Figure::Challenged) > 0 && idle.get(Figure::Solved) == 0,
        "{idle:?}"
    );
    assert!(
        busy.get(Figure::Solved) > 0 && busy.get(Figure::Work) >= 25_000,
        "{busy:?}"
    );
    assert!(busy.get(Figure::Reached) > idle.get(Figure::Reached));
}

#[test]
fn known_devices_get_in_while_their_account_is_attacked() {
    let attack = "{ name: locker, attempts: 1200, targets: 10, \
        addresses: { within: [24.0.0.0/8], count: 3000 } }";
    let owners = "{ name: owners, people: 10, logins: 100, known: 1, typos: 0, \
        addresses: { within: [80.0.0.0/8], count: 10 } }";
    let mut scenario = small(attack, owners);
    scenario.together = vec![vec!["account".to_owned(), "devices".to_owned()]];
    let table = table(&scenario, 1, &["account", "account + devices"]);
    assert!(
        of(&table, "account").turned_away() > Some(50.0),
        "the limit alone locks owners out"
    );
    assert_eq!(of(&table, "account + devices").turned_away(), Some(0.0));
}

#[test]
fn mistakes_in_a_scenario_have_lines_and_say_what_was_meant() {
    let text = "title: t\nlength: 1h\naccounts: 10\nhonest:\n  - name: people\n    peple: 5\n    people: 5\n    logins: 1\n    \
                addresses: { within: [80.0.0.0/8], count: 1 }\n";
    let told = sources::read("own.yaml", text).expect_err("a mistake");
    assert!(
        told.contains("own.yaml:6:5: error:") && told.contains("did you mean people?"),
        "{told}"
    );
    let told = sources::read("own.yaml", "title: [").expect_err("a mistake");
    assert!(told.contains("neither YAML nor JSON"), "{told}");
    let told = sources::find("cgnt").err().expect("none");
    assert!(told.ends_with("did you mean cgnat?"), "{told}");
}

#[test]
fn a_stopped_run_tells_what_is_known_and_how_far_it_came() {
    let scenario = small(RACK, PEOPLE);
    let tested = Tested::read(None, &[]).expect("the policy that ships");
    let plan = Plan::new(
        ("test", &scenario),
        &tested,
        (lines(), "localhost"),
        (true, None),
    )
    .expect("a plan");
    let stopped = Arc::new(AtomicBool::new(false));
    let progress = Progress::new(1, Arc::clone(&stopped));
    std::thread::scope(|scope| {
        let rows = scope.spawn(|| plan.run(1, 1, &progress));
        stopped.store(true, std::sync::atomic::Ordering::Relaxed);
        // Stopped before or while it ran.
        for row in rows.join().expect("rows") {
            let figures = row.figures.expect("figures");
            assert!(figures.cut.is_some_and(|share| share < 100), "{figures:?}");
        }
    });
}
