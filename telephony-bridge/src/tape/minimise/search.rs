//! Leaves out pieces of time, in ever smaller groups, as long as the decision is shown.

use super::cut::Kept;

/// Replays at most: an hour of calls is cut into some hundred pieces.
const MAX_TRIES: u32 = 2_000;

/// The shortest part of `whole` that `shows` accepts; `pieces` are in order and apart, in ms.
pub(super) fn shortest(whole: Kept, pieces: &[(u64, u64)], mut shows: impl FnMut(&Kept) -> bool) -> Kept {
    let mut left: Vec<(u64, u64)> = pieces.to_vec();
    let mut best = whole;
    let mut groups = 2;
    let mut tries = 0;
    while !left.is_empty() && tries < MAX_TRIES {
        let size = left.len().div_ceil(groups);
        let mut shorter = false;
        let mut at = 0;
        while at < left.len() && tries < MAX_TRIES {
            let end = (at + size).min(left.len());
            let without = left[at..end].iter().fold(best.clone(), |kept, piece| kept.without(*piece));
            tries += 1;
            if shows(&without) {
                best = without;
                left.drain(at..end);
                shorter = true;
            } else {
                at = end;
            }
        }
        if size == 1 && !shorter {
            break;
        }
        groups = if shorter { 2.max(groups - 1) } else { (groups * 2).min(left.len().max(1)) };
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_needed_stays() {
        let pieces: Vec<(u64, u64)> = (0..40).map(|i| (i * 100, (i + 1) * 100)).collect();
        let needed = [(700, 800), (2_900, 3_000)];
        let mut tries = 0;
        let kept = shortest(Kept::until(4_000, 5_000), &pieces, |kept| {
            tries += 1;
            needed.iter().all(|(from, to)| kept.holds(*from, *to))
        });
        assert_eq!(kept.length_ms(), 200, "{kept:?}");
        assert_eq!(kept.moved(3_000), 200);
        assert!(tries < 200, "{tries}");
    }
}
