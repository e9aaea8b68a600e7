//! Where a setting comes from: the environment, else the file, else its default.

use std::collections::BTreeMap;
use std::path::Path;

use super::{ConfigError, SETTINGS};
use crate::toml_text::TomlError;

/// The settings as text.
#[derive(Clone, Default)]
pub struct Source {
    values: BTreeMap<&'static str, String>,
}

/// Names only: a value may be a secret.
impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.values.keys()).finish()
    }
}

impl Source {
    /// Reads a TOML file, if one is named, and looks every setting up in `env`.
    ///
    /// # Errors
    /// [`ConfigError::File`], [`ConfigError::Unknown`] and [`ConfigError::Wrong`] for a value that
    /// is not a string, a number or a truth value.
    pub fn load(file: Option<&Path>, env: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let mut source = Self::default();
        if let Some(path) = file {
            let error = |detail: String| ConfigError::File { path: path.to_owned(), detail };
            let text = std::fs::read_to_string(path).map_err(|e| error(e.to_string()))?;
            source.read_toml(&text).map_err(|e| match e {
                ReadError::Syntax(detail) => error(detail),
                ReadError::Setting(e) => e,
            })?;
        }
        for &(name, _, _) in SETTINGS {
            if let Some(value) = env(name) {
                source.set(name, value);
            }
        }
        Ok(source)
    }

    /// Settings given by a program, such as a test.
    ///
    /// # Errors
    /// [`ConfigError::Unknown`].
    pub fn from_pairs<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, ConfigError> {
        let mut source = Self::default();
        for (name, value) in pairs {
            let name = known(name).ok_or_else(|| ConfigError::Unknown(name.to_owned()))?;
            source.set(name, value.to_owned());
        }
        Ok(source)
    }

    /// The value; the default where none was given; `None` where there is neither.
    pub fn get(&self, name: &str) -> Option<&str> {
        let default = SETTINGS.iter().find(|(known, _, _)| *known == name).map(|entry| entry.1);
        self.values.get(name).map(String::as_str).or(default).filter(|value| !value.is_empty())
    }

    /// Was a value given?
    pub fn is_set(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    /// The value, read by `read`.
    ///
    /// # Errors
    /// [`ConfigError::Wrong`] where `read` makes nothing of it; [`ConfigError::Missing`] where
    /// there is none.
    pub fn parse<T>(
        &self,
        name: &'static str,
        expected: &'static str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, ConfigError> {
        let value = self.get(name).ok_or(ConfigError::Missing { name, why: expected })?;
        read(value).ok_or_else(|| ConfigError::Wrong { name, value: value.to_owned(), expected })
    }

    /// The value, read by `read`, if there is one.
    ///
    /// # Errors
    /// [`ConfigError::Wrong`] where `read` makes nothing of it.
    pub fn optional<T>(
        &self,
        name: &'static str,
        expected: &'static str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, ConfigError> {
        self.get(name).map(|_| self.parse(name, expected, read)).transpose()
    }

    /// `true` or `false`.
    ///
    /// # Errors
    /// [`ConfigError::Wrong`] where it is neither; [`ConfigError::Missing`] where there is none.
    pub fn truth(&self, name: &'static str) -> Result<bool, ConfigError> {
        self.parse(name, "true or false", |text| text.parse().ok())
    }

    /// An empty value counts as none: that is how a container unsets a variable.
    fn set(&mut self, name: &'static str, value: String) {
        if value.is_empty() {
            self.values.remove(name);
        } else {
            self.values.insert(name, value);
        }
    }

    fn read_toml(&mut self, text: &str) -> Result<(), ReadError> {
        let table: toml::Table =
            text.parse().map_err(|e| ReadError::Syntax(TomlError::new(text, &e).to_string()))?;
        for (key, value) in table {
            let name = known(&key.to_ascii_uppercase())
                .filter(|name| name.to_ascii_lowercase() == key)
                .ok_or(ReadError::Setting(ConfigError::Unknown(key)))?;
            let value = match value {
                toml::Value::String(text) => text,
                toml::Value::Integer(number) => number.to_string(),
                toml::Value::Float(number) => number.to_string(),
                toml::Value::Boolean(truth) => truth.to_string(),
                other => {
                    return Err(ReadError::Setting(ConfigError::Wrong {
                        name,
                        value: other.type_str().to_owned(),
                        expected: "a string, a number or a truth value",
                    }));
                }
            };
            self.set(name, value);
        }
        Ok(())
    }
}

enum ReadError {
    Syntax(String),
    Setting(ConfigError),
}

fn known(name: &str) -> Option<&'static str> {
    SETTINGS.iter().map(|entry| entry.0).find(|known| *known == name)
}
