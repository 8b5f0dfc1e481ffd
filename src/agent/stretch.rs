//! What the model reads of a stretch in which somebody else had the conversation: a digest at its end that says what
//! led to it, who said what, and what is still open. Pure; the words of the stretch stay in the log.

use crate::domain::conversation::Owner;
use crate::domain::event::{Event, EventBody};
use crate::domain::message::{Message, Role};

/// So many messages of a stretch are shown as they are; of a longer one only the newest.
pub const SHOWN_MESSAGES: usize = 12;
/// What the business said in the part that is not shown: at most so many messages, each cut to so many characters.
const QUOTED: usize = 8;
const QUOTE_CHARACTERS: usize = 160;

/// A stretch in which the bot was silent.
#[derive(Default)]
pub struct Stretch<'a> {
    reason: Option<&'a str>,
    owners: Vec<&'a str>,
    messages: Vec<&'a Message>,
}

impl<'a> Stretch<'a> {
    /// The stretch that ends at `events[end]`, where the bot gets the conversation back.
    pub fn ending_at(events: &'a [Event], end: usize) -> Self {
        let mut stretch = Self::default();
        let begin = events[..end]
            .iter()
            .rposition(|event| matches!(&event.body, EventBody::OwnerChanged { owner: Owner::Bot, .. }))
            .map_or(0, |place| place + 1);
        for event in &events[begin..end] {
            match &event.body {
                EventBody::OwnerChanged { owner, reason } => {
                    stretch.reason.get_or_insert(reason.as_str());
                    stretch.owners.extend(owner.name());
                }
                EventBody::Message(message) if stretch.reason.is_some() && message.role != Role::System => {
                    stretch.messages.push(message);
                }
                _ => {}
            }
        }
        stretch
    }

    /// The messages that are too old to be shown as they are.
    pub fn digested(&self) -> &[&'a Message] {
        &self.messages[..self.messages.len().saturating_sub(SHOWN_MESSAGES)]
    }

    /// The digest, in the language of instructions.
    pub fn digest(&self) -> String {
        let mut owners: Vec<&str> = self.owners.clone();
        owners.dedup();
        let mut text = match owners.as_slice() {
            [] => "The conversation was handed over above, but nobody of the business took it".to_owned(),
            names => format!("Above, {} of the business had the conversation", names.join(", then ")),
        };
        if let Some(reason) = self.reason {
            text.push_str(&format!(" (why: {})", cut(reason)));
        }
        text.push_str(". It is yours again, and whatever led to the hand-over is settled: do not hand over because of it.");
        let said: Vec<&&Message> =
            self.digested().iter().filter(|message| message.role != Role::Customer).collect();
        if !said.is_empty() {
            text.push_str(" Said by the business before what is shown:");
            let skipped = said.len().saturating_sub(QUOTED);
            for message in &said[skipped..] {
                text.push_str(&format!("\n- {}", cut(&message.text)));
            }
        }
        text.push_str(match self.messages.last().map(|message| message.role) {
            Some(Role::Customer) => "\nThe customer's last words are still unanswered: answer them.",
            Some(Role::Human | Role::Assistant) => {
                "\nThe business had the last word: nothing the customer wrote before it is open."
            }
            Some(Role::System) | None => "",
        });
        text
    }
}

/// One line of `text`, not too long.
fn cut(text: &str) -> String {
    let line: Vec<&str> = text.split_whitespace().collect();
    let line = line.join(" ");
    match line.char_indices().nth(QUOTE_CHARACTERS) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::{ConversationId, MessageId};
    use jiff::Timestamp;
    use uuid::Uuid;

    fn log(bodies: Vec<EventBody>) -> Vec<Event> {
        let event = |(seq, body)| Event {
            conversation: ConversationId(Uuid::nil()),
            seq,
            turn: None,
            at: Timestamp::UNIX_EPOCH,
            body,
        };
        (1..).zip(bodies).map(event).collect()
    }

    fn owner(owner: Owner, reason: &str) -> EventBody {
        EventBody::OwnerChanged { owner, reason: reason.to_owned() }
    }

    fn bia() -> Owner {
        Owner::Person { name: "Bia".to_owned() }
    }

    fn says(role: Role, text: &str) -> EventBody {
        EventBody::Message(Message::new(MessageId(Uuid::nil()), role, text.to_owned(), Timestamp::UNIX_EPOCH))
    }

    fn digest(bodies: Vec<EventBody>) -> String {
        let events = log(bodies);
        Stretch::ending_at(&events, events.len()).digest()
    }

    #[test]
    fn a_stretch_says_who_why_and_what_is_open() {
        let open = digest(vec![
            says(Role::Customer, "antes"),
            owner(Owner::Team, "asked: quer desconto"),
            says(Role::Customer, "alguém?"),
            owner(bia(), "Bia answered"),
            says(Role::Human, "Oi, faço por R$ 90."),
            says(Role::Customer, "Fechado! Entregam no sábado?"),
        ]);
        assert!(
            open.starts_with("Above, Bia of the business had the conversation (why: asked: quer desconto).")
        );
        assert!(open.contains("do not hand over because of it"));
        assert!(open.ends_with("still unanswered: answer them."));
        let settled = digest(vec![
            owner(bia(), "Bia answered"),
            says(Role::Customer, "oi"),
            says(Role::Human, "Feito."),
        ]);
        assert!(settled.ends_with("nothing the customer wrote before it is open."), "{settled}");
        let nobody = digest(vec![owner(Owner::Team, "asked"), says(Role::Customer, "oi?")]);
        assert!(nobody.contains("nobody of the business took it"), "{nobody}");
    }

    #[test]
    fn only_the_last_stretch_counts() {
        let text = digest(vec![
            owner(bia(), "Bia answered"),
            says(Role::Human, "velho"),
            owner(Owner::Bot, "Bia gave it back"),
            says(Role::Customer, "oi"),
            owner(Owner::Person { name: "Caio".to_owned() }, "Caio answered"),
            says(Role::Human, "novo"),
        ]);
        assert!(text.contains("Caio") && !text.contains("Bia"), "{text}");
    }

    #[test]
    fn a_long_stretch_is_quoted_in_short() {
        let mut bodies = vec![
            owner(bia(), "Bia answered"),
            says(Role::Human, &format!("Custa R$ 90 {}", "x".repeat(500))),
        ];
        for _ in 0..SHOWN_MESSAGES {
            bodies.push(says(Role::Customer, "sei"));
        }
        let events = log(bodies);
        let stretch = Stretch::ending_at(&events, events.len());
        assert_eq!(stretch.digested().len(), 1);
        let text = stretch.digest();
        assert!(text.contains("- Custa R$ 90 xxx") && text.contains('…') && text.len() < 700, "{text}");
    }
}
