//! What the model is shown: the house rules, the conversation so far, the time, what is known of the customer, the
//! passages for the question, the newest words. Bounded, and what differs from turn to turn comes last, so that an
//! endpoint that keeps what it has read reads only the end anew.

use super::history::in_reply_to;
use crate::config::business::Business;
use crate::domain::contact::Contact;
use crate::domain::language::Language;
use crate::domain::message::Message;
use crate::domain::passage::Passage;
use crate::llm::model::ChatMessage;
use crate::prompts::Prompts;
use crate::prompts::render::{BusinessVariables, ContactVariables, SystemVariables};
use jiff::Zoned;

/// What a context is made of.
pub struct Parts<'a> {
    /// The business.
    pub business: &'a Business,
    /// The customer.
    pub contact: &'a Contact,
    /// Language the customer is served in.
    pub language: Language,
    /// The present, in the business's time zone.
    pub now: &'a Zoned,
    /// Everything before the turn.
    pub history: Vec<ChatMessage>,
    /// What was found for the question.
    pub passages: &'a [Passage],
    /// Names of tools that the newest messages are likely to want, best first.
    pub likely_tools: Vec<String>,
    /// The newest customer messages.
    pub answers: &'a [Message],
    /// Title of the interview that is being led.
    pub interview: Option<&'a str>,
}

/// The transcript up to the first model call of the turn.
///
/// # Errors
/// A prompt template that fails to render.
pub fn build(prompts: &Prompts, parts: Parts<'_>) -> anyhow::Result<Vec<ChatMessage>> {
    let variables = SystemVariables {
        business: BusinessVariables {
            name: &parts.business.name,
            voice: &parts.business.voice,
            timezone: parts.business.timezone.iana_name().unwrap_or("UTC"),
        },
        today: today(parts.now, parts.language),
        clock: parts.now.strftime("%H:%M").to_string(),
        contact: ContactVariables {
            name: parts.contact.name.as_deref(),
            preferences: &parts.contact.preferences,
        },
        likely_tools: parts.likely_tools,
        interview: parts.interview,
    };
    let mut messages = Vec::with_capacity(parts.history.len() + parts.answers.len() + 4);
    messages.push(ChatMessage::System(prompts.system(parts.language, &variables)?));
    messages.extend(parts.history);
    let mut present = prompts.present(parts.language, &variables)?;
    if !parts.passages.is_empty() {
        present.push_str("\n\n");
        present.push_str(&prompts.passages(parts.language, parts.passages)?);
    }
    messages.push(ChatMessage::System(present));
    for message in parts.answers {
        messages.extend(in_reply_to(message));
        messages.push(ChatMessage::Customer(message.text.clone()));
    }
    Ok(messages)
}

/// The day with its weekday, in words a model of that language resolves dates with.
pub(super) fn today(now: &Zoned, language: Language) -> String {
    let (days, months): ([&str; 7], [&str; 12]) = match language {
        Language::Portuguese => (
            [
                "segunda-feira",
                "terça-feira",
                "quarta-feira",
                "quinta-feira",
                "sexta-feira",
                "sábado",
                "domingo",
            ],
            [
                "janeiro",
                "fevereiro",
                "março",
                "abril",
                "maio",
                "junho",
                "julho",
                "agosto",
                "setembro",
                "outubro",
                "novembro",
                "dezembro",
            ],
        ),
        Language::English => (
            ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
            [
                "January",
                "February",
                "March",
                "April",
                "May",
                "June",
                "July",
                "August",
                "September",
                "October",
                "November",
                "December",
            ],
        ),
        Language::Spanish => (
            ["lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"],
            [
                "enero",
                "febrero",
                "marzo",
                "abril",
                "mayo",
                "junio",
                "julio",
                "agosto",
                "septiembre",
                "octubre",
                "noviembre",
                "diciembre",
            ],
        ),
    };
    let day = days[usize::from(now.weekday().to_monday_zero_offset().unsigned_abs() % 7)];
    let month = months[usize::from((now.month() - 1).unsigned_abs() % 12)];
    match language {
        Language::English => format!("{day}, {month} {}, {} ({})", now.day(), now.year(), now.date()),
        Language::Portuguese | Language::Spanish => {
            format!("{day}, {} de {month} de {} ({})", now.day(), now.year(), now.date())
        }
    }
}
