//! A message of a conversation as the messages that WhatsApp is sent: one where it fits, several where it does not. Pure;
//! when they leave is decided elsewhere.

use crate::channels::whatsapp::attach::{Wrong, attached, in_words};
use crate::channels::whatsapp::interactive::{numbered, tappable};
use crate::channels::whatsapp::markup::marked;
use crate::channels::whatsapp::outgoing::Content;
use crate::channels::whatsapp::split::pieces;
use crate::domain::attachment::Attachment;
use crate::domain::language::Language;
use crate::domain::message::{Button, InputKind, Message, Role};

/// How choices are shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Choices {
    /// As buttons or as a list, where they fit.
    Tappable,
    /// As numbered lines: Meta refused the other ways.
    Numbered,
}

/// Whether the customer's number is known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Phone {
    /// It is.
    Known,
    /// They hide it.
    Hidden,
}

/// What is known of the way that a message goes.
#[derive(Clone, Copy, Debug)]
pub struct Way<'a> {
    /// The customer's language.
    pub language: Language,
    /// How choices are shown.
    pub choices: Choices,
    /// Most characters of one message.
    pub most: usize,
    /// Whether the customer's number is known.
    pub phone: Phone,
    /// Meta's id of the message that is reacted to.
    pub target: Option<&'a str>,
}

/// `message` as WhatsApp is sent it, in pieces.
///
/// # Errors
/// What it carries and Meta would refuse.
pub fn compose(message: &Message, way: Way<'_>) -> Result<Vec<Content>, Wrong> {
    let text = match message.role {
        // What a person writes stands as they wrote it, with WhatsApp's own marks if they like.
        Role::Human | Role::Customer => message.text.trim().to_owned(),
        Role::Assistant | Role::System => marked(&message.text),
    };
    let words = |text: &str| pieces(text, way.most).into_iter().map(Content::words).collect::<Vec<_>>();
    if let Some(attachment) = &message.attachment {
        return match (attached(&text, attachment, way.target)?, way.choices) {
            (Content::Interactive { .. }, Choices::Numbered) => Ok(words(&in_words(&text, attachment))),
            (content, Choices::Tappable | Choices::Numbered) => Ok(vec![content]),
        };
    }
    let offered = offered(message);
    if let Some(content) = of_itself(message, &text, &offered, way) {
        return Ok(vec![content]);
    }
    if offered.is_empty() {
        return Ok(words(&text));
    }
    let mut parts = pieces(&text, way.most);
    let last = parts.last().cloned().unwrap_or_default();
    let shown = match way.choices {
        Choices::Tappable => tappable(&last, &offered, way.language),
        Choices::Numbered => None,
    };
    Ok(match shown {
        Some(content) => {
            parts.pop();
            parts.into_iter().map(Content::words).chain([content]).collect()
        }
        None => words(&numbered(&text, &offered, way.language)),
    })
}

/// What a message becomes that WhatsApp has something of its own for: one with a single link, which gets a button, and one
/// that asks a person for the number that they hide.
fn of_itself(message: &Message, text: &str, offered: &[Button], way: Way<'_>) -> Option<Content> {
    if way.choices == Choices::Numbered || message.role != Role::Assistant {
        return None;
    }
    let asks_for_phone = message.input.as_ref().is_some_and(|input| input.kind == InputKind::Phone);
    if asks_for_phone && way.phone == Phone::Hidden && offered.len() <= 1 {
        let text = numbered(text, offered, way.language);
        return attached(&text, &Attachment::ContactRequest, None).ok();
    }
    let url = only_link(text).filter(|_| offered.is_empty())?.to_owned();
    let label = match way.language {
        Language::Portuguese => "Abrir link",
        Language::English => "Open link",
        Language::Spanish => "Abrir enlace",
    };
    // The address stays in the words: it can be read before it is tapped, and passed on.
    attached(text, &Attachment::Link { label: label.to_owned(), url }, None).ok()
}

/// The address in a text that has one and no more.
fn only_link(text: &str) -> Option<&str> {
    let begins = |scheme: &'static str| text.match_indices(scheme).map(|(at, _)| at);
    let mut places = begins("https://").chain(begins("http://"));
    let (Some(at), None) = (places.next(), places.next()) else { return None };
    let link = text.get(at..)?;
    let end =
        link.find(|letter: char| letter.is_whitespace() || "<>\"*`|".contains(letter)).unwrap_or(link.len());
    let link = link.get(..end)?.trim_end_matches(['.', ',', ';', ':', '!', '?', '_', '~', '\'']);
    let is_bracketed = link.ends_with(')') && !link.contains('(');
    Some(if is_bracketed { link.trim_end_matches(')') } else { link })
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
            buttons,
            ..Message::new(MessageId(uuid::Uuid::nil()), role, text.to_owned(), jiff::Timestamp::UNIX_EPOCH)
        }
    }

    fn sent(message: &Message, choices: Choices) -> Vec<Value> {
        let way =
            Way { language: Language::Portuguese, choices, most: 1000, phone: Phone::Known, target: None };
        let contents = compose(message, way).unwrap();
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

    #[test]
    fn a_single_link_gets_a_button() {
        for (text, url) in [
            ("Acompanhe: https://exemplo.com.br/p/1.", Some("https://exemplo.com.br/p/1")),
            ("Veja [a página](https://exemplo.com.br/p).", Some("https://exemplo.com.br/p")),
            (
                "Em https://pt.wikipedia.org/wiki/Vaso_(planta) há mais",
                Some("https://pt.wikipedia.org/wiki/Vaso_(planta)"),
            ),
            ("https://exemplo.com.br/a e https://exemplo.com.br/b", None),
            ("No computador http://localhost/a", None),
            ("Sem link", None),
        ] {
            let [one] = sent(&message(Role::Assistant, text, 0), Choices::Tappable).try_into().unwrap();
            let shown = one["interactive"]["action"]["parameters"]["url"].as_str();
            assert_eq!(shown, url, "{one}");
            if let Some(url) = url {
                assert!(one["interactive"]["body"]["text"].as_str().unwrap().contains(url), "{one}");
            }
            let [plain] = sent(&message(Role::Assistant, text, 0), Choices::Numbered).try_into().unwrap();
            assert_eq!(plain["type"], "text");
        }
        let [own] =
            sent(&message(Role::Human, "https://exemplo.com.br", 0), Choices::Tappable).try_into().unwrap();
        assert_eq!(own["type"], "text", "a person is not reworded");
    }
}
