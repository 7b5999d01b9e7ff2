//! Accounts that an application finds under several spellings.

use crate::support::{Policy, Scene, failed};
use serde_json::{Value, json};

/// Three failures an hour per account, whose spellings are one by these rules.
fn three_failures(normalise: Value) -> Policy {
    Policy::failures(3).with(json!({ "identity": { "normalise": normalise } }))
}

async fn statuses(scene: &Scene, spellings: &[&str]) -> Vec<u16> {
    let mut statuses = Vec::new();
    for (number, spelling) in spellings.iter().enumerate() {
        let encoded: String = spelling
            .bytes()
            .map(|byte| format!("%{byte:02X}"))
            .collect();
        let answer = scene.login(&format!("11.0.{number}.1"), &encoded).await;
        statuses.push(answer.status);
    }
    statuses
}

#[tokio::test]
async fn the_fourth_spelling_of_an_account_is_limited_as_the_first() {
    let scene = Scene::start(&three_failures(json!({
        "accents": "remove",
        "blanks": "remove",
        "phone": { "country_code": 49 },
    })))
    .await;
    scene.application.answer(failed());
    for spellings in [
        [
            "+49 170 1234567",
            "0049 170 1234567",
            "0170 1234567",
            "(0170) 123-4567",
            "+49 (0)170 1234567",
            "０１７０ １２３４５６７",
            "0170.123\u{a0}45\u{2011}67",
        ],
        [
            "Łukasz@example.com",
            "lukasz@example.com",
            "LUKASZ@example.com",
            "lu kasz@example.com",
            "ĺuƙasz @example.com",
            "lukaſz@example.com",
            "lukasz\u{20dd}@example.com",
        ],
        [
            "bjæhøđ",
            "bjaehod",
            "BJÆHØĐ",
            "bjǽhǿđ",
            "bjaehoð",
            "bjæ hød",
            "bjaeħod",
        ],
    ] {
        let found = statuses(&scene, &spellings).await;
        assert_eq!(found, [401, 401, 401, 429, 429, 429, 429], "{spellings:?}");
    }
    let others = ["0170 1234568", "0171 1234567", "lucasz@example.com"];
    assert_eq!(statuses(&scene, &others).await, [401; 3]);
}

#[tokio::test]
async fn spellings_are_accounts_of_their_own_where_nothing_is_said() {
    let scene = Scene::start(&three_failures(json!({}))).await;
    scene.application.answer(failed());
    let spellings = ["0170 1234567", "+49 170 1234567", "łb", "lb", "l b"];
    assert_eq!(statuses(&scene, &spellings).await, [401; 5]);
}
