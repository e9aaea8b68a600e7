//! Tapes: replay recorded calls in virtual time, and record live ones.

mod line;
mod notebook;
mod record;
mod replay;
mod report;
mod rerun;
mod score;
mod timeline;
mod wire;

pub use record::TapeRecorder;
pub use replay::{ReplayError, ReplayOptions, replay, tape_lines};
pub use rerun::{Recording, Rerun, WireError, rerun};
pub use report::{BargeInCounts, CrmCounts, ReplayReport, TurnReport};
pub use timeline::{EventName, TimelineEvent};
pub use wire::{Decision, Payload, Wire, WireInput, WireLine};
