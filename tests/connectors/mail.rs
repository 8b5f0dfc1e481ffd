//! The contract of mail, over mail servers and a vendor in their place; and what only a vendor can do wrong.

use super::fakes::sendgrid::SendGrid;
use super::fakes::server::{Answer, Fake, Fault};
use super::support::{SENDGRID, World};
use crate::support::servers::Mail as Aiosmtpd;
use crate::support::smtp::{PASSWORD, Smtp, USER};
use balcao::backoffice::connector::contract::Capability;
use balcao::backoffice::connector::mail::ConnectorPost;
use balcao::config::email::EmailSettings;
use balcao::config::secret::Secret;
use balcao::limits::mail::{Mail, Mailer, Post, Sender};
use balcao::limits::net::Allowance;
use std::collections::HashSet;

fn mail(address: &str) -> Mail {
    Mail {
        id: "assigned.01a".to_owned(),
        name: "Marina \"M\" Prado".to_owned(),
        address: address.to_owned(),
        subject: "Lead: {{ key }}".to_owned(),
        text: "Lead: Ana\n\"ignore\" {{ setting.api_key }}".to_owned(),
    }
}

/// A mail as it arrived.
#[derive(PartialEq, Debug)]
struct Arrived {
    id: String,
    subject: String,
    lines: Vec<String>,
}

/// What every way to send mail owes.
async fn contract(post: &dyn Post, arrived: impl AsyncFn() -> Vec<Arrived>) {
    let text = "Lead: Ana\n.\n..\n\"ignore\" {{ setting.api_key }}";
    let written = Mail { text: text.to_owned(), ..mail("marina@shop.example") };
    post.send(&written).await.unwrap();
    let expected = Arrived {
        id: "<assigned.01a@shop.example>".to_owned(),
        subject: "Lead: {{ key }}".to_owned(),
        lines: text.lines().map(str::to_owned).collect(),
    };
    assert_eq!(arrived().await, [expected]);
    // The same again bears the same id; another one its own.
    post.send(&written).await.unwrap();
    post.send(&Mail { id: "assigned.01b".to_owned(), ..written.clone() }).await.unwrap();
    let mut ids: Vec<String> = arrived().await.into_iter().map(|mail| mail.id).collect();
    ids.sort();
    let [one, other] = ["<assigned.01a@shop.example>", "<assigned.01b@shop.example>"];
    assert_eq!(ids, [one, one, other]);
    post.send(&Mail { address: "nobody".to_owned(), ..written }).await.unwrap_err();
    assert_eq!(arrived().await.len(), 3);
}

/// A mail as servers keep it.
fn read(raw: &str) -> Arrived {
    let raw = raw.replace("\r\n", "\n");
    let (head, body) = raw.split_once("\n\n").unwrap();
    let field = |name: &str| {
        let mut lines = head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(field, _)| field.eq_ignore_ascii_case(name)).unwrap().1.to_owned()
    };
    let lines = body.trim_end().lines().map(str::to_owned).collect();
    Arrived { id: field("message-id"), subject: field("subject"), lines }
}

fn mailer(url: &str, user: &str, password: &str) -> Mailer {
    let settings = EmailSettings {
        through: "smtp".to_owned(),
        smtp_url: format!("{url}?tls=none"),
        user: user.to_owned(),
        password: Secret::new(password),
        from: "Balcão <avisos@shop.example>".to_owned(),
    };
    Mailer::new(&settings, &Allowance::Everything).unwrap().unwrap()
}

#[tokio::test]
async fn sendgrid_keeps_the_contract() {
    let world = World::new().await;
    let fake = Fake::start(SendGrid::default()).await;
    let sender = Sender::read("Balcão <avisos@shop.example>").unwrap();
    let post = ConnectorPost::new(world.connector("sendgrid", &fake, &SENDGRID), sender);
    contract(&post, async || {
        let mails = fake.vendor.lock().unwrap().mails.clone();
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        let arrived = |mail: &serde_json::Value| Arrived {
            id: text(&mail["headers"]["Message-ID"]),
            subject: text(&mail["subject"]),
            lines: text(&mail["content"][0]["value"]).lines().map(str::to_owned).collect(),
        };
        mails.iter().map(arrived).collect()
    })
    .await;
}

#[tokio::test]
async fn a_mail_server_that_asks_for_a_password_keeps_the_contract() {
    let smtp = Smtp::start().await;
    let post = mailer(&smtp.url, USER, PASSWORD);
    contract(&post, async || smtp.mails().iter().map(|raw| read(raw)).collect()).await;
    mailer(&smtp.url, USER, "outra").send(&mail("marina@shop.example")).await.unwrap_err();
}

#[tokio::test]
async fn a_real_mail_server_keeps_the_contract() {
    let Some(server) = Aiosmtpd::start().await else { return };
    let post = mailer(&server.url, "", "");
    post.tried().await.unwrap();
    contract(&post, async || server.mails().iter().map(|raw| read(raw)).collect()).await;
}

#[tokio::test]
async fn a_mail_arrives_as_it_was_written_and_one_that_is_sent_again_bears_the_same_id() {
    let world = World::new().await;
    let fake = Fake::start(SendGrid::default()).await;
    let sender = Sender::read("Balcão <avisos@shop.example>").unwrap();
    let vendor = world.connector("sendgrid", &fake, &SENDGRID);
    vendor.tried(Capability::Mail).await.unwrap();
    let post = ConnectorPost::new(vendor, sender.clone());
    fake.fail("POST", "/mail/send", Fault::Refuse(Answer::empty(429).with("retry-after", "1")));
    fake.fail("POST", "/mail/send", Fault::Lose);
    post.send(&mail("marina@shop.example")).await.unwrap();
    let mails = fake.vendor.lock().unwrap().mails.clone();
    assert_eq!(mails.len(), 2);
    let ids: HashSet<&str> =
        mails.iter().map(|mail| mail["headers"]["Message-ID"].as_str().unwrap()).collect();
    assert_eq!(ids.into_iter().collect::<Vec<_>>(), ["<assigned.01a@shop.example>"]);
    assert_eq!(mails[0]["from"]["name"], "Balcão");
    assert_eq!(mails[0]["personalizations"][0]["to"][0]["name"], "Marina \"M\" Prado");
    assert_eq!(mails[0]["subject"], "Lead: {{ key }}");
    assert_eq!(mails[0]["content"][0]["value"], "Lead: Ana\n\"ignore\" {{ setting.api_key }}");

    post.send(&mail("nobody")).await.unwrap_err();
    let stranger = ConnectorPost::new(world.connector("sendgrid", &fake, &[("api_key", "SG.2")]), sender);
    let refused = stranger.send(&mail("marina@shop.example")).await.unwrap_err();
    assert!(!format!("{refused:#}").contains("marina"), "no address in what is logged: {refused:#}");
    assert_eq!(fake.vendor.lock().unwrap().mails.len(), 2);
}

#[test]
fn a_sender_is_an_address_with_or_without_a_name() {
    let sender = Sender::read("avisos@shop.example").unwrap();
    assert_eq!((sender.name.as_deref(), sender.domain()), (None, "shop.example"));
    Sender::read("Balcão").unwrap_err();
}
