//! Which calls are recorded.

use std::collections::BTreeSet;
use std::str::FromStr;

use sha2::{Digest as _, Sha256};

/// Which calls are recorded as tapes, of those whose decision allows it.
#[derive(Clone, Debug, PartialEq)]
pub enum RecordTapes {
    /// None.
    Off,
    /// Every one.
    All,
    /// This share of them, in [0, 1]. Which, the call's id decides: asked again, the answer is the
    /// same, whichever process is asked.
    Sampled(f64),
    /// Those of these businesses, by slug.
    Tenants(BTreeSet<String>),
}

impl RecordTapes {
    /// What text may say.
    pub const EXPECTED: &str = "off, all, sampled:SHARE with a share from 0 to 1, or tenants:SLUG,SLUG…";

    /// Is this call to be recorded, if its decision allows it?
    pub fn covers(&self, call_sid: &str, business: Option<&str>) -> bool {
        match self {
            Self::Off => false,
            Self::All => true,
            Self::Sampled(share) => place_of(call_sid) < *share,
            Self::Tenants(slugs) => business.is_some_and(|slug| slugs.contains(slug)),
        }
    }
}

impl FromStr for RecordTapes {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once(':') {
            None if text == "off" => Ok(Self::Off),
            None if text == "all" => Ok(Self::All),
            Some(("sampled", share)) => {
                let share = share.trim().parse().ok().filter(|share| (0.0..=1.0).contains(share));
                share.map(Self::Sampled).ok_or(Self::EXPECTED)
            }
            Some(("tenants", slugs)) => {
                let slugs: BTreeSet<String> = slugs.split(',').map(|slug| slug.trim().to_owned()).collect();
                if slugs.contains("") { Err(Self::EXPECTED) } else { Ok(Self::Tenants(slugs)) }
            }
            _ => Err(Self::EXPECTED),
        }
    }
}

/// A number in [0, 1) that looks random and is the call's own.
fn place_of(call_sid: &str) -> f64 {
    let hash = Sha256::digest(call_sid);
    let head = hash.first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes));
    // The upper 53 bits: what a double holds.
    (head >> 11) as f64 / (1u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A-PLT-006
    #[test]
    fn a_sample_is_a_share_and_always_the_same() {
        let sampled: RecordTapes = "sampled:0.1".parse().expect("a share");
        let covered = |n: u32| sampled.covers(&format!("CA{n:032x}"), None);
        let count = (0..10_000).filter(|n| covered(*n)).count();
        assert!((900..1_100).contains(&count), "{count}");
        assert!((0..100).all(|n| covered(n) == covered(n)));
        // Whoever is in a small sample is in a larger one.
        let more: RecordTapes = "sampled:0.2".parse().expect("a share");
        assert!((0..1_000).filter(|n| covered(*n)).all(|n| more.covers(&format!("CA{n:032x}"), None)));
        let all: RecordTapes = "sampled:1".parse().expect("a share");
        assert!((0..1_000).all(|n| all.covers(&format!("CA{n:032x}"), None)));
    }

    #[test]
    fn businesses_are_named() {
        let two: RecordTapes = "tenants:dana, yossi".parse().expect("two");
        assert!(two.covers("CA1", Some("dana")) && two.covers("CA1", Some("yossi")));
        assert!(!two.covers("CA1", Some("rina")) && !two.covers("CA1", None));
    }

    #[test]
    fn anything_else_is_refused() {
        for text in
            ["", "on", "sampled", "sampled:", "sampled:1.5", "sampled:NaN", "tenants:", "tenants:a,,b"]
        {
            assert_eq!(text.parse::<RecordTapes>(), Err(RecordTapes::EXPECTED), "{text}");
        }
    }
}
