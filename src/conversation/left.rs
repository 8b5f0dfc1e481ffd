//! Leads who stopped answering: what they said until then is passed on, if they can be reached. Many give all that is
//! needed and leave at the last question; none of it is lost.

use super::leads::LeadDesk;
use crate::interview::handover::is_reachable;
use crate::interview::score;
use crate::store::error::StoreError;
use crate::store::interviews::{Amendment, InterviewRecord};
use jiff::{SignedDuration, Timestamp};

/// How soon an interview is looked at again whose conversation a person has.
const HANDS: SignedDuration = SignedDuration::from_hours(1);

impl LeadDesk {
    /// Ends an interview whose lead has kept quiet for too long, if there is something to pass on and somebody to call.
    /// Returns it if it is over.
    pub(super) async fn left(
        &self,
        record: InterviewRecord,
        now: Timestamp,
    ) -> Result<Option<InterviewRecord>, StoreError> {
        let state = &record.state;
        let definition = (self.definitions)(&state.name, &state.version);
        let waits = match &definition {
            Some(definition) if definition.follow_up.left_hours > 0 && is_reachable(definition, state) => {
                let hours = SignedDuration::from_hours(i64::from(definition.follow_up.left_hours));
                Some(state.updated_at.saturating_add(hours).unwrap_or(Timestamp::MAX))
            }
            _ => None,
        };
        let conversation = self.stores.conversations.get(state.conversation).await?;
        let in_hands = conversation.is_some_and(|conversation| conversation.owner.person().is_some());
        let amendment = match (waits, definition) {
            // Whoever has the conversation sees the lead; it is looked at again when it is the bot's.
            (Some(due), _) if due <= now && in_hands => {
                let again_at = now.checked_add(HANDS).ok();
                Amendment::Waits { again_at, seen: record.seq }
            }
            (Some(due), Some(definition)) if due <= now => {
                let today = now.to_zoned(self.timezone.clone()).date();
                let verdict = score::verdict(&definition, state, today, self.language);
                Amendment::Left { verdict, seen: record.seq }
            }
            (again_at, _) => Amendment::Waits { again_at, seen: record.seq },
        };
        let after = self.stores.interviews.amend(state.id, amendment, now).await?;
        Ok((!after.state.is_open()).then_some(after))
    }
}
