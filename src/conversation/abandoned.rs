//! Leads who stopped answering: what they said until then is passed on, if they can be reached. Many give all that is
//! needed and leave at the last question; none of it is lost.

use super::leads::LeadDesk;
use crate::interview::definition::Definition;
use crate::interview::handover::is_reachable;
use crate::interview::score;
use crate::store::error::StoreError;
use crate::store::interviews::{Amendment, InterviewRecord};
use jiff::{SignedDuration, Timestamp};

/// How soon an interview is looked at again whose conversation a person has.
const WITH_A_PERSON: SignedDuration = SignedDuration::from_hours(1);

impl LeadDesk {
    /// Ends an interview whose lead has kept quiet for too long, if there is something to pass on and somebody to call.
    /// Returns it if it is over.
    pub(super) async fn abandoned(
        &self,
        record: InterviewRecord,
        now: Timestamp,
    ) -> Result<Option<InterviewRecord>, StoreError> {
        let (state, seen) = (&record.state, record.seen());
        let definition = (self.definitions)(&state.name, &state.version);
        let due = definition.as_ref().and_then(|definition| due(definition, &record));
        let amendment = match (due, definition) {
            (Some(due), Some(definition)) if due <= now => {
                let conversation = self.stores.conversations.get(state.conversation).await?;
                if conversation.is_some_and(|conversation| conversation.owner.person().is_some()) {
                    // They see the lead; it is looked at again when it is the bot's.
                    Amendment::Waits { again_at: now.checked_add(WITH_A_PERSON).ok(), seen }
                } else {
                    let today = now.to_zoned(self.timezone.clone()).date();
                    let verdict = score::verdict(&definition, state, today, self.language);
                    Amendment::Abandoned { verdict, seen }
                }
            }
            (again_at, _) => Amendment::Waits { again_at, seen },
        };
        let after = self.stores.interviews.amend(state.id, amendment, now).await?;
        Ok((!after.state.is_open()).then_some(after))
    }
}

/// From when on a lead counts as lost if they say nothing more; never, if nobody could call them.
fn due(definition: &Definition, record: &InterviewRecord) -> Option<Timestamp> {
    let hours = definition.follow_up.abandoned_after_hours;
    let is_worth_it = hours > 0 && is_reachable(definition, &record.state);
    let due = || record.state.updated_at.saturating_add(SignedDuration::from_hours(i64::from(hours)));
    is_worth_it.then(|| due().unwrap_or(Timestamp::MAX))
}
