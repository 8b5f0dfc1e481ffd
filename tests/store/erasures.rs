//! Forgetting a person: everything of theirs and nothing of anybody else's, all or nothing; what is at vendors is left to
//! do.

use super::support::{Bench, LEASE, finished, identity, on_every_store};
use balcao::domain::agenda::{Appointment, AppointmentStatus};
use balcao::domain::catalog::Order;
use balcao::domain::contact::{ConsentRecord, Contact, IdentityKind};
use balcao::domain::conversation::Conversation;
use balcao::domain::crm::{Note, Opportunity};
use balcao::domain::erasure::{AtVendors, Holdings, Removal, RemovalState};
use balcao::domain::event::EventBody;
use balcao::domain::ids::{ContactId, ErasureId, InterviewId, PostId, RecordId};
use balcao::domain::interview::{InterviewStep, StartRule};
use balcao::domain::message::Role;
use balcao::domain::ticket::{Ticket, TicketStatus};
use balcao::store::backoffice::{EffectKey, ImportRows};
use balcao::store::connectors::{Begun, CallName, Link};
use balcao::store::conversations::NewConversation;
use balcao::store::erasures::{NewErasure, RemovalOutcome};
use balcao::store::error::StoreError;
use balcao::store::outbox::DeliveryOutcome;
use balcao::store::posts::{NewPost, PostOutcome};
use balcao::store::reminders::{Reminded, ReminderPlan};
use balcao::store::turns::TurnCommit;
use jiff::SignedDuration;
use serde_json::json;
use std::time::Duration;

on_every_store!(
    a_person_is_forgotten_whole_and_nobody_else,
    orders_stay_and_are_nobodys,
    what_was_kept_before_somebody_was_known_is_found,
    what_was_just_booked_is_not_lost_sight_of,
    a_record_that_a_vendor_made_too_late_is_deleted_too,
    nobody_is_forgotten_while_an_answer_is_written,
    what_channels_posted_of_a_person_goes_once_it_was_worked_through,
    old_conversations_go_and_strangers_with_them,
    a_record_that_stands_for_somebody_else_too_is_left_to_a_person,
    a_turn_that_has_proven_somebody_who_was_forgotten_ends_all_the_same,
    what_is_at_vendors_is_claimed_until_it_is_over,
);

/// Somebody with one of everything.
pub(super) struct Known {
    pub(super) contact: ContactId,
    pub(super) conversation: Conversation,
    opportunity: RecordId,
    calls: [CallName; 2],
}

pub(super) async fn known(bench: &Bench, email: &str) -> Known {
    let contact = Contact { email: Some(email.to_owned()), ..bench.contact("Ana") };
    bench.stores.contacts.save(&contact).await.unwrap();
    let opening = NewConversation { identity: identity(IdentityKind::Email, email), ..bench.opening() };
    let conversation = bench.stores.conversations.open(opening).await.unwrap();
    assert_eq!(conversation.contact, contact.id);
    let (contact, now) = (contact.id, bench.now());
    bench.said(conversation.id, "quero orçamento").await;
    let claim = bench.claimed(conversation.id).await;
    let interview = InterviewId(bench.record_id().0);
    let step = InterviewStep::Started {
        name: "projeto".to_owned(),
        version: "1".to_owned(),
        rule: StartRule::Intent,
        known: Vec::new(),
    };
    let answer = bench.message(Role::Assistant, "Claro!");
    let events = vec![
        EventBody::Interview { interview, step: Box::new(step) },
        EventBody::Message(answer),
        finished(),
    ];
    let commit = TurnCommit {
        events,
        interview: Some(interview),
        outbox: vec![bench.delivery()],
        ..TurnCommit::default()
    };
    bench.stores.turns.commit(&claim, commit, now).await.unwrap();
    let key = |what: &str| EffectKey(format!("{}/{what}", claim.turn));
    let desk = &bench.stores.backoffice;
    let opportunity = Opportunity {
        id: bench.record_id(),
        contact,
        title: "Jardim".to_owned(),
        value: None,
        stage: "new".to_owned(),
        origin: None,
        created_at: now,
        updated_at: now,
    };
    desk.save_opportunity(&key("1"), &opportunity).await.unwrap();
    let note = Note { id: bench.record_id(), contact, text: "à tarde".to_owned(), created_at: now };
    desk.add_note(&key("2"), &note).await.unwrap();
    let start = now - SignedDuration::from_hours(30);
    let appointment = Appointment {
        id: bench.record_id(),
        code: email[..4].to_uppercase(),
        professional: email.to_owned(),
        service: "poda".to_owned(),
        contact,
        start,
        end: start + SignedDuration::from_hours(1),
        status: AppointmentStatus::Booked,
        notes: String::new(),
    };
    desk.book(&key("3"), &appointment).await.unwrap();
    let ticket = Ticket {
        number: 1,
        contact,
        subject: "Não chegou".to_owned(),
        description: "…".to_owned(),
        category: "entrega".to_owned(),
        priority: "normal".to_owned(),
        status: TicketStatus::Open,
        comments: Vec::new(),
        created_at: now,
        updated_at: now,
    };
    desk.create_ticket(&key("4"), &ticket).await.unwrap();
    let consent = ConsentRecord {
        contact,
        purpose: "interview".to_owned(),
        version: "1".to_owned(),
        agreed: true,
        words: "pode".to_owned(),
        channel: "web".to_owned(),
        at: now,
    };
    bench.stores.contacts.record_consent(&consent).await.unwrap();
    let plan = ReminderPlan {
        conversation: conversation.id,
        record: Reminded::Appointment,
        number: appointment.code,
        stands_at: start,
        due_at: vec![now],
    };
    bench.stores.reminders.plan(&plan).await.unwrap();
    let connectors = &bench.stores.connectors;
    let call = CallName { connector: "crm".to_owned(), key: key("5").0, operation: "create only".to_owned() };
    connectors.begin(&call, "r1", now).await.unwrap();
    connectors.finish(&call, &json!({"name": "Ana"})).await.unwrap();
    let led = CallName { key: format!("lead/{interview}/note"), ..call.clone() };
    connectors.begin(&led, "r1", now).await.unwrap();
    let told = Link {
        connector: "news".to_owned(),
        kind: "order".to_owned(),
        local: conversation.id.to_string(),
        remote: format!("order of {}", &email[..3]),
    };
    connectors.link(&told, now).await.unwrap();
    for (kind, local) in [("contact", contact.to_string()), ("opportunity", opportunity.id.to_string())] {
        let remote = format!("{kind} of {}", &email[..3]);
        let link = Link { connector: "crm".to_owned(), kind: kind.to_owned(), local, remote };
        connectors.link(&link, now).await.unwrap();
    }
    Known { contact, conversation, opportunity: opportunity.id, calls: [call, led] }
}

const ONE_OF_EACH: Holdings = Holdings {
    conversations: 1,
    messages: 2,
    interviews: 1,
    consents: 1,
    opportunities: 1,
    notes: 1,
    appointments: 1,
    tickets: 1,
    orders: 0,
};

pub(super) fn erasure(bench: &Bench, contact: ContactId) -> NewErasure {
    NewErasure {
        id: ErasureId(bench.record_id().0),
        contact,
        asked_by: "bia".to_owned(),
        at_vendors: AtVendors::Delete,
        nobody: ContactId(bench.record_id().0),
        at: bench.now(),
    }
}

async fn a_person_is_forgotten_whole_and_nobody_else(bench: Bench) {
    let ana = known(&bench, "ana@casa.example").await;
    let other = known(&bench, "rui@casa.example").await;
    let store = &bench.stores.erasures;
    assert_eq!(store.holdings(ana.contact).await.unwrap(), ONE_OF_EACH);
    assert_eq!(store.conversations_of(ana.contact).await.unwrap(), [ana.conversation.id]);
    let new = erasure(&bench, ana.contact);
    let erased = store.erase(new.clone()).await.unwrap();
    assert_eq!(erased.conversations, [ana.conversation.id]);
    assert_eq!(erased.erasure.removed, ONE_OF_EACH);
    let at_vendors: Vec<&str> = erased.erasure.removals.iter().map(|one| one.remote.as_str()).collect();
    assert_eq!(at_vendors, ["opportunity of ana", "contact of ana"]);

    let bench = bench.restart().await;
    let (stores, store) = (&bench.stores, &bench.stores.erasures);
    assert_eq!(store.holdings(ana.contact).await.unwrap(), Holdings::default());
    assert_eq!(stores.contacts.get(ana.contact).await.unwrap(), None);
    assert_eq!(stores.contacts.find(&identity(IdentityKind::Email, "ana@casa.example")).await.unwrap(), None);
    assert_eq!(stores.conversations.get(ana.conversation.id).await.unwrap(), None);
    assert_eq!(stores.conversations.events(ana.conversation.id, 0, 10).await.unwrap(), []);
    for call in &ana.calls {
        assert_eq!(stores.connectors.record(call).await.unwrap(), None, "{}", call.key);
    }
    let told = stores.connectors.local("news", "order", "order of ana").await.unwrap();
    assert_eq!(told, None, "news of an order would find nobody else in this conversation");
    let links = stores.connectors.remotes("crm", "opportunity", &ana.opportunity.to_string()).await.unwrap();
    assert_eq!(links, Vec::<String>::new());
    // What a call returned is not returned to the next one of that key.
    let note =
        Note { id: bench.record_id(), contact: other.contact, text: "x".to_owned(), created_at: bench.now() };
    let key = EffectKey(ana.calls[0].key.replace("/5", "/2"));
    assert_eq!(stores.backoffice.add_note(&key, &note).await.unwrap(), note);

    // What was under way does not bring her back; after a day nobody knows any more which id it was.
    let late =
        Contact { email: Some("ana@casa.example".to_owned()), ..Contact::new(ana.contact, bench.now()) };
    let refused = stores.contacts.save(&late).await;
    assert!(matches!(refused, Err(StoreError::NotFound)), "{refused:?}");
    let kept = store.get(new.id).await.unwrap().expect("it is proven");
    assert_eq!((kept.asked_by.as_str(), kept.at, kept.removed), ("bia", bench.now(), ONE_OF_EACH));
    assert_eq!(kept.contact, Some(ana.contact));
    assert_eq!(store.list(5).await.unwrap(), std::slice::from_ref(&kept));
    store.forget_ids(bench.now()).await.unwrap();
    assert_eq!(store.get(new.id).await.unwrap().unwrap().contact, Some(ana.contact), "not yet");
    store.forget_ids(bench.later(LEASE)).await.unwrap();
    assert_eq!(store.get(new.id).await.unwrap().unwrap().contact, None);
    assert!(matches!(store.erase(erasure(&bench, ana.contact)).await, Err(StoreError::NotFound)));

    let expected = Holdings { notes: 2, ..ONE_OF_EACH };
    assert_eq!(store.holdings(other.contact).await.unwrap(), expected);
    assert_eq!(
        stores.connectors.begin(&other.calls[0], "r1", bench.now()).await.unwrap(),
        Begun::Done(json!({"name": "Ana"}))
    );
    let remotes = stores.connectors.remotes("crm", "contact", &other.contact.to_string()).await.unwrap();
    assert_eq!(remotes, ["contact of rui"]);
    let reminded = stores.reminders.claim(bench.now(), bench.later(LEASE), 10).await.unwrap();
    assert_eq!(reminded.len(), 1, "of the other one");
    // Who comes back is somebody new.
    let opening =
        NewConversation { identity: identity(IdentityKind::Email, "ana@casa.example"), ..bench.opening() };
    assert_ne!(stores.conversations.open(opening).await.unwrap().contact, ana.contact);
}

async fn orders_stay_and_are_nobodys(bench: Bench) {
    let ana = known(&bench, "ana@casa.example").await;
    let order = super::backoffice::order(&bench, "1042", ana.contact, 0);
    bench
        .stores
        .backoffice
        .import(ImportRows { orders: vec![order.clone()], ..ImportRows::default() })
        .await
        .unwrap();
    let new = erasure(&bench, ana.contact);
    let erased = bench.stores.erasures.erase(new.clone()).await.unwrap();
    assert_eq!(erased.erasure.removed, Holdings { orders: 1, ..ONE_OF_EACH });
    let nobody = new.nobody;
    let nobodys =
        Order { contact: nobody, email: String::new(), postal_code: None, tracking_code: None, ..order };
    assert_eq!(bench.stores.backoffice.order("1042").await.unwrap(), Some(nobodys.clone()));
    assert_eq!(bench.stores.backoffice.orders(nobody).await.unwrap(), [nobodys]);
    let left = bench.stores.contacts.get(nobody).await.unwrap().expect("the order is somebody's");
    assert_eq!(left, Contact::new(nobody, bench.now()));
    assert_eq!(bench.stores.contacts.identities(nobody).await.unwrap(), []);
    // Ids that are made of a phone number or an e-mail would tell whose the order was.
    assert_eq!(bench.stores.contacts.get(ana.contact).await.unwrap(), None);
}

async fn nobody_is_forgotten_while_an_answer_is_written(bench: Bench) {
    let ana = known(&bench, "ana@casa.example").await;
    bench.said(ana.conversation.id, "e agora?").await;
    let claim = bench.claimed(ana.conversation.id).await;
    let store = &bench.stores.erasures;
    let refused = store.erase(erasure(&bench, ana.contact)).await;
    assert!(matches!(refused, Err(StoreError::Conflict(_))), "{refused:?}");
    assert_eq!(store.holdings(ana.contact).await.unwrap(), Holdings { messages: 3, ..ONE_OF_EACH });
    assert_eq!(store.list(5).await.unwrap(), []);
    // Whoever wrote it is gone; should they come back, there is nothing to write into.
    bench.advance(LEASE * 2);
    store.erase(erasure(&bench, ana.contact)).await.unwrap();
    let late = bench.stores.turns.commit(&claim, bench.answer(&claim, "pronto"), bench.now()).await;
    assert!(matches!(late, Err(StoreError::Stale | StoreError::NotFound)), "{late:?}");
    assert_eq!(store.holdings(ana.contact).await.unwrap(), Holdings::default());
}

async fn what_is_at_vendors_is_claimed_until_it_is_over(bench: Bench) {
    let ana = known(&bench, "ana@casa.example").await;
    let other = known(&bench, "rui@casa.example").await;
    let store = &bench.stores.erasures;
    let new = erasure(&bench, ana.contact);
    store.erase(new.clone()).await.unwrap();
    let by_hand = NewErasure { at_vendors: AtVendors::Leave, ..erasure(&bench, other.contact) };
    store.erase(by_hand).await.unwrap();
    let claim = async || {
        let mut claimed = store.claim_removals(bench.now(), bench.later(LEASE), 10).await.unwrap();
        claimed.sort_by(|one, other| one.kind.cmp(&other.kind));
        claimed
    };
    let claimed = claim().await;
    let shown: Vec<(&str, u32)> = claimed.iter().map(|one| (one.kind.as_str(), one.attempts)).collect();
    assert_eq!(shown, [("contact", 1), ("opportunity", 1)], "what is left to a person is not claimed");
    assert_eq!(claim().await, [], "somebody is at it");
    let [contact, opportunity] = &claimed[..] else { panic!("two") };
    store.settle_removal(opportunity, RemovalOutcome::Over(RemovalState::Done)).await.unwrap();
    store.settle_removal(contact, RemovalOutcome::Again { at: bench.later(LEASE * 3) }).await.unwrap();
    bench.advance(LEASE * 2);
    assert_eq!(claim().await, [], "not yet");
    bench.advance(LEASE);
    let again = claim().await;
    assert_eq!(again, [Removal { attempts: 2, ..contact.clone() }]);
    store.settle_removal(&again[0], RemovalOutcome::Over(RemovalState::ByHand)).await.unwrap();
    bench.advance(LEASE * 9);
    assert_eq!(claim().await, []);
    // A vendor that is away for long is left alone for hours.
    let third = known(&bench, "eva@casa.example").await;
    store.erase(erasure(&bench, third.contact)).await.unwrap();
    let hours = Duration::from_secs(6 * 3_600);
    for removal in claim().await {
        let at = bench.later(hours);
        store.settle_removal(&removal, RemovalOutcome::Again { at }).await.unwrap();
    }
    assert_eq!(claim().await, []);
    bench.advance(hours - LEASE);
    assert_eq!(claim().await, [], "not a minute too early");
    bench.advance(LEASE);
    assert_eq!(claim().await.len(), 2);
    let states: Vec<(String, RemovalState)> = store
        .get(new.id)
        .await
        .unwrap()
        .unwrap()
        .removals
        .into_iter()
        .map(|one| (one.kind, one.state))
        .collect();
    let expected = [("contact", RemovalState::ByHand), ("opportunity", RemovalState::Done)];
    assert_eq!(states, expected.map(|(kind, state)| (kind.to_owned(), state)));
}

async fn what_channels_posted_of_a_person_goes_once_it_was_worked_through(bench: Bench) {
    let ana = Contact { phone: Some("+5511955550123".to_owned()), ..bench.contact("Ana") };
    bench.stores.contacts.save(&ana).await.unwrap();
    let posts = &bench.stores.posts;
    let bodies = [
        "{\"wa_id\":\"5511955550123\",\"text\":\"oi\"}",
        "{\"wa_id\":\"551155550123\"}",
        "{\"wa_id\":\"5511955550999\"}",
    ];
    for body in bodies.into_iter().chain(["{\"wa_id\":\"5511955550123\",\"text\":\"tudo bem?\"}"]) {
        let body = body.as_bytes().to_vec();
        let id = PostId(bench.record_id().0);
        posts
            .keep(NewPost { id, channel: "whatsapp".to_owned(), body, received_at: bench.now() })
            .await
            .unwrap();
    }
    let claimed = posts.claim("whatsapp", bench.now(), bench.later(LEASE), 10).await.unwrap();
    for post in claimed.iter().filter(|post| !post.body.ends_with(b"bem?\"}")) {
        posts.settle(post.id, PostOutcome::Done).await.unwrap();
    }
    bench.stores.erasures.erase(erasure(&bench, ana.id)).await.unwrap();
    let left = posts.counts("whatsapp").await.unwrap();
    assert_eq!((left.done, left.waiting), (1, 1), "somebody else's, and what nobody has read yet");
}

async fn old_conversations_go_and_strangers_with_them(bench: Bench) {
    let ana = known(&bench, "ana@casa.example").await;
    let stores = &bench.stores;
    let visit = async || {
        let conversation = bench.opened().await;
        bench.said(conversation.id, "oi").await;
        bench.answered(conversation.id).await;
        conversation
    };
    let (stranger, second) = (visit().await, visit().await);
    let reminded = visit().await;
    let waiting = ReminderPlan {
        conversation: reminded.id,
        record: Reminded::Payment,
        number: "1042".to_owned(),
        stands_at: bench.now(),
        due_at: vec![bench.later(LEASE * 1_000)],
    };
    stores.reminders.plan(&waiting).await.unwrap();
    let running = visit().await;
    bench.said(running.id, "e agora?").await;
    bench.claimed(running.id).await;
    let unanswered = bench.opened().await;
    bench.said(unanswered.id, "alguém aí?").await;
    // Told and delivered, so that nothing is to happen in her conversation any more.
    for delivery in stores.outbox.claim(bench.now(), bench.later(LEASE), 10).await.unwrap() {
        let outcome = DeliveryOutcome::Accepted { external_id: "wamid.1".to_owned() };
        stores.outbox.settle(delivery.id, outcome, bench.now()).await.unwrap();
    }
    for told in stores.reminders.claim(bench.now(), bench.later(LEASE), 10).await.unwrap() {
        stores.reminders.settle(&told).await.unwrap();
    }
    bench.advance(LEASE * 100);
    let since = bench.now();
    let recent = visit().await;

    let mut gone = stores.erasures.expire(since, 2).await.unwrap();
    assert_eq!(gone.len(), 2, "a few at a time");
    gone.extend(stores.erasures.expire(since, 10).await.unwrap());
    gone.sort();
    let mut expected = [ana.conversation.id, stranger.id, second.id];
    expected.sort();
    assert_eq!(gone, expected);
    assert_eq!(stores.erasures.expire(since, 10).await.unwrap(), []);
    for left in [&recent, &reminded, &running, &unanswered] {
        assert!(stores.conversations.get(left.id).await.unwrap().is_some());
        assert!(stores.contacts.get(left.contact).await.unwrap().is_some());
    }
    for gone in [&stranger, &second] {
        assert_eq!(stores.conversations.events(gone.id, 0, 10).await.unwrap(), []);
        assert_eq!(stores.contacts.get(gone.contact).await.unwrap(), None, "nothing says who it was");
    }
    let left = Holdings { conversations: 0, messages: 0, interviews: 0, ..ONE_OF_EACH };
    assert_eq!(stores.erasures.holdings(ana.contact).await.unwrap(), left, "a customer stays one");
    for call in &ana.calls {
        assert_eq!(stores.connectors.record(call).await.unwrap(), None, "what her turns returned goes");
    }
}

async fn a_record_that_stands_for_somebody_else_too_is_left_to_a_person(bench: Bench) {
    let ana = known(&bench, "ana@casa.example").await;
    let family = bench.saved_contact("Bruno").await;
    let link = Link {
        connector: "crm".to_owned(),
        kind: "contact".to_owned(),
        local: family.id.to_string(),
        remote: "contact of ana".to_owned(),
    };
    bench.stores.connectors.link(&link, bench.now()).await.unwrap();
    let erased = bench.stores.erasures.erase(erasure(&bench, ana.contact)).await.unwrap();
    let states: Vec<(&str, RemovalState)> =
        erased.erasure.removals.iter().map(|one| (one.kind.as_str(), one.state)).collect();
    assert_eq!(states, [("opportunity", RemovalState::Waiting), ("contact", RemovalState::ByHand)]);
    // Deals are left as well where nobody knows which of them were closed.
    let rui = known(&bench, "rui@casa.example").await;
    let new = NewErasure { at_vendors: AtVendors::LeaveDeals, ..erasure(&bench, rui.contact) };
    let erased = bench.stores.erasures.erase(new).await.unwrap();
    let states: Vec<(&str, RemovalState)> =
        erased.erasure.removals.iter().map(|one| (one.kind.as_str(), one.state)).collect();
    assert_eq!(states, [("opportunity", RemovalState::ByHand), ("contact", RemovalState::Waiting)]);
}

async fn a_turn_that_has_proven_somebody_who_was_forgotten_ends_all_the_same(bench: Bench) {
    let ana = known(&bench, "ana@casa.example").await;
    let visitor = bench.opened().await;
    bench.said(visitor.id, "sou a Ana").await;
    let claim = bench.claimed(visitor.id).await;
    bench.stores.erasures.erase(erasure(&bench, ana.contact)).await.unwrap();
    let commit = TurnCommit { contact: Some(ana.contact), ..bench.answer(&claim, "Oi!") };
    let ended = bench.stores.turns.commit(&claim, commit, bench.now()).await.unwrap();
    assert_eq!(ended.contact, visitor.contact, "there is nobody else to be");
}

async fn what_was_kept_before_somebody_was_known_is_found(bench: Bench) {
    let ana = known(&bench, "ana@casa.example").await;
    let visitor = bench.opened().await;
    let store = &bench.stores.erasures;
    assert_eq!(store.aliases(ana.contact).await.unwrap(), []);
    bench.said(visitor.id, "sou a Ana").await;
    let claim = bench.claimed(visitor.id).await;
    let commit = TurnCommit { contact: Some(ana.contact), ..bench.answer(&claim, "Oi, Ana!") };
    bench.stores.turns.commit(&claim, commit, bench.now()).await.unwrap();
    assert_eq!(store.aliases(ana.contact).await.unwrap(), [visitor.contact]);
    assert_eq!(store.aliases(visitor.contact).await.unwrap(), []);
    // Who else is served in that browser and has proven nothing is not to be mixed up with her.
    let [identity] = &bench.stores.contacts.identities(visitor.contact).await.unwrap()[..] else {
        panic!("one")
    };
    let opening = NewConversation { identity: identity.clone(), ..bench.opening() };
    let second = bench.stores.conversations.open(opening).await.unwrap();
    assert_eq!(second.contact, visitor.contact);
    assert_eq!(store.aliases(ana.contact).await.unwrap(), []);
}

async fn what_was_just_booked_is_not_lost_sight_of(bench: Bench) {
    let ana = known(&bench, "ana@casa.example").await;
    let start = bench.now() + SignedDuration::from_hours(30);
    let appointment = Appointment {
        id: bench.record_id(),
        code: "ABCD".to_owned(),
        professional: "bia".to_owned(),
        service: "poda".to_owned(),
        contact: ana.contact,
        start,
        end: start + SignedDuration::from_hours(1),
        status: AppointmentStatus::Booked,
        notes: String::new(),
    };
    bench.stores.backoffice.book(&EffectKey("k/1".to_owned()), &appointment).await.unwrap();
    let store = &bench.stores.erasures;
    let refused = store.erase(erasure(&bench, ana.contact)).await;
    assert!(matches!(refused, Err(StoreError::Conflict(_))), "{refused:?}");
    assert_eq!(store.list(5).await.unwrap(), []);
    bench.advance(Duration::from_secs(31 * 3_600));
    store.erase(erasure(&bench, ana.contact)).await.unwrap();
}

async fn a_record_that_a_vendor_made_too_late_is_deleted_too(bench: Bench) {
    let ana = known(&bench, "ana@casa.example").await;
    let new = erasure(&bench, ana.contact);
    bench.stores.erasures.erase(new.clone()).await.unwrap();
    let link = Link {
        connector: "crm".to_owned(),
        kind: "contact".to_owned(),
        local: ana.contact.to_string(),
        remote: "made meanwhile".to_owned(),
    };
    let refused = bench.stores.connectors.link(&link, bench.now()).await;
    assert!(matches!(refused, Err(StoreError::NotFound)), "{refused:?}");
    assert_eq!(bench.stores.connectors.local("crm", "contact", "made meanwhile").await.unwrap(), None);
    let erasure = bench.stores.erasures.get(new.id).await.unwrap().unwrap();
    let late = erasure.removals.iter().find(|removal| removal.remote == "made meanwhile").unwrap();
    assert_eq!((late.kind.as_str(), late.state), ("contact", RemovalState::Waiting));
}
