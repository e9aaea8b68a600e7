//! The shape of a message, before anything in it is believed.
//!
//! One flat struct with optional parts instead of a tagged enum: serde buffers the whole message
//! for a tag, and a buffered message is a copied one.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::twilio::scalar::Scalar;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "a JSON object")]
pub(super) struct Raw<'a> {
    #[serde(borrow)]
    pub(super) event: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub(super) sequence_number: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub(super) stream_sid: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub(super) start: Option<RawStart<'a>>,
    #[serde(borrow)]
    pub(super) media: Option<RawMedia<'a>>,
    #[serde(borrow)]
    pub(super) dtmf: Option<RawDtmf<'a>>,
    #[serde(borrow)]
    pub(super) mark: Option<RawMark<'a>>,
}

#[derive(Deserialize)]
#[serde(expecting = "field `media` to be an object")]
pub(super) struct RawMedia<'a> {
    #[serde(borrow)]
    pub(super) track: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub(super) chunk: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub(super) timestamp: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub(super) payload: Option<Scalar<'a>>,
}

#[derive(Deserialize)]
#[serde(expecting = "field `dtmf` to be an object")]
pub(super) struct RawDtmf<'a> {
    #[serde(borrow)]
    pub(super) digit: Option<Scalar<'a>>,
}

#[derive(Deserialize)]
#[serde(expecting = "field `mark` to be an object")]
pub(super) struct RawMark<'a> {
    #[serde(borrow)]
    pub(super) name: Option<Scalar<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "field `start` to be an object")]
pub(super) struct RawStart<'a> {
    #[serde(borrow)]
    pub(super) account_sid: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub(super) stream_sid: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub(super) call_sid: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub(super) tracks: Option<Vec<Scalar<'a>>>,
    #[serde(borrow)]
    pub(super) media_format: Option<RawFormat<'a>>,
    #[serde(borrow)]
    pub(super) custom_parameters: Option<BTreeMap<String, Scalar<'a>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "field `start.mediaFormat` to be an object")]
pub(super) struct RawFormat<'a> {
    #[serde(borrow)]
    pub(super) encoding: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub(super) sample_rate: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub(super) channels: Option<Scalar<'a>>,
}
