//! How long to wait after the caller's voice before the turn is over.

use std::time::Duration;

use super::config::SessionConfig;
use crate::words::Ending;

/// The wait after the detector's own hangover, by how the words end so far, and while there are none by whether a
/// `short_answer` may have been it. Words come late: the wait is judged anew whenever some arrive.
pub(super) const fn wait(config: &SessionConfig, ending: Ending, short_answer: bool) -> Duration {
    match ending {
        Ending::None if short_answer => config.endpointing_answer,
        Ending::None | Ending::Perhaps => config.endpointing,
        Ending::Unfinished => config.endpointing_unfinished,
        Ending::Question | Ending::Complete => config.endpointing_complete,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Quick after a sentence, patient after "of", and less so where "yes" may have been all.
    #[test]
    fn what_is_unfinished_is_waited_for() {
        let config = SessionConfig::default();
        let [complete, none, unfinished] =
            [Ending::Complete, Ending::None, Ending::Unfinished].map(|ending| wait(&config, ending, false));
        assert!(complete < none && none < unfinished);
        assert_eq!(complete, wait(&config, Ending::Question, false));
        assert_eq!(none, wait(&config, Ending::Perhaps, true));
        assert!((complete..none).contains(&wait(&config, Ending::None, true)));
    }
}
