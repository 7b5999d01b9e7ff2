//! The Chromium of the tests in a browser.

#[path = "../../tests/envoy/browser/chromium.rs"]
pub(crate) mod chromium;
#[path = "../../tests/envoy/browser/tools.rs"]
pub(crate) mod tools;
