//! What was read, as SSML or as plain text.

/// A piece of speech.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// Words.
    Text(String),
    /// Silence.
    Pause(Pause),
}

/// How long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Pause {
    /// Between groups of digits.
    Short,
    /// Between parts of a sentence.
    Medium,
    /// After a thought.
    Long,
}

impl Pause {
    const fn ms(self) -> u32 {
        match self {
            Self::Short => 150,
            Self::Medium => 250,
            Self::Long => 400,
        }
    }
}

pub(super) fn ssml(pieces: &[Piece]) -> String {
    let mut out = String::from("<speak>");
    for piece in pieces {
        match piece {
            Piece::Text(text) => text.chars().for_each(|c| match c {
                '&' => out.push_str("&amp;"),
                '<' => out.push_str("&lt;"),
                '>' => out.push_str("&gt;"),
                '"' => out.push_str("&quot;"),
                '\'' => out.push_str("&apos;"),
                c => out.push(c),
            }),
            Piece::Pause(pause) => out.push_str(&format!("<break time=\"{}ms\"/>", pause.ms())),
        }
    }
    out.push_str("</speak>");
    out
}

pub(super) fn plain(pieces: &[Piece]) -> String {
    let mut out = String::new();
    for piece in pieces {
        match piece {
            Piece::Text(text) => out.push_str(text),
            Piece::Pause(pause) => {
                let said = out.trim_end().len();
                if said > 0 && !out[..said].ends_with(['.', ',', '?', '!']) {
                    out.truncate(said);
                    out.push(if *pause == Pause::Long { '.' } else { ',' });
                }
                out.push(' ');
            }
        }
    }
    out.split_whitespace().collect::<Vec<_>>().join(" ")
}
