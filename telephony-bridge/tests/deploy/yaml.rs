//! YAML as JSON values, which are easier to walk through.

use saphyr::{LoadableYamlNode as _, Scalar, Yaml};
use serde_json::Value;

/// The one document of a text.
pub(crate) fn parse(text: &str) -> Value {
    let documents = Yaml::load_from_str(text).unwrap_or_else(|error| panic!("{error}"));
    let [document] = &documents[..] else { panic!("{} documents", documents.len()) };
    value(document)
}

fn value(yaml: &Yaml<'_>) -> Value {
    match yaml {
        Yaml::Mapping(entries) => {
            let key = |key: &Yaml<'_>| key.as_str().unwrap_or_else(|| panic!("a key is {key:?}")).to_owned();
            entries.iter().map(|(k, v)| (key(k), value(v))).collect()
        }
        Yaml::Sequence(items) => items.iter().map(value).collect(),
        Yaml::Value(Scalar::String(text)) => Value::String(text.as_ref().to_owned()),
        Yaml::Value(Scalar::Integer(number)) => (*number).into(),
        Yaml::Value(Scalar::FloatingPoint(number)) => number.into_inner().into(),
        Yaml::Value(Scalar::Boolean(truth)) => (*truth).into(),
        Yaml::Value(Scalar::Null) => Value::Null,
        other => panic!("what is {other:?}?"),
    }
}

/// The texts of a list.
pub(crate) fn texts(list: &Value) -> Vec<&str> {
    let items = list.as_array().map(Vec::as_slice).unwrap_or_default();
    items.iter().map(|item| item.as_str().unwrap_or_else(|| panic!("{item} is no text"))).collect()
}

/// The entries of a mapping whose values are texts or numbers.
pub(crate) fn entries(mapping: &Value) -> Vec<(&str, String)> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    mapping.as_object().into_iter().flatten().map(|(key, value)| (key.as_str(), text(value))).collect()
}
