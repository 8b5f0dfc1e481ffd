//! One owner per conversation: the bot, the team, a named person, or a flow. Every change raises the conversation's
//! epoch in the store, so a turn of the bot that still runs cannot speak over a person. Nothing is sent here: what
//! a person says leaves through the same log and outbox as the bot's words.

use super::lease::LeaseRules;
use crate::domain::attachment::Attachment;
use crate::domain::clock::Clock;
use crate::domain::conversation::{Conversation, ConversationState, Owner};
use crate::domain::event::EventBody;
use crate::domain::ids::{ConversationId, MessageId, OutboxId};
use crate::domain::language::Language;
use crate::domain::message::{Message, Role};
use crate::store::conversations::{Accepted, ConversationStore, NewEcho, OwnerChange};
use crate::store::error::StoreError;
use crate::store::outbox::NewDelivery;
use std::sync::Arc;

/// How many of the newest events tell whether the customer waits for an answer.
const RECENT_EVENTS: u32 = 50;
/// How often the program looks again whose the conversation is that it says something in.
const TELLINGS: u32 = 8;

/// Changes of owner: those that people and flows ask for, and the return by rule.
pub struct Ownership {
    conversations: Arc<dyn ConversationStore>,
    clock: Arc<dyn Clock>,
    rules: LeaseRules,
    /// Channels whose messages have to be pushed; the others are read from.
    pushed: Vec<String>,
}

impl Ownership {
    /// Over a store; `pushed` names the channels whose messages go through the outbox.
    pub fn new(
        conversations: Arc<dyn ConversationStore>,
        clock: Arc<dyn Clock>,
        rules: LeaseRules,
        pushed: Vec<String>,
    ) -> Self {
        Self { conversations, clock, rules, pushed }
    }

    /// A person answers, and by that takes the conversation. A closed one is open again.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if there is no such conversation.
    pub async fn reply(
        &self,
        id: ConversationId,
        person: &str,
        text: String,
    ) -> Result<(Conversation, MessageId), StoreError> {
        self.said_by(id, person, self.message(Role::Human, text), None).await
    }

    /// The same, once: whoever sends it again under the same `client_id`, because no answer came, has sent it already.
    ///
    /// # Errors
    /// As there.
    pub async fn reply_once(
        &self,
        id: ConversationId,
        person: &str,
        text: String,
        client_id: String,
    ) -> Result<(Conversation, MessageId), StoreError> {
        // Asked first: one that is said already must not open a conversation that was closed since.
        if let Some(said) = self.conversations.accepted(id, OwnerChange::COUNTED_AS, &client_id).await? {
            return Ok((self.get(id).await?, said));
        }
        let message = self.message(Role::Human, text);
        match self.said_by(id, person, message, Some(client_id.clone())).await {
            // Both at the same time.
            Err(StoreError::Conflict(why)) => {
                let said = self.conversations.accepted(id, OwnerChange::COUNTED_AS, &client_id).await?;
                Ok((self.get(id).await?, said.ok_or(StoreError::Conflict(why))?))
            }
            other => other,
        }
    }

    /// The same, with something beside the words.
    ///
    /// # Errors
    /// As there.
    pub async fn reply_with(
        &self,
        id: ConversationId,
        person: &str,
        text: String,
        attachment: Attachment,
    ) -> Result<(Conversation, MessageId), StoreError> {
        let message = self.message(Role::Human, text);
        self.said_by(id, person, Message { attachment: Some(Box::new(attachment)), ..message }, None).await
    }

    async fn said_by(
        &self,
        id: ConversationId,
        person: &str,
        message: Message,
        once: Option<String>,
    ) -> Result<(Conversation, MessageId), StoreError> {
        let conversation = self.get(id).await?;
        if conversation.state == ConversationState::Closed {
            self.conversations.set_state(id, ConversationState::Open, self.clock.now()).await?;
        }
        let message = Message { author: Some(person.to_owned()), ..message };
        let message_id = message.id;
        let reason = format!("{person} answered");
        let words = Words::Said(Box::new(message));
        let change = OwnerChange { once, ..self.changed(&conversation, person_of(person), reason, words) };
        Ok((self.conversations.change_owner(id, change).await?, message_id))
    }

    /// A person takes the conversation without a word, or keeps it for longer.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if there is no such conversation.
    pub async fn take(&self, id: ConversationId, person: &str) -> Result<Conversation, StoreError> {
        let conversation = self.get(id).await?;
        self.change(&conversation, person_of(person), format!("{person} took over"), Words::None).await
    }

    /// A flow takes the conversation from the bot. What it says later has to name the epoch that it gets here.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if there is no such conversation, [`StoreError::Conflict`] if somebody else than the
    /// bot has it.
    pub async fn take_for_flow(&self, id: ConversationId, flow: &str) -> Result<Conversation, StoreError> {
        let conversation = self.get(id).await?;
        let owner = Owner::Flow { name: flow.to_owned() };
        if !conversation.owner.is_bot() && conversation.owner != owner {
            return Err(StoreError::Conflict("somebody else has the conversation".to_owned()));
        }
        let reason = format!("the flow {flow} took over");
        self.change_at(conversation.epoch, &conversation, owner, reason, Words::None).await
    }

    /// A flow says something, if the conversation is still as it was at `epoch`; returns the conversation with the
    /// epoch for its next words.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if there is no such conversation, [`StoreError::Stale`] if somebody else has had it
    /// since `epoch`.
    pub async fn reply_for_flow(
        &self,
        id: ConversationId,
        flow: &str,
        epoch: i64,
        text: String,
    ) -> Result<(Conversation, MessageId), StoreError> {
        let conversation = self.get(id).await?;
        let owner = Owner::Flow { name: flow.to_owned() };
        if conversation.owner != owner {
            return Err(StoreError::Stale);
        }
        let message = Message { author: Some(flow.to_owned()), ..self.message(Role::Assistant, text) };
        let message_id = message.id;
        let reason = format!("the flow {flow} answered");
        let changed =
            self.change_at(epoch, &conversation, owner, reason, Words::Said(Box::new(message))).await?;
        Ok((changed, message_id))
    }

    /// A person gives the conversation back to the bot; the customer is told.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if there is no such conversation.
    pub async fn give_back(&self, id: ConversationId, person: &str) -> Result<Conversation, StoreError> {
        let conversation = self.get(id).await?;
        if conversation.owner.is_bot() {
            return Ok(conversation);
        }
        let note = self.message(Role::System, given_back(conversation.language).to_owned());
        self.change(&conversation, Owner::Bot, format!("{person} gave it back"), Words::Said(Box::new(note)))
            .await
    }

    /// Gives a conversation whose lease is over back to the bot, unless its owner has done anything since it was read.
    /// A customer who waits is told; nobody else is woken.
    ///
    /// # Errors
    /// [`StoreError::Stale`] if the conversation is not any more as it was read.
    pub async fn return_overdue(&self, conversation: &Conversation) -> Result<Conversation, StoreError> {
        let language = conversation.language;
        let (reason, note) = match &conversation.owner {
            Owner::Bot => return Ok(conversation.clone()),
            Owner::Team => ("nobody of the team took it in time".to_owned(), nobody_came(language)),
            Owner::Person { name } => (format!("{name} was silent for too long"), given_back(language)),
            Owner::Flow { name } => {
                (format!("the flow {name} was silent for too long"), given_back(language))
            }
        };
        let words = match self.customer_waits(conversation.id).await? {
            true => Words::Said(Box::new(self.message(Role::System, note.to_owned()))),
            false => Words::None,
        };
        self.change_at(conversation.epoch, conversation, Owner::Bot, reason, words).await
    }

    /// Whether the last word is the customer's.
    async fn customer_waits(&self, id: ConversationId) -> Result<bool, StoreError> {
        let events = self.conversations.recent_events(id, RECENT_EVENTS).await?;
        let last = events.iter().rev().find_map(|event| match &event.body {
            EventBody::Message(message) if message.role != Role::System && message.kept.is_none() => {
                Some(message.role)
            }
            _ => None,
        });
        Ok(last == Some(Role::Customer))
    }

    /// A person ends the conversation; the customer is told. The next message opens it again, for the bot.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if there is no such conversation.
    pub async fn close(&self, id: ConversationId, person: &str) -> Result<Conversation, StoreError> {
        let conversation = self.get(id).await?;
        if conversation.state == ConversationState::Closed {
            return Ok(conversation);
        }
        // Closed first: between the two steps the bot must not take up what the person left.
        let closed = self.conversations.set_state(id, ConversationState::Closed, self.clock.now()).await?;
        let note = self.message(Role::System, ended(closed.language).to_owned());
        self.change(&closed, Owner::Bot, format!("{person} closed it"), Words::Said(Box::new(note))).await
    }

    async fn get(&self, id: ConversationId) -> Result<Conversation, StoreError> {
        self.conversations.get(id).await?.ok_or(StoreError::NotFound)
    }

    async fn change(
        &self,
        conversation: &Conversation,
        owner: Owner,
        reason: String,
        words: Words,
    ) -> Result<Conversation, StoreError> {
        let change = self.changed(conversation, owner, reason, words);
        self.conversations.change_owner(conversation.id, change).await
    }

    /// A change that counts only if the conversation still has this epoch.
    async fn change_at(
        &self,
        epoch: i64,
        conversation: &Conversation,
        owner: Owner,
        reason: String,
        words: Words,
    ) -> Result<Conversation, StoreError> {
        let change = OwnerChange { only_at: Some(epoch), ..self.changed(conversation, owner, reason, words) };
        self.conversations.change_owner(conversation.id, change).await
    }

    fn changed(
        &self,
        conversation: &Conversation,
        owner: Owner,
        reason: String,
        words: Words,
    ) -> OwnerChange {
        let at = self.clock.now();
        let message = match words {
            Words::None => None,
            Words::Said(message) => Some(*message),
        };
        let outbox =
            message.as_ref().filter(|_| self.pushed.contains(&conversation.channel)).map(|message| {
                NewDelivery {
                    id: OutboxId(self.clock.new_id()),
                    channel: conversation.channel.clone(),
                    message: message.id,
                }
            });
        let lease = self.rules.lease(&owner, at);
        OwnerChange { owner, lease, only_at: None, reason, message, outbox, once: None, at }
    }

    fn message(&self, role: Role, text: String) -> Message {
        Message::new(MessageId(self.clock.new_id()), role, text, self.clock.now())
    }

    /// The program itself says something in reply to `to`, whoever has the conversation; it stays theirs, and what the
    /// customer waits for stays open.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if there is no such conversation, [`StoreError::Stale`] if it changes hands all the time.
    pub async fn tell(
        &self,
        id: ConversationId,
        to: MessageId,
        text: String,
    ) -> Result<MessageId, StoreError> {
        let message = Message { reply_to: vec![to], ..self.message(Role::System, text) };
        let said = message.id;
        let mut attempt = 1;
        loop {
            let now = self.get(id).await?;
            let words = Words::Said(Box::new(message.clone()));
            let reason = "the program said something".to_owned();
            match self.change_at(now.epoch, &now, now.owner.clone(), reason, words).await {
                // Somebody took it, or a turn began, this moment: it stays theirs.
                Err(StoreError::Stale) if attempt < TELLINGS => attempt += 1,
                Err(error) => return Err(error),
                Ok(_) => return Ok(said),
            }
        }
    }

    /// A person of the business answered elsewhere, on the phone whose number the channel is, and by that takes the
    /// conversation. The customer has the words already: they are written down and not sent. A closed conversation is
    /// open again. The same `external_id` again changes nothing.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if there is no such conversation.
    pub async fn echo(
        &self,
        id: ConversationId,
        external_id: &str,
        person: &str,
        text: String,
    ) -> Result<Accepted, StoreError> {
        let conversation = self.get(id).await?;
        let (owner, at) = (person_of(person), self.clock.now());
        let echo = NewEcho {
            conversation: id,
            channel: NewEcho::counted_as(&conversation.channel),
            external_id: external_id.to_owned(),
            message: Message { author: Some(person.to_owned()), ..self.message(Role::Human, text) },
            lease: self.rules.lease(&owner, at),
            owner,
            reason: format!("{person} answered on another device"),
            at,
        };
        self.conversations.echo(echo).await
    }
}

/// What goes with a change of owner.
enum Words {
    /// Nothing.
    None,
    /// A message.
    Said(Box<Message>),
}

fn person_of(name: &str) -> Owner {
    Owner::Person { name: name.to_owned() }
}

fn nobody_came(language: Language) -> &'static str {
    match language {
        Language::Portuguese => {
            "Ainda não conseguimos uma pessoa da equipe para você, desculpe. Enquanto isso, o assistente virtual \
             continua com você."
        }
        Language::English => {
            "We could not get a person of the team for you yet, sorry. Meanwhile the virtual assistant goes on with you."
        }
        Language::Spanish => {
            "Todavía no conseguimos una persona del equipo para usted, disculpe. Mientras tanto, el asistente virtual \
             sigue con usted."
        }
    }
}

fn given_back(language: Language) -> &'static str {
    match language {
        Language::Portuguese => "Você voltou a falar com o assistente virtual.",
        Language::English => "You are talking to the virtual assistant again.",
        Language::Spanish => "Vuelve a hablar con el asistente virtual.",
    }
}

fn ended(language: Language) -> &'static str {
    match language {
        Language::Portuguese => "Atendimento encerrado. Se precisar de algo mais, é só escrever.",
        Language::English => "This conversation was closed. If you need anything else, just write.",
        Language::Spanish => "La atención terminó. Si necesita algo más, solo escriba.",
    }
}
