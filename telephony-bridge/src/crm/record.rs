//! One line of the journal: `length checksum json\n`, both numbers as eight hexadecimal digits.
//!
//! JSON holds no raw newline, so a damaged line costs itself alone, and a torn last line is
//! recognised by its missing end. Checksum: CRC-32 (ISO-HDLC, as in zip and Ethernet).

use crm_api::CallEvent;
use serde::{Deserialize, Serialize};

/// Bytes before the JSON.
const HEAD: usize = 18;

/// What the journal holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Record {
    /// An event was recorded.
    Event {
        /// The call.
        call_sid: String,
        /// The event with its `seq`.
        event: CallEvent,
    },
    /// Every event of the call up to `up_to` is stored by the CRM, or refused by it for good.
    Done {
        /// The call.
        call_sid: String,
        /// The last of them.
        up_to: u64,
    },
    /// What compaction keeps of a call apart from its waiting events.
    Call {
        /// The call.
        call_sid: String,
        /// The last `seq` given out.
        last_seq: u64,
        /// When its first event happened, unix ms.
        first_at_ms: i64,
        /// When its last event happened, unix ms.
        last_at_ms: i64,
        /// Was `Ended` among them?
        ended: bool,
    },
}

impl Record {
    /// Appends the line to `out` and returns its length in bytes.
    pub(super) fn encode(&self, out: &mut Vec<u8>) -> Result<usize, serde_json::Error> {
        let json = serde_json::to_vec(self)?;
        let head = format!("{:08x} {:08x} ", json.len(), crc32(&json));
        out.extend_from_slice(head.as_bytes());
        out.extend_from_slice(&json);
        out.push(b'\n');
        Ok(HEAD + json.len() + 1)
    }

    /// The record of a whole line, newline included; `None` if it is damaged.
    pub(super) fn decode(line: &[u8]) -> Option<Self> {
        let json = line.get(HEAD..)?.strip_suffix(b"\n")?;
        let head = std::str::from_utf8(&line[..HEAD]).ok()?;
        let (length, checksum) = head.trim_end().split_once(' ')?;
        let whole = usize::from_str_radix(length, 16) == Ok(json.len())
            && u32::from_str_radix(checksum, 16) == Ok(crc32(json));
        if whole { serde_json::from_slice(json).ok() } else { None }
    }
}

fn crc32(bytes: &[u8]) -> u32 {
    const TABLE: [u32; 256] = {
        let mut table = [0; 256];
        let mut i = 0;
        while i < 256 {
            let mut value = i as u32;
            let mut bit = 0;
            while bit < 8 {
                value = if value & 1 == 1 { value >> 1 ^ 0xedb8_8320 } else { value >> 1 };
                bit += 1;
            }
            table[i] = value;
            i += 1;
        }
        table
    };
    !bytes.iter().fold(!0, |crc, &byte| crc >> 8 ^ TABLE[usize::from(crc as u8 ^ byte)])
}

#[cfg(test)]
mod tests {
    use crm_api::{CallEventKind, EndReason};
    use proptest::prelude::*;

    use super::*;

    /// The check value of the CRC catalogue.
    #[test]
    fn the_checksum_is_the_usual_one() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    }

    fn line() -> Vec<u8> {
        let kind = CallEventKind::Ended { reason: EndReason::Silence, duration_ms: 5 };
        let event = CallEvent { seq: 3, at_ms: 7, kind };
        let mut line = Vec::new();
        let length = Record::Event { call_sid: "CA1".into(), event }.encode(&mut line);
        assert_eq!(length.expect("JSON"), line.len());
        line
    }

    #[test]
    fn every_kind_of_event_survives() {
        let kinds = [
            CallEventKind::Started { from: "א".into(), to: "\n\"".into(), stream_sid: "MZ".into() },
            CallEventKind::BargeIn { at_ms_in_call: 1, score: 0.93, heard_ms: u64::MAX },
            CallEventKind::LeadFields { fields: [("שם".into(), "דנה".into())].into() },
        ];
        for kind in kinds {
            let event = CallEvent { seq: u64::MAX, at_ms: i64::MIN, kind };
            let record = Record::Event { call_sid: "CA1".into(), event };
            let mut line = Vec::new();
            record.encode(&mut line).expect("JSON");
            assert_eq!(Record::decode(&line), Some(record));
        }
    }

    #[test]
    fn a_torn_line_is_no_record() {
        let line = line();
        assert!(Record::decode(&line).is_some());
        for cut in 0..line.len() {
            assert_eq!(Record::decode(&line[..cut]), None, "{cut}");
        }
    }

    proptest! {
        #[test]
        fn damage_is_noticed(at in 0_usize..80, bit in 0_u8..8) {
            let mut line = line();
            let at = at % line.len();
            let before = line[at];
            line[at] ^= 1 << bit;
            // An upper-case hexadecimal digit is the same number.
            prop_assume!(!(at < HEAD && line[at].eq_ignore_ascii_case(&before)));
            prop_assert_eq!(Record::decode(&line), None);
        }

        #[test]
        fn no_bytes_make_the_decoder_panic(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            let _ = Record::decode(&bytes);
        }
    }
}
