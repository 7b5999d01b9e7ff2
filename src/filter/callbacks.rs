//! Who answers the callbacks from the host.
#![allow(unsafe_code, reason = "the exported names, which `abi` writes here")]

#[cfg(feature = "pauses")]
super::abi::answer_callbacks!(crate::filter::pauses);
#[cfg(not(feature = "pauses"))]
super::abi::answer_callbacks!(crate::filter::plugin);
