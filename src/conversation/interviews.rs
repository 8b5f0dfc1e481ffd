//! Which interview a turn takes up. What it then does with it is the agent's.

use crate::domain::conversation::Conversation;
use crate::domain::event::{Event, EventBody};
use crate::domain::ids::InterviewId;
use crate::domain::interview::{EndReason, InterviewState, Standing};
use crate::store::error::StoreError;
use crate::store::interviews::{InterviewRecord, InterviewStore};

/// The interview of a conversation whose newest events are `events`: its own newest, else the contact's newest, led on
/// whatever channel. What an interrupted turn has appended to the log, and no commit has brought to the row, counts.
pub(super) async fn standing(
    store: &dyn InterviewStore,
    conversation: &Conversation,
    events: &[Event],
) -> Result<Option<InterviewState>, StoreError> {
    let kept = if conversation.interviewed { kept(store, conversation).await? } else { None };
    let logged = events.iter().rev().find_map(|event| match &event.body {
        EventBody::Interview { interview, .. } => Some(*interview),
        _ => None,
    });
    let record = match (kept, logged) {
        (Some(kept), None) => Some(kept),
        (Some(kept), Some(id)) if kept.state.id == id => Some(kept.after(events)),
        (kept, Some(id)) if !conversation.interviewed || store.get(id).await?.is_none() => {
            begun(id, conversation, events).or(kept)
        }
        (Some(kept), Some(_)) => Some(kept),
        (None, Some(_)) => None,
        (None, None) => None,
    };
    Ok(record.map(|record| record.state))
}

/// An interview that has no row yet: the turn that began it was interrupted.
fn begun(id: InterviewId, conversation: &Conversation, events: &[Event]) -> Option<InterviewRecord> {
    InterviewRecord::begun(id, conversation.contact, conversation.language, events)
}

/// The row: what is open goes before what is over.
async fn kept(
    store: &dyn InterviewStore,
    conversation: &Conversation,
) -> Result<Option<InterviewRecord>, StoreError> {
    let here = store.newest_in(conversation.id).await?;
    if here.as_ref().is_some_and(|here| may_go_on(here.state.standing)) {
        return Ok(here);
    }
    let elsewhere = store.newest_of(conversation.contact).await?;
    Ok(match elsewhere {
        Some(elsewhere) if here.is_none() || may_go_on(elsewhere.state.standing) => Some(elsewhere),
        _ => here,
    })
}

/// Whether the lead's next words may belong to it.
fn may_go_on(standing: Standing) -> bool {
    match standing {
        Standing::Running | Standing::Paused | Standing::Ended(EndReason::Abandoned) => true,
        Standing::Ended(_) => false,
    }
}
