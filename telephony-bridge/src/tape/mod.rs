//! Tapes: replay recorded calls in virtual time, and record live ones.

pub mod diff;
mod error;
mod find;
pub mod label;
mod line;
mod measures;
mod notebook;
mod open_loop;
pub mod parallel;
mod player;
mod record;
mod replay;
mod report;
mod rerun;
mod score;
mod setting;
pub mod store;
mod timeline;
mod trace;
pub mod tune;
pub mod view;
mod wire;

pub use error::{FindError, ReplayError, WireError};
pub use find::tapes_in;
pub use measures::Measures;
pub use open_loop::{RecordedAgent, open_loop};
pub use player::{Playable, Player};
pub use record::TapeRecorder;
pub use replay::{ReplayOptions, replay, replay_traced, tape_lines};
pub use report::{BargeInCounts, CrmCounts, ReplayReport, TurnReport};
pub use rerun::{Recording, Rerun, RerunOptions, rerun, rerun_traced};
pub use setting::{Setting, SettingError};
pub use timeline::{EventName, TimelineEvent};
pub use trace::{Trace, TraceFrame};
pub use wire::{Decision, Payload, Wire, WireInput, WireLine};
