//! CRM, tickets, catalog, and imports.

use super::support::{Bench, on_every_store};
use balcao::domain::agenda::{Professional, Service};
use balcao::domain::catalog::{Coupon, Order, OrderItem, OrderStatus, Product, ShippingRate};
use balcao::domain::crm::{Note, Opportunity};
use balcao::domain::ids::ContactId;
use balcao::domain::money::Money;
use balcao::domain::ticket::{Ticket, TicketComment, TicketStatus};
use balcao::store::backoffice::{EffectKey, ImportRows};
use balcao::store::error::StoreError;
use std::time::{Duration, Instant};

on_every_store!(
    opportunities_and_notes_are_kept_newest_first,
    ticket_numbers_rise_and_comments_reopen,
    an_import_replaces_rows_of_the_same_key,
    an_import_is_written_whole_or_not_at_all,
    a_shop_is_imported_while_a_customer_hardly_notices,
);

fn key(name: &str) -> EffectKey {
    EffectKey(name.to_owned())
}

fn ticket(bench: &Bench, contact: ContactId) -> Ticket {
    Ticket {
        number: 1,
        contact,
        subject: "Não chegou".to_owned(),
        description: "…".to_owned(),
        category: "entrega".to_owned(),
        priority: "normal".to_owned(),
        status: TicketStatus::Open,
        comments: Vec::new(),
        created_at: bench.now(),
        updated_at: bench.now(),
    }
}

fn product(sku: &str) -> Product {
    Product {
        sku: sku.to_owned(),
        name: format!("Vaso {sku}"),
        category: "Vasos".to_owned(),
        description: "de barro".to_owned(),
        price: Money(12_990),
        weight_grams: 900,
        stock: Some(3),
        variation_of: None,
        variation: None,
        complements: vec!["S2".to_owned()],
    }
}

pub(super) fn order(bench: &Bench, number: &str, contact: ContactId, days: u32) -> Order {
    Order {
        number: number.to_owned(),
        contact,
        email: "ana@exemplo.com".to_owned(),
        placed_at: bench.later(Duration::from_secs(86_400) * days),
        status: OrderStatus::Shipped,
        payment_status: "approved".to_owned(),
        payment_method: "pix".to_owned(),
        items: vec![OrderItem { sku: "S1".to_owned(), quantity: 2 }],
        shipping_method: "PAC".to_owned(),
        shipping_price: Money(1_500),
        discount: Money::ZERO,
        total: Money(27_480),
        carrier: None,
        tracking_code: Some("BR123".to_owned()),
        delivery_estimate: Some(jiff::civil::date(2026, 3, 9)),
        postal_code: Some("01310100".to_owned()),
    }
}

fn rate(method: &str) -> ShippingRate {
    ShippingRate {
        postal_code_from: "01000000".to_owned(),
        postal_code_until: "05999999".to_owned(),
        region: "São Paulo".to_owned(),
        method: method.to_owned(),
        base_price: Money(1_500),
        price_per_kilogram: Money(300),
        days_min: 2,
        days_max: 5,
        free_above: Some(Money(29_900)),
    }
}

async fn opportunities_and_notes_are_kept_newest_first(bench: Bench) {
    let backoffice = &bench.stores.backoffice;
    let contact = bench.saved_contact("Ana").await.id;
    let mut first = Opportunity {
        id: bench.record_id(),
        contact,
        title: "Jardim".to_owned(),
        value: Some(Money(500_000)),
        stage: "new".to_owned(),
        origin: None,
        created_at: bench.now(),
        updated_at: bench.now(),
    };
    assert_eq!(backoffice.save_opportunity(&key("1"), &first).await.unwrap(), first);
    let mut second = first.clone();
    second.id = bench.record_id();
    second.created_at = bench.later(Duration::from_secs(1));
    backoffice.save_opportunity(&key("2"), &second).await.unwrap();
    first.stage = "won".to_owned();
    backoffice.save_opportunity(&key("3"), &first).await.unwrap();
    // A key seen before changes nothing and returns what it returned.
    let replayed = backoffice.save_opportunity(&key("1"), &second).await.unwrap();
    assert_eq!((replayed.id, replayed.stage.as_str()), (first.id, "new"));
    assert_eq!(backoffice.opportunities(contact).await.unwrap(), [second, first.clone()]);
    first.contact = bench.contact_id();
    assert!(matches!(backoffice.save_opportunity(&key("4"), &first).await, Err(StoreError::Conflict(_))));

    for (index, text) in ["um", "dois", "três"].into_iter().enumerate() {
        let at = bench.later(Duration::from_secs(index as u64));
        let note = Note { id: bench.record_id(), contact, text: text.to_owned(), created_at: at };
        backoffice.add_note(&key(text), &note).await.unwrap();
        backoffice.add_note(&key(text), &Note { id: bench.record_id(), ..note }).await.unwrap();
    }
    let notes = backoffice.notes(contact, 2).await.unwrap();
    assert_eq!(notes.iter().map(|note| note.text.as_str()).collect::<Vec<_>>(), ["três", "dois"]);
}

async fn ticket_numbers_rise_and_comments_reopen(bench: Bench) {
    let backoffice = &bench.stores.backoffice;
    let contact = bench.saved_contact("Ana").await.id;
    let first = backoffice.create_ticket(&key("1"), &ticket(&bench, contact)).await.unwrap();
    assert_eq!(first.number, 5001);
    assert_eq!(backoffice.create_ticket(&key("1"), &ticket(&bench, contact)).await.unwrap(), first);
    let mut imported = ticket(&bench, contact);
    imported.number = 7000;
    imported.status = TicketStatus::Solved;
    let rows = ImportRows { tickets: vec![imported.clone()], ..ImportRows::default() };
    backoffice.import(rows).await.unwrap();
    let next = backoffice.create_ticket(&key("2"), &ticket(&bench, contact)).await.unwrap();
    assert_eq!(next.number, 7001);

    let at = bench.later(Duration::from_secs(60));
    let comment = TicketComment { author: "customer".to_owned(), text: "voltou".to_owned(), at };
    let reopened = backoffice.comment_ticket(&key("3"), 7000, &comment).await.unwrap();
    assert_eq!(backoffice.comment_ticket(&key("3"), 7000, &comment).await.unwrap(), reopened);
    assert_eq!((reopened.status, reopened.updated_at), (TicketStatus::Open, at));
    assert_eq!(reopened.comments, std::slice::from_ref(&comment));
    assert_eq!(backoffice.ticket(7000).await.unwrap(), Some(reopened));
    assert_eq!(backoffice.ticket(1).await.unwrap(), None);
    assert!(matches!(backoffice.comment_ticket(&key("4"), 1, &comment).await, Err(StoreError::NotFound)));
    let numbers: Vec<_> = backoffice.tickets(contact).await.unwrap().iter().map(|t| t.number).collect();
    assert_eq!(numbers, [7001, 7000, 5001]);
}

async fn an_import_replaces_rows_of_the_same_key(bench: Bench) {
    let backoffice = &bench.stores.backoffice;
    assert!(backoffice.is_empty().await.unwrap());
    let contact = bench.saved_contact("Ana").await.id;
    assert!(backoffice.is_empty().await.unwrap());
    let coupon = Coupon {
        code: "BEMVINDO".to_owned(),
        description: "10 %".to_owned(),
        kind: "percent".to_owned(),
        value: 10,
        minimum: Money::ZERO,
        rule: "first_purchase".to_owned(),
        valid_from: jiff::civil::date(2026, 1, 1),
        valid_until: jiff::civil::date(2026, 12, 31),
    };
    let service = Service {
        id: "consultoria".to_owned(),
        name: "Consultoria".to_owned(),
        duration_minutes: 60,
        price: None,
        description: String::new(),
        location: "loja".to_owned(),
    };
    let professional = Professional {
        id: "marina".to_owned(),
        name: "Marina".to_owned(),
        role: "paisagista".to_owned(),
        services: vec!["consultoria".to_owned()],
        hours: "mon-fri 09:00-18:00".to_owned(),
    };
    let rows = ImportRows {
        products: vec![product("S2"), product("S1")],
        orders: vec![order(&bench, "1002", contact, 1), order(&bench, "1001", contact, 2)],
        professionals: vec![professional.clone()],
        services: vec![service.clone()],
        coupons: vec![coupon.clone()],
        shipping_rates: vec![rate("SEDEX"), rate("PAC")],
        ..ImportRows::default()
    };
    backoffice.import(rows).await.unwrap();
    assert!(!backoffice.is_empty().await.unwrap());
    assert_eq!(backoffice.products().await.unwrap(), [product("S1"), product("S2")]);
    assert_eq!(backoffice.coupons().await.unwrap(), [coupon]);
    assert_eq!(backoffice.services().await.unwrap(), [service]);
    assert_eq!(backoffice.professionals().await.unwrap(), [professional]);
    assert_eq!(backoffice.shipping_rates().await.unwrap(), [rate("SEDEX"), rate("PAC")]);
    let (one, two) = (order(&bench, "1001", contact, 2), order(&bench, "1002", contact, 1));
    assert_eq!(backoffice.orders(contact).await.unwrap(), [one.clone(), two.clone()]);
    assert_eq!(backoffice.order("1002").await.unwrap(), Some(two.clone()));
    assert_eq!(backoffice.order("' OR 1=1").await.unwrap(), None);
    assert_eq!(backoffice.all_orders(None, 1).await.unwrap(), [one]);
    assert_eq!(backoffice.all_orders(Some("1001"), 9).await.unwrap(), [two]);

    let dearer = Product { price: Money(1), ..product("S1") };
    let rows = ImportRows { products: vec![dearer.clone()], ..ImportRows::default() };
    backoffice.import(rows).await.unwrap();
    assert_eq!(backoffice.products().await.unwrap(), [dearer, product("S2")]);
    assert_eq!(backoffice.shipping_rates().await.unwrap().len(), 2);
    let rows = ImportRows { shipping_rates: vec![rate("moto")], ..ImportRows::default() };
    backoffice.import(rows).await.unwrap();
    assert_eq!(backoffice.shipping_rates().await.unwrap(), [rate("moto")]);
}

async fn an_import_is_written_whole_or_not_at_all(bench: Bench) {
    let rows = ImportRows {
        products: vec![product("S1")],
        orders: vec![order(&bench, "1001", bench.contact_id(), 1)],
        ..ImportRows::default()
    };
    let refused = bench.stores.backoffice.import(rows).await;
    assert!(matches!(refused, Err(StoreError::Conflict(_))), "{refused:?}");
    assert!(bench.stores.backoffice.is_empty().await.unwrap());
}

async fn a_shop_is_imported_while_a_customer_hardly_notices(bench: Bench) {
    let contact = bench.saved_contact("Ana").await.id;
    let rows = ImportRows {
        products: (0..1_000).map(|index| product(&format!("S{index:04}"))).collect(),
        orders: (0..2_000).map(|index| order(&bench, &format!("{index:05}"), contact, 1)).collect(),
        ..ImportRows::default()
    };
    let begun = Instant::now();
    bench.stores.backoffice.import(rows).await.unwrap();
    let took = begun.elapsed();
    assert_eq!(bench.stores.backoffice.products().await.unwrap().len(), 1_000);
    assert_eq!(bench.stores.backoffice.orders(contact).await.unwrap().len(), 2_000);
    // Ten times the demo shop; far above what it takes on a busy machine, far below one statement a row.
    assert!(took < Duration::from_secs(5), "{took:?}");
}
