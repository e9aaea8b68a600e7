//! Pages of lists, newest first, by the position of the last row: a page never shifts when rows are
//! added on top.

use crate::error::{Fault, Refusal};

/// Rows a page without `limit`.
const DEFAULT_LIMIT: u32 = 50;
/// Rows a page at most.
const MAX_LIMIT: u32 = 200;

/// Which page is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PageRequest {
    limit: u32,
    after: Option<(i64, String)>,
}

impl PageRequest {
    /// Checks `limit` (1..=200) and `after`, the `next` of an earlier page.
    pub(crate) fn new(limit: Option<u32>, after: Option<&str>) -> Result<Self, Refusal> {
        let bad = |message: String| Refusal::new(Fault::Malformed, "bad_query", message);
        let limit = limit.unwrap_or(DEFAULT_LIMIT);
        if !(1..=MAX_LIMIT).contains(&limit) {
            return Err(bad(format!("limit {limit} is not within 1..={MAX_LIMIT}")));
        }
        let after = after
            .map(|text| {
                let (ms, id) = text.split_once('_')?;
                (!id.contains('\0')).then_some((ms.parse().ok()?, id.to_owned()))
            })
            .map(|cursor| cursor.ok_or_else(|| bad("after is not the next of an earlier page".to_owned())))
            .transpose()?;
        Ok(Self { limit, after })
    }

    pub(crate) fn after_ms(&self) -> Option<i64> {
        self.after.as_ref().map(|(ms, _)| *ms)
    }

    pub(crate) fn after_id(&self) -> Option<&str> {
        self.after.as_ref().map(|(_, id)| id.as_str())
    }

    /// One row more than the page holds tells whether there is another page.
    pub(crate) fn limit_and_one(&self) -> i64 {
        i64::from(self.limit) + 1
    }
}

/// Cuts the extra row off; the cursor of the next page, if there is one.
pub(crate) fn cut<T>(
    mut rows: Vec<T>,
    request: &PageRequest,
    position: impl Fn(&T) -> (i64, &String),
) -> (Vec<T>, Option<String>) {
    let limit = request.limit as usize;
    if rows.len() <= limit {
        return (rows, None);
    }
    rows.truncate(limit);
    let next = rows.last().map(|row| {
        let (ms, id) = position(row);
        format!("{ms}_{id}")
    });
    (rows, next)
}
