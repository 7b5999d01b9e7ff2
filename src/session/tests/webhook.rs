use super::*;
use crate::signing::{Secret, SigningKeys};

pub(super) fn signing_keys(secrets: &str) -> SigningKeys {
    let secret = |letter: char| Secret::parse(&letter.to_string().repeat(40)).expect("a secret");
    SigningKeys::new(&secrets.chars().map(secret).collect::<Vec<_>>()).expect("keys")
}

pub(super) fn webhook(id: u8) -> Webhook {
    let session = session("s3cret");
    let revocation = Revocation::new(Sanction::Deny, at_millis(123), at_millis(1_456), Life::DAY);
    Webhook::new(
        WebhookId::new([id; 16]),
        SessionReference::new(&session, key_of("s3cret")),
        &revocation,
        ("login", "tor"),
        ClientAddress::parse(b"192.0.2.1"),
    )
}

#[test]
fn a_notice_says_which_session_and_why_and_never_the_session_itself() {
    let webhook = webhook(0xab);
    let key = format!("{:016x}", key_of("s3cret").get());
    // printf s3cret | sha256sum
    let sha256 = "1ec1c26b50d5d3c58d9583181af8076655fe00756bf7285940ba3670f99fcba0";
    let expected = format!(
        concat!(
            r#"{{"event":"session.revoked","id":"{id}","session":"{key}","session_sha256":"{sha256}","action":"deny","#,
            r#""route":"login","reason":"tor","client":"192.0.2.1","requested_at_ms":1764000000123,"#,
            r#""revoked_at_ms":1764000001456,"revoked_until":1764086401}}"#
        ),
        id = "ab".repeat(16),
        key = key,
        sha256 = sha256,
    );
    assert_eq!(webhook.body(), expected);
    assert_eq!(webhook.id().to_string(), "ab".repeat(16));
}

#[test]
fn a_notice_without_an_address_and_with_any_names_is_json() {
    let revocation = Revocation::new(Sanction::Challenge, at(0), at(0), Life::DAY);
    let webhook = Webhook::new(
        WebhookId::new([0; 16]),
        SessionReference::new(&session("x"), key_of("x")),
        &revocation,
        ("a \"route\"\n", "\u{7f}é"),
        None,
    );
    let read: serde_json::Value = serde_json::from_str(webhook.body()).expect("JSON");
    assert_eq!(read["client"], serde_json::Value::Null);
    assert_eq!(read["route"], "a \"route\"\n");
    assert_eq!(read["action"], "challenge");
}

/// Applications verify it by themselves: the form must not change unnoticed.
#[test]
fn the_first_key_signs_the_time_of_sending_and_the_body() {
    let webhook = webhook(1);
    let made = webhook.signature(&signing_keys("ab"), at(5));
    let mac = signing_keys("a").sign_text(
        crate::signing::Purpose::Revocation,
        &format!("1764000005.{}", webhook.body()),
    );
    let mac: String = mac.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(made, format!("t=1764000005,v1={mac}"));
    assert_ne!(made, webhook.signature(&signing_keys("ba"), at(5)));
    assert_eq!(
        crate::signing::Purpose::Revocation.label(),
        "palisade.revocation.v1"
    );
}
