//! What changes the row of an interview, in order, the same on every database: begin, fold, amend. A database says how
//! its rows are read and written; what a change means is decided in `interviews.rs`.

use super::conversations::OwnerChange;
use super::error::StoreError;
use super::interviews::{Amendment, InterviewRecord, NewInterview, Opening, Taken};
use crate::domain::conversation::{Conversation, Lease, Owner};
use crate::domain::event::{Event, EventBody};
use crate::domain::ids::{ConversationId, InterviewId, Seq};
use crate::domain::interview::InterviewStep;
use jiff::Timestamp;

/// What waits in a conversation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::store) enum Waiting {
    /// Nothing.
    Nothing,
    /// Words of the customer.
    Words,
    /// A turn that works on them.
    Turn,
}

impl Waiting {
    /// As `sql::interviews::WAITING` has it.
    pub(in crate::store) fn of(number: i32) -> Self {
        match number {
            0 => Self::Nothing,
            1 => Self::Words,
            _ => Self::Turn,
        }
    }
}

/// A transaction of a database, as far as interviews go.
pub(in crate::store) trait InterviewRows: Send {
    /// Keeps every other writer of the conversation out until the transaction ends.
    fn lock(&mut self, conversation: ConversationId) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// One interview.
    fn read(
        &mut self,
        id: InterviewId,
    ) -> impl Future<Output = Result<Option<InterviewRecord>, StoreError>> + Send;

    /// The same, and nobody else reads it so until the transaction ends: it can be led in two conversations, so that the
    /// lock of one of them keeps nobody out who is in the other.
    fn take(
        &mut self,
        id: InterviewId,
    ) -> impl Future<Output = Result<Option<InterviewRecord>, StoreError>> + Send;

    /// Writes one.
    fn save(&mut self, record: &InterviewRecord) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// What happened in interviews of a conversation behind a place.
    fn steps(
        &mut self,
        conversation: ConversationId,
        behind: Seq,
    ) -> impl Future<Output = Result<Vec<Event>, StoreError>> + Send;

    /// Who had how many leads of a route. Two leads of one route are given out one after the other.
    fn taken(
        &mut self,
        name: &str,
        route: &str,
    ) -> impl Future<Output = Result<Vec<Taken>, StoreError>> + Send;

    /// Appends events that no turn appends.
    fn append(
        &mut self,
        conversation: ConversationId,
        bodies: Vec<EventBody>,
        at: Timestamp,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// What waits in a conversation.
    fn waiting(
        &mut self,
        conversation: ConversationId,
    ) -> impl Future<Output = Result<Waiting, StoreError>> + Send;

    /// Changes the owner, with these events before the message of the change.
    fn change_owner(
        &mut self,
        conversation: ConversationId,
        change: OwnerChange,
        before: Vec<EventBody>,
    ) -> impl Future<Output = Result<Conversation, StoreError>> + Send;
}

/// Brings the row of an interview up to what the conversation's log has of it. Part of a turn's commit.
pub(in crate::store) async fn fold(
    rows: &mut impl InterviewRows,
    id: InterviewId,
    conversation: &Conversation,
) -> Result<(), StoreError> {
    let known = rows.take(id).await?;
    let seq = known.as_ref().filter(|known| known.state.conversation == conversation.id);
    let events = rows.steps(conversation.id, seq.map_or(0, |known| known.seq)).await?;
    let folded = match known {
        Some(known) => Some(known.after(&events)),
        None => InterviewRecord::begun(id, conversation.contact, conversation.language, &events),
    };
    let Some(folded) = folded else { return Ok(()) };
    rows.save(&InterviewRecord { contact: conversation.contact, ..folded }).await
}

/// Changes an interview and appends what happened to the log.
pub(in crate::store) async fn amend(
    rows: &mut impl InterviewRows,
    id: InterviewId,
    amendment: Amendment,
    at: Timestamp,
) -> Result<InterviewRecord, StoreError> {
    // The end of a turn locks its conversation first, too.
    let led_in = rows.read(id).await?.ok_or(StoreError::NotFound)?.state.conversation;
    rows.lock(led_in).await?;
    let mut record = rows.take(id).await?.ok_or(StoreError::NotFound)?;
    if record.state.conversation != led_in {
        return Err(StoreError::Unavailable("the interview went on elsewhere at this moment".to_owned()));
    }
    let taken = match &amendment {
        Amendment::Assigned { route, .. } => rows.taken(&record.state.name, route).await?,
        _ => Vec::new(),
    };
    let steps = record.amend(amendment, &taken, at)?;
    if !steps.is_empty() {
        let conversation = record.state.conversation;
        let bodies = steps.into_iter().map(|step| body(id, step)).collect();
        rows.append(conversation, bodies, at).await?;
        let events = rows.steps(conversation, record.seq).await?;
        record = record.after(&events);
    }
    rows.save(&record).await?;
    Ok(record)
}

/// Begins an interview; its first question is put unless the customer's words come first.
pub(in crate::store) async fn begin(
    rows: &mut impl InterviewRows,
    new: NewInterview,
) -> Result<InterviewRecord, StoreError> {
    let NewInterview { id, conversation, only_at, reason, started, opening, at } = new;
    rows.lock(conversation).await?;
    let opening = match rows.waiting(conversation).await? {
        Waiting::Nothing => opening,
        Waiting::Words => None,
        Waiting::Turn => {
            return Err(StoreError::Conflict("the assistant is answering the customer".to_owned()));
        }
    };
    let mut before = vec![body(id, started)];
    let (message, outbox) = match opening {
        Some(Opening { asked, message, outbox }) => {
            before.push(body(id, asked));
            (Some(message), outbox)
        }
        None => (None, None),
    };
    let (owner, lease, only_at) = (Owner::Bot, Lease::default(), Some(only_at));
    let change = OwnerChange { owner, lease, only_at, reason, message, outbox, once: None, at };
    let changed = rows.change_owner(conversation, change, before).await?;
    fold(rows, id, &changed).await?;
    rows.read(id)
        .await?
        .ok_or_else(|| StoreError::Fault("an interview that was begun is not there".to_owned()))
}

fn body(interview: InterviewId, step: InterviewStep) -> EventBody {
    EventBody::Interview { interview, step: Box::new(step) }
}
