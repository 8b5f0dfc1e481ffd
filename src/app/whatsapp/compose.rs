//! A message of a conversation as the messages that WhatsApp is sent: one where it fits, several where it does not. Pure;
//! when they leave is decided elsewhere.

use crate::channels::whatsapp::interactive::{numbered, tappable};
use crate::channels::whatsapp::markup::marked;
use crate::channels::whatsapp::outgoing::Content;
use crate::channels::whatsapp::split::pieces;
use crate::domain::language::Language;
use crate::domain::message::{Button, Message, Role};

/// How choices are shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Choices {
    /// As buttons or as a list, where they fit.
    Tappable,
    /// As numbered lines: Meta refused the other ways.
    Numbered,
}

/// `message` as WhatsApp is sent it, in pieces of at most `most` characters.
pub fn compose(message: &Message, language: Language, choices: Choices, most: usize) -> Vec<Content> {
    let text = match message.role {
        // What a person writes stands as they wrote it, with WhatsApp's own marks if they like.
        Role::Human | Role::Customer => message.text.trim().to_owned(),
        Role::Assistant | Role::System => marked(&message.text),
    };
    let offered = offered(message);
    let words = |text: &str| pieces(text, most).into_iter().map(Content::words).collect::<Vec<_>>();
    if offered.is_empty() {
        return words(&text);
    }
    let mut parts = pieces(&text, most);
    let last = parts.last().cloned().unwrap_or_default();
    let shown = match choices {
        Choices::Tappable => tappable(&last, &offered, language),
        Choices::Numbered => None,
    };
    match shown {
        Some(content) => {
            parts.pop();
            parts.into_iter().map(Content::words).chain([content]).collect()
        }
        None => words(&numbered(&text, &offered, language)),
    }
}

/// The choices under a message: its own, and the one to pass a question over.
fn offered(message: &Message) -> Vec<Button> {
    let skip = message.input.as_ref().and_then(|input| input.skip.clone());
    let known = |skip: &Button| message.buttons.iter().any(|button| button.value == skip.value);
    message.buttons.iter().cloned().chain(skip.filter(|skip| !known(skip))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::MessageId;
    use serde_json::Value;

    fn message(role: Role, text: &str, buttons: usize) -> Message {
        let buttons = (0..buttons)
            .map(|number| Button { label: format!("Opção {number}"), value: format!("opção {number}") })
            .collect();
        Message {
            id: MessageId(uuid::Uuid::nil()),
            role,
            text: text.to_owned(),
            client_id: None,
            author: None,
            reply_to: Vec::new(),
            sources: Vec::new(),
            buttons,
            input: None,
            confirmation: None,
            media: Vec::new(),
            quoted: None,
            kept: None,
            created_at: jiff::Timestamp::UNIX_EPOCH,
        }
    }

    fn sent(message: &Message, choices: Choices) -> Vec<Value> {
        let contents = compose(message, Language::Portuguese, choices, 1000);
        contents.iter().map(|content| serde_json::to_value(content).unwrap()).collect()
    }

    #[test]
    fn an_answer_is_one_message_and_a_long_one_several() {
        let [one] = sent(&message(Role::Assistant, "**Olá!**\n\nTudo bem?", 0), Choices::Tappable)
            .try_into()
            .unwrap();
        assert_eq!(one["text"]["body"], "*Olá!*\n\nTudo bem?");
        let long = "Uma frase. ".repeat(150);
        let parts = sent(&message(Role::Assistant, &long, 2), Choices::Tappable);
        let kinds: Vec<&str> = parts.iter().map(|part| part["type"].as_str().unwrap()).collect();
        assert_eq!(kinds, ["text", "interactive"]);
    }

    #[test]
    fn a_person_is_not_reworded() {
        let [one] =
            sent(&message(Role::Human, "*negrito* e **isto**", 0), Choices::Tappable).try_into().unwrap();
        assert_eq!(one["text"]["body"], "*negrito* e **isto**");
    }

    #[test]
    fn choices_that_are_refused_become_lines() {
        let [one] = sent(&message(Role::Assistant, "Qual?", 2), Choices::Numbered).try_into().unwrap();
        assert!(one["text"]["body"].as_str().unwrap().contains("2. Opção 1"), "{one}");
        let [many] = sent(&message(Role::Assistant, "Qual?", 12), Choices::Tappable).try_into().unwrap();
        assert!(many["text"]["body"].as_str().unwrap().contains("12. Opção 11"), "{many}");
    }
}
