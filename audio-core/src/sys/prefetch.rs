//! Memory that will be read soon.

/// Lines of the cache.
#[cfg(all(target_arch = "x86_64", not(miri)))]
const LINE: usize = 64;

/// Asks for the memory of `value`, not of what it points to, and does not wait for it.
#[inline(always)]
pub(crate) fn prefetch<T>(value: &T) {
    #[cfg(all(target_arch = "x86_64", not(miri)))]
    // The last byte is in one line more where the value does not begin with a line.
    for at in (0..size_of::<T>()).step_by(LINE).chain(size_of::<T>().checked_sub(1)) {
        use core::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        let line = core::ptr::from_ref(value).cast::<i8>().wrapping_add(at);
        // SAFETY: a hint reads nothing, and the address lies within the value.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(line) };
    }
    #[cfg(not(all(target_arch = "x86_64", not(miri))))]
    let _ = value;
}
