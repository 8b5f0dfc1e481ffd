//! Deals that a vendor's CRM has of a person, taken over into the own book. It writes nothing at the vendor.

use super::crm::{ConnectorCrm, OPPORTUNITY};
use super::remote::{RemoteId, amount, shaped};
use crate::backoffice::BackofficeError;
use crate::declared::instants::instant;
use crate::domain::crm::Opportunity;
use crate::domain::ids::{ContactId, RecordId};
use crate::store::backoffice::EffectKey;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

/// Most of the vendor's opportunities that are taken over for a history.
const MOST_OPPORTUNITIES: usize = 20;

/// What `opportunities` gives: a list of these.
#[derive(Deserialize)]
struct RemoteOpportunity {
    id: RemoteId,
    title: Option<String>,
    value: Option<Value>,
    stage: Option<String>,
    created_at: Option<Value>,
    updated_at: Option<Value>,
}

impl ConnectorCrm {
    /// Takes over what the vendor has on a person, into the own book; whether that was all there is.
    pub(super) async fn refresh(&self, contact: ContactId, remote: &str) -> Result<bool, BackofficeError> {
        if !self.vendor.can("opportunities") {
            return Ok(false);
        }
        let result = self.vendor.read("opportunities", &json!({"contact": remote})).await?;
        let found: Option<Vec<RemoteOpportunity>> = shaped(result, self.vendor.name(), "opportunities")?;
        let own = self.records.opportunities(contact).await?;
        let found = found.unwrap_or_default();
        let mut is_whole = found.len() < MOST_OPPORTUNITIES;
        for ours in &own {
            // One that is not among theirs may be somebody else's by now.
            let remote = self.linked(OPPORTUNITY, &ours.id.to_string()).await?;
            is_whole &= remote.is_none_or(|remote| found.iter().any(|theirs| theirs.id.0 == remote));
        }
        for theirs in found.into_iter().take(MOST_OPPORTUNITIES) {
            let local = self.vendor.store().local(self.vendor.name(), OPPORTUNITY, &theirs.id.0).await?;
            let ours = local.as_deref().and_then(|local| own.iter().find(|own| own.id.to_string() == local));
            let taken = self.taken_over(&theirs, ours, contact);
            if ours.is_some_and(|ours| same(ours, &taken)) {
                continue;
            }
            // The key holds what is written, so that a later change is another effect.
            let state = json!([taken.title, taken.value, taken.stage]).to_string();
            let key = format!("{} {} {state}", self.vendor.name(), theirs.id.0);
            let kept = self.records.save_opportunity(&EffectKey(key), &taken).await?;
            self.link(OPPORTUNITY, &kept.id.to_string(), &theirs.id.0).await?;
        }
        Ok(is_whole)
    }

    fn taken_over(
        &self,
        theirs: &RemoteOpportunity,
        ours: Option<&Opportunity>,
        contact: ContactId,
    ) -> Opportunity {
        let now = self.clock.now();
        let at = |value: &Option<Value>| -> Option<Timestamp> { value.as_ref().and_then(instant) };
        let created_at = ours.map(|ours| ours.created_at).or_else(|| at(&theirs.created_at)).unwrap_or(now);
        Opportunity {
            id: ours.map_or_else(|| RecordId(self.clock.new_id()), |ours| ours.id),
            contact,
            title: theirs.title.clone().unwrap_or_default(),
            value: theirs.value.as_ref().and_then(|value| amount(value, self.vendor.pack().money)),
            stage: theirs.stage.clone().unwrap_or_default(),
            origin: ours.map_or_else(|| Some(self.vendor.name().to_owned()), |ours| ours.origin.clone()),
            created_at,
            updated_at: at(&theirs.updated_at).unwrap_or(created_at),
        }
    }
}

fn same(one: &Opportunity, other: &Opportunity) -> bool {
    (&one.title, one.value, &one.stage) == (&other.title, other.value, &other.stage)
}
