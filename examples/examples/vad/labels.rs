//! What a person heard: one line of `0` and `1`, a character per 20 ms.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use audio_core::frame::FRAME_SAMPLES;

/// The labels in `given`, or in the `.lab` of the recording's name if that exists. They must fit
/// the recording's `samples` to a quarter of a second.
pub(crate) fn beside(recording: &Path, given: Option<&Path>, samples: usize) -> Result<Option<Vec<bool>>> {
    let usual = recording.with_extension("lab");
    let path = match given {
        Some(path) => path,
        None if usual.exists() => &usual,
        None => return Ok(None),
    };
    let name = || path.display().to_string();
    let labels = parse(&fs::read_to_string(path).with_context(name)?).with_context(name)?;
    let frames = samples / FRAME_SAMPLES;
    ensure!(
        labels.len().abs_diff(frames) <= 12,
        "{} labels {} frames of 20 ms, and {} has {frames}",
        name(),
        labels.len(),
        recording.display()
    );
    Ok(Some(labels))
}

fn parse(text: &str) -> Result<Vec<bool>> {
    let label = |(n, c)| match c {
        '0' => Ok(false),
        '1' => Ok(true),
        other => bail!("character {} is {other:?}, not 0 or 1", n + 1),
    };
    text.trim().chars().enumerate().map(label).collect()
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn labels_are_zeros_and_ones_and_an_error_names_the_place() {
        assert_eq!(parse("0110\n").expect("labels"), [false, true, true, false]);
        assert_eq!(parse("01x0").expect_err("an x").to_string(), "character 3 is 'x', not 0 or 1");
    }
}
