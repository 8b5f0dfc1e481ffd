//! What becomes of a lead after its interview: it is passed on again if that failed, given to the person whose turn it
//! is, who is told; somebody else is told if nobody acknowledges; whoever is not ready yet is kept warm. Every process
//! looks; the store lets one of them act, and what a process began and did not end is done again by another.

use super::lead_notice::{Notice, notice_id, subject};
use crate::backoffice::BackofficeError;
use crate::backoffice::crm::Crm;
use crate::backoffice::leads::{self, Lead, Person as LeadPerson};
use crate::backoffice::nurture::Lists;
use crate::domain::clock::Clock;
use crate::domain::event::EventBody;
use crate::domain::interview::{EndReason, Standing, Verdict};
use crate::domain::language::Language;
use crate::interview::definition::{Definition, Person, Route, Weekday};
use crate::interview::handover;
use crate::interview::say::Voice;
use crate::limits::alerts::{AlertEvent, Alerts};
use crate::limits::mail::{Mail, Post};
use crate::prompts::Prompts;
use crate::store::Stores;
use crate::store::error::StoreError;
use crate::store::interviews::{Amendment, InterviewRecord};
use crate::tools::builtin::leads::SAVE_LEAD;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How often leads are looked at.
const ROUND: Duration = Duration::from_secs(1);
/// Most leads of one round; the rest is the next one's.
const LIMIT: u32 = 20;
/// How long a process has to look after what it took; also how soon what failed is tried again.
const LEASE: SignedDuration = SignedDuration::from_mins(1);
/// How long a mail that the server does not take is tried again.
const PATIENCE: SignedDuration = SignedDuration::from_hours(24);
/// How much of a conversation is searched for what was to be passed on: its newest events.
const EVENTS: u32 = 2000;
/// What it is called that the CRM does not take leads.
const CRM: &str = "leads";

/// The definition of an interview by name and version; another version of that name if that one is gone.
pub type Definitions = Arc<dyn Fn(&str, &str) -> Option<Arc<Definition>> + Send + Sync>;

/// Looks after leads.
pub struct LeadDesk {
    /// The state.
    pub stores: Stores,
    /// Where leads go.
    pub crm: Arc<dyn Crm>,
    /// What is known of the interviews.
    pub definitions: Definitions,
    /// Words for the remark of a lead.
    pub prompts: Arc<Prompts>,
    /// Mail, if anything sends it.
    pub mailer: Option<Arc<dyn Post>>,
    /// Lists of a marketing tool, if there is one.
    pub lists: Option<Arc<dyn Lists>>,
    /// Where the operator is told.
    pub alerts: Arc<Alerts>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Where the business is: who works on which day.
    pub timezone: TimeZone,
    /// The language of the business.
    pub language: Language,
}

impl LeadDesk {
    /// Looks until `stop`.
    pub async fn run(self: Box<Self>, stop: CancellationToken) {
        let mut rounds = tokio::time::interval(ROUND);
        rounds.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = rounds.tick() => {}
            }
            if let Err(error) = self.round().await {
                tracing::warn!(error = %error, "leads could not be looked at");
            }
        }
    }

    /// Looks once. Returns how many leads there were to look after.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn round(&self) -> Result<usize, StoreError> {
        let now = self.clock.now();
        let until = now.saturating_add(LEASE).unwrap_or(Timestamp::MAX);
        let taken = self.stores.interviews.take_follow_ups(now, until, LIMIT).await?;
        let count = taken.len();
        for record in taken {
            let id = record.state.id;
            if let Err(error) = self.look_after(record, now).await {
                tracing::warn!(interview.id = %id, error = %error, "a lead could not be looked after; it is tried again");
            }
        }
        Ok(count)
    }

    async fn look_after(&self, record: InterviewRecord, now: Timestamp) -> anyhow::Result<()> {
        let store = &self.stores.interviews;
        let id = record.state.id;
        let record = match record.state.is_open() {
            true => match self.abandoned(record, now).await? {
                Some(abandoned) => abandoned,
                None => return Ok(()),
            },
            false => record,
        };
        let mut is_done = self.pass_on(&record).await?;
        let definition = (self.definitions)(&record.state.name, &record.state.version);
        let mut record = record;
        if let (Some(definition), Some(verdict)) = (&definition, record.state.verdict.clone()) {
            let route = definition.routes.iter().find(|route| Some(&route.id) == verdict.route.as_ref());
            if let Some(route) = route {
                record = self.assign(record, definition, route, now).await?;
            }
            if let Some(assignment) = record.assignment.clone() {
                if assignment.notified_at.is_none() {
                    self.tell(&record, definition, &verdict, now).await?;
                } else if assignment.acknowledge_by.is_some_and(|by| by <= now) {
                    self.escalate(&record, definition, &verdict, now).await?;
                }
            }
            // Last: a marketing tool that is away keeps nobody waiting for their lead.
            if let Some(list) = &definition.end.of(verdict.temperature).nurture
                && record.nurture.is_none()
            {
                is_done &= self.nurture(&record, list, now).await?;
            }
        } else if record.state.verdict.is_some() {
            let text = format!(
                "a lead of the interview `{}` is in nobody's hands: there is no such interview any more",
                record.state.name
            );
            let told = format!("lost.{}", notice_id(&record));
            self.alerts.lead(told, AlertEvent::LeadEscalated, &subject(&record), &text).await?;
        }
        let again_at = (!is_done).then(|| now.saturating_add(LEASE).unwrap_or(Timestamp::MAX));
        let corrections = record.state.corrections;
        store.amend(id, Amendment::Told { again_at, corrections }, now).await?;
        Ok(())
    }

    /// Passes a lead on that could not be passed on when its interview ended. Whether there is nothing left to pass on.
    async fn pass_on(&self, record: &InterviewRecord) -> anyhow::Result<bool> {
        if record.state.passed_on || !matches!(record.state.standing, Standing::Ended(_)) {
            return Ok(true);
        }
        let Some(lead) = self.lead_of(record).await? else { return Ok(true) };
        let person = LeadPerson { contact: record.contact, verified: Vec::new() };
        match leads::keep(self.crm.as_ref(), &person, &lead).await {
            Ok(_) => {
                self.alerts.back(CRM);
                let passed_on = Amendment::PassedOn { corrections: record.state.corrections };
                self.stores.interviews.amend(record.state.id, passed_on, self.clock.now()).await?;
                Ok(true)
            }
            Err(error) if error.may_pass() || matches!(error, BackofficeError::Unknown(_)) => {
                let text = "the CRM does not take leads; they are kept here and passed on as soon as it does";
                tracing::debug!(%error, "a lead was not passed on");
                self.alerts.down(CRM, text);
                Ok(false)
            }
            Err(error) => {
                let text = format!("the CRM refuses a lead, somebody has to look at it: {error}");
                self.alerts.waiting(&subject(record), &text);
                Ok(true)
            }
        }
    }

    /// What an interview left: as its end had it, or as it is after people corrected it.
    async fn lead_of(&self, record: &InterviewRecord) -> anyhow::Result<Option<Lead>> {
        let state = &record.state;
        // Who kept quiet or wanted a person was passed on by no turn.
        let is_whole = match state.standing {
            Standing::Ended(EndReason::Abandoned | EndReason::HandedOff) => false,
            Standing::Ended(_) | Standing::Running | Standing::Paused => true,
        };
        let by_turn = is_whole && state.corrections == 0;
        let arguments = match (by_turn, (self.definitions)(&state.name, &state.version)) {
            (true, _) => self.saved_arguments(record).await?,
            // Nobody knows any more what the answers mean; the desk says so.
            (false, None) => None,
            (false, Some(definition)) if !is_whole && !handover::is_reachable(&definition, state) => None,
            (false, Some(definition)) => {
                let Some(verdict) = &state.verdict else { return Ok(None) };
                let conversation = self.stores.conversations.get(state.conversation).await?;
                let conversation = conversation.ok_or(StoreError::NotFound)?;
                let (definition, language) = (definition.as_ref(), self.language);
                let told = Voice { definition, sentences: self.prompts.interview(language), language };
                let visit = (conversation.channel.as_str(), &conversation.metadata);
                Some(handover::lead(&told, state, verdict, visit))
            }
        };
        let Some(arguments) = arguments else { return Ok(None) };
        match serde_json::from_value::<Lead>(arguments) {
            Ok(lead) => Ok(Some(lead).filter(|lead| lead.interview == state.id)),
            Err(error) => {
                tracing::error!(interview.id = %state.id, %error, "what a lead left cannot be read");
                Ok(None)
            }
        }
    }

    /// The arguments of the call that was to pass the lead on.
    async fn saved_arguments(
        &self,
        record: &InterviewRecord,
    ) -> Result<Option<serde_json::Value>, StoreError> {
        let events = self.stores.conversations.recent_events(record.state.conversation, EVENTS).await?;
        Ok(events.iter().rev().find_map(|event| match &event.body {
            EventBody::ToolStarted { call } | EventBody::ToolFinished { call, .. }
                if call.name == SAVE_LEAD =>
            {
                Some(call.arguments.clone())
            }
            _ => None,
        }))
    }

    /// Gives the lead to whoever of the route has waited longest and is there today.
    async fn assign(
        &self,
        record: InterviewRecord,
        definition: &Definition,
        route: &Route,
        now: Timestamp,
    ) -> Result<InterviewRecord, StoreError> {
        if record.assignment.is_some() || route.people.is_empty() {
            return Ok(record);
        }
        let today = now.to_zoned(self.timezone.clone()).weekday();
        let people = available(&route.people, today);
        let minutes = i64::from(definition.follow_up.acknowledge_minutes);
        let acknowledge_by = (minutes > 0)
            .then(|| now.saturating_add(SignedDuration::from_mins(minutes)).unwrap_or(Timestamp::MAX));
        let assigned = Amendment::Assigned { route: route.id.clone(), people, acknowledge_by };
        self.stores.interviews.amend(record.state.id, assigned, now).await
    }

    /// Tells the person that there is a lead. A server that does not take the mail is asked again later, for a while.
    async fn tell(
        &self,
        record: &InterviewRecord,
        definition: &Definition,
        verdict: &Verdict,
        now: Timestamp,
    ) -> anyhow::Result<()> {
        let Some(assignment) = &record.assignment else { return Ok(()) };
        let people = definition.routes.iter().flat_map(|route| &route.people);
        let person = people.clone().find(|person| person.name == assignment.person);
        let notice = self.notice(record, definition, verdict).await?;
        if let Err(error) = self.mail(record, person, "lead", &notice).await {
            if now.duration_since(assignment.assigned_at) < PATIENCE {
                return Err(error);
            }
            self.alerts
                .given_up(&subject(record), &format!("the mail about a lead could not be sent: {error}"));
        }
        let told = format!("lead.{}", notice_id(record));
        self.alerts.lead(told, AlertEvent::Lead, &subject(record), &notice.text).await?;
        Ok(())
    }

    /// Tells somebody else that nobody has acknowledged. Whoever has taken the conversation has seen the lead.
    async fn escalate(
        &self,
        record: &InterviewRecord,
        definition: &Definition,
        verdict: &Verdict,
        now: Timestamp,
    ) -> anyhow::Result<()> {
        let Some(assignment) = &record.assignment else { return Ok(()) };
        if assignment.acknowledged_at.is_some() || assignment.escalated_at.is_some() {
            return Ok(());
        }
        let store = &self.stores.interviews;
        let conversation = self.stores.conversations.get(record.state.conversation).await?;
        let taker = conversation.as_ref().and_then(|conversation| conversation.owner.person());
        if let Some(person) = taker {
            let seen = Amendment::Acknowledged { person: person.to_owned() };
            store.amend(record.state.id, seen, now).await?;
            return Ok(());
        }
        let to = definition.follow_up.escalate_to.as_ref();
        let notice = self.notice(record, definition, verdict).await?;
        let late = Notice {
            subject: format!("Sem resposta: {}", notice.subject),
            text: format!("{} ainda não confirmou este lead.\n\n{}", assignment.person, notice.text),
        };
        if let Err(error) = self.mail(record, to, "escalation", &late).await {
            if now.duration_since(assignment.assigned_at) < PATIENCE {
                return Err(error);
            }
            self.alerts
                .given_up(&subject(record), &format!("the mail about a lead could not be sent: {error}"));
        }
        let told = format!("escalation.{}", notice_id(record));
        self.alerts.lead(told, AlertEvent::LeadEscalated, &subject(record), &late.text).await?;
        let person = to.map(|person| person.name.clone()).unwrap_or_default();
        store.amend(record.state.id, Amendment::Escalated { person }, now).await?;
        Ok(())
    }

    async fn mail(
        &self,
        record: &InterviewRecord,
        person: Option<&Person>,
        kind: &str,
        notice: &Notice,
    ) -> anyhow::Result<()> {
        let Some((mailer, person)) = self.mailer.as_ref().zip(person) else { return Ok(()) };
        let Some(address) = &person.email else { return Ok(()) };
        let mail = Mail {
            id: format!("{kind}.{}", notice_id(record)),
            name: person.name.clone(),
            address: address.clone(),
            subject: notice.subject.clone(),
            text: notice.text.clone(),
        };
        mailer.send(&mail).await
    }
}

/// Who works on `day`; everybody if nobody does: a lead of a Sunday waits for whoever comes first.
fn available(people: &[Person], day: jiff::civil::Weekday) -> Vec<String> {
    let works = |person: &&Person| person.days.is_empty() || person.days.iter().any(|own| same(*own, day));
    let there: Vec<String> = people.iter().filter(works).map(|person| person.name.clone()).collect();
    if there.is_empty() { people.iter().map(|person| person.name.clone()).collect() } else { there }
}

fn same(own: Weekday, day: jiff::civil::Weekday) -> bool {
    let own = match own {
        Weekday::Mon => jiff::civil::Weekday::Monday,
        Weekday::Tue => jiff::civil::Weekday::Tuesday,
        Weekday::Wed => jiff::civil::Weekday::Wednesday,
        Weekday::Thu => jiff::civil::Weekday::Thursday,
        Weekday::Fri => jiff::civil::Weekday::Friday,
        Weekday::Sat => jiff::civil::Weekday::Saturday,
        Weekday::Sun => jiff::civil::Weekday::Sunday,
    };
    own == day
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_away_today_is_passed_over_unless_everybody_is() {
        let person =
            |name: &str, days: &[Weekday]| Person { name: name.to_owned(), email: None, days: days.to_vec() };
        let people = [person("Ana", &[Weekday::Mon]), person("Bia", &[]), person("Caio", &[Weekday::Tue])];
        assert_eq!(available(&people, jiff::civil::Weekday::Monday), ["Ana", "Bia"]);
        assert_eq!(available(&people[2..], jiff::civil::Weekday::Monday), ["Caio"]);
    }
}
