//! Whom the assistant serves on a number that family and suppliers write to as well. Whoever it does not serve is kept for
//! people: no word of theirs is answered, listened to, fetched or shown to a model.

use super::desk::Desk;
use super::people::CUSTOMER;
use crate::channels::whatsapp::address::{UserId, WaId};
use crate::channels::whatsapp::content::Content;
use crate::channels::whatsapp::wire::Incoming;
use crate::config::audience::{Answers, AudienceSettings};
use crate::domain::conversation::{Conversation, REFERRED_WITH};
use crate::domain::event::{Event, EventBody};
use crate::domain::message::Role;
use crate::language::fold::words;
use crate::store::error::StoreError;
use std::collections::HashSet;

/// Whom the assistant serves.
pub(super) struct Audience {
    answers: Answers,
    always: Handles,
    never: Handles,
    phrases: Vec<String>,
}

impl Audience {
    /// As the operator has it.
    pub(super) fn new(settings: &AudienceSettings) -> Self {
        Self {
            answers: settings.answers,
            always: Handles::of(&settings.always),
            never: Handles::of(&settings.never),
            phrases: settings.phrases.iter().map(|phrase| plain(phrase)).collect(),
        }
    }

    /// Whether somebody who has these handles is served, by who they are or else by what brought them here.
    fn serves(&self, handles: &[String], is_customer: bool) -> bool {
        if self.never.any(handles) {
            return false;
        }
        self.always.any(handles)
            || match self.answers {
                Answers::Everybody => true,
                Answers::Customers => is_customer,
                Answers::Listed => false,
            }
    }

    /// Whether words are those of one of the links that customers come by.
    fn is_greeted_by(&self, text: &str) -> bool {
        let said = format!(" {} ", plain(text));
        self.phrases.iter().any(|phrase| said.contains(&format!(" {phrase} ")))
    }
}

/// People, by their numbers or by WhatsApp's ids of them.
struct Handles(HashSet<String>);

impl Handles {
    fn of(listed: &[String]) -> Self {
        Self(listed.iter().filter_map(|handle| canonical(handle)).collect())
    }

    fn any(&self, handles: &[String]) -> bool {
        handles.iter().any(|handle| self.0.contains(handle))
    }
}

/// A number in its one form, or an id; `None` for what is neither.
fn canonical(handle: &str) -> Option<String> {
    let digits: String = handle.chars().filter(char::is_ascii_digit).collect();
    let is_number = handle.chars().all(|letter| letter.is_ascii_digit() || " +-()./".contains(letter));
    match is_number {
        true => WaId::read(&digits).map(|phone| phone.canonical()),
        false => UserId::read(handle.trim()).map(|user| user.as_str().to_owned()),
    }
}

fn plain(text: &str) -> String {
    words(text).join(" ")
}

impl Desk {
    /// Whether the assistant serves who wrote this. What made somebody a customer once is remembered.
    pub(super) async fn serves(
        &self,
        conversation: &Conversation,
        incoming: &Incoming,
        events: &[Event],
    ) -> Result<bool, StoreError> {
        let told = &conversation.metadata;
        let is_known = told.contains_key(CUSTOMER) || told.contains_key(REFERRED_WITH);
        let is_new = !is_known
            && self.audience.answers == Answers::Customers
            && (was_served(events)
                || matches!(&incoming.content, Content::Text(text) if self.audience.is_greeted_by(text)));
        if is_new {
            self.people.remember_customer(conversation).await?;
        }
        Ok(self.audience.serves(&handles(conversation, incoming), is_known || is_new))
    }
}

/// What somebody is known by: a number that they hide today may have been seen before.
fn handles(conversation: &Conversation, incoming: &Incoming) -> Vec<String> {
    let seen = conversation.metadata.get("phone").and_then(|phone| phone.as_str()).and_then(canonical);
    let phone = incoming.from.phone.as_ref().map(WaId::canonical);
    let user = incoming.from.user.as_ref().map(|user| user.as_str().to_owned());
    [seen, phone, user].into_iter().flatten().collect()
}

/// Whether the assistant has said something to them before.
fn was_served(events: &[Event]) -> bool {
    let is_ours =
        |event: &Event| matches!(&event.body, EventBody::Message(said) if said.role == Role::Assistant);
    events.iter().any(is_ours)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn audience(answers: Answers) -> Audience {
        Audience::new(&AudienceSettings {
            answers,
            always: vec!["+55 11 98765-0001".to_owned()],
            never: vec!["+55 (21) 98888-7777".to_owned(), "BR.13491208655302741918".to_owned()],
            phrases: vec!["Vim pelo site".to_owned(), "quero um orçamento".to_owned()],
        })
    }

    #[test]
    fn who_is_listed_is_listed_in_whatever_form() {
        for (phone, answers, is_customer, expected) in [
            ("5511987650001", Answers::Listed, false, true),
            // The ninth digit is not always there.
            ("551187650001", Answers::Listed, false, true),
            ("5521988887777", Answers::Everybody, true, false),
            ("5531977776666", Answers::Everybody, false, true),
            ("5531977776666", Answers::Customers, false, false),
            ("5531977776666", Answers::Customers, true, true),
            ("5531977776666", Answers::Listed, true, false),
        ] {
            let handles = [WaId::read(phone).unwrap().canonical()];
            assert_eq!(
                audience(answers).serves(&handles, is_customer),
                expected,
                "{phone} {answers:?} {is_customer}"
            );
        }
        let hidden = ["BR.13491208655302741918".to_owned()];
        assert!(!audience(Answers::Everybody).serves(&hidden, true));
    }

    #[test]
    fn the_words_of_a_link_are_found_whole() {
        let audience = audience(Answers::Customers);
        for (text, expected) in [
            ("Olá! Vim pelo SITE e queria saber de vasos", true),
            ("quero um orcamento", true),
            ("vim pelo sitezinho", false),
            ("oi tio, tudo bem?", false),
        ] {
            assert_eq!(audience.is_greeted_by(text), expected, "{text}");
        }
    }
}
