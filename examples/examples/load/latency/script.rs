//! What is said in a call. Whatever has to be recognised again holds a word that occurs once in a run.

use anyhow::Context as _;
use audio_core::codec::ulaw;
use audio_core::frame::{FRAME_SAMPLES, ULAW_SILENCE};
use audio_core::tape::Tape;
use provider_fakes::openai::{Reply, Request};
use provider_fakes::twilio_caller::Caller;

/// The caller's question begins, in ms: the greeting is over.
const ASKS_MS: u64 = 2_000;
/// From the question's end to the interruption: the reply's second sentence is being said.
const BREAKS_IN_MS: u64 = 3_000;
/// From the interruption's end to the moment at which callers who do not wait break off: during the goodbye.
const LEAVES_MS: u64 = 1_300;
/// The longest call.
const HANGS_UP_MS: u64 = 25_000;
/// Sixteen letters that no word of the dialogue is made of in this order.
const LETTERS: [char; 16] = ['ב', 'ג', 'ד', 'ז', 'ח', 'ט', 'כ', 'ל', 'מ', 'נ', 'ס', 'ע', 'פ', 'צ', 'ק', 'ר'];

/// The caller's line.
pub(super) struct Script {
    /// µ-law at 8 kHz.
    audio: Vec<u8>,
    leaves_ms: u64,
}

impl Script {
    /// With the tape's first turn and its first interruption.
    pub(super) fn new(tape: &Tape) -> anyhow::Result<Self> {
        let [question, interruption, ..] = &tape.file.caller[..] else {
            anyhow::bail!("a tape with a turn and an interruption is needed");
        };
        let mut audio = silence(ASKS_MS);
        for (span, silence_ms) in [(question, BREAKS_IN_MS), (interruption, 0)] {
            let (from, to) = (span.start_ms as usize * 8, span.end_ms as usize * 8);
            let said = tape.caller.get(from..to).context("the tape is shorter than it says")?;
            audio.extend(said.iter().map(|sample| ulaw::encode(*sample)));
            audio.extend(silence(silence_ms));
        }
        let leaves_ms = audio.len() as u64 / 8 + LEAVES_MS;
        Ok(Self { audio, leaves_ms })
    }

    /// Tells a caller what to say and when to leave.
    pub(super) fn give_to(&self, line: &mut Caller, caller: u32) {
        line.audio.clone_from(&self.audio);
        line.hang_up_ms = Some(HANGS_UP_MS);
        if !stays(caller) {
            line.faults.drop_after_ms = Some(self.leaves_ms);
        }
    }
}

fn silence(ms: u64) -> Vec<u8> {
    vec![ULAW_SILENCE; ms as usize * FRAME_SAMPLES / 20]
}

/// Does this caller wait until the agent hangs up?
pub(super) const fn stays(caller: u32) -> bool {
    caller.is_multiple_of(2)
}

/// Who calls.
pub(super) fn number(caller: u32) -> String {
    format!("+97250{caller:07}")
}

/// What they are greeted with.
pub(super) fn greeting(caller: u32) -> String {
    format!("שלום, הגעתם אל {}.", word(caller))
}

/// What is recognised in the `n`-th turn of a run.
pub(super) fn words(n: u32) -> String {
    format!("אני מחפש {}", word(n))
}

/// The first sentence of the reply to `words`.
pub(super) fn first_sentence(words: &str) -> String {
    let about = words.rsplit(' ').next().unwrap_or_default();
    format!("הבנתי, מחפשים {about}.")
}

/// What the model answers: two sentences, and after that a goodbye.
pub(super) fn reply(request: &Request) -> Reply {
    let said = said_by(request, "user");
    let [words] = &said[..] else { return Reply::Tool("end_call".to_owned(), "{}".to_owned()) };
    let second = "יש לנו כמה אפשרויות שיכולות להתאים, ואספר עליהן אחת אחת לפי הסדר, מהראשונה עד האחרונה.";
    Reply::text(format!("{} {second}", first_sentence(words)))
}

/// What `role` has said in a conversation with the model.
pub(super) fn said_by(request: &Request, role: &str) -> Vec<String> {
    let json = request.json();
    let messages = json["messages"].as_array().map(Vec::as_slice).unwrap_or_default();
    let said = messages.iter().filter(|message| message["role"] == role);
    said.filter_map(|message| message["content"].as_str().map(str::to_owned)).collect()
}

/// A number as a word: digits may be read out, letters stay.
fn word(n: u32) -> String {
    (0..4).map(|digit| LETTERS[(n >> (4 * digit)) as usize % LETTERS.len()]).collect()
}
