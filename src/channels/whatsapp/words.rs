//! What a customer sent, said in words: what a person reads in the console and a model in the conversation. What cannot
//! be said in words gets a mark in brackets. It quotes whatever the customer's side sent; nothing in it is to be believed.

use super::content::{Card, Content, Item};
use super::interactive;
use crate::domain::attachment::{Attachment, Source};
use crate::domain::language::Language;
use crate::domain::message::{Media, MediaKind};
use std::borrow::Cow;

/// Longest name of a file, a place or a person that is repeated.
const LONGEST_NAME: usize = 120;
/// Longest answer of a form that is repeated.
const LONGEST_ANSWER: usize = 500;
/// Most products, people and answers that are named.
const MOST_NAMED: usize = 20;

/// A message in words.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Said {
    /// The words.
    pub text: String,
    /// The files with them.
    pub media: Vec<Media>,
}

impl Said {
    fn words(text: impl Into<String>) -> Self {
        Self { text: text.into(), media: Vec::new() }
    }
}

/// `content` in words.
pub fn said(content: &Content, language: Language) -> Said {
    match content {
        Content::Text(text) => Said::words(text.clone()),
        Content::Media { media, caption } => {
            let mark = media_mark(media, language);
            let text = match caption {
                Some(caption) => format!("{caption}\n{mark}"),
                None => mark,
            };
            Said { text, media: vec![media.clone()] }
        }
        Content::Location { latitude, longitude, name, address } => {
            let known: Vec<String> = [name, address].into_iter().flatten().map(|text| short(text)).collect();
            let place = format!("{latitude:.5}, {longitude:.5}");
            let label = word(language, ["localização", "location", "ubicación"]);
            match known.is_empty() {
                true => Said::words(format!("[{label}: {place}]")),
                false => Said::words(format!("[{label}: {} ({place})]", known.join(", "))),
            }
        }
        Content::Contacts(cards) => {
            let cards: Vec<String> =
                cards.iter().take(MOST_NAMED).map(|card| said_card(card, language)).collect();
            Said::words(cards.join("\n"))
        }
        Content::Choice { id, title } => Said::words(interactive::said(id).unwrap_or(title)),
        Content::TemplateButton { text, .. } => Said::words(text.clone()),
        Content::Form(answers) => Said::words(said_form(answers, language)),
        Content::Reaction { emoji, .. } => Said::words(match emoji {
            Some(emoji) => {
                let label = word(language, ["reagiu com", "reacted with", "reaccionó con"]);
                format!("[{label} {}]", short(emoji))
            }
            None => {
                let label =
                    word(language, ["retirou a reação", "took the reaction back", "quitó la reacción"]);
                format!("[{label}]")
            }
        }),
        Content::Order { items, note } => {
            let label = word(language, ["pedido", "order", "pedido"]);
            let items: Vec<String> = items.iter().take(MOST_NAMED).map(said_item).collect();
            let mark = format!("[{label}: {}]", items.join("; "));
            Said::words(match note {
                Some(note) => format!("{note}\n{mark}"),
                None => mark,
            })
        }
        Content::Edit { content, .. } => {
            let label =
                word(language, ["corrigiu a mensagem", "corrected the message", "corrigió el mensaje"]);
            let now = said(content, language);
            Said { text: format!("[{label}]\n{}", now.text), media: now.media }
        }
        Content::Revoke { .. } => {
            let label = word(language, ["apagou uma mensagem", "deleted a message", "borró un mensaje"]);
            Said::words(format!("[{label}]"))
        }
        Content::System { .. } => {
            let label = word(
                language,
                [
                    "os dados do contato mudaram",
                    "the contact's details changed",
                    "los datos del contacto cambiaron",
                ],
            );
            Said::words(format!("[{label}]"))
        }
        Content::Unseen { kind, .. } => {
            let label = word(
                language,
                [
                    "mensagem que não aparece aqui",
                    "message that does not show here",
                    "mensaje que no aparece aquí",
                ],
            );
            match kind {
                Some(kind) => Said::words(format!("[{label}: {}]", short(kind))),
                None => Said::words(format!("[{label}]")),
            }
        }
        Content::Welcome => Said::words(format!(
            "[{}]",
            word(language, ["abriu a conversa", "opened the chat", "abrió el chat"])
        )),
    }
}

/// What stands in the log for what a message of ours carries, where it has no words.
pub fn carried(attachment: &Attachment, language: Language) -> Option<String> {
    let file = |kind, source: &Source| match &source.caption {
        Some(caption) => caption.clone(),
        None => mark(kind, source.file_name.as_deref(), language),
    };
    Some(match attachment {
        Attachment::Image(source) => file(MediaKind::Image, source),
        Attachment::Video(source) => file(MediaKind::Video, source),
        Attachment::Document(source) => file(MediaKind::Document, source),
        Attachment::Audio(source) => file(MediaKind::Audio, source),
        Attachment::Reaction { emoji, .. } => {
            let emoji = (!emoji.is_empty()).then(|| emoji.clone());
            said(&Content::Reaction { to: None, emoji }, language).text
        }
        Attachment::Link { .. }
        | Attachment::LocationRequest
        | Attachment::ContactRequest
        | Attachment::Flow { .. } => return None,
    })
}

/// Text under which a file that came with a message stands.
fn media_mark(media: &Media, language: Language) -> String {
    mark(media.kind, media.file_name.as_deref(), language)
}

fn mark(kind: MediaKind, name: Option<&str>, language: Language) -> String {
    let label = word(
        language,
        match kind {
            MediaKind::Image => ["imagem", "picture", "imagen"],
            MediaKind::Video => ["vídeo", "video", "video"],
            MediaKind::Document => ["documento", "document", "documento"],
            MediaKind::Audio => ["áudio", "sound", "audio"],
            MediaKind::Voice => ["mensagem de voz", "voice message", "mensaje de voz"],
            MediaKind::Sticker => ["figurinha", "sticker", "sticker"],
        },
    );
    match name {
        Some(name) => format!("[{label}: {}]", short(name)),
        None => format!("[{label}]"),
    }
}

/// What stands under a message whose file is not kept.
pub fn without_file(language: Language, why: NoFile) -> String {
    let label = match why {
        NoFile::Refused => word(
            language,
            [
                "arquivo recusado: tipo não permitido",
                "file refused: type not allowed",
                "archivo rechazado: tipo no permitido",
            ],
        ),
        NoFile::Lost => word(
            language,
            [
                "não foi possível baixar o arquivo",
                "the file could not be downloaded",
                "no se pudo descargar el archivo",
            ],
        ),
    };
    format!("[{label}]")
}

/// Why a file is not kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NoFile {
    /// It may be a program.
    Refused,
    /// It could not be fetched, or is too large.
    Lost,
}

fn said_card(card: &Card, language: Language) -> String {
    let label = match card.is_own {
        true => word(language, ["telefone do cliente", "customer's phone", "teléfono del cliente"]),
        false => word(language, ["contato", "contact", "contacto"]),
    };
    let born = card
        .birthday
        .iter()
        .map(|day| format!("{} {}", word(language, ["nascimento", "born", "nacimiento"]), short(day)));
    let parts: Vec<String> = card
        .name
        .iter()
        .chain(&card.company)
        .chain(card.phones.iter().take(3))
        .chain(card.emails.iter().take(3))
        .map(|part| short(part))
        .chain(born)
        .collect();
    format!("[{label}: {}]", parts.join(", "))
}

fn said_item(item: &Item) -> String {
    let product = short(&item.product);
    match (item.price, &item.currency) {
        (Some(price), Some(currency)) => {
            format!("{} × {product} ({} {price:.2})", item.quantity, short(currency))
        }
        (Some(price), None) => format!("{} × {product} ({price:.2})", item.quantity),
        (None, _) => format!("{} × {product}", item.quantity),
    }
}

fn said_form(answers: &[(String, String)], language: Language) -> String {
    let label = word(language, ["formulário preenchido", "form filled in", "formulario completado"]);
    let lines: Vec<String> = answers
        .iter()
        .take(MOST_NAMED)
        .map(|(name, answer)| format!("{}: {}", short(name), cut(answer, LONGEST_ANSWER)))
        .collect();
    match lines.is_empty() {
        true => format!("[{label}]"),
        false => format!("[{label}]\n{}", lines.join("\n")),
    }
}

/// One line of at most [`LONGEST_NAME`] characters that cannot close the bracket it stands in.
fn short(text: &str) -> String {
    let line: Vec<&str> = text.split_whitespace().collect();
    cut(&line.join(" "), LONGEST_NAME).replace('[', "(").replace(']', ")")
}

fn cut(text: &str, longest: usize) -> Cow<'_, str> {
    match text.char_indices().nth(longest) {
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
        None => Cow::Borrowed(text),
    }
}

fn word(language: Language, [portuguese, english, spanish]: [&'static str; 3]) -> &'static str {
    match language {
        Language::Portuguese => portuguese,
        Language::English => english,
        Language::Spanish => spanish,
    }
}

#[cfg(test)]
mod tests;
