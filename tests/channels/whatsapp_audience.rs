//! A number that is somebody's own as well: whom the assistant serves, and what becomes of what the others write. And a
//! new number, which writes to few people at first.

use crate::support::app::{AppOptions, TestApp, says};
use crate::support::fake_ears::FakeEars;
use crate::support::meta::{Customer, FakeMeta};
use crate::support::whatsapp::{conversations, history, until};
use balcao::config::audience::{Answers, AudienceSettings};
use balcao::config::secret::Secret;
use serde_json::{Value, json};

fn customers_only() -> AudienceSettings {
    AudienceSettings {
        answers: Answers::Customers,
        always: Vec::new(),
        never: Vec::new(),
        phrases: vec!["vim pelo site".to_owned()],
    }
}

async fn behind(meta: &FakeMeta, options: AppOptions, audience: AudienceSettings) -> TestApp {
    let options = options.with(|settings| {
        meta.set(&mut settings.channels.whatsapp);
        settings.channels.whatsapp.audience = audience;
    });
    let app = options.start().await;
    meta.knows(&app);
    app
}

/// The customer's messages in the only conversation, once there are so many.
async fn said(app: &TestApp, count: usize) -> Vec<Value> {
    until("messages that are kept", || async {
        let id = conversations(app).await.first()?["id"].as_str()?.to_owned();
        let messages = history(app, &json!(id)).await;
        let said: Vec<Value> =
            messages.iter().filter(|message| message["role"] == "customer").cloned().collect();
        (said.len() >= count).then_some(said)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn family_is_left_to_people_and_a_customer_is_answered_without_what_was_private() {
    let meta = FakeMeta::start([]).await;
    let ears = FakeEars::start(Ok("oi tio, é sobre o almoço de domingo")).await;
    let options = AppOptions::scripted(vec![says("Olá!"), says("Temos, sim.")]).with(|settings| {
        settings.transcription.model = "whisper-1".to_owned();
        settings.transcription.base_url.clone_from(&ears.base_url);
        settings.transcription.api_key = Secret::new("chave");
    });
    let app = behind(&meta, options, customers_only()).await;
    let ana = Customer::ana();
    meta.tells(ana.writes("wamid.1", "oi tio, vem almoçar domingo?")).await;
    meta.keeps("4440004", b"OggS\0\x02 opus", 0);
    let audio =
        json!({"id": "4440004", "mime_type": "audio/ogg; codecs=opus", "sha256": "q1w2e3=", "voice": true});
    meta.tells(ana.says("wamid.2", &json!({"type": "audio", "audio": audio}))).await;
    meta.tells(ana.writes("wamid.3", "sair")).await;
    let said = said(&app, 3).await;
    assert!(said.iter().all(|message| message["kept"] == "private"), "{said:?}");
    assert_eq!((ears.asked().len(), meta.files_fetched()), (0, 0), "nobody listens to the family");
    assert_eq!(meta.receipts_so_far(), 0, "nor reads it");
    // The link on the site brings them as a customer.
    meta.tells(ana.writes("wamid.4", "Olá! Vim pelo site e quero um vaso.")).await;
    assert_eq!(meta.texts(1).await, ["Olá!"]);
    meta.tells(ana.writes("wamid.5", "vocês têm de barro?")).await;
    assert_eq!(meta.texts(2).await[1], "Temos, sim.", "a customer stays one");
    let asked = format!("{:?}", app.model().requests());
    assert!(asked.contains("quero um vaso") && !asked.contains("almoçar"), "{asked}");
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_brings_somebody_decides_and_the_lists_come_first() {
    let ad = json!({"type": "text", "text": {"body": "Vi o anúncio"}, "referral": {"source_type": "ad", "source_id": "120330"}});
    let (ana, bia) = (Customer::ana(), Customer::bia_hidden());
    let ana_number = || vec!["+55 (11) 98765-0001".to_owned()];
    for (audience, from, part, is_served) in [
        (customers_only(), &ana, &ad, true),
        (AudienceSettings { never: ana_number(), ..customers_only() }, &ana, &ad, false),
        (
            AudienceSettings {
                never: vec![bia.user.clone()],
                answers: Answers::Everybody,
                ..customers_only()
            },
            &bia,
            &ad,
            false,
        ),
        (AudienceSettings { answers: Answers::Listed, ..customers_only() }, &ana, &ad, false),
        (
            AudienceSettings { answers: Answers::Listed, always: ana_number(), ..customers_only() },
            &ana,
            &ad,
            true,
        ),
    ] {
        let meta = FakeMeta::start([]).await;
        let told = format!("{audience:?} {}", from.name);
        let app =
            behind(&meta, AppOptions::scripted(vec![says("Olá!"); usize::from(is_served)]), audience).await;
        meta.tells(from.says("wamid.1", part)).await;
        let said = said(&app, 1).await;
        assert_eq!(said[0]["kept"] == "private", !is_served, "{told}");
        if is_served {
            assert_eq!(meta.texts(1).await, ["Olá!"], "{told}");
        }
        app.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_on_file_is_a_customer_before_they_write() {
    let meta = FakeMeta::start([]).await;
    let app = behind(&meta, AppOptions::scripted(vec![says("Olá, Mariana!")]), customers_only()).await;
    let mariana =
        Customer { user: "BR.1".to_owned(), phone: Some(shop_phone(&app).await), name: "Mari".to_owned() };
    meta.tells(mariana.writes("wamid.1", "oi, tudo bem?")).await;
    assert_eq!(meta.texts(1).await, ["Olá, Mariana!"]);
    app.end().await;
}

/// The number of somebody in the shop's own files.
async fn shop_phone(app: &TestApp) -> String {
    let stores = app.stores().await;
    let handle = balcao::domain::contact::Identity {
        kind: balcao::domain::contact::IdentityKind::Email,
        value: "mariana.rocha@example.com".to_owned(),
    };
    let contact = stores.contacts.find(&handle).await.unwrap().unwrap();
    contact.phone.unwrap().trim_start_matches('+').to_owned()
}
