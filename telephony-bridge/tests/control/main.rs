//! Call control: handing over, hanging up, calls that the bridge places, recordings, webhooks. Over real sockets.

mod hand_over;
mod messages;
mod once;
mod outbound;
mod recordings;
mod site;
mod webhooks;
