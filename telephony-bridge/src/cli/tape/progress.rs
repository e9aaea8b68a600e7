//! A progress bar on standard error, where that is a terminal and there is something to wait for.

use indicatif::{ProgressBar, ProgressStyle};

/// A bar over `files`; one or two files show none.
pub(super) fn bar(files: u64) -> ProgressBar {
    if files < 3 {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len}  {msg}");
    ProgressBar::new(files).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// Says how many are done, of nobody knows how many.
pub(super) fn counter(what: &'static str) -> ProgressBar {
    let style = ProgressStyle::with_template("{spinner} {pos} {prefix}");
    let bar = ProgressBar::new_spinner().with_prefix(what);
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()))
}
