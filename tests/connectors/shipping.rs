//! What carriers ask, in place of the shop's own table.

use super::fakes::melhor_envio::MelhorEnvio;
use super::fakes::server::{Answer, Fake, Fault};
use super::support::{MELHOR_ENVIO, World};
use crate::backoffice::support::settings;
use balcao::backoffice::BackofficeError;
use balcao::backoffice::catalog::{Catalog, ShippingQuery};
use balcao::backoffice::connector::shipping::ConnectorCarriers;
use balcao::backoffice::embedded::{EmbeddedCatalog, Foundation};
use balcao::backoffice::shipping::{Carriers, Goods};
use balcao::domain::catalog::OrderItem;
use balcao::domain::money::Money;
use serde_json::json;
use std::sync::Arc;

fn shop(world: &World, fake: &Fake<MelhorEnvio>, values: &[(&str, &str)]) -> EmbeddedCatalog {
    let settings = settings();
    let stores = &world.counter.stores;
    let foundation = Foundation {
        records: stores.backoffice.clone(),
        contacts: stores.contacts.clone(),
        clock: world.counter.clock.clone(),
    };
    let own = EmbeddedCatalog::new(foundation, settings.backoffice.catalog_rules, &settings.business);
    own.sent_by(Arc::new(ConnectorCarriers::new(world.connector("melhor_envio", fake, values))))
}

/// Two of the first product that can be bought as it is.
async fn two_of_something(world: &World, postal_code: &str) -> ShippingQuery {
    let products = world.counter.stores.backoffice.products().await.unwrap();
    let single = |product: &&balcao::domain::catalog::Product| {
        product.variation.is_none() && products.iter().filter(|other| other.name == product.name).count() == 1
    };
    let product = products.iter().find(single).unwrap();
    let items = vec![OrderItem { sku: product.sku.clone(), quantity: 2 }];
    ShippingQuery { postal_code: postal_code.to_owned(), items }
}

#[tokio::test]
async fn carriers_prices_are_told_cheapest_first_and_refusals_are_no_prices() {
    let world = World::new().await;
    let fake = Fake::start(MelhorEnvio).await;
    let shop = shop(&world, &fake, &MELHOR_ENVIO);
    let query = two_of_something(&world, "01310-100").await;
    fake.fail("POST", "/calculate", Fault::Refuse(Answer::empty(429).with("retry-after", "2")));
    fake.fail("POST", "/calculate", Fault::Lose);
    let quote = shop.shipping_options(query).await.unwrap();
    let told: Vec<_> = quote
        .options
        .iter()
        .map(|option| (option.method.as_str(), option.days_min, option.days_max))
        .collect();
    assert_eq!(told, [("Correios PAC", 4, 6), ("Correios SEDEX", 1, 2)]);
    assert_eq!(quote.options[1].price, Money(3_140), "the price of the account, not the listed one");
    assert_eq!(quote.options[0].price.0, 1_800 + i64::try_from(quote.weight_grams / 10).unwrap());
    assert_eq!(quote.postal_code, "01310100");
    assert!(quote.options[0].arrives_from > quote.options[1].arrives_from);
    assert!(fake.is_done_failing());
    let body = fake.asked()[0].json();
    assert_eq!(body["from"]["postal_code"], "01001000");
    assert!(body.get("services").is_none(), "nothing is sent that was not set");

    let nowhere = shop.shipping_options(two_of_something(&world, "69980000").await).await;
    assert!(matches!(nowhere, Err(BackofficeError::NotFound { .. })), "{nowhere:?}");
    let no_code = shop.shipping_options(two_of_something(&world, "123").await).await;
    assert!(matches!(no_code, Err(BackofficeError::Invalid { field: "postal_code", .. })), "{no_code:?}");
}

#[tokio::test]
async fn what_nobody_weighed_weighs_what_is_set_up_and_a_sku_stays_a_value() {
    let world = World::new().await;
    let fake = Fake::start(MelhorEnvio).await;
    let values: Vec<_> =
        MELHOR_ENVIO.into_iter().chain([("services", "1,2"), ("weight_grams", "750")]).collect();
    let carriers = ConnectorCarriers::new(world.connector("melhor_envio", &fake, &values));
    let sku = "A\", \"weight\": 1, \"x\": \"";
    let goods = Goods { sku: sku.to_owned(), quantity: 1, weight_grams: 0, price: Money(5_990) };
    let quotes = carriers.quotes("01310100", std::slice::from_ref(&goods)).await.unwrap();
    assert_eq!(quotes[0].price, Money(1_875));
    let body = fake.asked()[0].json();
    assert_eq!(body["services"], "1,2");
    assert_eq!(
        body["products"],
        json!([{"id": sku, "quantity": 1, "width": 20, "height": 15, "length": 25, "weight": 0.75, "insurance_value": 59.9}])
    );
    // Another token, or one without the right to quote, is the operator's to mend; the customer may come back later.
    let strange =
        [("access_token", "other"), ("contact", "dono@shop.example"), ("from_postal_code", "01001000")];
    let carriers = ConnectorCarriers::new(world.connector("melhor_envio", &fake, &strange));
    let refused = carriers.quotes("01310100", std::slice::from_ref(&goods)).await;
    assert!(matches!(refused, Err(BackofficeError::Unusable(_))), "{refused:?}");
}
