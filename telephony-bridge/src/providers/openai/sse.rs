//! Server-sent events in whatever pieces they arrive (WHATWG HTML, "Server-sent events").

/// Longest event that is accepted, in bytes.
pub(super) const MAX_EVENT: usize = 256 * 1024;

/// An event is longer than anything a chat answers with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an event longer than {MAX_EVENT} bytes")]
pub(super) struct TooLong;

/// Bytes that are no event yet.
#[derive(Debug, Default)]
pub(super) struct Sse {
    line: Vec<u8>,
    data: Vec<u8>,
    has_data: bool,
    after_cr: bool,
    begun: bool,
}

impl Sse {
    /// Takes the next bytes; appends the data of the events they complete to `events`.
    pub(super) fn push(&mut self, bytes: &[u8], events: &mut Vec<Vec<u8>>) -> Result<(), TooLong> {
        for &byte in bytes {
            match byte {
                b'\n' if std::mem::take(&mut self.after_cr) => {}
                b'\n' | b'\r' => {
                    self.after_cr = byte == b'\r';
                    self.end_line(events);
                }
                _ => {
                    self.after_cr = false;
                    self.line.push(byte);
                    if self.line.len() + self.data.len() > MAX_EVENT {
                        return Err(TooLong);
                    }
                }
            }
        }
        Ok(())
    }

    /// The connection is at its end: some servers leave out the last empty line.
    pub(super) fn finish(&mut self, events: &mut Vec<Vec<u8>>) {
        if !self.line.is_empty() {
            self.end_line(events);
        }
        self.end_event(events);
    }

    fn end_line(&mut self, events: &mut Vec<Vec<u8>>) {
        let line = std::mem::take(&mut self.line);
        let line = match std::mem::replace(&mut self.begun, true) {
            false => line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&line),
            true => &line,
        };
        if line.is_empty() {
            return self.end_event(events);
        }
        // Comments keep the connection alive; `event`, `id` and `retry` say nothing here.
        let Some(value) = line.strip_prefix(b"data") else { return };
        let value = match value.split_first() {
            None => b"",
            Some((b':', value)) => value.strip_prefix(b" ").unwrap_or(value),
            Some(_) => return,
        };
        if std::mem::replace(&mut self.has_data, true) {
            self.data.push(b'\n');
        }
        self.data.extend_from_slice(value);
    }

    fn end_event(&mut self, events: &mut Vec<Vec<u8>>) {
        if std::mem::take(&mut self.has_data) {
            events.push(std::mem::take(&mut self.data));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn events(stream: &[u8], cut: usize) -> Vec<String> {
        let (mut sse, mut events) = (Sse::default(), Vec::new());
        stream.chunks(cut).for_each(|piece| sse.push(piece, &mut events).expect("short"));
        sse.finish(&mut events);
        events.into_iter().map(|event| String::from_utf8(event).expect("whole letters")).collect()
    }

    #[test]
    fn events_are_whole_wherever_they_are_cut() {
        let stream = "\u{feff}: keep alive\r\n\r\ndata: שלום\n\nevent: x\ndata:{\"a\":\ndata: 1}\r\r\ndata\n\ndatab: no\n\ndata: [DONE]";
        for cut in 1..stream.len() {
            let seen = events(stream.as_bytes(), cut);
            assert_eq!(seen, ["שלום", "{\"a\":\n1}", "", "[DONE]"], "{cut}");
        }
    }

    #[test]
    fn an_endless_line_is_refused() {
        let (mut sse, mut events) = (Sse::default(), Vec::new());
        let line = vec![b'x'; MAX_EVENT + 1];
        assert_eq!(sse.push(&line, &mut events), Err(TooLong));
        let (mut sse, data) = (Sse::default(), [b"data: ".as_slice(), &[b'x'; 1_000], b"\n"].concat());
        assert!((0..300).any(|_| sse.push(&data, &mut events).is_err()), "one event of many lines");
    }

    proptest! {
        #[test]
        fn cuts_do_not_matter(stream in "(data|: |\n|\r|x|[א-ת]|event:){0,200}", cut in 1_usize..20) {
            prop_assert_eq!(events(stream.as_bytes(), cut), events(stream.as_bytes(), usize::MAX));
        }
    }
}
