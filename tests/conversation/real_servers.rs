//! The whole shop on other people's servers, real ones: tickets in Redmine, appointments in Radicale, mail by aiosmtpd.
//! Nobody writes a script: the built-in model serves. See `support/servers.rs` for what it takes.

use crate::connectors::support::setting;
use crate::support::app::{AppOptions, Brain};
use crate::support::servers::{Mail, Radicale, Redmine};
use std::time::Duration;

#[tokio::test]
async fn a_lead_is_booked_announced_and_helped_on_redmine_radicale_and_smtp() {
    let started = tokio::join!(Redmine::start(), Radicale::start(), Mail::start());
    let (Some(redmine), Some(radicale), Some(mail)) = started else { return };
    let app = AppOptions::new(Brain::BuiltIn)
        .with(|settings| {
            settings.backoffice.tickets = "redmine".to_owned();
            settings.backoffice.agenda = "caldav".to_owned();
            let values = [("api_key", redmine.key.as_str()), ("project_id", "loja")];
            settings.connectors.insert("redmine".to_owned(), setting(&redmine.url, &values));
            let values = [("user", "desk"), ("password", "s3cret"), ("calendar", "desk/agenda")];
            settings.connectors.insert("caldav".to_owned(), setting(&radicale.url, &values));
            settings.email.smtp_url = format!("{}?tls=none", mail.url);
            settings.email.from = "Balcão <avisos@example.com>".to_owned();
        })
        .start()
        .await;
    let mut talk = app.talk().await;
    for line in
        ["quero um orçamento de jardim vertical", "uns 6 mil", "05422-010", "Ana Lima, ana.lima@example.com"]
    {
        talk.say(line).await;
    }
    let offered = talk.say("sim").await.text;
    assert!(offered.contains("Vamos marcar a conversa?"), "{offered}");
    let booked = talk.say("a primeira").await.text;
    assert!(booked.contains("está marcado"), "{booked}");
    let events = radicale.events().await;
    assert_eq!(events.matches("BEGIN:VEVENT").count(), 1, "{events}");
    assert!(events.contains("Ana Lima"), "{events}");
    // Whoever the lead is passed on to is written to, once.
    let told = async {
        while mail.mails().is_empty() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), told).await.expect("nobody is written to");
    let mails = mail.mails();
    assert_eq!(mails.len(), 1, "{mails:#?}");
    assert!(mails[0].contains("Message-ID: <lead.") && mails[0].contains("From: "), "{}", mails[0]);

    let complained = talk.say("meu vaso chegou trincado, quero abrir um chamado").await.text;
    let issues = redmine.issues().await;
    assert_eq!(issues.len(), 1, "{complained} {issues:#?}");
    let number = issues[0]["id"].as_i64().unwrap();
    assert!(complained.contains(&number.to_string()), "{complained}");
    let description = issues[0]["description"].as_str().unwrap();
    assert!(description.contains("chegou trincado") && description.contains("Ana Lima"), "{description}");
    redmine.team(number, 3, Some(("Enviamos outro vaso hoje.", true))).await;
    let told = talk.say(&format!("como está o chamado {number}?")).await.text;
    assert!(told.contains("Enviamos outro vaso hoje.") || told.contains("resolvido"), "{told}");
    app.end().await;
}
