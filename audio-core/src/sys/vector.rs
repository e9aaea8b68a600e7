//! Wider vectors where the processor has them, with the same bits.

/// A loop over numbers, with what it works on.
pub(crate) trait Work {
    /// What comes of it.
    type Out;

    /// Does it. Must be `#[inline(always)]`, to be compiled twice, and so must be those of its loops that
    /// lie in functions: what it calls and is not made part of it is compiled once, for the narrower
    /// vectors. (A closure in place of this trait would be, too.)
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

/// The greatest of `numbers`, 0 if none is positive. As whole numbers, whose greatest is found several at a
/// time: those of positive floats are in the same order, and those of negative ones below them.
#[inline(always)]
pub(crate) fn greatest(numbers: &[f32]) -> f32 {
    f32::from_bits(numbers.iter().fold(0, |greatest, x| greatest.max(x.to_bits() as i32)) as u32)
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
