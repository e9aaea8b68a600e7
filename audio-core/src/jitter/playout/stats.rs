//! What a playout buffer has done, with the meaning of the W3C's webrtc-stats.

/// Counters since `new` or the last `reset`. In samples at 8 kHz unless said otherwise.
///
/// Two identities hold at any time:
///
/// - every output sample is one of four:
///   `output = before_start + concealed + played + inserted_for_deceleration`, less what of a
///   stretched piece, 30 ms at most, is counted but still on its way out;
/// - every sample received in time ends in one of four places:
///   `received = played + removed_for_acceleration + discarded + waiting`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PlayoutStats {
    /// Samples that pulls have filled.
    pub output: u64,
    /// Silence before the first frame was due; not concealment.
    pub before_start: u64,
    /// Samples of frames taken in: neither duplicates nor wholly late ones.
    pub received: u64,
    /// Received samples that were played.
    pub played: u64,
    /// Invented samples: nothing had arrived (`concealedSamples`).
    pub concealed: u64,
    /// Of these, samples of silence and comfort noise (`silentConcealedSamples`).
    pub silent_concealed: u64,
    /// Runs of concealed samples (`concealmentEvents`).
    pub concealment_events: u64,
    /// Samples put in to slow down (`insertedSamplesForDeceleration`).
    pub inserted_for_deceleration: u64,
    /// Samples taken out to speed up (`removedSamplesForAcceleration`).
    pub removed_for_acceleration: u64,
    /// Samples that never came and were not concealed either, because the delay was above its target.
    pub skipped: u64,
    /// Received samples thrown away: the beginning of a late frame, what waited at a restart or
    /// when the buffer was full.
    pub discarded: u64,
    /// Received samples that wait to be played.
    pub waiting: u64,
    /// Frames whose whole time had passed when they came (`packetsDiscarded`).
    pub late_frames: u64,
    /// Frames that came again.
    pub duplicate_frames: u64,
    /// Times the stream began anew.
    pub resyncs: u64,
    /// Sum over played samples of the time from arrival to output, in samples
    /// (`jitterBufferDelay`).
    pub jitter_buffer_delay: u64,
    /// Samples in that sum (`jitterBufferEmittedCount`).
    pub jitter_buffer_emitted: u64,
}
