/// Whether the host hands over a body while the head is held back: only with `allow_on_headers_stop_iteration`, of
/// which nothing else tells us.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Bodies {
    /// Nobody knows yet.
    #[default]
    Unknown,
    /// The head must go on first: a body had come to the host, and not to us.
    AfterHead,
    /// It does: one came while its head was held back.
    WithHead,
}
