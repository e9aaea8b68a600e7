//! Lists, page by page.

use hyper::Method;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::client::Twice;
use super::{RestError, TwilioRest};

/// Pages of one list that are read at most.
const MAX_PAGES: usize = 100;
/// Rows of a page.
const PAGE_SIZE: &str = "200";

/// The path with its filter as a query.
fn asked(path: &str, filter: &[(&str, &str)]) -> String {
    let mut query = form_urlencoded::Serializer::for_suffix(format!("{path}?"), path.len() + 1);
    query.extend_pairs(filter).append_pair("PageSize", PAGE_SIZE).finish()
}

impl TwilioRest {
    /// Every row of a list, whose JSON has it under `key`.
    pub(super) async fn list<T: DeserializeOwned>(
        &self,
        doing: &'static str,
        path: &str,
        key: &str,
        filter: &[(&str, &str)],
    ) -> Result<Vec<T>, RestError> {
        let mut rows = Vec::new();
        let mut request = self.request(Method::GET, &asked(path, filter));
        for _ in 0..MAX_PAGES {
            let mut page: Value = self.json(doing, Twice::Harmless, request).await?;
            let found = page.get_mut(key).map(Value::take).unwrap_or_default();
            let found: Vec<T> = serde_json::from_value(found)
                .map_err(|error| RestError::garbage(doing, format!("`{key}`: {error}")))?;
            rows.extend(found);
            let next = match page.get("next_page_uri") {
                None | Some(Value::Null) => return Ok(rows),
                Some(Value::String(path)) if path.is_empty() => return Ok(rows),
                // The credentials go to this host alone.
                Some(Value::String(path)) if path.starts_with('/') && !path.starts_with("//") => path,
                Some(other) => return Err(RestError::garbage(doing, format!("next_page_uri is {other}"))),
            };
            request = self.request_url(Method::GET, format!("{}{next}", self.root()));
        }
        Err(RestError::garbage(doing, format!("a list of more than {MAX_PAGES} pages")))
    }

    /// Scheme and host of the base URL.
    pub(super) fn root(&self) -> &str {
        let base = &self.options().base;
        let host = base.find("://").map_or(0, |at| at + 3);
        base[host..].find('/').map_or(base, |end| &base[..host + end])
    }
}
