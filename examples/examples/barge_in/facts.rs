//! What the generator wrote down of each scene: `scenes.csv`.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

/// Every scene's row, by column.
#[derive(Clone, Debug, Default)]
pub(crate) struct Facts {
    columns: Vec<String>,
    rows: HashMap<String, Vec<String>>,
}

impl Facts {
    /// Reads the folder's `scenes.csv`. A folder of other tapes has none.
    pub(crate) fn load(folder: &Path) -> Result<Self> {
        let path = folder.join("scenes.csv");
        if !path.exists() {
            return Ok(Self::default());
        }
        let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        Ok(Self::parse(&text))
    }

    /// The first column is the tape's name.
    fn parse(text: &str) -> Self {
        let mut lines = text.lines().map(|line| line.split(',').map(str::to_owned).collect::<Vec<_>>());
        let columns = lines.next().unwrap_or_default();
        let named = |row: Vec<String>| Some((row.first()?.clone(), row));
        Self { columns, rows: lines.filter_map(named).collect() }
    }

    /// The longest hesitation within each turn of a tape, in ms.
    pub(crate) fn hesitations_ms(&self, tape: &str) -> Vec<u32> {
        let column = self.columns.iter().position(|name| name == "hesitations_ms");
        let text = column.map_or("", |column| self.text(tape, column));
        text.split_whitespace().filter_map(|pause| pause.parse().ok()).collect()
    }

    /// The tapes by what a column says; a column of many numbers in quarters of as many tapes.
    pub(crate) fn groups(&self, column: &str) -> Result<Vec<(String, Vec<String>)>> {
        let Some(at) = self.columns.iter().position(|name| name == column) else {
            bail!("--by {column}: scenes.csv has {}", self.columns.join(", "));
        };
        let mut tapes: Vec<(&str, &String)> =
            self.rows.keys().map(|tape| (self.text(tape, at), tape)).collect();
        let number = |text: &str| text.parse::<f64>().ok();
        let mut distinct: Vec<&str> = tapes.iter().map(|(text, _)| *text).collect();
        distinct.sort_unstable();
        distinct.dedup();
        let many =
            distinct.len() > 12 && distinct.iter().all(|text| text.is_empty() || number(text).is_some());
        if !many {
            let of = |value: &str| -> Vec<String> {
                tapes.iter().filter(|(text, _)| *text == value).map(|(_, tape)| (*tape).clone()).collect()
            };
            return Ok(distinct.into_iter().map(|value| (value.to_owned(), of(value))).collect());
        }
        tapes.sort_by(|a, b| number(a.0).unwrap_or(f64::MAX).total_cmp(&number(b.0).unwrap_or(f64::MAX)));
        let known = tapes.iter().position(|(text, _)| text.is_empty()).unwrap_or(tapes.len());
        let (numbers, without) = tapes.split_at(known);
        let named = |part: &[(&str, &String)]| match part {
            [first, .., last] => format!("{} to {}", first.0, last.0),
            _ => part.iter().map(|(text, _)| *text).collect(),
        };
        let quarters = numbers.chunks(known.div_ceil(4).max(1)).map(|part| (named(part), part));
        let none = (!without.is_empty()).then(|| (String::new(), without));
        let names = |part: &[(&str, &String)]| part.iter().map(|(_, tape)| (*tape).clone()).collect();
        Ok(quarters.chain(none).map(|(name, part)| (name, names(part))).collect())
    }

    fn text(&self, tape: &str, column: usize) -> &str {
        self.rows.get(tape).and_then(|row| row.get(column)).map_or("", String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::Facts;

    #[test]
    fn hesitations_by_turn() {
        let facts = Facts::parse("tape,place,hesitations_ms\nturn_0001,car,0 640\nnoise_0001,room,\n");
        assert_eq!(facts.hesitations_ms("turn_0001"), [0, 640]);
        assert!(
            facts.hesitations_ms("noise_0001").is_empty() && facts.hesitations_ms("turn_0002").is_empty()
        );
    }

    #[test]
    fn groups_are_values_or_quarters() {
        let mut text = String::from("tape,place,snr_db\n");
        for n in 0..40 {
            let snr = if n == 0 { String::new() } else { n.to_string() };
            text += &format!("noise_{n:04},{},{snr}\n", if n % 2 == 0 { "car" } else { "room" });
        }
        let facts = Facts::parse(&text);
        let sizes = |column| -> Vec<(String, usize)> {
            let groups = facts.groups(column).expect("a column");
            groups.into_iter().map(|(name, tapes)| (name, tapes.len())).collect()
        };
        assert_eq!(sizes("place"), [("car".to_owned(), 20), ("room".to_owned(), 20)]);
        let snr = sizes("snr_db");
        assert_eq!(snr.first(), Some(&("1 to 10".to_owned(), 10)));
        assert_eq!(snr.last(), Some(&(String::new(), 1)), "without a number");
        assert!(facts.groups("weather").is_err());
    }
}
