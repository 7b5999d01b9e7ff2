use crate::limits::{DistinctThreshold, Threshold, Window};

/// When too few different agents come from a subnet on which there should be many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Uniform {
    /// After so many requests; before that nobody knows.
    pub requests: Threshold,
    /// No more different agents than these.
    pub agents: DistinctThreshold,
    /// In this time.
    pub window: Window,
    /// How long agents are remembered: at least as long as any request that is still counted.
    pub memory: Window,
    /// Whether on every network, and not only on those of mobile carriers.
    pub everywhere: bool,
}

/// What a route asks of the User-Agent. Later asks for more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum AgentUse {
    /// Nothing, so that it is not read.
    #[default]
    Nothing,
    /// What it says.
    Read,
    /// Also whether others of its subnet say the same, which has to be counted.
    Counted,
}
