//! What makes a call urgent, from the business's settings to whoever looks at the live call.

use crm_service::admin::NewTenant;
use telephony_bridge::server::Intent;

use crate::harness::{Site, eventually, hung_up, shown};

/// S-EMG-001, S-EMG-017, S-TEL-007: the same words are an emergency of one business and none of another: it is shown while
/// the call lasts, and counted.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_urgent_is_the_business_s_to_say() {
    for (own, urgent) in
        [(Some(vec!["דירה להשכרה".to_owned()]), true), (Some(Vec::new()), false), (None, false)]
    {
        let business = NewTenant { emergencies: own.clone(), ..NewTenant::new("theirs", "עסק") };
        let site = Site::that(business, "booking", 5.0).await;
        let _crm = site.crm().await;
        let bridge = site.bridge(&[]);
        let call = tokio::spawn(site.caller(&bridge, "1").call());
        // The second turn's: the first one has been answered by then.
        let about = eventually("the caller has said the name", async || {
            let row = shown(&bridge).await.calls.into_iter().next()?;
            row.about.entities.contains_key("name").then_some(row.about)
        })
        .await;
        assert_eq!((about.emergency, about.intents[0] == Intent::Emergency), (urgent, urgent), "{own:?}");
        hung_up(call).await;
        let (_, metrics) = site.page(&bridge, "/metrics").await.expect("the bridge answers");
        assert_eq!(metrics.contains("kav_bridge_emergencies_total 1"), urgent, "{own:?}");
    }
}
