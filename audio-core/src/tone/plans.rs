//! The tones of Israel and of the United States, as data.
//!
//! Sources: ITU-T E.180/Q.35 (03/1998) for what the tones mean and for the special information
//! tone's limits (950, 1,400 and 1,800 Hz ±50 Hz, 330 ±70 ms each); its Supplement 2 for national
//! values; Telcordia GR-506 for the precise tone plan of North America and SR-2275 for its
//! special information tones.
//!
//! Those four were not open to us. The values were checked against what is:
//!
//! * United States: the precise tone plan as Wikipedia and AT&T's and Mitel's system manuals print
//!   it (350 + 440; 480 + 620, 0.5 s or 0.25 s; 440 + 480, 2 s and 4 s), and zone `us` of DAHDI's
//!   tone zones. PBXs ring back with other cadences. The special information tones are those of
//!   four independent lists: first and second tone 913.8 or 985.2 and 1,370.6 or 1,428.5 Hz, each
//!   274 or 380 ms, third 1,776.7 Hz and 380 ms; "vacant code" is high and long, low and short.
//! * Israel: zone `il` of Asterisk's `indications.conf` and of the databases derived from it, for
//!   every cadence and for 1,000, 1,400 and 1,800 Hz. **They have 414 Hz where this plan has
//!   400 Hz**, the lowest nominal value of E.180's 400 to 450 Hz; no open list with 400 Hz for
//!   Israel was found. Heard, [`ToneVeto`](super::ToneVeto) takes both, and any steady tone
//!   between 94 and 3,531 Hz.

/// One stretch of a tone.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Segment {
    /// Frequencies in Hz, sounding together at equal level; 0 is none.
    pub hz: [f32; 2],
    /// Length in milliseconds.
    pub ms: u32,
}

impl Segment {
    /// One frequency.
    pub const fn tone(hz: f32, ms: u32) -> Self {
        Self { hz: [hz, 0.0], ms }
    }

    /// Two frequencies at once.
    pub const fn pair(low: f32, high: f32, ms: u32) -> Self {
        Self { hz: [low, high], ms }
    }

    /// Silence.
    pub const fn pause(ms: u32) -> Self {
        Self { hz: [0.0; 2], ms }
    }
}

/// Segments one after the other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cadence {
    /// What sounds. A continuous tone is one segment that repeats: the phase runs on as long as
    /// it lasts a whole number of periods.
    pub segments: &'static [Segment],
    /// Start over after the last segment, for ever?
    pub repeats: bool,
}

impl Cadence {
    const fn repeating(segments: &'static [Segment]) -> Self {
        Self { segments, repeats: true }
    }
}

/// A country's tones (ITU-T E.180 names; North American ones in brackets).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TonePlan {
    /// ISO 3166 code.
    pub country: &'static str,
    /// Dial tone: dial now.
    pub dial: Cadence,
    /// Ringing tone (audible ringback): the far end rings.
    pub ringback: Cadence,
    /// Busy tone: the far end is engaged.
    pub busy: Cadence,
    /// Congestion tone (reorder, fast busy): the network is.
    pub congestion: Cadence,
    /// Special information tone: an announcement of failure follows.
    pub special_information: Cadence,
    /// Call-waiting tone: somebody else calls.
    pub call_waiting: Cadence,
}

/// Israel: 400 Hz for everything but the special information tone.
pub const ISRAEL: TonePlan = TonePlan {
    country: "IL",
    dial: Cadence::repeating(&[Segment::tone(400.0, 1_000)]),
    ringback: Cadence::repeating(&[Segment::tone(400.0, 1_000), Segment::pause(3_000)]),
    busy: Cadence::repeating(&[Segment::tone(400.0, 500), Segment::pause(500)]),
    congestion: Cadence::repeating(&[Segment::tone(400.0, 250), Segment::pause(250)]),
    special_information: Cadence::repeating(&[
        Segment::tone(1_000.0, 330),
        Segment::tone(1_400.0, 330),
        Segment::tone(1_800.0, 330),
        Segment::pause(1_000),
    ]),
    call_waiting: Cadence::repeating(&[
        Segment::tone(400.0, 100),
        Segment::pause(100),
        Segment::tone(400.0, 100),
        Segment::pause(100),
        Segment::tone(400.0, 600),
        Segment::pause(3_000),
    ]),
};

/// United States: the precise tone plan.
pub const UNITED_STATES: TonePlan = TonePlan {
    country: "US",
    dial: Cadence::repeating(&[Segment::pair(350.0, 440.0, 1_000)]),
    ringback: Cadence::repeating(&[Segment::pair(440.0, 480.0, 2_000), Segment::pause(4_000)]),
    busy: Cadence::repeating(&[Segment::pair(480.0, 620.0, 500), Segment::pause(500)]),
    congestion: Cadence::repeating(&[Segment::pair(480.0, 620.0, 250), Segment::pause(250)]),
    // "Vacant code": high first tone, two long ones and a short one between.
    special_information: Cadence {
        segments: &[
            Segment::tone(985.2, 380),
            Segment::tone(1_370.6, 274),
            Segment::tone(1_776.7, 380),
            Segment::pause(1_000),
        ],
        repeats: false,
    },
    call_waiting: Cadence::repeating(&[Segment::tone(440.0, 300), Segment::pause(10_000)]),
};

/// Every plan of this module.
pub const ALL: [TonePlan; 2] = [ISRAEL, UNITED_STATES];

impl TonePlan {
    /// The tones with their names, in the order of the fields.
    pub const fn tones(&self) -> [(&'static str, Cadence); 6] {
        [
            ("dial", self.dial),
            ("ringback", self.ringback),
            ("busy", self.busy),
            ("congestion", self.congestion),
            ("special information", self.special_information),
            ("call waiting", self.call_waiting),
        ]
    }
}
