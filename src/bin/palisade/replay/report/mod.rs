//! A summary as people and machines read it.

mod chart;
mod html;
mod text;

pub(super) use html::page;
pub(super) use text::lines;
