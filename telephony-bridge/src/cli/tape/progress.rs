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
