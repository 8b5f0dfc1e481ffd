//! A lead that is passed on: once, whatever goes wrong between two writes, and never over what somebody else has on file.

use super::support::Counter;
use async_trait::async_trait;
use balcao::backoffice::BackofficeError;
use balcao::backoffice::crm::{ContactHistory, Crm, Handle, SaveContact, SaveOpportunity, SavedContact};
use balcao::backoffice::leads::{INTERVIEW, Lead, MARKETING, Person, keep};
use balcao::domain::clock::Clock;
use balcao::domain::contact::{ConsentRecord, Contact};
use balcao::domain::crm::{Note, Opportunity};
use balcao::domain::ids::{ContactId, InterviewId};
use balcao::domain::money::Money;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A CRM that breaks at one of its calls: before it, or when all was done and nobody hears of it.
struct Breaking {
    crm: Arc<dyn Crm>,
    calls: AtomicUsize,
    at: usize,
    done: bool,
}

impl Breaking {
    async fn pass<T>(
        &self,
        call: impl Future<Output = Result<T, BackofficeError>>,
    ) -> Result<T, BackofficeError> {
        let breaks = self.calls.fetch_add(1, Ordering::SeqCst) == self.at;
        if breaks && !self.done {
            return Err(BackofficeError::Unavailable("away".to_owned()));
        }
        let answer = call.await;
        if breaks { Err(BackofficeError::Unknown("cut off".to_owned())) } else { answer }
    }
}

#[async_trait]
impl Crm for Breaking {
    async fn find_contact(&self, handle: &Handle) -> Result<Option<Contact>, BackofficeError> {
        self.crm.find_contact(handle).await
    }
    async fn contact(&self, id: ContactId) -> Result<Contact, BackofficeError> {
        self.crm.contact(id).await
    }
    async fn save_contact(&self, key: &str, request: SaveContact) -> Result<SavedContact, BackofficeError> {
        self.pass(self.crm.save_contact(key, request)).await
    }
    async fn save_opportunity(
        &self,
        key: &str,
        request: SaveOpportunity,
    ) -> Result<Opportunity, BackofficeError> {
        self.pass(self.crm.save_opportunity(key, request)).await
    }
    async fn add_note(&self, key: &str, contact: ContactId, text: &str) -> Result<Note, BackofficeError> {
        self.pass(self.crm.add_note(key, contact, text)).await
    }
    async fn history(&self, contact: ContactId) -> Result<ContactHistory, BackofficeError> {
        self.crm.history(contact).await
    }
    async fn remember(
        &self,
        key: &str,
        contact: ContactId,
        name: &str,
        value: &str,
    ) -> Result<Contact, BackofficeError> {
        self.pass(self.crm.remember(key, contact, name, value)).await
    }
    async fn record_consent(&self, consent: &ConsentRecord) -> Result<(), BackofficeError> {
        self.pass(self.crm.record_consent(consent)).await
    }
}

fn agreement(agreed: bool) -> Value {
    json!({"version": "1", "agreed": agreed, "words": "pode sim", "at": "2026-11-23T13:00:00Z"})
}

fn lead(counter: &Counter) -> Value {
    json!({
        "interview": InterviewId(counter.clock.new_id()),
        "name": "Rita Prado",
        "email": "rita.prado@example.com",
        "phone": "(11) 95555-0188",
        "tags": ["office", "hot"],
        "origin": {"channel": "web", "page": "/projetos", "campaign": "primavera", "click_ids": {"gclid": "g-1"}},
        "opportunity": {"title": "Projeto: Rita Prado", "value": 800_000, "stage": "qualified"},
        "note": "Projeto para escritório",
        "marketing_consent": agreement(true),
        "consent": agreement(true),
        "preferences": [{"key": "contact_time", "value": "de manhã"}],
    })
}

fn read(lead: &Value) -> Lead {
    serde_json::from_value(lead.clone()).unwrap()
}

fn person(contact: ContactId) -> Person {
    Person { contact, verified: Vec::new() }
}

/// What is on file of a lead that was kept whole.
async fn is_whole(counter: &Counter, contact: ContactId) {
    let history = counter.backoffice.crm.history(contact).await.unwrap();
    assert_eq!(history.contact.name.as_deref(), Some("Rita Prado"));
    assert_eq!(history.contact.email.as_deref(), Some("rita.prado@example.com"));
    assert_eq!(history.contact.phone.as_deref(), Some("+5511955550188"));
    assert_eq!(history.contact.tags, ["office", "hot"]);
    assert_eq!(history.contact.origin.as_deref(), Some("web"), "the first origin stays");
    assert_eq!(history.contact.marketing_consent, Some(true));
    assert_eq!(history.contact.preferences[0].value, "de manhã");
    let [opportunity] = history.opportunities.as_slice() else { panic!("{:#?}", history.opportunities) };
    assert_eq!(opportunity.origin.as_deref(), Some("web/primavera"));
    assert_eq!((opportunity.value, opportunity.stage.as_str()), (Some(Money(800_000)), "qualified"));
    let [note] = history.notes.as_slice() else { panic!("{:#?}", history.notes) };
    assert!(note.text.contains("gclid: g-1") && note.text.contains("página: /projetos"), "{}", note.text);
    let consents = counter.stores.contacts.consents(contact).await.unwrap();
    let purposes: Vec<_> = consents.iter().map(|consent| consent.purpose.as_str()).collect();
    assert_eq!(purposes, [INTERVIEW, MARKETING]);
    assert!(consents.iter().all(|consent| consent.words == "pode sim" && consent.channel == "web"));
}

#[tokio::test]
async fn a_lead_is_kept_once_wherever_it_breaks_off() {
    for done in [false, true] {
        let mut breaks = 0;
        loop {
            let counter = Counter::empty().await;
            let contact = counter.visitor().await;
            let lead = read(&lead(&counter));
            let crm = Breaking { crm: counter.backoffice.crm.clone(), calls: 0.into(), at: breaks, done };
            let broken = keep(&crm, &person(contact), &lead).await;
            if crm.calls.load(Ordering::SeqCst) <= breaks {
                assert!(broken.is_ok());
                break;
            }
            assert!(
                matches!(broken, Err(BackofficeError::Unavailable(_) | BackofficeError::Unknown(_))),
                "{broken:?}"
            );
            for _ in 0..2 {
                keep(counter.backoffice.crm.as_ref(), &person(contact), &lead).await.unwrap();
            }
            is_whole(&counter, contact).await;
            breaks += 1;
        }
        assert_eq!(breaks, 6, "every write was broken off at");
    }
}

#[tokio::test]
async fn the_same_interview_changes_the_same_opportunity() {
    let counter = Counter::empty().await;
    let contact = counter.visitor().await;
    let crm = counter.backoffice.crm.as_ref();
    let mut lead = lead(&counter);
    let first = keep(crm, &person(contact), &read(&lead)).await.unwrap().opportunity.unwrap();
    lead["opportunity"]["value"] = json!(1_000_000);
    for _ in 0..2 {
        let changed = keep(crm, &person(contact), &read(&lead)).await.unwrap().opportunity.unwrap();
        assert_eq!((changed.id, changed.value), (first.id, Some(Money(1_000_000))));
    }
    let history = crm.history(contact).await.unwrap();
    assert_eq!((history.opportunities.len(), history.notes.len()), (1, 1));
    lead["interview"] = json!(InterviewId(counter.clock.new_id()));
    keep(crm, &person(contact), &read(&lead)).await.unwrap();
    assert_eq!(
        crm.history(contact).await.unwrap().opportunities.len(),
        2,
        "another interview, another chance"
    );
}

#[tokio::test]
async fn the_newest_correction_counts_also_if_it_says_again_what_was_said_first() {
    let counter = Counter::empty().await;
    let contact = counter.visitor().await;
    let crm = counter.backoffice.crm.as_ref();
    let mut lead = lead(&counter);
    keep(crm, &person(contact), &read(&lead)).await.unwrap();
    for (revision, value, stage) in [(1, 1_000_000, "new"), (2, 800_000, "qualified"), (3, 1_000_000, "new")]
    {
        lead["revision"] = json!(revision);
        lead["opportunity"]["value"] = json!(value);
        lead["opportunity"]["stage"] = json!(stage);
        lead["opportunity"]["stages"] = json!(["new", "qualified"]);
        for _ in 0..2 {
            keep(crm, &person(contact), &read(&lead)).await.unwrap();
        }
        let history = crm.history(contact).await.unwrap();
        let [opportunity] = history.opportunities.as_slice() else { panic!("{history:#?}") };
        assert_eq!((opportunity.value, opportunity.stage.as_str()), (Some(Money(value)), stage));
        assert_eq!(history.notes.len(), 1 + revision as usize);
    }
    // Somebody has moved it on: a correction leaves the stage alone.
    let id = crm.history(contact).await.unwrap().opportunities[0].id;
    let moved = SaveOpportunity {
        id: Some(id),
        contact,
        title: "Projeto".to_owned(),
        value: None,
        stage: Some("proposal".to_owned()),
        origin: None,
    };
    crm.save_opportunity("by hand", moved).await.unwrap();
    lead["revision"] = json!(4);
    keep(crm, &person(contact), &read(&lead)).await.unwrap();
    assert_eq!(crm.history(contact).await.unwrap().opportunities[0].stage, "proposal");
}

#[tokio::test]
async fn what_is_on_file_of_somebody_is_not_overwritten() {
    let counter = Counter::empty().await;
    let crm = counter.backoffice.crm.as_ref();
    let (owner, stranger) = (counter.visitor().await, counter.visitor().await);
    let on_file = SaveContact {
        name: Some("Rita P. Prado".to_owned()),
        email: Some("rita.prado@example.com".to_owned()),
        ..SaveContact::of(owner)
    };
    crm.save_contact("1", on_file).await.unwrap();
    let kept = keep(crm, &person(stranger), &read(&lead(&counter))).await.unwrap();
    assert_eq!((kept.saved.contact.id, kept.outcome()), (owner, "already_on_file"));
    let contact = crm.contact(owner).await.unwrap();
    assert_eq!(contact.name.as_deref(), Some("Rita P. Prado"));
    assert_eq!(contact.phone, None, "nobody adds a phone to somebody else's record");
}

#[tokio::test]
async fn a_lead_whose_handles_belong_to_two_people_is_not_lost() {
    let counter = Counter::empty().await;
    let crm = counter.backoffice.crm.as_ref();
    for (key, request) in [
        (
            "1",
            SaveContact {
                email: Some("rita.prado@example.com".into()),
                ..SaveContact::of(counter.visitor().await)
            },
        ),
        ("2", SaveContact { phone: Some("11955550188".into()), ..SaveContact::of(counter.visitor().await) }),
    ] {
        crm.save_contact(key, request).await.unwrap();
    }
    let contact = counter.visitor().await;
    let kept = keep(crm, &person(contact), &read(&lead(&counter))).await.unwrap();
    assert!(kept.is_in_conflict && kept.saved.contact.id == contact);
    let history = crm.history(contact).await.unwrap();
    assert_eq!((history.contact.email, history.opportunities.len()), (None, 1));
    assert!(history.notes[0].text.contains("rita.prado@example.com"), "{}", history.notes[0].text);
}

#[tokio::test]
async fn a_stage_that_the_funnel_does_not_have_is_its_first() {
    let counter = Counter::empty().await;
    let contact = counter.visitor().await;
    let mut lead = lead(&counter);
    lead["opportunity"] = json!({"title": "Projeto", "value": null, "stage": "fechamento"});
    let kept = keep(counter.backoffice.crm.as_ref(), &person(contact), &read(&lead)).await.unwrap();
    assert_eq!(kept.opportunity.unwrap().stage, "new");
}
