//! Several names in one request, and several accounts of one name.

use super::*;
use crate::identity::account::BodyBytes;

#[test]
fn a_batch_counts_for_the_account_that_is_told_and_teaches_no_name() {
    let mut site = Site::new();
    let headers = block(&[
        (":method", "POST"),
        (":path", "/batch"),
        (":authority", "example.com"),
        ("content-type", "text/plain"),
    ]);
    let Progress::Step(Step::Reads(reading)) =
        site.engine.begin(&headers, false, StreamId(1), &site.host)
    else {
        panic!("its body is read");
    };
    let body = BodyBytes::Whole(b"login(ada) login(mallory)");
    let Outcome::Pass(_, Some(watch)) = done(reading.finish(body, &mut site.engine, &site.host))
    else {
        panic!("it goes on");
    };
    let answered = site.answered(watch, &wrong("99"));
    assert!(matches!(answered, Ok(Through(None))));
    assert_eq!(site.told(AccountNameResult::Doubtful), 1);
    // Else ada would be counted as mallory's account, whose own successes forgive.
    assert!(matches!(site.log_in("mallory", "99", ""), Through(_)));
    let through = site.guesses(&["ada"], "17", 2 * LIMIT);
    assert_eq!(through, LIMIT - 1, "the batch was one of them");
}

#[test]
fn several_accounts_of_a_name_are_all_counted_and_too_many_are_none() {
    let mut site = Site::new();
    let both = [
        (":status", "401"),
        ("x-user", "17"),
        ("x-user", " 18 "),
        ("x-user", ""),
    ];
    for number in 0..LIMIT + 1 {
        let came = site.try_at("/login", &[("x-name", "ada")], &both);
        assert_eq!(matches!(came, Through(_)), number < LIMIT);
    }
    for account in ["17", "18"] {
        let name = format!("of {account}");
        assert_eq!(site.fail(&name, account), Withheld, "{name}");
    }
    let names: Vec<String> = (0..9).map(|number| number.to_string()).collect();
    let mut many = vec![(":status", "401")];
    many.extend(names.iter().map(|name| ("x-user", name.as_str())));
    assert!(matches!(
        site.try_at("/login", &[("x-name", "bob")], &many),
        Through(_)
    ));
    assert_eq!(site.told(AccountNameResult::TooMany), 1);
    assert!(matches!(site.fail("nobody", "3"), Through(_)));
}
