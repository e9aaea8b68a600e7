//! Wider vectors where the processor has them, with the same bits.

/// A loop over numbers, with what it works on.
pub(crate) trait Work {
    /// What comes of it.
    type Out;

    /// Does it. Must be `#[inline(always)]`, and so must be what it calls, to be compiled twice. (A
    /// closure would be compiled once, by itself.)
    fn run(self) -> Self::Out;
}

/// Runs `work`, compiled once for the vectors that every processor of the target has and, on x86-64,
/// once more for AVX2.
///
/// Both compute the same bits: only the vectors' width differs. Sums are taken in the order in which the
/// source has them, and AVX2 alone has no fused multiplication and addition.
#[inline(always)]
pub(crate) fn widest<W: Work>(work: W) -> W::Out {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: a function compiled for AVX2 may be called on a processor that has it, and this one
        // was asked; the answer is cached in an atomic.
        return unsafe { avx2(work) };
    }
    work.run()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn avx2<W: Work>(work: W) -> W::Out {
    work.run()
}

/// Numbers in a step of a product of vectors.
pub(crate) const VECTOR: usize = 32;

/// Each row's sum of products with `inputs`. Whole numbers: the order of a sum is the compiler's to choose.
pub(crate) fn products<const ROWS: usize, const COLUMNS: usize>(
    rows: &[[i16; COLUMNS]; ROWS],
    inputs: &[i16; COLUMNS],
) -> [i32; ROWS] {
    const { assert!(COLUMNS.is_multiple_of(VECTOR), "whole vectors") };
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: as in `widest`.
        return unsafe { products_avx2(rows, inputs) };
    }
    each_row(rows, |row| product(row, inputs))
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn products_avx2<const ROWS: usize, const COLUMNS: usize>(
    rows: &[[i16; COLUMNS]; ROWS],
    inputs: &[i16; COLUMNS],
) -> [i32; ROWS] {
    each_row(rows, |row| product_avx2(row, inputs))
}

#[inline(always)]
fn each_row<const ROWS: usize, const COLUMNS: usize>(
    rows: &[[i16; COLUMNS]; ROWS],
    product: impl Fn(&[i16; COLUMNS]) -> i32,
) -> [i32; ROWS] {
    let mut out = [0; ROWS];
    for (out, row) in out.iter_mut().zip(rows) {
        *out = product(row);
    }
    out
}

// Functions of their own, lest rows be woven into each other.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
#[inline(never)]
fn product_avx2<const COLUMNS: usize>(a: &[i16; COLUMNS], b: &[i16; COLUMNS]) -> i32 {
    dot(a, b)
}

#[inline(never)]
fn product<const COLUMNS: usize>(a: &[i16; COLUMNS], b: &[i16; COLUMNS]) -> i32 {
    dot(a, b)
}

/// 32 products at a time: of an inner loop of that length the compiler makes multiply-and-add
/// instructions, four on every x86-64 and two where AVX2 is.
#[inline(always)]
fn dot<const COLUMNS: usize>(a: &[i16; COLUMNS], b: &[i16; COLUMNS]) -> i32 {
    let product = |(a, b): (&[i16; VECTOR], &[i16; VECTOR])| {
        a.iter().zip(b).map(|(&a, &b)| i32::from(a) * i32::from(b)).sum::<i32>()
    };
    a.as_chunks().0.iter().zip(b.as_chunks().0).map(product).sum()
}

#[cfg(test)]
mod tests {
    use super::{Work, widest};

    #[test]
    fn both_widths_give_the_same_bits() {
        struct Mixed<'a>(&'a [f32; 100], &'a [f32; 100]);
        impl Work for Mixed<'_> {
            type Out = [f32; 100];

            #[inline(always)]
            fn run(self) -> [f32; 100] {
                let Self(x, y) = self;
                core::array::from_fn(|n| x[n] * y[n] + y[99 - n] * 0.3 - x[n].sqrt() / (1.0 + y[n]))
            }
        }
        let x = core::array::from_fn(|n| (n as f32 * 0.37).sin().abs());
        let y = core::array::from_fn(|n| (n as f32 * 0.11).cos().abs());
        let bits = |values: [f32; 100]| values.map(f32::to_bits);
        assert_eq!(bits(widest(Mixed(&x, &y))), bits(Mixed(&x, &y).run()));
    }
}
