//! What somebody tries who knows how the proxies of a fleet count together.

use super::*;

#[test]
fn a_lock_lifted_elsewhere_is_lifted_where_the_last_failure_was_seen() {
    let (limit, links) = (json!({ "count": "failures" }), once::links());
    let mut fleet = Fleet::new(&shared(limit, links));
    for at in 0..3 {
        assert!(fleet.tries(at, "alice", "401"), "{at}");
    }
    let link = once::link(&fleet);
    let service = &mut fleet.service;
    let led = once::follow(&mut fleet.proxies[0], &link, Some(service));
    assert_eq!(led, "/login?unlock=done");
    fleet.pass(6);
    assert!(fleet.tries(2, "alice", "200"));
}
