//! Who answers the callbacks from the host.
#![allow(unsafe_code, reason = "the exported names, which `abi` writes here")]

super::abi::answer_callbacks!(crate::filter::plugin);
