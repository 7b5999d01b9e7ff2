use serde_json::{Value, json};

use super::*;
use crate::config::error::ConfigErrors;
use crate::json::{self, Json};

fn load_device(device: Value) -> (DeviceCookies, String) {
    let tree = json!({ "device": device });
    let tree = Json::parse(tree.to_string().as_bytes()).expect("JSON");
    let raw = json::read(tree.get("device").expect("a device")).expect("a device");
    let mut mistakes = Mistakes::new(&tree);
    let cookies = cookies(&raw, &Place::Top.field("device"), &mut mistakes);
    let told = mistakes.unless_any(Some(())).err().unwrap_or_default();
    (cookies, ConfigErrors(told).to_string())
}

#[test]
fn device_cookies_are_as_the_operator_says() {
    let (cookies, told) = load_device(json!({}));
    assert_eq!((cookies, told.as_str()), (DeviceCookies::default(), ""));
    let (cookies, told) = load_device(json!({ "cookie": "__Secure-d", "lifetime": "30d" }));
    let expected = DeviceCookies {
        name: CookieName::new("__Secure-d").expect("a name"),
        lifetime: Lifetime::new(std::time::Duration::from_secs(30 * 86_400)).expect("a span"),
    };
    assert_eq!((cookies, told.as_str()), (expected, ""));
}

#[test]
fn what_browsers_would_not_keep_is_told_with_its_place() {
    let (_, told) = load_device(json!({ "cookie": "a b", "lifetime": "500d" }));
    for words in [
        "device.cookie = \"a b\"",
        "the name of a cookie",
        "device.lifetime = \"500d\"",
        "from 1d to 400d",
    ] {
        assert!(told.contains(words), "{words} in {told}");
    }
    let (_, told) = load_device(json!({ "lifetime": "23h" }));
    assert!(told.contains("device.lifetime = \"23h\""), "{told}");
}
