//! A recogniser as one call wants it.

use std::sync::Arc;
use std::time::Duration;

use super::Recogniser;
use crate::providers::net::ProviderError;

/// A recogniser that is told what this call's callers are likely to say.
#[derive(Debug)]
pub struct ForCall<R> {
    recogniser: Arc<R>,
    vocabulary: Vec<String>,
}

impl<R: Recogniser> ForCall<R> {
    /// `recogniser` with the phrases of a business.
    pub const fn new(recogniser: Arc<R>, vocabulary: Vec<String>) -> Self {
        Self { recogniser, vocabulary }
    }
}

impl<R: Recogniser> Recogniser for ForCall<R> {
    type Stream = R::Stream;
    const KEEP_ALIVE: Option<Duration> = R::KEEP_ALIVE;

    async fn open_with(&self, more: &[String]) -> Result<R::Stream, ProviderError> {
        match more {
            [] => self.recogniser.open_with(&self.vocabulary).await,
            _ => self.recogniser.open_with(&[&self.vocabulary, more].concat()).await,
        }
    }

    fn may_retry(&self, error: &ProviderError) -> bool {
        self.recogniser.may_retry(error)
    }
}

/// The phrases of a call, then those of any, each once and at most so many.
pub(in crate::providers) fn likely<'a>(
    vocabulary: &'a [String],
    phrases: &'a [String],
    most: usize,
) -> Vec<&'a str> {
    let mut seen = std::collections::HashSet::new();
    let all = vocabulary.iter().chain(phrases).map(String::as_str);
    all.filter(|phrase| seen.insert(*phrase)).take(most).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A-AUD-016: those of the business come first, so that a limit cuts others.
    #[test]
    fn the_business_comes_first() {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let (own, all) = (words("a b"), words("c b d"));
        assert_eq!(likely(&own, &all, 9), ["a", "b", "c", "d"]);
        assert_eq!(likely(&own, &all, 3), ["a", "b", "c"]);
    }
}
