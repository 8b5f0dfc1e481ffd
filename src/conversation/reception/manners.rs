//! Manners that do not wait for a model: who wants no more messages is heard at once, and a program on the other side
//! is not answered for ever. Pure.

use crate::domain::event::{Event, EventBody};
use crate::domain::message::{Kept, Message, Role};
use crate::language::fold::words;
use jiff::{SignedDuration, Timestamp};
use std::collections::HashSet;

/// What a whole message may say to get no more messages.
const OUT: &[&str] = &[
    "sair",
    "parar",
    "pare",
    "stop",
    "cancelar",
    "remover",
    "descadastrar",
    "unsubscribe",
    "nao quero mais",
    "nao quero mais receber",
    "nao quero receber mais mensagens",
    "nao quero mais receber mensagens",
    "me descadastre",
    "me remova",
    "me tire da lista",
    "parar mensagens",
    "cancelar inscricao",
    "salir",
    "baja",
    "darme de baja",
    "opt out",
];
/// And to get them again.
const IN: &[&str] = &["voltar", "start", "quero receber", "quero voltar a receber", "volver", "opt in"];
/// How payloads of template buttons begin that say the same, words apart.
const OUT_PAYLOADS: &[&str] = &["stop", "opt out", "optout", "unsubscribe", "descadastrar", "sair"];

/// What somebody wants of messages that they did not ask for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Wish {
    /// No more of them.
    Out,
    /// Them again.
    In,
}

/// What a message that says nothing else wants. Words that answer a question of ours are that answer, unless they name
/// messages or a list.
pub(super) fn wish(text: &str, payload: Option<&str>, last_of_ours: Option<&Message>) -> Option<Wish> {
    if let Some(payload) = payload {
        let payload = words(payload).join(" ");
        let is_out = |word: &&str| payload == **word || payload.starts_with(&format!("{word} "));
        if OUT_PAYLOADS.iter().any(is_out) {
            return Some(Wish::Out);
        }
    }
    // A longer text says something else; it need not be read.
    if text.len() > 80 {
        return None;
    }
    let said = words(text).join(" ");
    let is_asked = last_of_ours.is_some_and(|message| {
        !message.buttons.is_empty() || message.confirmation.is_some() || message.input.is_some()
    });
    if is_asked
        && said.split(' ').count() == 1
        && !matches!(said.as_str(), "stop" | "unsubscribe" | "descadastrar")
    {
        return None;
    }
    if OUT.contains(&said.as_str()) {
        Some(Wish::Out)
    } else if IN.contains(&said.as_str()) {
        Some(Wish::In)
    } else {
        None
    }
}

/// Nobody reads and answers so fast again and again.
const AT_ONCE: SignedDuration = SignedDuration::from_secs(5);
/// So many answers at once, each like the one before, are a program's.
const ANSWERS: usize = 6;
/// How much of two texts' words must be the same.
const ALIKE_PERCENT: usize = 70;
/// So many messages of ours within so long are too many for any person.
const OURS: usize = 25;
const WITHIN: SignedDuration = SignedDuration::from_mins(10);

/// Whether a program seems to be on the other side: it answers at once, time after time, in much the same words; or we
/// have said more within minutes than anybody reads. `text` is the newest message, which came at `now`.
pub(super) fn is_loop(events: &[Event], text: &str, now: Timestamp) -> bool {
    let said: Vec<&Message> = events
        .iter()
        .filter_map(|event| match &event.body {
            EventBody::Message(message) if message.role != Role::System => Some(message),
            _ => None,
        })
        .collect();
    let recent = |message: &&&Message| {
        message.role == Role::Assistant && now.duration_since(message.created_at) <= WITHIN
    };
    said.iter().filter(recent).count() >= OURS || answers_at_once(&said, text, now)
}

/// Walks back over pairs of our words and an answer, as long as the answers come at once and are alike.
fn answers_at_once(said: &[&Message], text: &str, now: Timestamp) -> bool {
    let (mut newer, mut at) = (bag(text), now);
    let mut count = 0;
    for (place, message) in said.iter().enumerate().rev() {
        if message.role == Role::Customer {
            let words = bag(&message.text);
            if !alike(&words, &newer) {
                return false;
            }
            (newer, at) = (words, message.created_at);
            continue;
        }
        // Only the last word before an answer is what it answers.
        let is_answered = said.get(place + 1).is_none_or(|next| next.role == Role::Customer);
        if !is_answered {
            continue;
        }
        if at.duration_since(message.created_at) > AT_ONCE {
            return false;
        }
        count += 1;
        if count >= ANSWERS {
            return true;
        }
    }
    false
}

fn bag(text: &str) -> HashSet<String> {
    words(text).into_iter().collect()
}

fn alike(one: &HashSet<String>, other: &HashSet<String>) -> bool {
    let common = one.intersection(other).count();
    let all = one.union(other).count();
    all == 0 || common * 100 >= all * ALIKE_PERCENT
}

/// Whether the newest message of the customer's was left alone for this reason already.
pub(super) fn was_kept_for(events: &[Event], kept: Kept) -> bool {
    let newest = events.iter().rev().find_map(|event| match &event.body {
        EventBody::Message(message) if message.role == Role::Customer => Some(message),
        _ => None,
    });
    newest.is_some_and(|message| message.kept == Some(kept))
}

#[cfg(test)]
mod tests;
