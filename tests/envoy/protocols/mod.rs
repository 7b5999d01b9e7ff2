//! The same verdicts over HTTP/2 and HTTP/3, on a real Envoy with two workers.

mod crumbs;
mod scene;
mod verdicts;
