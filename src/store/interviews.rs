//! Interviews as rows: where each stands, whose lead it became, whether that person knows. The log has what was
//! said; a row is the fold over it, written in the transaction that appends.

use super::conversations::Page;
use super::error::StoreError;
use crate::domain::ids::{ContactId, ConversationId, InterviewId, Seq};
use crate::domain::interview::InterviewState;
use async_trait::async_trait;
use jiff::Timestamp;

/// An interview with where its fold has come to.
#[derive(Clone, PartialEq, Debug)]
pub struct InterviewRecord {
    /// The interview.
    pub state: InterviewState,
    /// Whose.
    pub contact: ContactId,
    /// The newest event of `state.conversation` that is in `state`.
    pub seq: Seq,
    /// Who has to call the lead.
    pub assignment: Option<Assignment>,
}

/// A lead in somebody's hands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Assignment {
    /// Name of the route.
    pub route: String,
    /// Who.
    pub person: String,
    /// When they were told.
    pub notified_at: Timestamp,
    /// Until when they have to acknowledge, if at all.
    pub acknowledge_by: Option<Timestamp>,
    /// When they did.
    pub acknowledged_at: Option<Timestamp>,
    /// When somebody else was told because they did not.
    pub escalated_at: Option<Timestamp>,
}

/// Which interviews to list, the newest first.
#[derive(Clone, Debug, Default)]
pub struct InterviewFilter {
    /// Only of this definition.
    pub name: Option<String>,
    /// Only that stand so: `running`, `paused`, or an end reason.
    pub standing: Option<String>,
    /// Only this warm: `hot`, `warm`, `cold` or `disqualified`.
    pub temperature: Option<String>,
    /// Only begun at or after.
    pub since: Option<Timestamp>,
    /// Go on behind this position, as given by the last page.
    pub cursor: Option<String>,
    /// At most so many.
    pub limit: u32,
}

/// Interviews of a database. What a turn does to one goes through [`super::turns::TurnCommit`].
#[async_trait]
pub trait InterviewStore: Send + Sync {
    /// One interview.
    async fn get(&self, id: InterviewId) -> Result<Option<InterviewRecord>, StoreError>;

    /// The contact's newest interview, whatever became of it.
    async fn newest_of(&self, contact: ContactId) -> Result<Option<InterviewRecord>, StoreError>;

    /// The conversation's newest interview, whatever became of it.
    async fn newest_in(&self, conversation: ConversationId) -> Result<Option<InterviewRecord>, StoreError>;

    /// A page of interviews.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if the cursor is none of this list.
    async fn list(&self, filter: &InterviewFilter) -> Result<Page<InterviewRecord>, StoreError>;
}
