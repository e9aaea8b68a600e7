//! What is really said when: one line of `0` and `1`, a character per 20 ms frame.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};

/// The labels in `given`, or in the `.lab` beside the recording if there is one: as many as the
/// recording has whole frames.
pub(crate) fn read(recording: &Path, given: Option<&Path>, frames: usize) -> Result<Option<Vec<bool>>> {
    let usual = recording.with_extension("lab");
    let path = match given {
        Some(path) => path,
        None if usual.exists() => &usual,
        None => return Ok(None),
    };
    let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
    let labels = parse(&text, frames).with_context(|| path.display().to_string())?;
    Ok(Some(labels))
}

fn parse(text: &str, frames: usize) -> Result<Vec<bool>> {
    let label = |(n, c)| match c {
        '0' => Ok(false),
        '1' => Ok(true),
        other => bail!("character {} is {other:?}, not 0 or 1", n + 1),
    };
    let labels: Vec<bool> = text.trim_end().chars().enumerate().map(label).collect::<Result<_>>()?;
    let count = labels.len();
    ensure!(
        count >= frames,
        "it ends after {count} labels, and the recording has {frames} whole frames of 20 ms"
    );
    ensure!(
        count <= frames,
        "character {} labels nothing: the recording has {frames} whole frames of 20 ms, and there are {count} labels",
        frames + 1
    );
    Ok(labels)
}

#[cfg(test)]
mod tests {
    use super::parse;

    fn error(text: &str, frames: usize) -> String {
        parse(text, frames).expect_err("not labels").to_string()
    }

    #[test]
    fn a_line_of_zeros_and_ones_with_or_without_its_end() {
        for text in ["0110", "0110\n", "0110\r\n"] {
            assert_eq!(parse(text, 4).expect("labels"), [false, true, true, false]);
        }
    }

    #[test]
    fn an_error_names_the_character() {
        assert_eq!(error("01x0", 4), "character 3 is 'x', not 0 or 1");
        assert_eq!(error("01\n10", 4), "character 3 is '\\n', not 0 or 1");
    }

    #[test]
    fn labels_fit_the_recording_exactly() {
        assert_eq!(error("011", 4), "it ends after 3 labels, and the recording has 4 whole frames of 20 ms");
        assert!(error("01100", 4).starts_with("character 5 labels nothing"));
        assert!(error("", 1).starts_with("it ends after 0 labels"));
    }
}
