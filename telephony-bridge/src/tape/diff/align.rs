//! Which decision of one run is which of another: in order, each kind by itself.

/// Two lists of times, in order: pairs no farther apart than `window`, as close as can be, and what
/// is left over. Indices into the lists.
pub(super) fn align(a: &[u64], b: &[u64], window: u64) -> Vec<(Option<usize>, Option<usize>)> {
    let (mut i, mut j) = (0, 0);
    let mut pairs = Vec::new();
    while i < a.len() || j < b.len() {
        let pair = match (a.get(i), b.get(j)) {
            (Some(&x), Some(&y)) if x.abs_diff(y) <= window => {
                let apart = x.abs_diff(y);
                // The next one of a list may fit better, unless it has a partner of its own.
                let later_b = b.get(j + 1).is_some_and(|next| x.abs_diff(*next) < apart);
                let later_a = a.get(i + 1).is_some_and(|next| y.abs_diff(*next) < apart);
                match (later_a, later_b) {
                    (false, true) => (None, Some(j)),
                    (true, false) => (Some(i), None),
                    _ => (Some(i), Some(j)),
                }
            }
            (Some(x), Some(y)) if x < y => (Some(i), None),
            (_, Some(_)) => (None, Some(j)),
            _ => (Some(i), None),
        };
        i += usize::from(pair.0.is_some());
        j += usize::from(pair.1.is_some());
        pairs.push(pair);
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_list_pairs_with_itself() {
        let times = [100, 120, 900, 900, 5_000];
        let pairs: Vec<_> = (0..times.len()).map(|i| (Some(i), Some(i))).collect();
        assert_eq!(align(&times, &times, 1_000), pairs);
    }

    #[test]
    fn what_moved_is_paired_and_what_is_new_is_not() {
        assert_eq!(align(&[100], &[400], 1_000), [(Some(0), Some(0))]);
        assert_eq!(align(&[100], &[1_400], 1_000), [(Some(0), None), (None, Some(0))]);
        assert_eq!(align(&[1_000], &[500, 1_000], 1_000), [(None, Some(0)), (Some(0), Some(1))]);
        assert_eq!(align(&[500, 1_000], &[1_000], 1_000), [(Some(0), None), (Some(1), Some(0))]);
    }
}
