//! What limits do, on a real Envoy with two workers.

mod actions;
mod agents;
mod bodies;
mod carriers;
mod codes;
mod devices;
mod doubts;
mod exactness;
mod heads;
mod kinds;
mod logins;
mod matches;
mod names;
mod networks;
mod overlap;
mod probe;
mod responses;
mod scene;
mod slow;
mod spellings;
mod spray;
mod systems;
mod travel;
mod unlock;
mod updates;
mod volume;
