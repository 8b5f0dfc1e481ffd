//! Mail through a vendor in place of a mail server.

use super::fakes::sendgrid::SendGrid;
use super::fakes::server::{Answer, Fake, Fault};
use super::support::{SENDGRID, World};
use balcao::backoffice::connector::contract::Capability;
use balcao::backoffice::connector::mail::ConnectorPost;
use balcao::limits::mail::{Mail, Post, Sender};
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
