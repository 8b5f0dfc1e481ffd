//! Leads who are not ready yet are kept warm: on the own list, where campaigns find them, and on that of a marketing tool
//! if the business has one.

use super::lead_notice::{notice_id, subject};
use super::leads::LeadDesk;
use crate::limits::alerts::AlertEvent;
use crate::store::error::StoreError;
use crate::store::interviews::{Amendment, InterviewRecord};
use jiff::{SignedDuration, Timestamp};

/// How long a marketing tool that does not answer is tried again.
const PATIENCE: SignedDuration = SignedDuration::from_hours(24);

/// What became of a lead at the marketing tool.
enum Entered {
    /// They are on its list, or there is no tool.
    Yes,
    /// They are not, for this reason.
    No(String),
    /// It is to be tried again.
    NotYet,
}

impl LeadDesk {
    /// Puts a lead on `list`. Returns whether it is done; a process that dies in between does all of it again, which tells
    /// nobody twice: the notice bears the same id, and the tool's list the same key.
    pub(super) async fn nurture(
        &self,
        record: &InterviewRecord,
        list: &str,
        now: Timestamp,
    ) -> anyhow::Result<bool> {
        let text = match self.enter(record, list, now).await? {
            Entered::Yes => format!("the lead is kept warm on the list `{list}`"),
            Entered::No(fault) => {
                format!(
                    "the lead is kept warm on the list `{list}` here, and not by the marketing tool: {fault}"
                )
            }
            Entered::NotYet => return Ok(false),
        };
        let told = format!("nurtured.{}", notice_id(record));
        self.alerts.lead(told, AlertEvent::LeadNurtured, &subject(record), &text).await?;
        let nurtured = Amendment::Nurtured { list: list.to_owned() };
        self.stores.interviews.amend(record.state.id, nurtured, now).await?;
        Ok(true)
    }

    /// Puts the lead on the marketing tool's list, if there is one.
    async fn enter(
        &self,
        record: &InterviewRecord,
        list: &str,
        now: Timestamp,
    ) -> Result<Entered, StoreError> {
        let Some(lists) = &self.lists else { return Ok(Entered::Yes) };
        let Some(contact) = self.stores.contacts.get(record.contact).await? else { return Ok(Entered::Yes) };
        Ok(match lists.enter(list, &notice_id(record), &contact).await {
            Ok(true) => Entered::Yes,
            Ok(false) => Entered::No("they left no e-mail, or want no such messages".to_owned()),
            Err(error) if error.may_pass() && now.duration_since(record.state.updated_at) < PATIENCE => {
                tracing::warn!(interview.id = %record.state.id, %error, "the marketing tool does not take a lead; it is tried again");
                Entered::NotYet
            }
            Err(error) => Entered::No(error.to_string()),
        })
    }
}
