//! Sums in several lanes.
//!
//! Summed number by number, each addition waits for the one before and none becomes part of a vector. Here number n goes to
//! lane n modulo 16, and the lanes are summed in pairs: that order is fixed too, so that every machine gets the same bits.

const LANES: usize = 16;

/// The sum of what `part` makes of each number.
#[inline(always)]
pub(crate) fn sum_of<T: Copy>(numbers: &[T], part: impl Fn(T) -> f32) -> f32 {
    let mut lanes = [0.0f32; LANES];
    let (blocks, rest) = numbers.as_chunks::<LANES>();
    for block in blocks {
        for (lane, &x) in lanes.iter_mut().zip(block) {
            *lane += part(x);
        }
    }
    for (lane, &x) in lanes.iter_mut().zip(rest) {
        *lane += part(x);
    }
    let eight: [f32; LANES / 2] = core::array::from_fn(|n| lanes[n] + lanes[n + LANES / 2]);
    let four: [f32; LANES / 4] = core::array::from_fn(|n| eight[n] + eight[n + LANES / 4]);
    (four[0] + four[2]) + (four[1] + four[3])
}

/// The sum of all numbers.
#[inline(always)]
pub(crate) fn sum(numbers: &[f32]) -> f32 {
    sum_of(numbers, |x| x)
}

#[cfg(test)]
mod tests {
    use super::{LANES, sum, sum_of};
    use crate::sys::vector::{Work, widest};

    /// By the rule, one addition after the other; fractions, so that another order would round otherwise.
    #[test]
    fn the_order_is_that_of_the_rule_whichever_the_vectors() {
        struct Sum<'a>(&'a [f32; 100]);
        impl Work for Sum<'_> {
            type Out = f32;

            #[inline(always)]
            fn run(self) -> f32 {
                sum(self.0)
            }
        }
        let numbers: [f32; 100] = core::array::from_fn(|n| 1.0 / (2 * n + 3) as f32);
        let mut lanes = [0.0f32; LANES];
        for (n, x) in numbers.iter().enumerate() {
            lanes[n % LANES] += x;
        }
        for width in [8, 4, 2, 1] {
            for n in 0..width {
                lanes[n] += lanes[n + width];
            }
        }
        assert_ne!(lanes[0], numbers.iter().sum::<f32>());
        assert_eq!(sum(&numbers).to_bits(), lanes[0].to_bits());
        assert_eq!(widest(Sum(&numbers)).to_bits(), lanes[0].to_bits());
    }

    /// Whole numbers are summed without rounding: any order gives the same.
    #[test]
    fn every_number_counts_once() {
        for len in [0, 1, 15, 16, 17, 80, 255] {
            let numbers: Vec<f32> = (0..len).map(|n| (n * n % 97) as f32).collect();
            assert_eq!(sum(&numbers), numbers.iter().sum::<f32>(), "{len}");
            let samples: Vec<i16> = (0..len).map(|n| n as i16 - 40).collect();
            let squares: i32 = samples.iter().map(|&x| i32::from(x) * i32::from(x)).sum();
            assert_eq!(sum_of(&samples, |x| f32::from(x) * f32::from(x)), squares as f32, "{len}");
        }
    }
}
