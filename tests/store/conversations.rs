//! Opening, accepting, reading and listing conversations.

use super::support::{Bench, identity, on_every_store};
use balcao::domain::contact::IdentityKind;
use balcao::domain::conversation::{ConversationState, Owner};
use balcao::domain::event::EventBody;
use balcao::domain::language::Language;
use balcao::domain::message::Role;
use balcao::store::conversations::ConversationFilter;
use balcao::store::error::StoreError;
use balcao::store::live::Live;
use std::time::Duration;

on_every_store!(
    opening_makes_the_contact_and_keeps_everything_given,
    opening_again_returns_the_first_and_a_known_identity_keeps_its_contact,
    what_does_not_exist_is_none_or_not_found,
    a_repeated_message_is_accepted_once,
    a_message_opens_a_closed_conversation_and_closing_settles_what_was_open,
    the_log_is_read_from_any_place_in_order,
    readers_hear_of_events_after_they_were_committed_in_order,
    pages_go_on_where_the_last_one_ended,
    lists_are_filtered_by_owner_state_and_words,
    a_message_keeps_every_field,
);

const SECOND: Duration = Duration::from_secs(1);

async fn opening_makes_the_contact_and_keeps_everything_given(bench: Bench) {
    let mut opening = bench.opening();
    opening.identity = identity(IdentityKind::Email, "ana@exemplo.com");
    opening.name = Some("Ana \u{0}🙂".to_owned());
    opening.language = Language::Spanish;
    opening.token_hash = Some([7; 32]);
    opening.metadata.insert("page".to_owned(), "/preços?a=\"b\"".into());
    let opened = bench.stores.conversations.open(opening.clone()).await.unwrap();
    assert_eq!(
        (opened.id, opened.contact, opened.epoch, opened.last_seq),
        (opening.id, opening.contact, 0, 0)
    );
    assert_eq!((opened.language, opened.state), (Language::Spanish, ConversationState::Open));
    assert_eq!(opened.owner, Owner::Bot);
    assert_eq!(opened.metadata, opening.metadata);
    assert_eq!((opened.created_at, opened.updated_at), (opening.at, opening.at));
    assert_eq!(bench.get(opening.id).await, opened);
    assert_eq!(bench.stores.conversations.token_hash(opening.id).await.unwrap(), Some([7; 32]));

    let contact = bench.stores.contacts.get(opening.contact).await.unwrap().unwrap();
    assert_eq!(contact.name, opening.name);
    assert_eq!(contact.email.as_deref(), Some("ana@exemplo.com"));
    assert_eq!(contact.origin.as_deref(), Some("web"));
    assert_eq!(bench.stores.contacts.find(&opening.identity).await.unwrap(), Some(contact));
}

async fn opening_again_returns_the_first_and_a_known_identity_keeps_its_contact(bench: Bench) {
    let first = bench.opening();
    let opened = bench.stores.conversations.open(first.clone()).await.unwrap();
    let mut again = first.clone();
    again.contact = bench.contact_id();
    again.language = Language::English;
    assert_eq!(bench.stores.conversations.open(again).await.unwrap(), opened);

    bench.advance(SECOND);
    let mut second = bench.opening();
    second.identity = first.identity.clone();
    let reopened = bench.stores.conversations.open(second.clone()).await.unwrap();
    assert_eq!(reopened.contact, first.contact);
    assert_eq!(bench.stores.contacts.get(second.contact).await.unwrap(), None);
    let newest = bench.stores.conversations.find_by_identity("web", &first.identity).await.unwrap();
    assert_eq!(newest.map(|newest| newest.id), Some(second.id));
    assert_eq!(bench.stores.conversations.find_by_identity("whatsapp", &first.identity).await.unwrap(), None);
}

async fn what_does_not_exist_is_none_or_not_found(bench: Bench) {
    let nobody = bench.conversation_id();
    let conversations = &bench.stores.conversations;
    assert_eq!(conversations.get(nobody).await.unwrap(), None);
    assert_eq!(conversations.token_hash(nobody).await.unwrap(), None);
    assert_eq!(conversations.events(nobody, 0, 10).await.unwrap(), Vec::new());
    assert!(matches!(
        conversations.accept(bench.inbound(nobody, "1", "oi")).await,
        Err(StoreError::NotFound)
    ));
    let change = bench.owner_change(Owner::Team);
    assert!(matches!(conversations.change_owner(nobody, change).await, Err(StoreError::NotFound)));
    let closed = conversations.set_state(nobody, ConversationState::Closed, bench.now()).await;
    assert!(matches!(closed, Err(StoreError::NotFound)));
}

async fn a_repeated_message_is_accepted_once(bench: Bench) {
    let (one, other) = (bench.opened().await.id, bench.opened().await.id);
    let first = bench.inbound(one, "a", "oi");
    let accepted = bench.stores.conversations.accept(first.clone()).await.unwrap();
    assert_eq!((accepted.message, accepted.duplicate), (first.message.id, false));
    let again = bench.stores.conversations.accept(bench.inbound(one, "a", "oi de novo")).await.unwrap();
    assert_eq!((again.message, again.duplicate), (first.message.id, true));
    // The same name is another message in another conversation, and on another channel.
    assert!(!bench.stores.conversations.accept(bench.inbound(other, "a", "oi")).await.unwrap().duplicate);
    let mut elsewhere = bench.inbound(one, "a", "oi");
    elsewhere.channel = "whatsapp".to_owned();
    assert!(!bench.stores.conversations.accept(elsewhere).await.unwrap().duplicate);
    assert_eq!(bench.kinds(one).await, ["message", "message"]);
    let messages = bench.stores.conversations.messages(one, 0, 10).await.unwrap();
    assert_eq!(messages[0], (1, first.message));
}

async fn a_message_opens_a_closed_conversation_and_closing_settles_what_was_open(bench: Bench) {
    let id = bench.opened().await.id;
    bench.said(id, "primeira").await;
    let closed =
        bench.stores.conversations.set_state(id, ConversationState::Closed, bench.now()).await.unwrap();
    assert_eq!((closed.state, closed.epoch), (ConversationState::Closed, 1));
    assert!(bench.try_claim(id).await.is_none());

    let second = bench.said(id, "segunda").await;
    assert_eq!(bench.get(id).await.state, ConversationState::Open);
    assert_eq!(bench.kinds(id).await, ["message", "state_changed", "message", "state_changed"]);
    assert_eq!(bench.claimed(id).await.answers, [second]);
}

async fn the_log_is_read_from_any_place_in_order(bench: Bench) {
    let id = bench.opened().await.id;
    for text in ["um", "dois", "três"] {
        bench.said(id, text).await;
    }
    bench.answered(id).await;
    let conversations = &bench.stores.conversations;
    let seqs = |events: Vec<balcao::domain::event::Event>| events.iter().map(|e| e.seq).collect::<Vec<_>>();
    assert_eq!(seqs(conversations.events(id, 2, 2).await.unwrap()), [3, 4]);
    assert_eq!(seqs(conversations.recent_events(id, 2).await.unwrap()), [5, 6]);
    assert_eq!(seqs(conversations.recent_events(id, 100).await.unwrap()), [1, 2, 3, 4, 5, 6]);
    assert_eq!(seqs(conversations.events(id, 6, 10).await.unwrap()), [0_i64; 0]);
    let messages = conversations.messages(id, 2, 10).await.unwrap();
    let roles: Vec<_> = messages.iter().map(|(seq, message)| (*seq, message.role)).collect();
    assert_eq!(roles, [(3, Role::Customer), (5, Role::Assistant)]);
    assert_eq!(conversations.messages(id, 0, 2).await.unwrap().len(), 2);
}

async fn readers_hear_of_events_after_they_were_committed_in_order(bench: Bench) {
    let id = bench.opened().await.id;
    let mut reader = bench.stores.live.subscribe(id);
    bench.said(id, "oi").await;
    bench.answered(id).await;
    let mut heard = Vec::new();
    while heard.len() < 4 {
        match reader.recv().await.unwrap() {
            Live::Committed(events) => {
                // Whoever hears of an event can read it.
                let last = events.last().unwrap().seq;
                assert!(bench.get(id).await.last_seq >= last);
                heard.extend(events.iter().cloned());
            }
            Live::Delta { .. } | Live::Progress { .. } => panic!("nothing provisional was said"),
        }
    }
    assert_eq!(heard, bench.stores.conversations.events(id, 0, 10).await.unwrap());
    assert_eq!(bench.stores.live.take_signalled().into_iter().map(|(id, _)| id).collect::<Vec<_>>(), [id]);
}

async fn pages_go_on_where_the_last_one_ended(bench: Bench) {
    let mut ids = Vec::new();
    for index in 0..7 {
        // Three of them at the same instant: the id decides.
        if index > 2 {
            bench.advance(SECOND);
        }
        ids.push(bench.opened().await.id);
    }
    bench.advance(SECOND);
    bench.said(ids[1], "a mais nova").await;
    let mut filter = ConversationFilter { limit: 3, ..ConversationFilter::default() };
    let mut seen = Vec::new();
    loop {
        let page = bench.stores.conversations.list(&filter).await.unwrap();
        seen.extend(page.items.iter().map(|item| item.id));
        filter.cursor = page.next;
        if filter.cursor.is_none() {
            break;
        }
        assert_eq!(page.items.len(), 3);
    }
    assert_eq!(seen, [ids[1], ids[6], ids[5], ids[4], ids[3], ids[2], ids[0]]);
    for cursor in ["", "_", "1_2", "x_y", "9999999999999999999_00000000-0000-0000-0000-000000000000"] {
        filter.cursor = Some(cursor.to_owned());
        assert!(matches!(bench.stores.conversations.list(&filter).await, Err(StoreError::Conflict(_))));
    }
}

async fn lists_are_filtered_by_owner_state_and_words(bench: Bench) {
    let (percent, team, closed) = (bench.opened().await.id, bench.opened().await.id, bench.opened().await.id);
    let mut named = bench.opening();
    named.name = Some("Zuleica Prado".to_owned());
    let named = bench.stores.conversations.open(named).await.unwrap().id;
    bench.said(percent, "tem 100% de desconto_hoje? C:\\pasta").await;
    bench.said(team, "quero um Vaso").await;
    bench.stores.conversations.change_owner(team, bench.owner_change(Owner::Team)).await.unwrap();
    bench.stores.conversations.set_state(closed, ConversationState::Closed, bench.now()).await.unwrap();

    let list = async |filter: ConversationFilter| {
        let page =
            bench.stores.conversations.list(&ConversationFilter { limit: 10, ..filter }).await.unwrap();
        assert_eq!(page.next, None);
        let mut ids: Vec<_> = page.items.iter().map(|item| item.id).collect();
        ids.sort();
        ids
    };
    let words = async |text: &str| {
        list(ConversationFilter { query: Some(text.to_owned()), ..ConversationFilter::default() }).await
    };
    let owner = |owner: &str| ConversationFilter { owner: Some(owner.to_owned()), ..Default::default() };
    assert_eq!(list(owner("team")).await, [team]);
    assert_eq!(list(owner("bot")).await, [percent, closed, named]);
    assert_eq!(list(owner("' OR 1=1 --")).await, []);
    let state = ConversationFilter { state: Some(ConversationState::Closed), ..Default::default() };
    assert_eq!(list(state).await, [closed]);
    assert_eq!(words("vaso").await, [team]);
    assert_eq!(words(" ZULEICA ").await, [named]);
    // No letter has a meaning of its own, and what is not text of a message is not searched.
    assert_eq!(words("100%").await, [percent]);
    assert_eq!(words("desconto_").await, [percent]);
    assert_eq!(words("C:\\pasta").await, [percent]);
    for nothing in ["%", "_aso", "customer", "\\", "\"role\""] {
        let expected = if ["%", "\\"].contains(&nothing) { vec![percent] } else { vec![] };
        assert_eq!(words(nothing).await, expected, "{nothing}");
    }
    assert_eq!(words("  ").await.len(), 4);
    assert_eq!(words(&"%".repeat(100_000)).await, []);
}

async fn a_message_keeps_every_field(bench: Bench) {
    let id = bench.opened().await.id;
    let mut inbound = bench.inbound(id, "x", "linha 1\nlinha 2 \u{1F600} \u{0} \u{202E}");
    inbound.message.author = Some("Ana".to_owned());
    bench.stores.conversations.accept(inbound.clone()).await.unwrap();
    let events = bench.stores.conversations.events(id, 0, 1).await.unwrap();
    assert_eq!(events[0].body, EventBody::Message(inbound.message));
    assert_eq!((events[0].turn, events[0].at), (None, bench.now()));
}
