//! What a turn may say because it is proven: by tool results, passages, the settings of the business, the clock, and the
//! customer's own words as the customer's. It collects; what is said against it is the guard's.

pub mod acts;
mod attribution;
mod bind;
pub mod cited;
mod conditions;
mod days;
mod deeds;
mod ends;
mod equal;
mod evident;
mod fields;
mod first_person;
mod flags;
mod follows;
mod formulas;
pub mod ledger;
mod manner;
mod offers;
pub mod opposites;
mod parts;
pub mod policies;
mod proper;
mod result;
mod rivals;
mod said;
mod scarcity;
mod senses;
mod slots;
mod stages;
mod states;
mod sums;
mod terms_of_use;
mod units;
mod vouched;
mod wording;

use super::names::InternalNames;
use crate::config::business::Business;
use crate::domain::contact::Contact;
use crate::domain::effect::Effect;
use crate::domain::event::{Event, EventBody};
use crate::domain::ids::TurnId;
use crate::domain::language::Language;
use crate::domain::message::{Message, Role};
use crate::domain::passage::Passage;
use crate::domain::provenance::Origin;
use crate::domain::tool_call::{ToolCall, ToolOutcome};
use crate::language::detect::detect;
use crate::language::fold::{beginning, fold, words};
use crate::language::phrases::spaced;
use crate::language::statements::{Term, terms_of};
pub use acts::Acts;
pub use bind::{Binder, UNPROVEN, can_be_shown};
pub use days::asks_for_time;
use deeds::{By, claims_to_have_looked, deeds_in};
use first_person::{has_the_verb, speaks_for_the_house};
use flags::policies_of_flags;
use jiff::Zoned;
use jiff::civil::Date;
use ledger::Ledger;
use opposites::{Mention, is_opposed, mention_of_title, mentions_in, mentions_of_records};
use policies::{Policy, is_contradicted, policies_in, policies_of_person};
use scarcity::misjudges_stock;
use slots::denies_what_is_listed;
use stages::called_alike;
use states::{State, has_failed, numbers_of, states_of};
use std::sync::{Arc, Mutex, PoisonError};

/// So many letters of a verb tell it from others, in more than one language.
const ALIKE: usize = 4;

const UNOFFERED: &str = "it promises a benefit or a service that no tool result or passage speaks of";
const TOO_MUCH: &str =
    "it says without a condition, or at whose expense, what no tool result or passage says so";
const NOT_SO: &str = "it says of a state what no tool result says";
/// Why a sentence is withheld that contradicts a source.
pub(super) const OPPOSITE: &str = "it says the opposite of what a passage says of the house";

/// Whether words alone are judged that are withheld for this reason, so that a model which looks at them may know better.
pub fn can_be_vouched_for(reason: &str) -> bool {
    can_be_shown(reason) || [UNOFFERED, TOO_MUCH, OPPOSITE].contains(&reason)
}

/// What the guard knows of the turn.
#[derive(Clone, Debug, Default)]
pub struct Proof {
    /// What values may be bound to.
    pub ledger: Ledger,
    /// What the customer's newest words are about.
    pub about: Vec<Term>,
    /// What was changed for the customer in this turn, one entry for each call; what cannot be told from the tool's
    /// name is anything.
    pub wrote: Vec<Acts>,
    /// The folded names of the tools that changed something: `gerar etiqueta` proves `gerei`.
    pub wrote_by: String,
    /// Whether anything was found or looked up for what was asked: a passage or a result of this turn.
    pub grounded: bool,
    /// Deeds that earlier answers told of; those answers had their proof.
    pub deeds: Acts,
    /// States that tool results and people of the business tell of, each with the terms of its record.
    pub told: Vec<Arc<Vec<State>>>,
    /// States that passages speak of.
    pub described: Acts,
    /// What passages and people of the business say that the house does, and does not.
    pub policies: Vec<Arc<Vec<Policy>>>,
    /// What they name, clause by clause.
    pub mentions: Vec<Arc<Vec<Mention>>>,
    /// Names of tools: never for the customer's eyes.
    pub internal_names: InternalNames,
    /// Texts that name what may be named: the customer, what was said before. They prove nothing else.
    pub names: Vec<String>,
    /// Whether the clock is in the ledger.
    pub told_the_time: bool,
}

/// What the program itself vouches for: the same in every turn of a day, so that a year's holidays are looked through once.
#[derive(Debug, Default)]
pub struct Vouched(Mutex<Vec<(Date, Language, Proof)>>);

impl Vouched {
    /// As [`Proof::of_the_program`].
    pub fn on(&self, business: &Business, now: &Zoned, language: Language) -> Proof {
        let today = now.date();
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|(day, ..)| *day == today);
        if let Some((.., proof)) = known.iter().find(|(_, known, _)| *known == language) {
            return proof.clone();
        }
        let proof = Proof::of_the_program(business, now, language);
        known.push((today, language, proof.clone()));
        proof
    }
}

impl Proof {
    /// Nothing but what the program itself vouches for.
    pub fn of_the_program(business: &Business, now: &Zoned, language: Language) -> Self {
        let mut ledger = Ledger::new(business.timezone.clone(), now.date());
        let names = vec![business.voice.clone()];
        for value in [&business.name, &business.phone, &business.email, &business.address, &business.website]
        {
            ledger.add_text(Origin::Business, value, "", language);
        }
        ledger.add_hours(&business.hours);
        ledger.add_special_days(&business.calendar(), &business.hours);
        Self { ledger, names, ..Self::default() }
    }

    /// What the turn is to answer, and to whom.
    pub fn add_task(&mut self, answers: &[Message], contact: &Contact, language: Language) {
        let asked: Vec<&str> = answers.iter().map(|message| message.text.as_str()).collect();
        self.about = terms_of(&asked.join("\n"), language);
        self.names.extend(contact.name.clone());
        self.names.extend(contact.preferences.iter().map(|preference| preference.value.clone()));
    }

    /// Lets the guard rely on the conversation so far, of which `turn` is the present turn. `calls` says how the tool of a
    /// call is called for people.
    pub fn add_events(&mut self, events: &[Event], turn: TurnId, now: &Zoned, language: Language) {
        for event in events {
            match &event.body {
                EventBody::Message(message) => self.add_message(message, now, language),
                EventBody::ToolFinished { call, outcome, .. } => {
                    if event.turn == Some(turn) {
                        self.add_outcome(call, "", outcome, language);
                    } else {
                        let wrote = std::mem::take(&mut self.wrote);
                        self.learn(call, "", outcome, language);
                        self.wrote = wrote;
                    }
                }
                EventBody::Retrieved { passages, .. } => {
                    passages.iter().for_each(|passage| self.add_passage(passage, language));
                }
                _ => {}
            }
        }
    }

    fn add_message(&mut self, message: &Message, now: &Zoned, language: Language) {
        let said_on = message.created_at.to_zoned(now.time_zone().clone()).date();
        match message.role {
            Role::Customer => {
                let origin = Origin::Customer { message: message.id };
                self.ledger.add_text_of(said_on, origin, &message.text, "", language);
            }
            Role::Human => {
                let origin = Origin::Person { message: message.id };
                self.ledger.add_text_of(said_on, origin, &message.text, "", language);
                let told = (acts::called(&message.text), numbers_of(&message.text, language));
                self.told.push(Arc::new(vec![told]));
                self.policies.push(policies_of_person(&message.text, language));
                self.mentions.push(mentions_in(&message.text, language));
            }
            Role::Assistant => {
                let told = deeds_in(&message.text, language);
                // `Feito!` tells of no deed in particular.
                let done = told.iter().filter(|deed| !deed.is_denied && deed.acts != Acts::ANYTHING);
                self.deeds = done.fold(self.deeds, |all, deed| all.and(deed.acts));
                self.names.push(message.text.clone());
            }
            Role::System => {}
        }
    }

    /// Lets the guard rely on a passage.
    pub fn add_passage(&mut self, passage: &Passage, language: Language) {
        // A document is read in its own language, whatever the customer speaks.
        let language = detect(&passage.text).unwrap_or(language);
        let about = format!("{} {}", passage.title, passage.heading.as_deref().unwrap_or_default());
        let origin = Origin::Passage { id: passage.id.clone() };
        self.ledger.add_text(origin, &passage.text, &about, language);
        self.described = self.described.and(acts::called(&passage.text));
        self.policies.push(policies_in(&passage.text, language));
        self.mentions.push(mentions_in(&passage.text, language));
        self.mentions.push(mention_of_title(&about, language));
    }

    /// There is something to answer from.
    pub fn ground(&mut self) {
        self.grounded = true;
        self.add_days();
    }

    /// Lets the guard rely on the calendar. The date is proof only beside something else, or for who asks for a day or
    /// an hour: what happens in the world today is not proven by it.
    pub fn add_days(&mut self) {
        if !std::mem::replace(&mut self.told_the_time, true) {
            self.ledger.add_clock();
        }
    }

    /// Lets the guard rely on an outcome of this turn. `title` is how people call the tool.
    pub fn add_outcome(&mut self, call: &ToolCall, title: &str, outcome: &ToolOutcome, language: Language) {
        if matches!(outcome, ToolOutcome::Done { .. } | ToolOutcome::Refused { .. }) {
            self.ground();
        }
        self.learn(call, title, outcome, language);
    }

    fn learn(&mut self, call: &ToolCall, title: &str, outcome: &ToolOutcome, language: Language) {
        let origin = Origin::Tool { call: call.id.clone(), tool: call.name.clone() };
        match outcome {
            ToolOutcome::Done { data, effects, .. } => {
                let written = data.to_string();
                let called = format!("{} {title}", call.name.replace('_', " "));
                self.ledger.add_result(origin, &written, &called, data, language);
                // That nothing came of a call says of no record how it stands.
                if !has_failed(data) {
                    self.told.push(states_of(&written, data, language));
                }
                self.policies.push(policies_of_flags(&written, data, language));
                self.mentions.push(mentions_of_records(&written, &called, data, language));
                if effects.contains(&Effect::Wrote) && !has_failed(data) {
                    let acts = acts::called(&call.name).and(acts::called(title));
                    // `bloquear linha` does that and nothing that has a name of its own.
                    let acts = match acts.is_empty() && acts::has_a_verb(title) {
                        true => Acts::OTHER,
                        false => acts,
                    };
                    self.wrote.push(acts);
                    self.wrote_by.push_str(&fold(&format!(" {} {title}", call.name.replace('_', " "))));
                }
            }
            // A refusal may name what is possible instead (free times, a limit).
            ToolOutcome::Refused { reason, .. } => self.ledger.add_text(origin, reason, "", language),
            ToolOutcome::Unknown { .. } | ToolOutcome::NeedsConfirmation { .. } => {}
        }
    }

    /// Whether what is known of the house says the opposite of a sentence.
    pub fn contradicts(&self, sentence: &str, language: Language) -> bool {
        (!self.policies.is_empty() && is_contradicted(&policies_in(sentence, language), &self.policies))
            || (!self.mentions.is_empty() && is_opposed(sentence, &self.mentions, language))
            || denies_what_is_listed(sentence, &self.ledger, language)
            || misjudges_stock(sentence, &self.about, &self.ledger, language)
    }

    /// Why a sentence that promises what is not the bot's to promise, or names somebody or something, must not be sent.
    pub fn fault_of_words(&self, sentence: &str, folded: &str) -> Option<&'static str> {
        const GUARANTEED: &str = "it guarantees what no tool result or passage guarantees";
        const CONTACT: &str =
            "it says that somebody will get in touch, and no tool result or passage says so";
        const UNKNOWN_NAME: &str =
            "it names somebody or something that nobody in this conversation and no source names";
        let told = |roots: [&str; 4]| roots.iter().any(|root| self.ledger.mentions(root));
        if proper::may_promise(folded) {
            let words = spaced(folded);
            if proper::guarantees(&words) && !told(["garant", "guarant", "asegur", "assegur"]) {
                return Some(GUARANTEED);
            }
            if proper::promises_contact(&words)
                && !told(["lig", "contat", "contact", "llam"])
                && !self.ledger.mentions("call")
            {
                return Some(CONTACT);
            }
        }
        let is_unknown = |name: &str| {
            // Folding all that is known takes long, and most names are written as they are known.
            if self.ledger.names(name) {
                return false;
            }
            let name = fold(name);
            !self.ledger.mentions(&name) && !self.names.iter().any(|text| fold(text).contains(&name))
        };
        // A name that nobody knows is never a matter of opinion: it comes first.
        if proper::names_in(sentence).any(is_unknown) {
            return Some(UNKNOWN_NAME);
        }
        if offers::promises_more(sentence, |beginnings| self.ledger.house_mentions(beginnings)) {
            return Some(UNOFFERED);
        }
        terms_of_use::says_too_much(folded, |beginning| self.ledger.mentions(beginning)).then_some(TOO_MUCH)
    }

    /// Why a deed that a sentence tells of must not be told of, if so.
    pub fn fault_of_deeds(&self, sentence: &str, folded: &str, language: Language) -> Option<&'static str> {
        const UNDONE: &str = "it says that something was done, and nothing was";
        const OTHER: &str = "it says that something was done that was not: other things were";
        const UNLOOKED: &str = "it says that something was looked up, and nothing was";
        for deed in deeds_in(sentence, language).iter() {
            // What a tool's name does not tell may be anything.
            let wrote_so = self.wrote.iter().any(|acts| acts.meets(deed.acts));
            let wrote = self
                .wrote
                .iter()
                .any(|acts| (acts.is_empty() && !deed.acts.is_grave()) || acts.meets(deed.acts))
                // `O cambio está solicitado`: whatever was done was asked for.
                || (!self.wrote.is_empty() && deed.is_a_request())
                || has_the_verb(&self.wrote_by, &deed.root);
            let known = wrote || self.deeds.meets(deed.acts);
            // What the deed is called by names no record.
            let named: Vec<String> =
                words(sentence).into_iter().filter(|word| acts::called(word).is_empty()).collect();
            let terms = terms_of(&named.join(" "), language);
            let shared = |told: &[Term]| terms.iter().filter(|term| told.contains(term)).count();
            let best = |wanted: &dyn Fn(Acts) -> bool| {
                self.told
                    .iter()
                    .flat_map(|told| told.iter())
                    .filter(|(acts, _)| wanted(*acts))
                    .map(|(_, told)| shared(told) + 1)
                    .max()
                    .unwrap_or(0)
            };
            let (fits, rival) = (best(&|acts| acts.meets(deed.acts)), best(&|acts| !acts.is_empty()));
            // Of a record that is named better, something else is told.
            let is_told = fits > 0 && fits >= rival;
            let is_named = rival > 1;
            match (deed.by, deed.is_denied) {
                (By::Bot, true) => {}
                (By::Bot, false) if known => {}
                // `We've replaced the brake pads`: the house has, as a result tells.
                (By::Bot, false) if is_told && speaks_for_the_house(folded, &deed.root) => {}
                (By::Bot, false) => return Some(if self.wrote.is_empty() { UNDONE } else { OTHER }),
                (By::Anyone | By::Event, true) if is_told && !wrote => return Some(NOT_SO),
                // What a call may have been proves nothing of a record that is told of.
                (By::Anyone | By::Event, false)
                    if !is_told && is_named && !wrote_so && deed.acts != Acts::OTHER =>
                {
                    return Some(NOT_SO);
                }
                (By::Anyone | By::Event, true) => {}
                (By::Anyone | By::Event, false) if is_told || (known && !is_named) || wrote => {}
                // Two languages call it alike: `foi restaurada`, `restored`.
                (By::Event, false) if deed.acts == Acts::OTHER => {
                    if !self.ledger.mentions(beginning(&deed.root, ALIKE))
                        && !self.ledger.house_mentions(called_alike(&deed.root))
                    {
                        return Some(NOT_SO);
                    }
                }
                // `your delivery is scheduled for the 30th`, as a result has it of one thing.
                (By::Anyone, false)
                    if deed.acts == Acts::BOOK
                        && words(sentence).iter().any(|word| acts::is_of_a_delivery(word))
                        && self.ledger.dates_one_thing(sentence, language) => {}
                (By::Anyone, false)
                    if self.described.meets(deed.acts) && !self.is_of_somebody(sentence, language) => {}
                (By::Anyone | By::Event, false) => return Some(NOT_SO),
            }
        }
        (!self.grounded && claims_to_have_looked(folded)).then_some(UNLOOKED)
    }

    /// The same of what the bot says of itself alone: of what others did a question may ask.
    pub fn fault_of_own_deeds(&self, said: &str, folded: &str, language: Language) -> Option<&'static str> {
        let is_own = deeds_in(said, language).iter().any(|deed| deed.by == By::Bot);
        is_own.then(|| self.fault_of_deeds(said, folded, language)).flatten()
    }

    /// Whether a sentence speaks of one customer's affair and not of how things are done.
    fn is_of_somebody(&self, sentence: &str, language: Language) -> bool {
        !numbers_of(sentence, language).is_empty() || manner::Manner::of(sentence, language).is_personal()
    }
}
