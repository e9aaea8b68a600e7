//! Events of calls: stored once each, whatever is resent, late, out of order, or known of the call.
//!
//! **An acknowledged event is stored.** A call whose business is unknown has its events held, and they
//! move in when a business is found: when the call is routed after all, when its `started` arrives
//! with a dialled number that somebody owns, or with the next batch after the number got an owner
//! (nothing looks for them by itself). So the bridge
//! may send what it has, in any order, and its outbox never sticks.

use crm_api::{CallEventKind, EventAck, EventBatch};

use crate::app::App;
use crate::calls::events::{self, Outcome, Stored, StoredEvent};
use crate::calls::open::{Opening, open};
use crate::calls::sid::CallSid;
use crate::calls::{call, directory, effects};
use crate::db::{TenantTx, Tx};
use crate::error::Error;
use crate::routing::number::{Caller, Dialled};
use crate::routing::{owner_of_number, unrouted};
use crate::tenancy::{TenantCtx, profile};
use crate::words;

/// Stores a batch and its effects in one transaction.
///
/// # Errors
/// A refusal when the call id or an event is malformed; then nothing of the batch is stored.
pub(crate) async fn ingest(
    app: &App,
    call_sid: &str,
    batch: &EventBatch,
    now_ms: i64,
) -> Result<EventAck, Error> {
    let sid = CallSid::parse(call_sid)?;
    let mut packed = batch
        .events
        .iter()
        .enumerate()
        .map(|(index, event)| StoredEvent::pack(event, index))
        .collect::<Result<Vec<_>, _>>()?;
    // Stable: of two events with one seq, the first stays the first.
    packed.sort_by_key(|event| event.seq);

    let mut tx = app.db.write().await?;
    tx.lock_call(sid.as_str()).await?;
    let (ack, outcome) = match find_business(app, &mut tx, &sid, batch, now_ms).await? {
        Found::Owner(tenant, announced) => {
            let mut tx = tx.enter(tenant).await?;
            let done = into_call(&mut tx, &sid, announced, &packed, now_ms).await?;
            tx.commit().await?;
            done
        }
        Found::Nobody => {
            let done = hold(&mut tx, &sid, &packed, now_ms).await?;
            tx.commit().await?;
            done
        }
    };
    app.metrics.events(&outcome);
    if outcome.conflicts > 0 {
        tracing::warn!(
            call_sid = sid.as_str(),
            conflicts = outcome.conflicts,
            "events resent with other content; the first ones stay"
        );
    }
    Ok(ack)
}

enum Found {
    /// The business of the call; caller and dialled number when the call has no row yet.
    Owner(TenantCtx, Option<Announced>),
    /// None, for now. The call is noted.
    Nobody,
}

struct Announced {
    from: String,
    to: String,
}

/// The business of the call: as routed, else by the dialled number that `started` or an earlier
/// attempt announced.
async fn find_business(
    app: &App,
    tx: &mut Tx,
    sid: &CallSid,
    batch: &EventBatch,
    now_ms: i64,
) -> Result<Found, Error> {
    if let Some(tenant) = directory::owner(tx, sid).await? {
        return Ok(Found::Owner(tenant, None));
    }
    let started = batch.events.iter().find_map(|event| match &event.kind {
        CallEventKind::Started { from, to, .. } => Some((from.as_str(), to.as_str())),
        _ => None,
    });
    let announced = match started {
        Some((from, to)) => Some(Announced { from: from.to_owned(), to: to.to_owned() }),
        None => unrouted::find(tx, sid).await?.and_then(|call| {
            Some(Announced { from: call.from_number.unwrap_or_default(), to: call.to_number? })
        }),
    };
    if let Some(announced) = announced
        && let Some(tenant) = owner_of_number(app, tx, &Dialled::parse(&announced.to)).await?
    {
        return Ok(Found::Owner(tenant, Some(announced)));
    }
    unrouted::note(tx, sid, started, now_ms).await?;
    Ok(Found::Nobody)
}

async fn into_call(
    tx: &mut TenantTx,
    sid: &CallSid,
    announced: Option<Announced>,
    packed: &[StoredEvent],
    now_ms: i64,
) -> Result<(EventAck, Outcome), Error> {
    let mut call = match announced {
        Some(Announced { from, to }) => {
            let profile = profile::of(tx).await?;
            let opening = Opening {
                sid,
                caller: &Caller::parse(&from),
                dialled: &Dialled::parse(&to),
                first_lead_status: &profile.first_lead_status,
            };
            open(tx, opening, now_ms).await?
        }
        None => call::find(tx, sid).await?.ok_or_else(|| Error::Stored {
            what: format!("call {}", sid.as_str()),
            why: "the directory names a business that does not have it".to_owned(),
        })?,
    };
    let mut outcome = Outcome::default();
    for event in packed {
        match events::store(tx, &call, event, now_ms).await? {
            Stored::New => {
                effects::apply(tx, &mut call, event, now_ms).await?;
                outcome.stored += 1;
            }
            Stored::Again => outcome.again += 1,
            Stored::Conflict => outcome.conflicts += 1,
        }
    }
    if outcome.stored > 0 || outcome.conflicts > 0 {
        effects::sum_up(tx, &mut call, i64::from(outcome.conflicts), now_ms).await?;
    }
    Ok((ack(call.events_through, &outcome), outcome))
}

async fn hold(
    tx: &mut Tx,
    sid: &CallSid,
    packed: &[StoredEvent],
    now_ms: i64,
) -> Result<(EventAck, Outcome), Error> {
    let mut outcome = Outcome::default();
    for event in packed {
        match unrouted::hold(tx, sid, event, now_ms).await? {
            Stored::New => outcome.held += 1,
            Stored::Again => outcome.again += 1,
            Stored::Conflict => outcome.conflicts += 1,
        }
    }
    Ok((ack(unrouted::held_through(tx, sid).await?, &outcome), outcome))
}

fn ack(through: i64, outcome: &Outcome) -> EventAck {
    EventAck { stored_up_to: words::unsigned(through), duplicates: outcome.again + outcome.conflicts }
}
