//! Small recurrent networks: what the voice detector and the barge-in scorer remember a call with.
//!
//! Weights and activations are whole numbers, so that sums do not depend on their order: each
//! processor may take them by its own instructions and every machine gets the same bits. Between the
//! products stand a few thousand additions, multiplications and divisions of floats, in a fixed order.

mod gru;
mod layer;
mod reader;

pub(crate) use gru::Gru;
pub use layer::UNITS;
pub(crate) use layer::{Layer, whole};
pub(crate) use reader::Reader;
