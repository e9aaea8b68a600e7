//! The tapes below a prefix, in the order of their keys, a page of a listing at a time.

use std::collections::VecDeque;

use super::{Client, S3Path, is_name};
use crate::tape::store::{Place, StoreError, TapeRef};

#[derive(Debug)]
pub(in crate::tape::store) struct S3Walk {
    root: S3Path,
    client: Option<Client>,
    page: VecDeque<String>,
    /// Where the next page begins; `None` before the first.
    token: Option<String>,
    begun: bool,
    over: bool,
    found: bool,
}

impl S3Walk {
    pub(in crate::tape::store) fn new(root: &S3Path) -> Self {
        let root = root.clone();
        let page = VecDeque::new();
        Self { root, client: None, page, token: None, begun: false, over: false, found: false }
    }

    pub(in crate::tape::store) fn next(&mut self) -> Option<Result<TapeRef, StoreError>> {
        loop {
            while let Some(key) = self.page.pop_front() {
                if let Some(tape) = self.tape(&key) {
                    self.found = true;
                    return Some(Ok(tape));
                }
            }
            if self.over || self.begun && self.token.is_none() {
                self.over = true;
                let empty = !std::mem::replace(&mut self.found, true);
                return empty.then(|| Err(StoreError::NoTape(self.root.to_string())));
            }
            if let Err(error) = self.turn_page() {
                (self.over, self.found) = (true, true);
                return Some(Err(error));
            }
        }
    }

    fn turn_page(&mut self) -> Result<(), StoreError> {
        let client = match &mut self.client {
            Some(client) => client,
            none => none.insert(Client::from_env(&self.root)?),
        };
        let page = client
            .list(&self.root.folder(), self.token.as_deref(), None)
            .map_err(|problem| StoreError::Remote { place: self.root.to_string(), problem })?;
        self.begun = true;
        self.page.extend(page.contents.into_iter().map(|object| object.key));
        self.token = page.next_continuation_token;
        Ok(())
    }

    /// The tape whose `tape.json` this key is.
    fn tape(&self, key: &str) -> Option<TapeRef> {
        let below = key.strip_prefix(&self.root.folder())?;
        if below == "tape.json" {
            let name = self.root.prefix.rsplit('/').next().filter(|name| !name.is_empty());
            let name = name.unwrap_or(&self.root.bucket).to_owned();
            return Some(TapeRef::new(name, Place::S3(self.root.clone())));
        }
        let name = below.strip_suffix("/tape.json")?;
        let seen = name.split('/').all(|part| is_name(part) && !part.starts_with('.'));
        seen.then(|| TapeRef::new(name.to_owned(), Place::S3(self.root.below(name))))
    }
}
