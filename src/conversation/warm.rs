//! Leads who are not ready yet are kept warm: on the own list, where campaigns find them, and on that of a marketing tool
//! if the business has one.

use super::lead_notice::{notice_id, subject};
use super::leads::LeadDesk;
use crate::backoffice::BackofficeError;
use crate::limits::alerts::AlertEvent;
use crate::store::interviews::{Amendment, InterviewRecord};
use jiff::{SignedDuration, Timestamp};

/// How long a marketing tool that does not answer is tried again.
const PATIENCE: SignedDuration = SignedDuration::from_hours(24);

impl LeadDesk {
    /// Puts a lead on `list`. A process that dies in between does all of it again, which tells nobody twice: the notice
    /// bears the same id, and the tool's list the same key.
    pub(super) async fn keep_warm(
        &self,
        record: InterviewRecord,
        list: &str,
        now: Timestamp,
    ) -> anyhow::Result<InterviewRecord> {
        let text = match self.enter_list(&record, list, now).await? {
            Some(fault) => {
                format!(
                    "the lead is kept warm on the list `{list}` here, and not by the marketing tool: {fault}"
                )
            }
            None => format!("the lead is kept warm on the list `{list}`"),
        };
        let told = format!("nurtured.{}", notice_id(&record));
        self.alerts.lead(told, AlertEvent::LeadNurtured, &subject(&record), &text).await?;
        let nurtured = Amendment::Nurtured { list: list.to_owned() };
        Ok(self.stores.interviews.amend(record.state.id, nurtured, now).await?)
    }

    /// Puts the lead on the marketing tool's list, if there is one. Returns why they are not on it.
    async fn enter_list(
        &self,
        record: &InterviewRecord,
        list: &str,
        now: Timestamp,
    ) -> anyhow::Result<Option<String>> {
        let Some(lists) = &self.lists else { return Ok(None) };
        let Some(contact) = self.stores.contacts.get(record.contact).await? else { return Ok(None) };
        match lists.enter(list, &notice_id(record), &contact).await {
            Ok(true) => Ok(None),
            Ok(false) => Ok(Some("they left no e-mail, or want no such messages".to_owned())),
            Err(error @ BackofficeError::Unavailable(_))
                if now.duration_since(record.state.updated_at) < PATIENCE =>
            {
                Err(error.into())
            }
            Err(error) => Ok(Some(error.to_string())),
        }
    }
}
