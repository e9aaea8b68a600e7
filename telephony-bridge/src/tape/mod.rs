//! Tapes: replay recorded calls in virtual time, and record live ones.

mod error;
mod line;
mod notebook;
mod record;
mod replay;
mod report;
mod rerun;
mod score;
mod timeline;
mod wire;

pub use error::{ReplayError, WireError};
pub use record::TapeRecorder;
pub use replay::{ReplayOptions, replay, tape_lines};
pub use report::{BargeInCounts, CrmCounts, ReplayReport, TurnReport};
pub use rerun::{Recording, Rerun, RerunOptions, rerun};
pub use timeline::{EventName, TimelineEvent};
pub use wire::{Decision, Payload, Wire, WireInput, WireLine};
