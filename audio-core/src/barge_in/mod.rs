//! Barge-in: does the caller want the floor while the agent is speaking?
//!
//! Three stages: `evidence` turns a frame of each line into four numbers in [0, 1] and knows the
//! echo, `score` weighs them, follows the run of voice and decides, `policy` holds the rules. A high score is
//! reported twice: *duck* early and reversibly, so that the agent can be turned down, *yield* when it should stop.
//!
//! While the agent is silent, `foreground` tells the caller's voice from those behind them, so that their turn ends.

mod before;
mod doubt;
mod echo;
mod evidence;
mod floor;
mod foreground;
mod memory;
mod model;
mod policy;
mod run;
mod score;
mod talker;
mod timbre;
mod verdict;

pub use echo::EchoEstimate;
pub use evidence::{Near, Reasons};
pub use memory::Memory;
pub use model::MODEL_INPUTS;
pub use policy::{BargeInConfig, Preset};
pub use score::BargeInDetector;
pub use timbre::Timbre;
pub use verdict::{ResumeReason, Verdict};
