//! Recordings at Twilio: told to the CRM, deleted when their time is over (A-CRM-023) or on request.
//!
//! A recording is there only after its call has ended, when the outbox is done with the call. So it waits in a
//! file of its own until the CRM has everything of its call, and then becomes the event after the last one.
//! The file stays until the recording is deleted, through any number of restarts.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::{Path as Parameter, State};
use axum::http::StatusCode;
use crm_api::{CallEvent, CallEventKind, EventBatch};
use serde::{Deserialize, Serialize};

use super::App;
use super::answer::Refused;
use super::door::{Internal, Signed};
use super::wall_clock::unix_ms;
use crate::metrics as names;
use crate::twilio::RecordingCallback;

/// How often what waits is looked at.
const LOOK: Duration = Duration::from_secs(1);
/// After a failure, for everything.
const PAUSE: Duration = Duration::from_secs(30);

/// A recording that Twilio keeps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Kept {
    call_sid: String,
    location: String,
    duration_ms: u64,
    /// When it was there, unix ms.
    at_ms: i64,
    /// Does the CRM know?
    told: bool,
}

/// The recordings that are waited for, or are to be deleted.
#[derive(Debug)]
pub(super) struct Recordings {
    dir: PathBuf,
    kept: Mutex<BTreeMap<String, Kept>>,
}

impl Recordings {
    /// Those of the process before, from `dir`. A file that makes no sense is left where it is.
    pub(super) fn open(dir: &Path) -> io::Result<Self> {
        std::fs::create_dir_all(dir)?;
        let mut kept = BTreeMap::new();
        for entry in std::fs::read_dir(dir)? {
            let path = entry?.path();
            let name = path.file_stem().and_then(|name| name.to_str()).map(str::to_owned);
            let (Some(name), true) = (name, path.extension().is_some_and(|kind| kind == "json")) else {
                continue;
            };
            match std::fs::read(&path)
                .map_err(|e| e.to_string())
                .and_then(|text| serde_json::from_slice::<Kept>(&text).map_err(|error| error.to_string()))
            {
                Ok(recording) => drop(kept.insert(name, recording)),
                Err(error) => tracing::error!(path = %path.display(), error, "a recording's file"),
            }
        }
        Ok(Self { dir: dir.to_owned(), kept: Mutex::new(kept) })
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn path(&self, sid: &str) -> PathBuf {
        self.dir.join(format!("{sid}.json"))
    }

    /// Keeps a recording, on disk first; whole or not at all.
    fn keep(&self, sid: &str, recording: Kept) -> io::Result<()> {
        let path = self.path(sid);
        let fresh = path.with_extension("new");
        std::fs::write(&fresh, serde_json::to_vec(&recording)?)?;
        std::fs::rename(&fresh, &path)?;
        self.lock().insert(sid.to_owned(), recording);
        Ok(())
    }

    fn forget(&self, sid: &str) {
        self.lock().remove(sid);
        match std::fs::remove_file(self.path(sid)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                tracing::error!(recording = sid, %error, "a recording's file stays");
            }
            _ => {}
        }
    }
}

/// `POST /api/voice/recording`: a recording is there.
pub(super) async fn recorded(
    State(app): State<Arc<App>>,
    Signed(told): Signed<RecordingCallback>,
) -> StatusCode {
    // Callbacks come more than once.
    if !told.completed || !app.registry.first_time(&told.recording_sid, 0) {
        return StatusCode::NO_CONTENT;
    }
    let sid = told.recording_sid;
    let recording = Kept {
        call_sid: told.call_sid,
        location: told.url.unwrap_or_else(|| format!("twilio:{sid}")),
        duration_ms: told.duration_s.unwrap_or(0).saturating_mul(1_000),
        at_ms: unix_ms(),
        told: false,
    };
    metrics::counter!(names::RECORDINGS, "result" => "made").increment(1);
    if let Err(error) = app.recordings.keep(&sid, recording.clone()) {
        tracing::error!(recording = sid, %error, "a recording is known to this process alone");
        app.recordings.lock().insert(sid, recording);
    }
    StatusCode::NO_CONTENT
}

/// `DELETE /internal/v1/recordings/{sid}`: on request, such as a caller's.
pub(super) async fn delete(
    State(app): State<Arc<App>>,
    Parameter(sid): Parameter<String>,
    _: Internal,
) -> Result<StatusCode, Refused> {
    match app.twilio_or("recordings cannot be deleted")?.delete_recording(&sid).await {
        Ok(_) => {
            metrics::counter!(names::RECORDINGS, "result" => "deleted").increment(1);
            app.recordings.forget(&sid);
            Ok(StatusCode::NO_CONTENT)
        }
        Err(error) => Err(Refused::by_twilio(error)),
    }
}

/// Tells and deletes what is due, until it is dropped.
pub(super) async fn look_after(app: Arc<App>) {
    let mut not_before = Instant::now();
    loop {
        tokio::time::sleep(LOOK).await;
        if Instant::now() >= not_before && !look(&app).await {
            not_before = Instant::now() + PAUSE;
        }
    }
}

/// Returns whether all went well.
async fn look(app: &App) -> bool {
    let now_ms = unix_ms();
    let known: Vec<(String, Kept)> =
        app.recordings.lock().iter().map(|(sid, kept)| (sid.clone(), kept.clone())).collect();
    let mut well = true;
    for (sid, mut kept) in known {
        if !kept.told && app.outbox.is_done_with(&kept.call_sid) {
            match tell(app, &kept).await {
                Ok(true) => {
                    kept.told = true;
                    if let Err(error) = app.recordings.keep(&sid, kept.clone()) {
                        tracing::error!(recording = sid, %error, "it will be told again");
                        app.recordings.lock().insert(sid.clone(), kept.clone());
                    }
                }
                Ok(false) => {}
                Err(error) => {
                    tracing::warn!(recording = sid, error, "the CRM does not know of a recording yet");
                    well = false;
                }
            }
        }
        let Some((twilio, retention)) = app.twilio.as_ref().zip(app.config.twilio.retention) else {
            // Nobody will delete it.
            if kept.told {
                app.recordings.forget(&sid);
            }
            continue;
        };
        if now_ms.saturating_sub(kept.at_ms) >= i64::try_from(retention.as_millis()).unwrap_or(i64::MAX) {
            match twilio.delete_recording(&sid).await {
                Ok(_) => {
                    tracing::info!(recording = sid, call_sid = kept.call_sid, "deleted: its time is over");
                    metrics::counter!(names::RECORDINGS, "result" => "deleted").increment(1);
                    app.recordings.forget(&sid);
                }
                Err(error) => {
                    tracing::error!(recording = sid, %error, "it will be deleted later");
                    well = false;
                }
            }
        }
    }
    well
}

/// Adds the event after the call's last one. `false`: the CRM has nothing of the call yet.
async fn tell(app: &App, kept: &Kept) -> Result<bool, String> {
    let nothing = EventBatch::default();
    let ack = app.crm.post_events(&kept.call_sid, &nothing).await.map_err(|error| error.to_string())?;
    if ack.stored_up_to == 0 {
        return Ok(false);
    }
    let kind = CallEventKind::Recording { location: kept.location.clone(), duration_ms: kept.duration_ms };
    let event = CallEvent { seq: ack.stored_up_to + 1, at_ms: kept.at_ms, kind };
    let batch = EventBatch { events: vec![event] };
    app.crm.post_events(&kept.call_sid, &batch).await.map_err(|error| error.to_string())?;
    Ok(true)
}
