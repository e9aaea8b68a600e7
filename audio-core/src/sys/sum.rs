//! Sums in several lanes.
//!
//! A sum number by number waits for each addition: four cycles a number, most of what a frame's power costs. Here number
//! n goes to lane n modulo 16, and the lanes are summed in pairs: the order is fixed too, so that every machine gets the
//! same bits, and the compiler makes vectors of it.

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
    use super::{sum, sum_of};

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
