//! One person on the page and on WhatsApp: recognised as one once they have proven it, whichever comes first, and never
//! before. What they agreed to goes with them; two people are never mixed.

use crate::support::app::{AppOptions, TUESDAY, TestApp, calls, says, shop_database};
use crate::support::clock::LeapingClock;
use crate::support::talk::Talk;
use crate::support::whatsapp::{JOANA, body, conversations, metadata, now, post, set, settled, until};
use balcao::domain::clock::Clock;
use balcao::domain::contact::{Contact, Identity, IdentityKind};
use balcao::domain::ids::ContactId;
use balcao::llm::scripted::Reply;
use serde_json::{Value, json};

/// A customer of the shop's files, with an order.
const ANA: (&str, &str, &str) = ("ana.souza@example.com", "5511955550101", "10421");
const ANA_ID: &str = "BR.1010101";

/// Where the state is.
#[derive(Clone, Copy)]
enum Store {
    Sqlite,
    Postgres,
}

async fn start(store: Store, replies: Vec<Reply>) -> TestApp {
    start_as(store, AppOptions::scripted(replies)).await
}

async fn start_as(store: Store, options: AppOptions) -> TestApp {
    let options = options.with(|settings| set(&mut settings.channels.whatsapp));
    match store {
        Store::Sqlite => options.start().await,
        Store::Postgres => options.on(&shop_database().await).start().await,
    }
}

/// Each on both databases.
macro_rules! on_both {
    ($($name:ident)*) => {
        mod on_sqlite {
            $(
                #[tokio::test(flavor = "multi_thread")]
                async fn $name() {
                    super::$name(super::Store::Sqlite).await;
                }
            )*
        }
        mod on_postgres {
            $(
                #[tokio::test(flavor = "multi_thread")]
                async fn $name() {
                    super::$name(super::Store::Postgres).await;
                }
            )*
        }
    };
}

on_both! {
    who_has_proven_it_on_the_page_is_recognised_when_their_number_writes
    who_proves_it_on_whatsapp_is_one_with_the_files_and_what_they_said_goes_with_them
    who_only_says_it_stays_apart_and_so_does_who_is_somebody_else_on_file
    an_interview_begun_on_the_page_goes_on_on_whatsapp_a_week_later
}

/// Looks an order up with the e-mail on file, which proves who asks.
fn proof() -> [Reply; 2] {
    let (email, _, order) = ANA;
    [
        calls([("order_status", json!({"number": order, "email": email}))]),
        says("Encontrei o seu pedido. Posso ajudar em algo mais?"),
    ]
}

fn proving_words() -> String {
    let (email, _, order) = ANA;
    format!("Cadê o meu pedido {order}? Meu e-mail é {email}")
}

async fn on_file(app: &TestApp, email: &str) -> Contact {
    let handle = Identity { kind: IdentityKind::Email, value: email.to_owned() };
    app.stores().await.contacts.find(&handle).await.unwrap().expect("of the shop's files")
}

/// Words of whoever `handles` name.
async fn writes(app: &TestApp, id: &str, handles: Value, text: &str) {
    writes_at(app, id, handles, text, now()).await;
}

async fn writes_at(app: &TestApp, id: &str, handles: Value, text: &str, at: String) {
    let mut message = json!({"id": id, "timestamp": at, "type": "text", "text": {"body": text}});
    message.as_object_mut().unwrap().extend(handles.as_object().unwrap().clone());
    post(&app.door.base, &body("messages", json!({"metadata": metadata(), "messages": [message]}))).await;
    settled(app).await;
}

/// The contacts of the WhatsApp conversations, once so many messages were answered, on any channel.
async fn on_whatsapp(app: &TestApp, answers: usize) -> Vec<ContactId> {
    let stores = app.stores().await;
    until("the answers", || async {
        let mut answered = 0;
        for one in conversations(app).await {
            let id = one["id"].as_str().unwrap().parse().unwrap();
            let messages = stores.conversations.messages(id, 0, 99).await.unwrap();
            answered += messages.iter().filter(|(_, message)| !message.reply_to.is_empty()).count();
        }
        (answered >= answers).then_some(())
    })
    .await;
    let talks = conversations(app).await.into_iter().filter(|one| one["channel"] == "whatsapp");
    talks.map(|one| one["contact_id"].as_str().unwrap().parse().unwrap()).collect()
}

async fn contact_of(app: &TestApp, talk: &Talk) -> ContactId {
    let id = talk.id.parse().unwrap();
    app.stores().await.conversations.get(id).await.unwrap().unwrap().contact
}

async fn who_has_proven_it_on_the_page_is_recognised_when_their_number_writes(store: Store) {
    let [lookup, found] = proof();
    let app = start(store, vec![lookup, found, says("Oi, Ana! Como posso ajudar?")]).await;
    let ana = on_file(&app, ANA.0).await;
    let mut talk = app.talk().await;
    let before = contact_of(&app, &talk).await;
    assert_ne!(before, ana.id, "a stranger, so far");
    talk.say(&proving_words()).await;
    assert_eq!(contact_of(&app, &talk).await, ana.id);
    writes(&app, "1", json!({"from": ANA.1, "from_user_id": ANA_ID}), "oi, tudo bem?").await;
    assert_eq!(on_whatsapp(&app, 2).await, [ana.id]);
    app.end().await;
}

async fn who_proves_it_on_whatsapp_is_one_with_the_files_and_what_they_said_goes_with_them(store: Store) {
    let [lookup, found] = proof();
    let app = start(store, vec![lookup, found, says("De nada!"), says("Oi, Ana! Como posso ajudar?")]).await;
    let ana = on_file(&app, ANA.0).await;
    let hidden = json!({"from_user_id": ANA_ID});
    // Before anybody knows who she is.
    writes(&app, "1", hidden.clone(), "parar").await;
    let made = on_whatsapp(&app, 1).await;
    assert_ne!(made, [ana.id]);
    writes(&app, "2", hidden.clone(), &proving_words()).await;
    assert_eq!(on_whatsapp(&app, 2).await, [ana.id]);
    let contacts = app.stores().await.contacts;
    let handle = Identity { kind: IdentityKind::ChannelUser, value: format!("whatsapp:user:{ANA_ID}") };
    let owner = until("the handle is hers", || async {
        let owner = contacts.find(&handle).await.unwrap().unwrap();
        (owner.id == ana.id).then_some(owner)
    })
    .await;
    assert_eq!(owner.marketing_consent, Some(false), "her no came along");
    let consents = contacts.consents(ana.id).await.unwrap();
    assert!(consents.iter().any(|one| !one.agreed && one.words.contains("parar")), "{consents:?}");
    // The same conversation goes on, and the page knows her by the same proof.
    writes(&app, "3", hidden, "obrigada!").await;
    assert_eq!(on_whatsapp(&app, 3).await, [ana.id], "one conversation");
    writes(&app, "4", json!({"from": ANA.1, "from_user_id": ANA_ID}), "oi, tudo bem?").await;
    assert_eq!(on_whatsapp(&app, 4).await, [ana.id], "by her number too");
    app.end().await;
}

async fn who_only_says_it_stays_apart_and_so_does_who_is_somebody_else_on_file(store: Store) {
    let [lookup, found] = proof();
    let save = calls([("crm_save_contact", json!({"name": "Joana", "phone": format!("+{JOANA}")}))]);
    let app = start(store, vec![save, says("Anotado!"), says("Oi! Como posso ajudar?"), lookup, found]).await;
    // A visitor says that a number is theirs; then the number writes.
    let mut talk = app.talk().await;
    talk.say(&format!("Sou a Joana, meu telefone é +{JOANA}")).await;
    let visitor = contact_of(&app, &talk).await;
    writes(&app, "1", json!({"from": JOANA}), "oi, tudo bem?").await;
    let on_phone = on_whatsapp(&app, 2).await;
    assert_ne!(on_phone, [visitor]);
    // Bruno, whom the files know by his number, looks after Ana's order on his phone: he does not become Ana.
    let (bruno, ana) = (on_file(&app, "bruno.carvalho@example.com").await, on_file(&app, ANA.0).await);
    writes(&app, "2", json!({"from": "5511955550102", "from_user_id": "BR.2"}), &proving_words()).await;
    on_whatsapp(&app, 3).await;
    let contacts = app.stores().await.contacts;
    let handle = Identity { kind: IdentityKind::ChannelUser, value: "whatsapp:user:BR.2".to_owned() };
    assert_eq!(contacts.find(&handle).await.unwrap().map(|owner| owner.id), Some(bruno.id));
    let (still, hers) =
        (contacts.get(bruno.id).await.unwrap().unwrap(), contacts.get(ana.id).await.unwrap().unwrap());
    assert_eq!((still.email, still.phone), (bruno.email, bruno.phone));
    assert_eq!((hers.email, hers.phone), (ana.email, ana.phone));
    app.end().await;
}

async fn an_interview_begun_on_the_page_goes_on_on_whatsapp_a_week_later(store: Store) {
    let [lookup, found] = proof();
    let clock = LeapingClock::at(TUESDAY);
    let app = start_as(store, AppOptions::scripted(vec![lookup, found]).at(clock.clone())).await;
    let ana = on_file(&app, ANA.0).await;
    let mut talk = app.talk().await;
    talk.say(&proving_words()).await;
    talk.say("quero um orçamento de jardim vertical, tenho uns 6 mil").await;
    let begun = app.stores().await.interviews.newest_of(ana.id).await.unwrap().expect("it began").state;
    assert_eq!(begun.conversation.to_string(), talk.id);
    assert!(begun.open_question().is_some());

    clock.wait_days(7);
    let handles = json!({"from": ANA.1, "from_user_id": ANA_ID});
    let at = clock.now().as_second().to_string();
    writes_at(&app, "1", handles, "oi, voltei! pode continuar", at).await;
    assert_eq!(on_whatsapp(&app, 3).await, [ana.id]);
    let resumed = app.stores().await.interviews.newest_of(ana.id).await.unwrap().unwrap().state;
    assert_eq!(resumed.id, begun.id, "the same one");
    assert_ne!(resumed.conversation, begun.conversation, "it is led where she is");
    assert_eq!(resumed.value("budget"), begun.value("budget"), "what she said on the page counts");
    assert!(resumed.open_question().is_some());
    let messages = app.stores().await.conversations.messages(resumed.conversation, 0, 9).await.unwrap();
    let answer = &messages.last().unwrap().1.text;
    assert!(answer.contains("de onde paramos"), "{answer}");
    app.end().await;
}
