//! The fixtures' JSON Schemas, and as much of JSON Schema as they use.
#![allow(unreachable_pub, reason = "shared by test binaries")]

use std::path::Path;

use serde_json::{Map, Value};

/// Checks a value against `fixtures/schema/<name>.schema.json`; the error names the place.
pub fn check(name: &str, value: &Value) -> Result<(), String> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../fixtures/schema/{name}.schema.json"));
    let text = std::fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    let root = serde_json::from_str(&text).map_err(|error| format!("{}: {error}", file.display()))?;
    Schema { root: &root }.check(&root, value, "$")
}

struct Schema<'a> {
    root: &'a Value,
}

impl Schema<'_> {
    fn check(&self, rules: &Value, value: &Value, at: &str) -> Result<(), String> {
        let Value::Object(rules) = rules else { return Err(format!("{at}: {rules} is no schema")) };
        for (keyword, rule) in rules {
            let kept = match keyword.as_str() {
                "$schema" | "$id" | "$defs" | "title" | "description" | "default" | "format" | "pattern" => {
                    true
                }
                "$ref" => {
                    self.check(self.referred(rule)?, value, at)?;
                    true
                }
                "type" => list(rule).iter().any(|kind| is_a(value, kind)),
                "enum" => list(rule).contains(value),
                "const" => rule == value,
                "minimum" => bound(value.as_f64(), rule, |x, limit| x >= limit),
                "maximum" => bound(value.as_f64(), rule, |x, limit| x <= limit),
                "minLength" => bound(length(value), rule, |x, limit| x >= limit),
                "maxLength" => bound(length(value), rule, |x, limit| x <= limit),
                "minItems" => bound(items(value), rule, |x, limit| x >= limit),
                "minProperties" => bound(properties(value), rule, |x, limit| x >= limit),
                "maxProperties" => bound(properties(value), rule, |x, limit| x <= limit),
                "anyOf" => list(rule).iter().any(|rules| self.check(rules, value, at).is_ok()),
                "oneOf" => {
                    list(rule).iter().filter(|rules| self.check(rules, value, at).is_ok()).count() == 1
                }
                "required" => match value {
                    Value::Object(object) => list(rule).iter().all(|name| has(object, name)),
                    _ => true,
                },
                "properties" | "additionalProperties" | "propertyNames" | "items" => {
                    self.check_parts(keyword, rules, value, at)?;
                    true
                }
                other => return Err(format!("{at}: the keyword {other} is not known here")),
            };
            if !kept {
                return Err(format!("{at}: {value} breaks {keyword} {rule}"));
            }
        }
        Ok(())
    }

    fn check_parts(
        &self,
        keyword: &str,
        rules: &Map<String, Value>,
        value: &Value,
        at: &str,
    ) -> Result<(), String> {
        let rule = &rules[keyword];
        match (keyword, value) {
            ("items", Value::Array(items)) => {
                for (i, item) in items.iter().enumerate() {
                    self.check(rule, item, &format!("{at}[{i}]"))?;
                }
            }
            ("properties", Value::Object(object)) => {
                for (name, value) in object {
                    if let Some(rules) = rule.get(name) {
                        self.check(rules, value, &format!("{at}.{name}"))?;
                    }
                }
            }
            ("propertyNames", Value::Object(object)) => {
                for name in object.keys() {
                    self.check(rule, &name.as_str().into(), at)?;
                }
            }
            ("additionalProperties", Value::Object(object)) => {
                let named = rules.get("properties").and_then(Value::as_object);
                for (name, value) in
                    object.iter().filter(|(name, _)| named.is_none_or(|n| !n.contains_key(*name)))
                {
                    match rule {
                        Value::Bool(true) => {}
                        Value::Bool(false) => return Err(format!("{at}: {name} does not belong here")),
                        rules => self.check(rules, value, &format!("{at}.{name}"))?,
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn referred(&self, rule: &Value) -> Result<&Value, String> {
        let pointer = rule.as_str().and_then(|text| text.strip_prefix('#'));
        pointer.and_then(|pointer| self.root.pointer(pointer)).ok_or_else(|| format!("{rule} leads nowhere"))
    }
}

fn list(rule: &Value) -> &[Value] {
    match rule {
        Value::Array(items) => items,
        one => std::slice::from_ref(one),
    }
}

fn is_a(value: &Value, kind: &Value) -> bool {
    match kind.as_str() {
        Some("null") => value.is_null(),
        Some("boolean") => value.is_boolean(),
        Some("integer") => value.is_i64() || value.is_u64(),
        Some("number") => value.is_number(),
        Some("string") => value.is_string(),
        Some("array") => value.is_array(),
        Some("object") => value.is_object(),
        _ => false,
    }
}

fn has(object: &Map<String, Value>, name: &Value) -> bool {
    name.as_str().is_some_and(|name| object.contains_key(name))
}

fn length(value: &Value) -> Option<f64> {
    value.as_str().map(|text| text.chars().count() as f64)
}

fn items(value: &Value) -> Option<f64> {
    value.as_array().map(|items| items.len() as f64)
}

fn properties(value: &Value) -> Option<f64> {
    value.as_object().map(|object| object.len() as f64)
}

/// A bound binds only values that have the measure.
fn bound(measure: Option<f64>, rule: &Value, keeps: impl Fn(f64, f64) -> bool) -> bool {
    match (measure, rule.as_f64()) {
        (Some(measure), Some(limit)) => keeps(measure, limit),
        (None, _) => true,
        (_, None) => false,
    }
}
