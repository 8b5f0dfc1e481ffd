//! Interviews as rows: where each stands, whose lead it became, whether that person knows. The log has what was
//! said; a row is the fold over it, written in the transaction that appends (`interview_record`).

use super::conversations::Page;
use super::error::StoreError;
use super::outbox::NewDelivery;
use crate::domain::ids::{ContactId, ConversationId, InterviewId, Seq};
use crate::domain::interview::{Answer, InterviewState, InterviewStep, Verdict};
use crate::domain::message::Message;
use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

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
    /// The list the lead is kept warm on.
    pub nurture: Option<Nurture>,
    /// When somebody should look after the lead: once they have kept quiet for a while, from the end until it was passed
    /// to whoever it goes to, and when it was not acknowledged.
    pub follow_up_at: Option<Timestamp>,
}

/// How far a record had come when somebody looked at it. Every conversation counts its events for itself, and an interview
/// may go on in another one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Seen {
    /// Where it was led.
    pub conversation: ConversationId,
    /// The newest event in it.
    pub seq: Seq,
}

/// A lead in somebody's hands.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Assignment {
    /// Name of the route.
    pub route: String,
    /// Who.
    pub person: String,
    /// When it became theirs.
    pub assigned_at: Timestamp,
    /// When they were told.
    pub notified_at: Option<Timestamp>,
    /// Until when they have to acknowledge, if at all.
    pub acknowledge_by: Option<Timestamp>,
    /// When somebody did.
    pub acknowledged_at: Option<Timestamp>,
    /// Who did.
    pub acknowledged_by: Option<String>,
    /// When somebody else was told because nobody did.
    pub escalated_at: Option<Timestamp>,
}

/// A lead that is kept warm.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Nurture {
    /// Name of the list.
    pub list: String,
    /// Since when.
    pub since: Timestamp,
}

/// How much of a person's time a route has taken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Taken {
    /// Who.
    pub person: String,
    /// When they last got a lead of the route.
    pub last_at: Timestamp,
    /// How many they got.
    pub leads: i64,
}

/// A change of an interview that is no turn's.
#[derive(Clone, PartialEq, Debug)]
pub enum Amendment {
    /// The lead keeps quiet, as the interview was at `seen`: it is over with what is there, until they come back.
    Abandoned {
        /// What it comes to.
        verdict: Verdict,
        /// The record that it was worked out from: it holds for no other.
        seen: Seen,
    },
    /// There was nothing to do about an interview that is led, as it was at `seen`.
    Waits {
        /// When there may be.
        again_at: Option<Timestamp>,
        /// The record that was looked at.
        seen: Seen,
    },
    /// A person of the business wrote answers; their fields are locked.
    Edited {
        /// The answers.
        answers: Vec<Answer>,
        /// What it comes to with them, if it is over.
        rating: Option<Rating>,
    },
    /// The lead goes to whoever of these waited longest. An interview that has a person keeps them.
    Assigned {
        /// Name of the route.
        route: String,
        /// Who may get it, in the route's order.
        people: Vec<String>,
        /// Until when they have to acknowledge, if at all.
        acknowledge_by: Option<Timestamp>,
    },
    /// Whom it concerns was told: there is nothing to do until the lead has to be acknowledged, or until a time. What
    /// was corrected meanwhile has still to be looked after.
    Told {
        /// When there is something to do all the same.
        again_at: Option<Timestamp>,
        /// The corrections that whoever was told knew of.
        corrections: u32,
    },
    /// The lead was passed on to the business's systems after all, as it was after so many corrections.
    PassedOn {
        /// The corrections.
        corrections: u32,
    },
    /// Somebody has seen that there is a lead. The first one counts.
    Acknowledged {
        /// Who.
        person: String,
    },
    /// Nobody acknowledged in time, and somebody else was told.
    Escalated {
        /// Who.
        person: String,
    },
    /// The lead is kept warm.
    Nurtured {
        /// Name of the list.
        list: String,
    },
}

/// What an interview that is over comes to after a change.
#[derive(Clone, PartialEq, Debug)]
pub struct Rating {
    /// The verdict.
    pub verdict: Verdict,
    /// The list that such a lead is kept warm on.
    pub list: Option<String>,
    /// The record that it was worked out from: it holds for no other.
    pub seen: Seen,
}

/// An interview that a person of the business begins.
#[derive(Clone, Debug)]
pub struct NewInterview {
    /// Its id.
    pub id: InterviewId,
    /// Where it is led.
    pub conversation: ConversationId,
    /// The epoch of the conversation as the person knows it.
    pub only_at: i64,
    /// Why the conversation is the bot's, if it was not before.
    pub reason: String,
    /// How it begins.
    pub started: InterviewStep,
    /// The first question, put only if no word of the customer waits for an answer: that one is given first.
    pub opening: Option<Opening>,
    /// When.
    pub at: Timestamp,
}

/// The first question.
#[derive(Clone, Debug)]
pub struct Opening {
    /// As a step.
    pub asked: InterviewStep,
    /// In words.
    pub message: Message,
    /// Outbox row for them, if the channel has to be pushed to.
    pub outbox: Option<NewDelivery>,
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

    /// The interviews of a contact and of their conversations, oldest first, whatever became of them.
    async fn all_of(&self, contact: ContactId) -> Result<Vec<InterviewRecord>, StoreError>;

    /// The conversation's newest interview, whatever became of it.
    async fn newest_in(&self, conversation: ConversationId) -> Result<Option<InterviewRecord>, StoreError>;

    /// Names of every interview the contact was ever asked in, whatever became of it.
    async fn names_of(&self, contact: ContactId) -> Result<Vec<String>, StoreError>;

    /// Begins an interview and gives its conversation to the bot, in one transaction.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if there is no such conversation, [`StoreError::Stale`] if it is not as it was at
    /// `only_at`, [`StoreError::Conflict`] while a turn works on it.
    async fn begin(&self, new: NewInterview) -> Result<InterviewRecord, StoreError>;

    /// A page of interviews.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if the cursor is none of this list.
    async fn list(&self, filter: &InterviewFilter) -> Result<Page<InterviewRecord>, StoreError>;

    /// Changes an interview and appends what happened to its conversation's log, in one transaction. A change that
    /// was made before changes nothing.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if there is no such interview, [`StoreError::Conflict`] if it has to be in somebody's
    /// hands and is not, or if nobody may get it.
    async fn amend(
        &self,
        id: InterviewId,
        amendment: Amendment,
        at: Timestamp,
    ) -> Result<InterviewRecord, StoreError>;

    /// Takes interviews whose time to be looked after has come; nobody else gets them before `until`. The longest
    /// waiting first, at most `limit`.
    async fn take_follow_ups(
        &self,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<InterviewRecord>, StoreError>;
}
