//! One owner per conversation: the bot, the team, or a named person. Every change raises the conversation's
//! epoch in the store, so a turn of the bot that still runs cannot speak over a person. Nothing is sent here: what
//! a person says leaves through the same log and outbox as the bot's words.

use crate::domain::clock::Clock;
use crate::domain::conversation::{Conversation, ConversationState, Owner};
use crate::domain::ids::{ConversationId, MessageId, OutboxId};
use crate::domain::language::Language;
use crate::domain::message::{Message, Role};
use crate::store::conversations::{Accepted, ConversationStore, NewEcho, OwnerChange};
use crate::store::error::StoreError;
use crate::store::outbox::NewDelivery;
use std::sync::Arc;

/// Changes of owner that people ask for.
pub struct Ownership {
    conversations: Arc<dyn ConversationStore>,
    clock: Arc<dyn Clock>,
    /// Channels whose messages have to be pushed; the others are read from.
    pushed: Vec<String>,
}

impl Ownership {
    /// Over a store; `pushed` names the channels whose messages go through the outbox.
    pub fn new(
        conversations: Arc<dyn ConversationStore>,
        clock: Arc<dyn Clock>,
        pushed: Vec<String>,
    ) -> Self {
        Self { conversations, clock, pushed }
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
        let conversation = self.get(id).await?;
        if conversation.state == ConversationState::Closed {
            self.conversations.set_state(id, ConversationState::Open, self.clock.now()).await?;
        }
        let message = Message { author: Some(person.to_owned()), ..self.message(Role::Human, text) };
        let message_id = message.id;
        let owner = Owner::Person { name: person.to_owned() };
        let reason = format!("{person} answered");
        Ok((self.change(&conversation, owner, reason, Some(message)).await?, message_id))
    }

    /// A person takes the conversation without a word.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if there is no such conversation.
    pub async fn take(&self, id: ConversationId, person: &str) -> Result<Conversation, StoreError> {
        let conversation = self.get(id).await?;
        if conversation.owner.person() == Some(person) {
            return Ok(conversation);
        }
        let owner = Owner::Person { name: person.to_owned() };
        self.change(&conversation, owner, format!("{person} took over"), None).await
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
        self.change(&conversation, Owner::Bot, format!("{person} gave it back"), Some(note)).await
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
        self.change(&closed, Owner::Bot, format!("{person} closed it"), Some(note)).await
    }

    async fn get(&self, id: ConversationId) -> Result<Conversation, StoreError> {
        self.conversations.get(id).await?.ok_or(StoreError::NotFound)
    }

    async fn change(
        &self,
        conversation: &Conversation,
        owner: Owner,
        reason: String,
        message: Option<Message>,
    ) -> Result<Conversation, StoreError> {
        let outbox =
            message.as_ref().filter(|_| self.pushed.contains(&conversation.channel)).map(|message| {
                NewDelivery {
                    id: OutboxId(self.clock.new_id()),
                    channel: conversation.channel.clone(),
                    message: message.id,
                }
            });
        let change = OwnerChange { owner, reason, message, outbox, at: self.clock.now() };
        self.conversations.change_owner(conversation.id, change).await
    }

    fn message(&self, role: Role, text: String) -> Message {
        Message {
            id: MessageId(self.clock.new_id()),
            role,
            text,
            client_id: None,
            author: None,
            reply_to: Vec::new(),
            sources: Vec::new(),
            buttons: Vec::new(),
            confirmation: None,
            created_at: self.clock.now(),
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
        let echo = NewEcho {
            conversation: id,
            // Customers' messages are counted by the channel's name: the two kinds of ids may meet.
            channel: format!("{}:echo", conversation.channel),
            external_id: external_id.to_owned(),
            message: Message { author: Some(person.to_owned()), ..self.message(Role::Human, text) },
            owner: Owner::Person { name: person.to_owned() },
            reason: format!("{person} answered on another device"),
            at: self.clock.now(),
        };
        self.conversations.echo(echo).await
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
