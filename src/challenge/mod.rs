//! Challenges: proof of work, its page, and the clearance that a solved one earns.

pub mod carry;
mod html;
