//! Every combination of presets and values.

use std::str::FromStr;

use crate::tape::setting::{Setting, SettingError};

/// A setting's name and the values it takes in turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Axis {
    /// As in [`Setting::set`].
    pub name: String,
    /// As text.
    pub values: Vec<String>,
}

impl FromStr for Axis {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, values) =
            text.split_once('=').ok_or_else(|| format!("`{text}`: expected name=value,value…"))?;
        let values: Vec<String> = values.split(',').map(|value| value.trim().to_owned()).collect();
        // Each by itself first: a wrong one is named before anything runs.
        for value in &values {
            Setting::default().set(name, value).map_err(|error| error.to_string())?;
        }
        Ok(Self { name: name.trim().to_owned(), values })
    }
}

/// What to combine.
#[derive(Clone, Debug, Default)]
pub struct Grid {
    /// What everything else is compared with; always the first.
    pub current: Setting,
    /// Where the axes' values are set.
    pub bases: Vec<Setting>,
    /// The last one changes fastest.
    pub axes: Vec<Axis>,
}

impl Grid {
    /// The current setting, then every combination, each setting once.
    ///
    /// # Errors
    /// [`SettingError`] for values that do not go together.
    pub fn settings(&self) -> Result<Vec<Setting>, SettingError> {
        let mut combined = self.bases.clone();
        for axis in &self.axes {
            let mut next = Vec::new();
            for setting in &combined {
                for value in &axis.values {
                    let mut setting = setting.clone();
                    setting.set(&axis.name, value)?;
                    next.push(setting);
                }
            }
            combined = next;
        }
        let mut settings = vec![self.current.clone()];
        for setting in combined {
            if !settings.contains(&setting) {
                settings.push(setting);
            }
        }
        Ok(settings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_combination_comes_once() {
        let grid = Grid {
            current: "adaptive,confirm_ms=800".parse().expect("a setting"),
            bases: vec!["adaptive".parse().expect("a setting"), "polite".parse().expect("a setting")],
            axes: vec![
                "confirm_ms=800, 900".parse().expect("an axis"),
                "duck_score=0.1".parse().expect("an axis"),
            ],
        };
        let texts: Vec<String> = grid.settings().expect("a grid").iter().map(ToString::to_string).collect();
        assert_eq!(
            texts,
            [
                "adaptive,confirm_ms=800",
                "adaptive,confirm_ms=800,duck_score=0.1",
                "adaptive,confirm_ms=900,duck_score=0.1",
                "polite,confirm_ms=800,duck_score=0.1",
                "polite,confirm_ms=900,duck_score=0.1",
            ]
        );
        assert!("confirm_ms".parse::<Axis>().is_err());
        assert!("confirm_ms=800,x".parse::<Axis>().expect_err("no number").contains("`x`"));
    }
}
