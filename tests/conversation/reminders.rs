//! What customers are reminded of, with the whole program: an appointment before it, a payment that waits; looked up
//! again first, told once, and by the rules of their channel.

use crate::connectors::fakes::calcom::Calcom;
use crate::connectors::fakes::mercado_pago::MercadoPago;
use crate::connectors::fakes::server::{Answer, Fake, Fault};
use crate::connectors::fakes::woocommerce::WooCommerce;
use crate::connectors::support::{CALCOM, MERCADO_PAGO, WOOCOMMERCE, setting};
use crate::support::app::{AppOptions, TUESDAY, TestApp, calls, says};
use crate::support::clock::LeapingClock;
use crate::support::meta::{Customer, FakeMeta};
use crate::support::talk::Talk;
use crate::support::whatsapp::until;
use balcao::config::whatsapp::TemplateSettings;
use balcao::domain::clock::ManualClock;
use balcao::llm::scripted::Reply;
use jiff::SignedDuration;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

const ASKED: &str = "Sou a Lia Prado, lia@prado.example. Quero um replantio no dia 27/11 às 14h";
const HOUR: i64 = 60;

/// The model books a replanting for Friday at two in the afternoon.
fn books() -> Vec<Reply> {
    vec![
        calls([("crm_save_contact", json!({"name": "Lia Prado", "email": "lia@prado.example"}))]),
        calls([("agenda_book", json!({"service": "replantio", "start": "2026-11-27T14:00"}))]),
        says("Pronto, marquei o seu replantio para sexta, 27/11, às 14h."),
    ]
}

/// The newest words of the assistant, once there are so many.
async fn told(talk: &Talk, count: usize) -> String {
    until("the customer is told", || async {
        let said = talk.said_by("assistant").await;
        assert!(said.len() <= count, "{said:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
        (said.len() == count).then(|| said.last().cloned().unwrap())
    })
    .await
}

/// Waits until nothing is left to remind of that is due.
async fn settled(app: &TestApp, clock: &LeapingClock) {
    use balcao::domain::clock::Clock;
    let stores = app.stores().await;
    until("all that is due was looked at", || async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        // Behind every claim of the program's; its own is over before it begins.
        let now = clock.now();
        let due = stores.reminders.claim(now + SignedDuration::from_mins(4), now, 20).await.unwrap();
        due.is_empty().then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_appointment_is_reminded_of_once_before_it() {
    let clock = LeapingClock::at(TUESDAY);
    let options = AppOptions::scripted(books()).at(clock.clone());
    let options = options.with(|settings| settings.reminders.appointment_hours = vec![24, 2]);
    let mut app = options.start().await;
    let mut talk = app.talk().await;
    let booked = talk.say(ASKED).await;
    let code = booked.tool("agenda_book").result["data"]["code"].as_str().unwrap().to_owned();
    // Thursday, five to two: nothing yet, whoever starts.
    clock.wait_minutes(2 * 24 * HOUR + 4 * HOUR - 5);
    app.restart().await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    talk.again(&app.door).await;
    assert_eq!(talk.said_by("assistant").await.len(), 1);
    clock.wait_minutes(10);
    let text = told(&talk, 2).await;
    let expected = format!(
        "Passando para lembrar do seu horário {code}: Replantio e troca de vaso, sexta-feira, 27/11, às 14:00. \
         Local: loja."
    );
    assert!(text.starts_with(&expected), "{text}");
    assert!(text.ends_with("Se precisar mudar ou cancelar, é só me dizer."), "{text}");
    // A start in between tells nothing twice; two hours before it is told once more.
    app.restart().await;
    talk.again(&app.door).await;
    settled(&app, &clock).await;
    clock.wait_minutes(22 * HOUR);
    told(&talk, 3).await;
    clock.wait_minutes(3 * HOUR);
    settled(&app, &clock).await;
    assert_eq!(talk.said_by("assistant").await.len(), 3);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_away_when_two_reminders_came_due_tells_one_and_none_behind_the_appointment() {
    for (minutes, expected) in [(3 * 24 * HOUR + 3 * HOUR, 2), (3 * 24 * HOUR + 5 * HOUR, 1)] {
        let clock = LeapingClock::at(TUESDAY);
        let options = AppOptions::scripted(books()).at(clock.clone());
        let options = options.with(|settings| settings.reminders.appointment_hours = vec![24, 2]);
        let mut app = options.start().await;
        let mut talk = app.talk().await;
        talk.say(ASKED).await;
        app.stop_for(async { clock.wait_minutes(minutes) }).await;
        talk.again(&app.door).await;
        settled(&app, &clock).await;
        assert_eq!(talk.said_by("assistant").await.len(), expected, "{minutes}");
        app.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_reminded_of_what_was_moved_called_off_or_has_just_been_booked() {
    let clock = LeapingClock::at(TUESDAY);
    let app = AppOptions::scripted(books()).at(clock.clone()).start().await;
    let mut talk = app.talk().await;
    let booked = talk.say(ASKED).await;
    let code = booked.tool("agenda_book").result["data"]["code"].as_str().unwrap().to_owned();
    // Wednesday at ten is not more than a day away: they have just been told.
    for reply in [
        calls([("agenda_reschedule", json!({"appointment": code, "start": "2026-11-25T10:00"}))]),
        says("Mudei para quarta, 25/11, às 10h."),
    ] {
        app.model().push(reply);
    }
    let moved = talk.say("Mude para quarta, 25/11, às 10h, por favor").await;
    assert_eq!(moved.tool("agenda_reschedule").outcome, "done", "{moved:?}");
    let mut other = app.talk().await;
    books().into_iter().for_each(|reply| app.model().push(reply));
    let booked = other.say(ASKED).await;
    let code = booked.tool("agenda_book").result["data"]["code"].as_str().unwrap().to_owned();
    app.model().push(calls([("agenda_cancel", json!({"appointment": code}))]));
    app.model().push(says("Pronto, cancelei o seu horário."));
    other.say("Cancele o meu horário, por favor").await;
    assert_eq!(other.say("sim, confirmo").await.tool_names(), ["agenda_cancel"]);
    let said = (talk.said_by("assistant").await.len(), other.said_by("assistant").await.len());
    for day in 0..4 {
        settled(&app, &clock).await;
        let now = (talk.said_by("assistant").await.len(), other.said_by("assistant").await.len());
        assert_eq!(now, said, "day {day}");
        clock.wait_days(1);
    }
    app.end().await;
}

/// An appointment in a vendor's calendar, and a shop whose clock goes on by hand.
async fn in_a_calendar(calendar: &Fake<Calcom>, clock: &Arc<LeapingClock>) -> (TestApp, Talk) {
    let app = AppOptions::scripted(books())
        .at(clock.clone())
        .with(|settings| {
            settings.backoffice.agenda = "calcom".to_owned();
            let values = [CALCOM.as_slice(), &[("lengths", "several")]].concat();
            settings.connectors.insert("calcom".to_owned(), setting(&calendar.url, &values));
        })
        .start()
        .await;
    let mut talk = app.talk().await;
    talk.say(ASKED).await;
    (app, talk)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_team_moves_in_its_calendar_is_reminded_of_at_its_new_time() {
    let calendar = Fake::start(Calcom::default()).await;
    let clock = LeapingClock::at(TUESDAY);
    let (mut app, mut talk) = in_a_calendar(&calendar, &clock).await;
    let uid = calendar.vendor.lock().unwrap().standing()[0]["uid"].as_str().unwrap().to_owned();
    calendar.vendor.lock().unwrap().reschedule(&uid, "2026-11-30T18:00:00Z".parse().unwrap());
    // The calendar is looked into at a start, and believed when it has shown the same for a while.
    for _ in 0..3 {
        app.stop_for(async { clock.wait_minutes(10) }).await;
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    talk.again(&app.door).await;
    let text = told(&talk, 2).await;
    assert!(text.contains("A equipe mudou"), "{text}");
    // Sunday, three in the afternoon; the old time went by without a word.
    app.stop_for(async { clock.wait_minutes(5 * 24 * HOUR + 5 * HOUR) }).await;
    talk.again(&app.door).await;
    let text = told(&talk, 3).await;
    assert!(text.starts_with("Passando para lembrar") && text.contains("30/11, às 15:00"), "{text}");
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_calendar_that_does_not_answer_is_asked_again_before_anybody_is_reminded() {
    let calendar = Fake::start(Calcom::default()).await;
    let clock = LeapingClock::at(TUESDAY);
    let (mut app, mut talk) = in_a_calendar(&calendar, &clock).await;
    app.stop_for(async {
        clock.wait_minutes(2 * 24 * HOUR + 5 * HOUR);
        for _ in 0..12 {
            calendar.fail("GET", "/bookings", Fault::Refuse(Answer::empty(503)));
        }
    })
    .await;
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    talk.again(&app.door).await;
    assert_eq!(talk.said_by("assistant").await.len(), 1, "nobody knows whether it stands");
    let text = until("the customer is told", || async {
        clock.wait_minutes(1);
        tokio::time::sleep(Duration::from_millis(500)).await;
        talk.said_by("assistant").await.into_iter().nth(1)
    })
    .await;
    assert!(text.starts_with("Passando para lembrar"), "{text}");
    app.end().await;
}

/// Somebody is given a Pix code for order 729, and a shop whose clock goes on by hand.
async fn pays(
    shop: &Fake<WooCommerce>,
    till: &Fake<MercadoPago>,
    clock: &Arc<LeapingClock>,
) -> (TestApp, Talk) {
    let order = || json!({"number": "729", "email": "lia@prado.example"});
    let replies = vec![
        calls([("payment_request", order())]),
        says("O Pix do pedido 729, de R$ 137,40: 00020126-1"),
        calls([("payment_request", order())]),
        says("É o mesmo: 00020126-1"),
    ];
    let app = AppOptions::scripted(replies)
        .at(clock.clone())
        .with(|settings| {
            settings.backoffice.catalog = "woocommerce".to_owned();
            settings.backoffice.payments = "mercado_pago".to_owned();
            settings.connectors.insert("woocommerce".to_owned(), setting(&shop.url, &WOOCOMMERCE));
            settings.connectors.insert("mercado_pago".to_owned(), setting(&till.url, &MERCADO_PAGO));
        })
        .start()
        .await;
    let mut talk = app.talk().await;
    talk.say("Quero pagar o pedido 729, meu e-mail é lia@prado.example").await;
    talk.say("Manda o Pix do 729 de novo? lia@prado.example").await;
    (app, talk)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_that_waits_is_reminded_of_once_with_its_code() {
    let (shop, till) = (Fake::start(WooCommerce::new(2)).await, Fake::start(MercadoPago::default()).await);
    let clock = LeapingClock::at(TUESDAY);
    let (app, talk) = pays(&shop, &till, &clock).await;
    clock.wait_minutes(20 * HOUR - 5);
    settled(&app, &clock).await;
    assert_eq!(talk.said_by("assistant").await.len(), 2);
    clock.wait_minutes(10);
    let text = told(&talk, 3).await;
    assert_eq!(
        text,
        "O pagamento do pedido 729, de R$ 137,40, ainda está em aberto. Dá para pagar até sábado, 27/11, às 14:10. \
         Se você já pagou, pode desconsiderar.\n\n00020126-1"
    );
    // It was asked for twice, and is reminded of once.
    clock.wait_days(1);
    settled(&app, &clock).await;
    assert_eq!(talk.said_by("assistant").await.len(), 3);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_reminded_of_what_was_paid_or_can_be_paid_no_more() {
    type Change = fn(&mut Value);
    let paid: Change = |payment| payment["status"] = json!("approved");
    let over: Change = |payment| payment["date_of_expiration"] = json!("2026-11-24T20:00:00.000-04:00");
    for change in [paid, over] {
        let (shop, till) =
            (Fake::start(WooCommerce::new(2)).await, Fake::start(MercadoPago::default()).await);
        let clock = LeapingClock::at(TUESDAY);
        let (app, talk) = pays(&shop, &till, &clock).await;
        change(&mut till.vendor.lock().unwrap().payments[0]);
        clock.wait_minutes(21 * HOUR);
        settled(&app, &clock).await;
        assert_eq!(talk.said_by("assistant").await.len(), 2);
        app.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn on_whatsapp_nobody_is_reminded_at_night_and_what_is_over_by_morning_is_not_told() {
    for is_called_off in [false, true] {
        let clock = Arc::new(ManualClock::at(TUESDAY.parse().unwrap()));
        let meta = FakeMeta::start_at([], clock.clone()).await;
        let app = AppOptions::scripted(books())
            .with(|settings| {
                meta.set(&mut settings.channels.whatsapp);
                settings.reminders.appointment_hours = vec![16];
            })
            .at(clock.clone())
            .start()
            .await;
        meta.knows(&app);
        meta.tells(Customer::ana().writes("wamid.1", ASKED)).await;
        meta.taken(1).await;
        // They write again in the evening, so that words of our own may leave.
        clock.set("2026-11-26T20:30:00-03:00".parse().unwrap());
        app.model().push(says("De nada!"));
        meta.tells(Customer::ana().writes("wamid.2", "Obrigada!")).await;
        meta.taken(2).await;
        clock.set("2026-11-26T22:30:00-03:00".parse().unwrap());
        tokio::time::sleep(Duration::from_secs(6)).await;
        let stores = app.stores().await;
        assert_eq!(stores.outbox.depth().await.unwrap(), 0, "nothing waits in the outbox either");
        if is_called_off {
            use balcao::store::backoffice::EffectKey;
            let (from, until) =
                ("2026-11-27T17:00:00Z".parse().unwrap(), "2026-11-27T17:01:00Z".parse().unwrap());
            let standing = stores.backoffice.appointments_between(from, until).await.unwrap();
            let booked = standing.iter().find(|one| one.service == "replantio").unwrap();
            stores.backoffice.cancel_appointment(&EffectKey("by hand".to_owned()), booked.id).await.unwrap();
        }
        clock.set("2026-11-27T08:05:00-03:00".parse().unwrap());
        if is_called_off {
            tokio::time::sleep(Duration::from_secs(6)).await;
            assert_eq!(meta.taken(2).await.len(), 2);
        } else {
            assert!(meta.texts(3).await[2].starts_with("Passando para lembrar"));
        }
        app.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn on_whatsapp_a_reminder_behind_the_window_takes_the_template() {
    let clock = Arc::new(ManualClock::at(TUESDAY.parse().unwrap()));
    let meta = FakeMeta::start_at([], clock.clone()).await;
    let template = TemplateSettings {
        name: "lembrete".to_owned(),
        language: "pt_BR".to_owned(),
        components: vec![json!({"type": "body", "parameters": [{"type": "text", "text": "{message}"}]})],
    };
    let app = AppOptions::scripted(books())
        .with(|settings| {
            meta.set(&mut settings.channels.whatsapp);
            settings.channels.whatsapp.template_fallback.insert("answer".to_owned(), template);
        })
        .at(clock.clone())
        .start()
        .await;
    meta.knows(&app);
    meta.tells(Customer::ana().writes("wamid.1", ASKED)).await;
    meta.taken(1).await;
    clock.advance(Duration::from_secs(2 * 24 * 3_600 + 5 * 3_600));
    let taken = meta.taken(2).await;
    assert_eq!(taken[1].kind(), "template");
    let body = taken[1].body["template"].to_string();
    assert!(body.contains("Passando para lembrar do seu horário"), "{body}");
    app.end().await;
}
