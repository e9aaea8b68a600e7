//! Does a recogniser work? A moment of silence tells.

use std::time::Duration;

use audio_core::frame::ULAW_SILENCE;

use super::{Recogniser, RecogniserStream as _};
use crate::providers::net::{Phase, ProviderError, Reason};

/// Longest a probe takes.
const LIMIT: Duration = Duration::from_secs(5);
/// 200 ms.
const SILENCE: [u8; 1_600] = [ULAW_SILENCE; 1_600];

/// Has a stream opened, sends it silence and waits for its end.
///
/// # Errors
/// What a turn would have failed with.
pub async fn probe<R: Recogniser>(recogniser: &R, provider: &'static str) -> Result<(), ProviderError> {
    let hear = async {
        let mut stream = recogniser.open().await?;
        stream.audio(&SILENCE).await?;
        stream.finish().await?;
        while stream.next().await?.is_some() {}
        Ok(())
    };
    match tokio::time::timeout(LIMIT, hear).await {
        Ok(result) => result,
        Err(_) => {
            let detail = format!("no end within {} ms", LIMIT.as_millis());
            Err(ProviderError::new(provider, Phase::Probe, Reason::Slow, detail))
        }
    }
}
