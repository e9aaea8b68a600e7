//! "A call came in: what shall we do with it?"

pub(crate) mod decision;
pub(crate) mod greeting;
pub(crate) mod number;
pub(crate) mod token;
pub(crate) mod unrouted;

use crm_api::{RouteDecision, RouteRequest};

use self::number::{Caller, Dialled};
use crate::app::App;
use crate::calls::directory;
use crate::calls::open::{Opening, open};
use crate::calls::sid::CallSid;
use crate::db::Tx;
use crate::error::{Error, Fault, Refusal};
use crate::redact;
use crate::tenancy::{self, TenantCtx, channel_routes};

/// Routes a call. The same call may be routed again, even at the same time: one call, one lead, the
/// same decision.
///
/// # Errors
/// A refusal for a malformed call id, or for a call that was routed to another number before.
pub(crate) async fn route(app: &App, request: &RouteRequest, now_ms: i64) -> Result<RouteDecision, Error> {
    let sid = CallSid::parse(&request.call_sid)?;
    let dialled = Dialled::parse(&request.to);
    let mut tx = app.db.write().await?;
    tx.lock_call(sid.as_str()).await?;

    let Some(tenant) = owner_of_call(app, &mut tx, &sid, &dialled).await? else {
        unrouted::note(&mut tx, &sid, Some((&request.from, &request.to)), now_ms).await?;
        tx.commit().await?;
        app.metrics.routed("unrouted");
        tracing::warn!(
            call_sid = sid.as_str(),
            to = redact::number(dialled.as_str()),
            "nobody owns the dialled number"
        );
        return Ok(decision::neutral(&app.settings));
    };

    let mut tx = tx.enter(tenant).await?;
    let profile = tenancy::profile::of(&mut tx).await?;
    let caller = Caller::parse(&request.from);
    let opening = Opening {
        sid: &sid,
        caller: &caller,
        dialled: &dialled,
        first_lead_status: &profile.first_lead_status,
    };
    let call = open(&mut tx, opening, now_ms).await?;
    if call.to_number != dialled.as_str() {
        return Err(Refusal::new(
            Fault::Conflict,
            "call_routed_elsewhere",
            format!("call {} was routed to another dialled number before", sid.as_str()),
        )
        .into());
    }
    let token = app.call_tokens.sign(&token::CallGrant {
        tenant: tx.tenant().clone(),
        call_sid: sid.as_str().to_owned(),
        lead_id: call.lead_id,
        expires_at_ms: now_ms + app.settings.call_token_ttl_ms,
    });
    let decision = decision::agent(tx.tenant(), &profile, token);
    tx.commit().await?;
    app.metrics.routed("agent");
    tracing::info!(
        call_sid = sid.as_str(),
        business = profile.slug,
        from = redact::number(caller.as_str()),
        "call routed"
    );
    Ok(decision)
}

/// The business of a call: as decided before, else by the dialled number.
async fn owner_of_call(
    app: &App,
    tx: &mut Tx,
    sid: &CallSid,
    dialled: &Dialled,
) -> Result<Option<TenantCtx>, Error> {
    match directory::owner(tx, sid).await? {
        Some(tenant) => Ok(Some(tenant)),
        None => owner_of_number(app, tx, dialled).await,
    }
}

/// The business of a dialled number: its owner, else the one that a single-business install named.
pub(crate) async fn owner_of_number(
    app: &App,
    tx: &mut Tx,
    dialled: &Dialled,
) -> Result<Option<TenantCtx>, Error> {
    match channel_routes::owner(tx, dialled).await? {
        Some(tenant) => Ok(Some(tenant)),
        None => Ok(app.default_business.clone()),
    }
}
