//! The shop: products found as customers ask for them, prices of sending, coupons by history.

use super::support::Counter;
use balcao::backoffice::BackofficeError;
use balcao::backoffice::catalog::{Availability, CouponReason, ProductFound, ProductQuery, ShippingQuery};
use balcao::domain::catalog::OrderItem;
use balcao::domain::money::Money;
use jiff::civil::date;
use std::time::Duration;

fn query(text: &str) -> ProductQuery {
    ProductQuery {
        text: text.to_owned(),
        category: None,
        max_price: None,
        availability: Availability::Any,
        limit: 5,
    }
}

async fn search(counter: &Counter, query: ProductQuery) -> Vec<ProductFound> {
    counter.backoffice.catalog.search_products(query).await.unwrap()
}

fn item(sku: &str, quantity: u32) -> OrderItem {
    OrderItem { sku: sku.to_owned(), quantity }
}

#[tokio::test]
async fn finds_what_customers_ask_for() {
    let counter = Counter::demo().await;
    for (text, sku) in [
        ("jiboia", "PLA-001"),
        ("vocês têm jibóias?", "PLA-001"),
        ("costela de adao", "PLA-002"),
        ("orquidia", "PLA-004"),
        ("suculentas", "PLA-005"),
        ("vaso autoirrigavel branco", "VAS-002"),
        ("espadas de são jorge", "PLA-007"),
        ("vela de capim limão", "VEL-001"),
        ("substrato para orquídeas", "SUB-002"),
        ("óleo neem", "SUB-007"),
        ("regadores", "FER-001"),
        ("pla-009", "PLA-009"),
        ("kit para horta", "KIT-003"),
    ] {
        let found = search(&counter, query(text)).await;
        assert_eq!(found.first().map(|found| found.product.sku.as_str()), Some(sku), "{text}");
    }
    assert!(search(&counter, query("geladeira frost free")).await.is_empty());
    // A number says which one, not what.
    assert!(search(&counter, query("100% de abatimento")).await.is_empty());
    assert!(!search(&counter, query("300 ml")).await.is_empty());
    assert!(search(&counter, query("🪴🪴🪴")).await.len() <= 5);
}

#[tokio::test]
async fn a_product_comes_with_variations_price_range_stock_and_what_goes_with_it() {
    let counter = Counter::demo().await;
    let found = search(&counter, query("vaso de cerâmica serena")).await.remove(0);
    assert_eq!(found.variations.len(), 9);
    assert_eq!((found.price_from, found.price_to), (Money(5_990), Money(17_990)));
    assert_eq!(found.stock, 69);
    assert!(
        !found.complements.is_empty()
            && found.complements.iter().all(|complement| complement.price_from > Money::ZERO)
    );

    let cheap = ProductQuery {
        max_price: Some(Money(6_000)),
        availability: Availability::InStock,
        ..query("vaso de cerâmica serena")
    };
    let found = search(&counter, cheap).await.remove(0);
    let skus: Vec<_> = found.variations.iter().map(|product| product.sku.as_str()).collect();
    assert_eq!(skus, ["VAS-001-AR-P", "VAS-001-TE-P"]);
    assert_eq!(found.price_to, Money(5_990));

    let wanted = search(&counter, query("serena terracota G")).await.remove(0);
    assert_eq!(wanted.variations[0].sku, "VAS-001-TE-G", "what was named comes first");
    let one = counter.backoffice.catalog.product("vas-001-te-g").await.unwrap();
    assert_eq!((one.variations.len(), one.is_available()), (1, false));
}

#[tokio::test]
async fn categories_narrow_and_an_empty_text_lists() {
    let counter = Counter::demo().await;
    let categories = counter.backoffice.catalog.categories().await.unwrap();
    assert!(categories.contains(&"Velas e aromas".to_owned()) && categories.len() == 7, "{categories:?}");
    let all =
        search(&counter, ProductQuery { category: Some("DECORACAO".to_owned()), limit: 100, ..query("") })
            .await;
    assert_eq!(all.len(), 7);
    assert!(all.iter().all(|found| found.product.category == "Decoração"));
    let none = search(&counter, ProductQuery { category: Some("Móveis".to_owned()), ..query("") }).await;
    assert!(none.is_empty());
}

#[tokio::test]
async fn shipping_follows_the_table() {
    let counter = Counter::demo().await;
    let catalog = &counter.backoffice.catalog;
    // The very order 10421 of the demo: 19.38 to this postal code.
    let items = vec![item("VAS-001-AR-M", 1), item("PLA-013", 1), item("SUB-001-5L", 2)];
    let quote =
        catalog.shipping_options(ShippingQuery { postal_code: "04101-000".to_owned(), items }).await.unwrap();
    assert_eq!(quote.region, "São Paulo (capital)");
    let economic = quote.options.iter().find(|option| option.method == "Econômico").unwrap();
    assert_eq!(economic.price, Money(1_938));
    let order = catalog.order("#10421").await.unwrap();
    assert_eq!(order.shipping_price, economic.price);
    assert_eq!(quote.options[0].method, "Retirada na loja", "cheapest first");
    let courier = quote.options.iter().find(|option| option.method.starts_with("Motoboy")).unwrap();
    assert_eq!(courier.arrives_from, date(2026, 11, 23), "it is Monday morning");
    assert!(quote.short.is_empty());

    let many = vec![item("PLA-011", 6)];
    let quote = catalog
        .shipping_options(ShippingQuery { postal_code: "60165080".to_owned(), items: many })
        .await
        .unwrap();
    assert_eq!(quote.short, [item("PLA-011", 5)], "more than there is");
    let economic = quote.options.iter().find(|option| option.method == "Econômico").unwrap();
    assert_eq!((economic.price, economic.free_above), (Money::ZERO, Some(Money(39_900))));

    for (postal_code, items, field) in [
        ("123", vec![], "postal_code"),
        ("04101000", vec![item("VAS-001", 1)], "items"),
        ("04101000", vec![item("PLA-011", 0)], "items"),
    ] {
        let refused =
            catalog.shipping_options(ShippingQuery { postal_code: postal_code.to_owned(), items }).await;
        assert!(
            matches!(&refused, Err(BackofficeError::Invalid { field: named, .. }) if *named == field),
            "{refused:?}"
        );
    }
    let nowhere = ShippingQuery { postal_code: "00000-000".to_owned(), items: Vec::new() };
    assert!(matches!(catalog.shipping_options(nowhere).await, Err(BackofficeError::NotFound { .. })));
}

#[tokio::test]
async fn coupons_follow_the_purchases() {
    let counter = Counter::demo().await;
    let catalog = &counter.backoffice.catalog;
    let codes = async |contact| {
        let offers = catalog.coupon_offers(contact).await.unwrap();
        offers.into_iter().map(|offer| offer.coupon.code).collect::<Vec<_>>()
    };
    assert_eq!(codes(None).await, ["BEMVINDO10", "FRETEJATOBA"]);
    let lead = counter.by_email("leticia.brandao@example.com").await.id;
    assert_eq!(codes(Some(lead)).await, ["BEMVINDO10", "FRETEJATOBA"]);
    let ana = counter.by_email("ana.souza@example.com").await.id;
    let offers = catalog.coupon_offers(Some(ana)).await.unwrap();
    let reason =
        |code: &str| offers.iter().find(|offer| offer.coupon.code == code).map(|offer| &offer.reason);
    assert!(matches!(reason("CLIENTE20"), Some(CouponReason::Orders { at_least: 3, made }) if *made >= 3));
    assert!(matches!(reason("VERDE12"), Some(CouponReason::Bought { category }) if category == "Plantas"));
    assert_eq!((reason("BEMVINDO10"), reason("VOLTEI15"), reason("PRIMAVERA8")), (None, None, None));
    let gone = counter.by_email("amanda.ribeiro@example.com").await.id;
    let offers = catalog.coupon_offers(Some(gone)).await.unwrap();
    assert!(
        offers
            .iter()
            .any(|offer| matches!(offer.reason, CouponReason::InactiveDays { since, .. } if since >= 90))
    );
}

#[tokio::test]
async fn a_changed_price_is_seen_within_seconds() {
    let counter = Counter::demo().await;
    let catalog = &counter.backoffice.catalog;
    let before = catalog.product("PLA-005").await.unwrap();
    let mut product = before.product.clone();
    product.price = Money(9_999);
    let rows = balcao::store::backoffice::ImportRows { products: vec![product], ..Default::default() };
    counter.stores.backoffice.import(rows).await.unwrap();
    counter.clock.advance(Duration::from_secs(5));
    assert_eq!(catalog.product("PLA-005").await.unwrap().price_from, Money(9_999));
}
