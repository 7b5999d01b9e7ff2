//! Sessions that are judged once, and those that are revoked when the answer comes too late, on a real Envoy with two
//! workers.

mod background;
mod challenged;
mod flood;
mod hostile;
mod lasting;
mod notices;
mod once;
mod places;
mod scene;
mod strangers;
mod streams;
