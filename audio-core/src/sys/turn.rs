//! Rows become columns.

/// Rows of what is turned.
const ROWS: usize = 16;
/// Numbers of a row and of a column that are turned at a time.
const BLOCK: usize = 8;

/// 16 rows of `N / 16` numbers become `N / 16` rows of 16. `N` is a multiple of 128.
#[inline(always)]
pub(crate) fn turn<const N: usize>(from: &[f32; N], to: &mut [f32; N]) {
    const { assert!(N.is_multiple_of(ROWS * BLOCK), "whole blocks") };
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: a function compiled for AVX2 may be called on a processor that has it, and this one
        // was asked; the answer is cached in an atomic.
        return unsafe { x86::turn(from, to) };
    }
    one_by_one(from, to);
}

#[inline(always)]
fn one_by_one<const N: usize>(from: &[f32; N], to: &mut [f32; N]) {
    for (column, to) in to.as_chunks_mut::<ROWS>().0.iter_mut().enumerate() {
        for (to, row) in to.iter_mut().zip(from.chunks_exact(N / ROWS)) {
            *to = row[column];
        }
    }
}

/// The compiler takes twice as many instructions for the same shuffles.
#[cfg(target_arch = "x86_64")]
mod x86 {
    use core::arch::x86_64::{
        __m256, _mm_loadu_ps, _mm256_castps128_ps256, _mm256_insertf128_ps, _mm256_shuffle_ps,
        _mm256_storeu_ps, _mm256_unpackhi_ps, _mm256_unpacklo_ps,
    };

    use super::{BLOCK, ROWS};

    const HALF: usize = BLOCK / 2;

    #[target_feature(enable = "avx2")]
    pub(super) fn turn<const N: usize>(from: &[f32; N], to: &mut [f32; N]) {
        let (width, from) = (N / ROWS / HALF, from.as_chunks::<HALF>().0);
        for (four, to) in to.as_chunks_mut::<{ HALF * ROWS }>().0.iter_mut().enumerate() {
            for half in 0..ROWS / BLOCK {
                // Of each row four numbers; with them those of the row that is four below.
                let rows = core::array::from_fn(|row| {
                    let row = BLOCK * half + row;
                    two(&from[row * width + four], &from[(row + HALF) * width + four])
                });
                for (column, to) in four_by_four(rows).into_iter().zip(to.as_chunks_mut::<ROWS>().0) {
                    let to = &mut to.as_chunks_mut::<BLOCK>().0[half];
                    // SAFETY: eight floats are written, and there is room for eight; any address will do.
                    unsafe { _mm256_storeu_ps(to.as_mut_ptr(), column) };
                }
            }
        }
    }

    #[target_feature(enable = "avx2")]
    #[inline]
    fn two(low: &[f32; HALF], high: &[f32; HALF]) -> __m256 {
        // SAFETY: four floats are read of each, and each has four; any address will do.
        let (low, high) = unsafe { (_mm_loadu_ps(low.as_ptr()), _mm_loadu_ps(high.as_ptr())) };
        _mm256_insertf128_ps::<1>(_mm256_castps128_ps256(low), high)
    }

    /// In both halves of the vectors.
    #[target_feature(enable = "avx2")]
    #[inline]
    fn four_by_four([a, b, c, d]: [__m256; HALF]) -> [__m256; HALF] {
        let (ab, more_ab) = (_mm256_unpacklo_ps(a, b), _mm256_unpackhi_ps(a, b));
        let (cd, more_cd) = (_mm256_unpacklo_ps(c, d), _mm256_unpackhi_ps(c, d));
        [
            _mm256_shuffle_ps::<0x44>(ab, cd),
            _mm256_shuffle_ps::<0xee>(ab, cd),
            _mm256_shuffle_ps::<0x44>(more_ab, more_cd),
            _mm256_shuffle_ps::<0xee>(more_ab, more_cd),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::{one_by_one, turn};

    #[test]
    fn rows_become_columns_by_either_way() {
        let from: [f32; 256] = core::array::from_fn(|n| n as f32);
        let (mut to, mut slowly) = ([0.0; 256], [0.0; 256]);
        turn(&from, &mut to);
        one_by_one(&from, &mut slowly);
        assert_eq!(to, slowly);
        assert!((0..256).all(|n| to[n] == ((n % 16) * 16 + n / 16) as f32));
        let from: [f32; 128] = core::array::from_fn(|n| n as f32);
        let mut to = [0.0; 128];
        turn(&from, &mut to);
        assert!((0..128).all(|n| to[n] == ((n % 16) * 8 + n / 16) as f32));
    }
}
