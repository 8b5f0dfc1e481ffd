//! What was seen of a run, from all sides: the customers', the model's, the vendor's, the log's. Plain data, so that
//! the checker can be shown forgeries; it judges nothing.

use crate::plan::Wish;
use std::collections::{BTreeMap, BTreeSet};
use std::time::{SystemTime, UNIX_EPOCH};

/// Milliseconds of the machine's clock, which the log is written by too.
pub type Moment = i64;

/// Now.
pub fn now() -> Moment {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(since.as_millis()).unwrap()
}

/// A message of a customer's, as the customer's side knows it.
#[derive(Clone, Debug)]
pub struct Sent {
    /// Whose.
    pub customer: usize,
    /// What is wanted.
    pub wish: Wish,
    /// When it was sent first.
    pub first: Moment,
    /// When it was acknowledged first.
    pub acknowledged: Option<Moment>,
    /// Ids it was acknowledged under.
    pub ids: BTreeSet<String>,
    /// Acknowledgements that said that it was new.
    pub fresh: usize,
    /// Acknowledgements that said that it was not.
    pub repeated: usize,
}

/// A message read from an event stream.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Heard {
    /// Place in the log.
    pub seq: i64,
    /// Its id.
    pub id: String,
}

/// A request to the model.
#[derive(Clone, Debug)]
pub struct Asked {
    /// In whose conversation.
    pub customer: usize,
    /// The process that asked, and which start of it.
    pub by: String,
    /// What was asked, as a hash.
    pub transcript: u64,
    /// When.
    pub at: Moment,
    /// When it was answered in full, or given up.
    pub ended: Option<Moment>,
    /// Whether the answer was given in full.
    pub finished: bool,
    /// The answer: calls, or words.
    pub answer: String,
}

/// A request to the vendor.
#[derive(Clone, Debug)]
pub struct Called {
    /// The word it was for.
    pub word: String,
    /// Its idempotency key.
    pub key: String,
    /// The process that asked.
    pub by: String,
    /// When.
    pub at: Moment,
    /// When it was answered or given up.
    pub ended: Option<Moment>,
}

/// A message that the gateway or Meta took.
#[derive(Clone, Debug)]
pub struct Delivered {
    /// To whom.
    pub customer: usize,
    /// The id of the delivery.
    pub delivery: String,
    /// The id of the message; empty from Meta, which is not told.
    pub message: String,
    /// Who said it; empty from Meta.
    pub role: String,
    /// The words.
    pub text: String,
    /// When it was taken.
    pub at: Moment,
    /// How often it was pushed, from the taking on.
    pub posts: usize,
}

/// What a person wrote on another device.
#[derive(Clone, Debug)]
pub struct Echo {
    /// To whom.
    pub customer: usize,
    /// The words, which nobody else writes.
    pub text: String,
    /// Whether it was acknowledged.
    pub acknowledged: bool,
    /// Ids it was acknowledged under.
    pub ids: BTreeSet<String>,
}

/// The end of a process that was not told to.
#[derive(Clone, Debug)]
pub struct Death {
    /// The process, and which start of it.
    pub who: String,
    /// When the signal was sent.
    pub signalled: Moment,
    /// When the process was gone.
    pub gone: Moment,
    /// When a process was there that could go on.
    pub relieved: Moment,
}

/// Which processes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Whom {
    /// One, by its number.
    One(usize),
    /// All.
    All,
}

/// Something done to a process, other than killing it.
#[derive(Clone, Debug)]
pub struct Harmed {
    /// What.
    pub what: &'static str,
    /// To whom.
    pub whom: Whom,
    /// From when.
    pub from: Moment,
    /// Until when.
    pub until: Moment,
}

/// What happened in a conversation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum What {
    /// Somebody said something.
    Message(Said),
    /// Another owner.
    Owner {
        /// Whether it is the bot.
        bot: bool,
    },
    /// A turn began.
    Started,
    /// A turn ended.
    Finished {
        /// Why.
        reason: String,
    },
    /// It was closed, or opened again.
    State {
        /// Which.
        closed: bool,
    },
    /// Something else, by its name.
    Other(String),
}

/// A message of the log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Said {
    /// Its id.
    pub id: String,
    /// `customer`, `assistant`, `human` or `system`.
    pub role: String,
    /// The id that the customer's side gave it.
    pub client_id: Option<String>,
    /// The words.
    pub text: String,
    /// What it answers.
    pub reply_to: Vec<String>,
}

/// An entry of a log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// Its place.
    pub seq: i64,
    /// When.
    pub at: Moment,
    /// The turn it belongs to.
    pub turn: Option<String>,
    /// What.
    pub what: What,
}

/// Whether messages of a conversation are pushed to a service.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pushed {
    /// They are not.
    No,
    /// To the gateway, which is told which message it is.
    ByName,
    /// To Meta, which gets the words alone, and keeps no order of what it posts.
    ByWords,
}

/// A conversation as the public API shows it at the end.
#[derive(Clone, Debug)]
pub struct Log {
    /// Whose.
    pub customer: usize,
    /// Its id.
    pub id: String,
    /// Whether its messages are pushed somewhere.
    pub pushed: Pushed,
    /// Whether the bot owns it at the end.
    pub is_bots: bool,
    /// Everything, oldest first.
    pub entries: Vec<Entry>,
    /// What its customer is shown: places and ids of messages.
    pub shown: Vec<Heard>,
}

impl Log {
    /// Its messages, oldest first.
    pub fn messages(&self) -> impl Iterator<Item = (&Entry, &Said)> {
        self.entries.iter().filter_map(|entry| match &entry.what {
            What::Message(said) => Some((entry, said)),
            _ => None,
        })
    }

    /// Ids of the customer's messages that nobody has answered or settled.
    pub fn open(&self) -> BTreeSet<&str> {
        let mut open = BTreeSet::new();
        for entry in &self.entries {
            match &entry.what {
                What::Message(said) if said.role == "customer" => _ = open.insert(said.id.as_str()),
                What::Message(said) if said.role == "human" => open.clear(),
                What::Message(said) => said.reply_to.iter().for_each(|id| _ = open.remove(id.as_str())),
                What::State { closed: true } => open.clear(),
                _ => {}
            }
        }
        open
    }

    /// Whether a turn has begun and not ended, as far as the log tells.
    pub fn is_at_work(&self) -> bool {
        let newest = self.entries.iter().rev().find(|entry| {
            matches!(
                entry.what,
                What::Started
                    | What::Finished { .. }
                    | What::Owner { bot: false }
                    | What::State { closed: true }
            )
        });
        newest.is_some_and(|entry| entry.what == What::Started)
    }
}

/// Everything that was seen.
#[derive(Clone, Debug, Default)]
pub struct Evidence {
    /// Messages by word.
    pub sent: BTreeMap<String, Sent>,
    /// Messages of event streams, by customer.
    pub heard: BTreeMap<usize, Vec<Heard>>,
    /// Requests to the model.
    pub asked: Vec<Asked>,
    /// Requests to the vendor.
    pub called: Vec<Called>,
    /// What the vendor has done: word by idempotency key.
    pub effects: BTreeMap<String, String>,
    /// What the gateway took, in order.
    pub delivered: Vec<Delivered>,
    /// What people wrote on other devices, by id.
    pub echoes: BTreeMap<String, Echo>,
    /// Processes killed.
    pub deaths: Vec<Death>,
    /// Conversations.
    pub logs: Vec<Log>,
    /// What no part of the world should ever see, in words.
    pub oddities: Vec<String>,
    /// How often people took conversations.
    pub takeovers: usize,
    /// What else was done to processes.
    pub harms: Vec<Harmed>,
}
