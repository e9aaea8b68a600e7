//! Calls: one row a call, whatever order its news arrives in.

pub(crate) mod call;
pub(crate) mod directory;
pub(crate) mod effects;
pub(crate) mod events;
pub(crate) mod open;
pub(crate) mod sid;
pub(crate) mod view;
