//! Which requests are protected: normalised paths and the patterns that match them.
//!
//! An application decides by its own rules what `/public/..;/%6cogin` is. A request must not pass
//! unjudged because those rules are not the ones that were guessed here, so an odd path is read in every
//! way that servers are known to read it ([`interpretations`]), and each reading is compared
//! with the routes ([`RouteTable::find`]). Finding a route too often costs a lookup; finding it too seldom
//! is a hole. A plain path, which is nearly every path, has one reading and costs no allocation.
//!
//! What no reading can know is the application's own routing: one that serves `/login.json` or
//! `/index.php/login` as its login needs a pattern that says so.

mod asked;
mod glob;
mod host;
mod method;
mod path;
mod pattern;
mod rewrite;
mod table;

pub use asked::{Asked, names_method_in_body};
pub use glob::Case;
pub use host::{Host, HostName, HostPattern, HostPatternError};
pub use method::{MethodError, Methods};
pub use path::{Interpretations, canonical, interpretations, spellings};
pub use pattern::{PathPattern, PatternError};
pub use table::{ContentIndex, Found, Reading, RouteIndex, RouteMatch, RouteTable, Says};
