//! Payments: one charge for one order, amount and way, whatever happens on the line.

use super::fakes::mercado_pago::MercadoPago;
use super::fakes::server::{Answer, Fake, Fault};
use super::support::{MERCADO_PAGO, World};
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
