//! Tapes: replay recorded calls in virtual time, and record live ones.

mod line;
mod replay;
mod report;
mod score;
mod timeline;

pub use replay::{ReplayError, ReplayOptions, replay};
pub use report::{BargeInCounts, CrmCounts, ReplayReport, TurnReport};
pub use timeline::{EventName, TimelineEvent};
