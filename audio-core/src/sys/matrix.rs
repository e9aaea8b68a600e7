//! A matrix of whole numbers times a vector: multiply-and-add instructions where there are some.

/// Rows that are summed at a time, in groups of as many as a vector of 32-bit sums has.
pub(crate) const BLOCK_ROWS: usize = GROUPS * LANES;
const GROUPS: usize = 8;
const LANES: usize = 8;

/// Two columns of a block: of each row two numbers, side by side, row after row.
type Pair = [[i16; 2 * LANES]; GROUPS];

/// `BLOCKS` times [`BLOCK_ROWS`] rows of `PAIRS` times 2 columns, in the order in which they are read: a
/// vector holds the same two columns of several rows, so that no sum has to be taken across a vector.
#[derive(Debug)]
#[repr(align(64))]
pub(crate) struct Matrix<const BLOCKS: usize, const PAIRS: usize>([[Pair; PAIRS]; BLOCKS]);

impl<const BLOCKS: usize, const PAIRS: usize> Matrix<BLOCKS, PAIRS> {
    pub(crate) const ROWS: usize = BLOCKS * BLOCK_ROWS;
    pub(crate) const COLUMNS: usize = 2 * PAIRS;

    pub(crate) const ZERO: Self = Self([[[[0; 2 * LANES]; GROUPS]; PAIRS]; BLOCKS]);

    pub(crate) const fn set(&mut self, row: usize, column: usize, weight: i16) {
        let (block, row) = (row / BLOCK_ROWS, row % BLOCK_ROWS);
        self.0[block][column / 2][row / LANES][2 * (row % LANES) + column % 2] = weight;
    }

    /// Each row's sum of products with `inputs`, one for each column. Whole numbers: the order of a sum
    /// changes nothing.
    #[inline(always)]
    pub(crate) fn times<const COLUMNS: usize>(&self, inputs: &[i16; COLUMNS]) -> [[i32; BLOCK_ROWS]; BLOCKS] {
        const { assert!(COLUMNS == Self::COLUMNS, "an input for each column") };
        let inputs = inputs.as_chunks::<2>().0;
        let mut sums = [[0; BLOCK_ROWS]; BLOCKS];
        for (sums, block) in sums.iter_mut().zip(&self.0) {
            block_times(block, inputs, sums);
        }
        sums
    }
}

#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn block_times(block: &[Pair], inputs: &[[i16; 2]], sums: &mut [i32; BLOCK_ROWS]) {
    if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: a function compiled for AVX2 may be called on a processor that has it, and this one
        // was asked; the answer is cached in an atomic.
        unsafe { x86::avx2(block, inputs, sums) }
    } else {
        // SAFETY: every x86-64 has SSE2.
        unsafe { x86::sse2(block, inputs, sums) }
    }
}

#[cfg(not(target_arch = "x86_64"))]
use portable as block_times;

#[cfg(any(test, not(target_arch = "x86_64")))]
fn portable(block: &[Pair], inputs: &[[i16; 2]], sums: &mut [i32; BLOCK_ROWS]) {
    *sums = [0; BLOCK_ROWS];
    for (pair, [first, second]) in block.iter().zip(inputs) {
        for (sum, [a, b]) in sums.iter_mut().zip(pair.as_flattened().as_chunks::<2>().0) {
            *sum += i32::from(*a) * i32::from(*first) + i32::from(*b) * i32::from(*second);
        }
    }
}

/// The compiler does not find these instructions in [`portable`] by itself.
#[cfg(target_arch = "x86_64")]
mod x86 {
    use core::arch::x86_64::{
        __m128i, __m256i, _mm_add_epi32, _mm_loadu_si128, _mm_madd_epi16, _mm_set1_epi32, _mm_setzero_si128,
        _mm_storeu_si128, _mm256_add_epi32, _mm256_loadu_si256, _mm256_madd_epi16, _mm256_set1_epi32,
        _mm256_setzero_si256, _mm256_storeu_si256,
    };

    use super::{BLOCK_ROWS, GROUPS, LANES, Pair};

    /// Two inputs, to be multiplied with each row's two numbers.
    #[inline(always)]
    fn both([first, second]: [i16; 2]) -> i32 {
        i32::from(first as u16) | i32::from(second) << 16
    }

    #[target_feature(enable = "avx2")]
    pub(super) fn avx2(block: &[Pair], inputs: &[[i16; 2]], sums: &mut [i32; BLOCK_ROWS]) {
        let mut groups = [_mm256_setzero_si256(); GROUPS];
        for (pair, &input) in block.iter().zip(inputs) {
            let input = _mm256_set1_epi32(both(input));
            for (sum, weights) in groups.iter_mut().zip(pair) {
                // SAFETY: 16 numbers of 16 bits are read, and there are 16; any address will do.
                let weights = unsafe { _mm256_loadu_si256(weights.as_ptr().cast::<__m256i>()) };
                *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(weights, input));
            }
        }
        for (out, sum) in sums.as_chunks_mut::<LANES>().0.iter_mut().zip(groups) {
            // SAFETY: eight numbers of 32 bits are written, and there is room for eight; any address will do.
            unsafe { _mm256_storeu_si256(out.as_mut_ptr().cast::<__m256i>(), sum) };
        }
    }

    /// What every x86-64 has; half a block at a time, for there are half as many numbers in a vector.
    #[target_feature(enable = "sse2")]
    pub(super) fn sse2(block: &[Pair], inputs: &[[i16; 2]], sums: &mut [i32; BLOCK_ROWS]) {
        for (half, sums) in sums.as_chunks_mut::<{ BLOCK_ROWS / 2 }>().0.iter_mut().enumerate() {
            let mut groups = [_mm_setzero_si128(); GROUPS];
            for (pair, &input) in block.iter().zip(inputs) {
                let input = _mm_set1_epi32(both(input));
                let weights = pair.as_flattened().as_chunks::<LANES>().0;
                for (sum, weights) in groups.iter_mut().zip(&weights[half * GROUPS..]) {
                    // SAFETY: 8 numbers of 16 bits are read, and there are 8; any address will do.
                    let weights = unsafe { _mm_loadu_si128(weights.as_ptr().cast::<__m128i>()) };
                    *sum = _mm_add_epi32(*sum, _mm_madd_epi16(weights, input));
                }
            }
            for (out, sum) in sums.as_chunks_mut::<4>().0.iter_mut().zip(groups) {
                // SAFETY: four numbers of 32 bits are written, and there is room for four; any address
                // will do.
                unsafe { _mm_storeu_si128(out.as_mut_ptr().cast::<__m128i>(), sum) };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Matrix, portable};

    /// Against the sums that define it, with the greatest weights and inputs among others.
    #[test]
    fn it_is_the_product_by_every_way() {
        let weight = |row: usize, column: usize| ((row * 31 + column * 17) % 4_095) as i16 - 2_047;
        let mut matrix = Box::new(Matrix::<2, 13>::ZERO);
        for row in 0..Matrix::<2, 13>::ROWS {
            (0..26).for_each(|column| matrix.set(row, column, weight(row, column)));
        }
        let inputs: [i16; 26] = core::array::from_fn(|n| [2_047, -2_047, -3, 900, 0][n % 5]);
        let exact: Vec<i32> = (0..Matrix::<2, 13>::ROWS)
            .map(|row| (0..26).map(|column| i32::from(weight(row, column)) * i32::from(inputs[column])).sum())
            .collect();
        assert_eq!(matrix.times(&inputs).as_flattened(), exact);
        for (block, exact) in matrix.0.iter().zip(exact.as_chunks().0) {
            let mut sums = [1; super::BLOCK_ROWS];
            portable(block, inputs.as_chunks().0, &mut sums);
            assert_eq!(&sums, exact);
            #[cfg(target_arch = "x86_64")]
            {
                // SAFETY: every x86-64 has SSE2.
                unsafe { super::x86::sse2(block, inputs.as_chunks().0, &mut sums) };
                assert_eq!(&sums, exact);
            }
        }
    }
}
