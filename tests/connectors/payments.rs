//! Payments: one charge for one order, amount and way, whatever happens on the line.

use super::fakes::asaas::Asaas;
use super::fakes::mercado_pago::MercadoPago;
use super::fakes::server::{Answer, Fake, Fault};
use super::support::{ASAAS, MERCADO_PAGO, World};
use balcao::backoffice::BackofficeError;
use balcao::backoffice::connector::payments::ConnectorPayments;
use balcao::backoffice::payments::{ChargeStatus, NewCharge, Payments, Way};
use balcao::domain::money::Money;
use serde_json::json;

fn till(world: &World, fake: &Fake<MercadoPago>) -> ConnectorPayments {
    let vendor = world.connector("mercado_pago", fake, &MERCADO_PAGO);
    ConnectorPayments::new(vendor, world.counter.clock.clone())
}

fn order(way: Way, cents: i64) -> NewCharge {
    NewCharge {
        reference: "10234".to_owned(),
        amount: Money(cents),
        description: "Pedido 10234".to_owned(),
        way,
        email: "lia@prado.example".to_owned(),
    }
}

#[tokio::test]
async fn a_pix_code_is_made_once_and_given_again() {
    let world = World::new().await;
    let fake = Fake::start(MercadoPago::default()).await;
    let till = till(&world, &fake);
    fake.fail("POST", "/payments", Fault::Lose);
    fake.fail("POST", "/payments", Fault::Refuse(Answer::empty(502)));
    let charge = till.charge("t/c1", order(Way::Pix, 13_740)).await.unwrap();
    assert_eq!(charge.pix_code.as_deref(), Some("00020126-1"));
    assert_eq!((charge.amount, charge.status), (Money(13_740), ChargeStatus::Pending));
    assert_eq!(charge.expires_at.unwrap().to_string(), "2027-11-27T17:10:00Z");
    // Asked for in another turn: the same code, as it still waits.
    assert_eq!(till.charge("t/c2", order(Way::Pix, 13_740)).await.unwrap(), charge);
    assert_eq!(fake.vendor.lock().unwrap().payments.len(), 1);
    // Another amount is another charge.
    till.charge("t/c3", order(Way::Pix, 9_900)).await.unwrap();
    assert_eq!(fake.vendor.lock().unwrap().payments.len(), 2);
    fake.vendor.lock().unwrap().payments[0]["status"] = json!("approved");
    let charges = till.charges("10234").await.unwrap();
    assert_eq!(
        charges.iter().map(|charge| charge.status.as_str()).collect::<Vec<_>>(),
        ["pending", "approved"]
    );
    assert!(till.charges("777").await.unwrap().is_empty());
    let nothing = till.charge("t/c4", order(Way::Pix, 0)).await;
    assert!(matches!(nothing, Err(BackofficeError::Conflict { .. })), "{nothing:?}");
}

#[tokio::test]
async fn a_page_to_pay_on_is_made_once_and_one_of_unknown_fate_is_not_asked_for_again() {
    let world = World::new().await;
    let fake = Fake::start(MercadoPago::default()).await;
    let till = till(&world, &fake);
    let charge = till.charge("t/c1", order(Way::Link, 13_740)).await.unwrap();
    assert!(charge.link.as_deref().unwrap().starts_with("https://www.mercadopago.com.br/"));
    assert_eq!(till.charge("t/c2", order(Way::Link, 13_740)).await.unwrap().link, charge.link);
    assert_eq!(fake.vendor.lock().unwrap().pages.len(), 1);
    fake.fail("POST", "/preferences", Fault::Lose);
    for _ in 0..2 {
        let unknown = till.charge("t/c3", order(Way::Link, 5_000)).await;
        assert!(matches!(unknown, Err(BackofficeError::Unknown(_))), "{unknown:?}");
    }
    assert_eq!(fake.vendor.lock().unwrap().pages.len(), 2);
}

fn asaas(world: &World, fake: &Fake<Asaas>) -> ConnectorPayments {
    ConnectorPayments::new(world.connector("asaas", fake, &ASAAS), world.counter.clock.clone())
}

#[tokio::test]
async fn at_asaas_one_code_is_given_for_an_order_until_it_ends_and_its_payment_is_told_once() {
    let world = World::new().await;
    let fake = Fake::start(Asaas::default()).await;
    let till = asaas(&world, &fake);
    fake.fail("POST", "/static", Fault::Lose);
    fake.fail("GET", "/payments", Fault::Refuse(Answer::empty(429).with("retry-after", "1")));
    fake.fail("GET", "/payments", Fault::Refuse(Answer::empty(503)));
    let charge = till.charge("t/c1", order(Way::Pix, 13_740)).await.unwrap();
    // The first one was lost: nobody saw it.
    assert_eq!(charge.pix_code.as_deref(), Some("00020126-2"));
    assert_eq!((charge.amount, charge.status), (Money(13_740), ChargeStatus::Pending));
    assert_eq!(charge.expires_at.unwrap().to_string(), "2026-11-24T13:10:00Z");
    assert!(fake.is_done_failing());
    assert_eq!(till.charge("t/c2", order(Way::Pix, 13_740)).await.unwrap(), charge);
    assert_eq!(till.charges("10234").await.unwrap(), [charge]);
    assert_eq!(fake.vendor.lock().unwrap().codes.len(), 2);
    assert_eq!(fake.vendor.lock().unwrap().codes[1]["allowsMultiplePayments"], json!(false));
    for bears_reference in [false, true] {
        fake.vendor.lock().unwrap().payments.clear();
        fake.vendor.lock().unwrap().pay(1, bears_reference);
        let charges = till.charges("10234").await.unwrap();
        assert_eq!(charges.len(), 1, "{charges:?}");
        assert_eq!((charges[0].amount, charges[0].status), (Money(13_740), ChargeStatus::Approved));
    }
    for (theirs, ours) in [
        ("CONFIRMED", "approved"),
        ("RECEIVED_IN_CASH", "approved"),
        ("OVERDUE", "failed"),
        ("REFUNDED", "refunded"),
        ("PENDING", "pending"),
    ] {
        fake.vendor.lock().unwrap().payments[0]["status"] = json!(theirs);
        assert_eq!(till.charges("10234").await.unwrap()[0].status.as_str(), ours, "{theirs}");
    }
    fake.vendor.lock().unwrap().payments.clear();
    world.counter.clock.advance(std::time::Duration::from_secs(2 * 86_400));
    assert!(till.charges("10234").await.unwrap().is_empty(), "a code that ended waits no more");
}

#[tokio::test]
async fn at_asaas_a_page_whose_answer_was_lost_is_found_and_refusals_are_told() {
    let world = World::new().await;
    let fake = Fake::start(Asaas::default()).await;
    let till = asaas(&world, &fake);
    let first = till.charge("t/c0", order(Way::Link, 9_900)).await.unwrap();
    fake.fail("POST", "/paymentLinks", Fault::Lose);
    let charge = till.charge("t/c1", order(Way::Link, 13_740)).await.unwrap();
    assert_ne!(charge.link, first.link);
    assert_eq!(till.charge("t/c2", order(Way::Link, 13_740)).await.unwrap().link, charge.link);
    assert_eq!(fake.vendor.lock().unwrap().pages.len(), 2);
    let strange = [("access_token", "other"), ("pix_key", "k")];
    let vendor = world.connector("asaas", &fake, &strange);
    let refused = ConnectorPayments::new(vendor, world.counter.clock.clone()).charges("10234").await;
    assert!(matches!(refused, Err(BackofficeError::Unusable(_))), "{refused:?}");
    let strange = [("access_token", "$aact_1"), ("pix_key", "of somebody else")];
    let vendor = world.connector("asaas", &fake, &strange);
    let till = ConnectorPayments::new(vendor, world.counter.clock.clone());
    let refused = till.charge("t/c9", order(Way::Pix, 100)).await;
    assert!(matches!(refused, Err(BackofficeError::Invalid { .. })), "{refused:?}");
}
