//! What was said so far, for a session that was not there.

use crm_api::Speaker;

use super::wire;

/// Entries that another session is told, the last ones.
const TOLD: usize = 40;

/// The conversation, both sides, in order.
#[derive(Debug, Default)]
pub(super) struct Log(Vec<(Speaker, String)>);

impl Log {
    pub(super) fn said(&mut self, speaker: Speaker, text: &str, interrupted: bool) {
        let text = if interrupted { format!("{text} [הופסק]") } else { text.to_owned() };
        self.0.push((speaker, text));
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// The messages that tell it, from entry `first` on.
    pub(super) fn messages(&self, first: usize) -> impl Iterator<Item = String> + '_ {
        let first = first.max(self.0.len().saturating_sub(TOLD));
        self.0[first..].iter().map(|(speaker, text)| wire::said(*speaker, text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// S-AUD-014: another session is told what was said, the latest in full.
    #[test]
    fn the_latest_is_told() {
        let mut log = Log::default();
        (0..TOLD).for_each(|n| log.said(Speaker::Caller, &format!("{n}"), false));
        log.said(Speaker::Agent, "בשמחה", true);
        let told: Vec<String> = log.messages(0).collect();
        assert_eq!(told.len(), TOLD);
        assert!(told[0].contains("\"text\":\"1\"") && told[0].contains("input_text"), "{}", told[0]);
        let last = &told[TOLD - 1];
        assert!(last.contains("output_text") && last.contains("בשמחה [הופסק]"), "{last}");
        assert_eq!(log.messages(TOLD).count(), 1);
        assert_eq!(log.messages(log.len()).count(), 0);
    }
}
