//! Adaptive playout.
