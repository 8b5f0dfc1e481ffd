//! What is written when people and conversations are forgotten, and in which order: decided here, once for every database,
//! which reads what there is and runs the statements.

use super::erasures::{NewErasure, calling_off};
use super::error::StoreError;
use super::sql::erasures as sql;
use super::sql::values::{json, to_the_millisecond};
use crate::domain::catalog::Order;
use crate::domain::contact::{Identity, IdentityKind};
use crate::domain::crm::Opportunity;
use crate::domain::erasure::{AtVendors, Erasure, Holdings, Removal, RemovalState};
use crate::domain::handle::phone_forms;
use crate::domain::ids::{ContactId, ConversationId, RecordId};
use uuid::Uuid;

/// Stages of a deal that runs. One that was won or lost, or stands where nobody here knows what that means, may be the
/// business's record of a sale.
const RUNNING: [&str; 4] = ["new", "qualified", "proposal", "open"];
/// Letters that a mark has at least: a shorter one stands in bodies by chance.
const SHORTEST_MARK: usize = 8;
/// What stands before a channel's own id in an identity, and not in what the channel posts.
const PREFIXES: [&str; 3] = ["whatsapp:user:", "whatsapp:phone:", "+"];

/// A value of a statement.
pub(in crate::store) enum Bound {
    /// An id, as 16 bytes.
    Id(Uuid),
    /// A text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// A time, in milliseconds.
    Time(i64),
}

/// A statement with its values, in order.
pub(in crate::store) struct Write {
    /// Its text.
    pub(in crate::store) text: &'static str,
    /// Its values.
    pub(in crate::store) values: Vec<Bound>,
}

/// A conversation, and by what the effects of its turns and interviews are known.
pub(in crate::store) struct Talk {
    pub(in crate::store) id: ConversationId,
    pub(in crate::store) turns: Vec<Uuid>,
    pub(in crate::store) interviews: Vec<Uuid>,
}

/// A record of ours that is one of a vendor's.
pub(in crate::store) struct Linked {
    pub(in crate::store) local: String,
    pub(in crate::store) connector: String,
    pub(in crate::store) kind: String,
    pub(in crate::store) remote: String,
    /// Ours that are the same record of theirs.
    pub(in crate::store) locals: Vec<String>,
}

/// What there is of a person.
pub(in crate::store) struct Known {
    pub(in crate::store) removed: Holdings,
    pub(in crate::store) identities: Vec<Identity>,
    pub(in crate::store) talks: Vec<Talk>,
    pub(in crate::store) interviews: Vec<Uuid>,
    pub(in crate::store) opportunities: Vec<Opportunity>,
    pub(in crate::store) notes: Vec<RecordId>,
    pub(in crate::store) appointments: Vec<RecordId>,
    pub(in crate::store) orders: Vec<Order>,
    pub(in crate::store) links: Vec<Linked>,
}

/// Our records of a person that vendors may have too, as links name them.
pub(in crate::store) fn locals(
    contact: ContactId,
    opportunities: &[Opportunity],
    notes: &[RecordId],
) -> Vec<String> {
    let deals = opportunities.iter().map(|one| one.id.to_string());
    let notes = notes.iter().map(ToString::to_string);
    deals.chain(notes).chain([contact.to_string()]).collect()
}

impl NewErasure {
    /// What is written to forget this person, and what is proven by it. `posts` is the database's own statement for what
    /// channels posted.
    ///
    /// # Errors
    /// A record that cannot be written.
    pub(in crate::store) fn plan(
        &self,
        known: Known,
        posts: &'static str,
    ) -> Result<(Vec<Write>, Erasure), StoreError> {
        let removals = self.removals(&known);
        let own = |text| Write { text, values: vec![Bound::Id(self.contact.0)] };
        let named = |text: &'static str, name: String| Write { text, values: vec![Bound::Text(name)] };
        let mut writes = Vec::new();
        for talk in &known.talks {
            writes.extend(forget_conversation(talk));
        }
        writes.extend(forget_effects(&[], &known.interviews));
        writes.push(named(sql::FORGET_NAMED, self.contact.to_string()));
        for local in locals(self.contact, &known.opportunities, &known.notes) {
            writes.push(named(sql::UNLINK, local));
        }
        for appointment in &known.appointments {
            // Calling it off has returned what there was (`conversation::customers`).
            writes.extend(forget_begun_with(calling_off(*appointment)));
            writes.push(named(sql::UNLINK, appointment.to_string()));
            // Calendars name it without hyphens, and theirs behind it.
            writes.push(named(sql::UNLINK_ENTRY, appointment.0.simple().to_string()));
        }
        for mark in marks(&known.identities) {
            writes.push(Write { text: posts, values: vec![Bound::Bytes(mark.into_bytes())] });
        }
        writes.extend(sql::FORGET_PERSON.map(own));
        let at = self.at.as_millisecond();
        let nobody = || Bound::Id(self.nobody.0);
        if !known.orders.is_empty() {
            writes.push(Write { text: sql::MAKE_NOBODY, values: vec![nobody(), Bound::Time(at)] });
        }
        for order in &known.orders {
            // What the tax office wants of it names nobody. An id that is made of a handle would.
            let order = Order {
                contact: self.nobody,
                email: String::new(),
                postal_code: None,
                tracking_code: None,
                ..order.clone()
            };
            let record = Bound::Text(json(&order)?);
            let values = vec![Bound::Text(order.number), record, nobody()];
            writes.push(Write { text: sql::STRIP_ORDER, values });
        }
        writes.push(own(sql::DELETE));
        let values = vec![
            Bound::Id(self.id.0),
            Bound::Id(self.contact.0),
            Bound::Text(self.asked_by.clone()),
            Bound::Time(at),
            Bound::Text(json(&known.removed)?),
        ];
        writes.push(Write { text: sql::KEEP, values });
        for removal in &removals {
            let values = vec![
                Bound::Id(removal.erasure.0),
                Bound::Text(removal.connector.clone()),
                Bound::Text(removal.kind.clone()),
                Bound::Text(removal.remote.clone()),
                Bound::Text(removal.state.as_str().to_owned()),
                Bound::Time(at),
            ];
            writes.push(Write { text: sql::KEEP_REMOVAL, values });
        }
        let erasure = Erasure {
            id: self.id,
            contact: Some(self.contact),
            asked_by: self.asked_by.clone(),
            at: to_the_millisecond(self.at),
            removed: known.removed,
            removals,
        };
        Ok((writes, erasure))
    }

    /// What vendors have of the person. A deal that does not run is the business's record of a sale, one that the vendor's
    /// users made is theirs, and a record that stands for somebody else as well is somebody's too: a person decides.
    fn removals(&self, known: &Known) -> Vec<Removal> {
        let own = locals(self.contact, &known.opportunities, &known.notes);
        let stays = |link: &Linked| {
            let deal = known.opportunities.iter().find(|one| one.id.to_string() == link.local);
            deal.is_some_and(|deal| {
                !RUNNING.contains(&deal.stage.as_str()) || deal.origin.as_ref() == Some(&link.connector)
            })
        };
        let removal = |link: &Linked| {
            let is_shared = link.locals.iter().any(|local| !own.contains(local));
            let deal_is_left = self.at_vendors == AtVendors::LeaveDeals && link.kind == "opportunity";
            let by_hand = self.at_vendors == AtVendors::Leave || deal_is_left || is_shared || stays(link);
            Removal {
                erasure: self.id,
                connector: link.connector.clone(),
                kind: link.kind.clone(),
                remote: link.remote.clone(),
                state: if by_hand { RemovalState::ByHand } else { RemovalState::Waiting },
                attempts: 0,
            }
        };
        known.links.iter().map(removal).collect()
    }
}

/// What is written to forget a conversation. What was billed for its messages stays, and is nobody's.
pub(in crate::store) fn forget_conversation(talk: &Talk) -> Vec<Write> {
    let own = |text| Write { text, values: vec![Bound::Id(talk.id.0)] };
    let mut writes = forget_effects(&talk.turns, &talk.interviews);
    writes.push(Write { text: sql::UNLINK, values: vec![Bound::Text(talk.id.to_string())] });
    let nobody = Bound::Id(Uuid::nil());
    writes.push(Write { text: sql::STRIP_SENDS, values: vec![Bound::Id(talk.id.0), nobody] });
    writes.extend(sql::FORGET_CONVERSATION.map(own));
    writes
}

/// Forgets what effects returned, and alerts that wait, of these turns and interviews. A turn's keys begin with it
/// (`tools::tool::ToolContext::effect_key`), an interview's with it or with `lead/` and it (`backoffice::leads`).
fn forget_effects(turns: &[Uuid], interviews: &[Uuid]) -> Vec<Write> {
    let begun_with = turns.iter().map(|turn| format!("{turn}/"));
    let begun_with = begun_with.chain(interviews.iter().map(ToString::to_string));
    let begun_with = begun_with.chain(interviews.iter().map(|id| format!("lead/{id}/")));
    let mut writes: Vec<Write> = begun_with.flat_map(forget_begun_with).collect();
    writes.extend(interviews.iter().map(|interview| Write {
        text: sql::FORGET_ALERTS,
        values: vec![Bound::Text(interview.to_string())],
    }));
    writes
}

/// Forgets what effects returned whose keys begin so.
fn forget_begun_with(from: String) -> [Write; 2] {
    // No letter of a key is behind `~`.
    let until = format!("{from}~");
    sql::FORGET_EFFECTS
        .map(|text| Write { text, values: vec![Bound::Text(from.clone()), Bound::Text(until.clone())] })
}

/// What a person is known by in the bodies that channels posted.
fn marks(identities: &[Identity]) -> Vec<String> {
    let marks = identities.iter().flat_map(|identity| match identity.kind {
        IdentityKind::Phone => phone_forms(&identity.value),
        IdentityKind::ChannelUser | IdentityKind::Email => {
            let number = PREFIXES.iter().find_map(|prefix| identity.value.strip_prefix(prefix));
            number
                .filter(|number| number.starts_with('+'))
                .map_or_else(|| vec![identity.value.clone()], phone_forms)
        }
        IdentityKind::WebVisitor | IdentityKind::Terminal => Vec::new(),
    });
    let bare = |mark: String| {
        PREFIXES
            .iter()
            .fold(mark, |mark, prefix| mark.strip_prefix(prefix).map_or(mark.clone(), str::to_owned))
    };
    marks.map(bare).filter(|mark| mark.chars().count() >= SHORTEST_MARK).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn somebody_is_known_in_bodies_by_what_stands_there() {
        let identity = |kind, value: &str| Identity { kind, value: value.to_owned() };
        let marks = marks(&[
            identity(IdentityKind::Phone, "+5511955550123"),
            identity(IdentityKind::ChannelUser, "whatsapp:user:BR.1234567890"),
            identity(IdentityKind::ChannelUser, "whatsapp:phone:+5511955550199"),
            identity(IdentityKind::ChannelUser, "12"),
            identity(IdentityKind::Email, "ana@casa.example"),
            identity(IdentityKind::WebVisitor, "0199-visitor-token"),
        ]);
        let expected = [
            "5511955550123",
            "551155550123",
            "BR.1234567890",
            "5511955550199",
            "551155550199",
            "ana@casa.example",
        ];
        assert_eq!(marks, expected);
    }
}
