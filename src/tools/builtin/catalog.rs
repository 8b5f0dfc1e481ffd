//! Tools over what the shop sells: products, shipping, coupons. Prices and stock are told as they are now; nothing
//! is sold here.

use super::capability::{Builtin, Capability, Declaration, failure};
use super::identity::proven_contact;
use super::words::{day, pick, short};
use crate::backoffice::Backoffice;
use crate::backoffice::BackofficeError;
use crate::backoffice::catalog::{
    Availability, Catalog, CouponReason, ProductFound, ProductQuery, ShippingQuery,
};
use crate::backoffice::words::stems;
use crate::domain::catalog::{OrderItem, Product, UNCOUNTED};
use crate::domain::language::Language;
use crate::domain::tool::{ParamSource, Risk};
use crate::tools::tool::{Tool, ToolContext, ToolError, ToolOutput};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// Products told at once.
const PRODUCTS: u32 = 5;

/// Variations told of one product.
const VARIATIONS: usize = 12;

/// The tools over the catalog, orders aside.
pub fn tools(backoffice: &Backoffice) -> Vec<Arc<dyn Tool>> {
    vec![
        Builtin::tool(ProductSearch(backoffice.catalog.clone())),
        Builtin::tool(ShippingOptions(backoffice.catalog.clone())),
        Builtin::tool(CouponOffer(backoffice.clone())),
    ]
}

struct ProductSearch(Arc<dyn Catalog>);

#[derive(Deserialize, JsonSchema)]
struct ProductSearchArguments {
    /// What the customer looks for: a product, a kind, a SKU.
    #[schemars(length(min = 1, max = 200), extend("x-balcao-kind" = "search"))]
    query: String,
    /// Only this category of the shop.
    #[schemars(length(max = 60), extend("x-balcao-kind" = "text"))]
    category: Option<String>,
    /// Only what costs this or less, as the customer said it, e.g. "100 reais".
    #[schemars(length(max = 40), extend("x-balcao-kind" = "money"))]
    max_price: Option<String>,
    /// True to list only what can be had now.
    in_stock_only: Option<bool>,
}

impl Capability for ProductSearch {
    type Arguments = ProductSearchArguments;

    const DECLARATION: Declaration = Declaration {
        name: "product_search",
        description: "Finds products with price, availability, variations and items that go with them. The only source for \
                      prices and stock.",
        risk: Risk::Read,
        sources: &[("category", ParamSource::Said), ("max_price", ParamSource::Said)],
        trusted: &["products[].sku", "products[].variations[].sku", "products[].complements[].sku"],
    };

    async fn perform(
        &self,
        arguments: Self::Arguments,
        context: &ToolContext,
    ) -> Result<ToolOutput, ToolError> {
        let max_price = arguments
            .max_price
            .as_deref()
            .map(|text| super::amounts::read("max_price", text, context.language))
            .transpose()?;
        let availability =
            if arguments.in_stock_only == Some(true) { Availability::InStock } else { Availability::Any };
        let query = ProductQuery {
            text: arguments.query,
            category: arguments.category,
            max_price,
            availability,
            limit: PRODUCTS,
        };
        let mut found = self.search(query.clone()).await?;
        // What customers call a category need not be one of the shop's.
        if found.is_empty() && query.category.is_some() {
            found = self.search(ProductQuery { category: None, ..query }).await?;
        }
        let products: Vec<Value> = found.iter().map(told).collect();
        Ok(ToolOutput::data(json!({"count": products.len(), "products": products})))
    }
}

impl ProductSearch {
    async fn search(&self, query: ProductQuery) -> Result<Vec<ProductFound>, ToolError> {
        match self.0.search_products(query).await {
            Err(BackofficeError::NotFound { .. }) => Ok(Vec::new()),
            found => found.map_err(failure),
        }
    }
}

fn told(found: &ProductFound) -> Value {
    let product = &found.product;
    json!({
        "sku": product.sku,
        "name": product.name,
        "category": product.category,
        "price": found.price_from.to_string(),
        "price_cents": found.price_from.0,
        "price_to": found.price_to.to_string(),
        "price_to_cents": found.price_to.0,
        "available": found.is_available(),
        "stock": counted(found.stock),
        "description": short(&product.description, 300),
        "variations": found.variations.iter().take(VARIATIONS).map(told_variation).collect::<Vec<_>>(),
        "complements": found.complements.iter().take(4).map(|complement| json!({
            "sku": complement.sku,
            "name": complement.name,
            "price": complement.price_from.to_string(),
            "price_cents": complement.price_from.0,
            "available": complement.stock > 0,
        })).collect::<Vec<_>>(),
    })
}

fn told_variation(variation: &Product) -> Value {
    let stock = variation.stock.unwrap_or(0);
    json!({
        "sku": variation.sku,
        "variation": variation.variation,
        "price": variation.price.to_string(),
        "price_cents": variation.price.0,
        "available": stock > 0,
        "stock": counted(stock),
    })
}

/// How many pieces there are, if somebody counts them.
fn counted(stock: u32) -> Option<u32> {
    Some(stock).filter(|stock| *stock != UNCOUNTED)
}

struct ShippingOptions(Arc<dyn Catalog>);

#[derive(Deserialize, JsonSchema)]
struct ShippingOptionsArguments {
    /// Postal code (CEP) to send to, 8 digits.
    #[schemars(length(min = 8, max = 20), extend("x-balcao-kind" = "postal_code"))]
    postal_code: String,
    /// What to send: a SKU, or the product's name.
    #[schemars(length(min = 1, max = 120), extend("x-balcao-kind" = "sku", "x-balcao-choice-of" = "product_search", "x-balcao-choice" = "products[].sku", "x-balcao-choice-part" = "variations[].sku"))]
    product: String,
    /// How many; 1 if left out.
    #[schemars(range(min = 1, max = 1000), extend("x-balcao-kind" = "quantity"))]
    quantity: Option<u32>,
}

impl Capability for ShippingOptions {
    type Arguments = ShippingOptionsArguments;

    const DECLARATION: Declaration = Declaration {
        name: "shipping_options",
        description: "Tells what sending a product to a Brazilian postal code costs and how long it takes.",
        risk: Risk::Read,
        sources: &[("postal_code", ParamSource::Said)],
        trusted: &["postal_code", "sku"],
    };

    async fn perform(
        &self,
        arguments: Self::Arguments,
        context: &ToolContext,
    ) -> Result<ToolOutput, ToolError> {
        let (item, name) = self.item(&arguments.product).await?;
        let quantity = arguments.quantity.unwrap_or(1);
        let query = ShippingQuery {
            postal_code: arguments.postal_code,
            items: vec![OrderItem { sku: item.clone(), quantity }],
        };
        let quote = self.0.shipping_options(query).await.map_err(failure)?;
        let language = context.language;
        let options: Vec<Value> = quote
            .options
            .iter()
            .map(|option| {
                json!({
                    "method": option.method,
                    "price": option.price.to_string(),
                    "price_cents": option.price.0,
                    "free": option.price.0 == 0,
                    "free_above": option.free_above.map(|amount| amount.to_string()),
                    "days_min": option.days_min,
                    "days_max": option.days_max,
                    "arrives_from": option.arrives_from.to_string(),
                    "arrives_until": option.arrives_until.to_string(),
                    "arrives_when": day(option.arrives_until, language),
                })
            })
            .collect();
        Ok(ToolOutput::data(json!({
            "postal_code": quote.postal_code,
            "region": quote.region,
            "sku": item,
            "name": name,
            "quantity": quantity,
            "goods": quote.goods.to_string(),
            "goods_cents": quote.goods.0,
            "enough_stock": quote.short.is_empty(),
            "options": options,
        })))
    }
}

impl ShippingOptions {
    /// The SKU to send, and its name: of a product in variations the one that was named, else the first in stock.
    async fn item(&self, wanted: &str) -> Result<(String, String), ToolError> {
        let found = match self.0.product(wanted.trim()).await {
            Ok(found) => found,
            Err(BackofficeError::NotFound { .. } | BackofficeError::Invalid { .. }) => {
                let query = ProductQuery {
                    text: wanted.to_owned(),
                    category: None,
                    max_price: None,
                    availability: Availability::Any,
                    limit: 1,
                };
                let mut hits = self.0.search_products(query).await.map_err(failure)?;
                hits.pop().ok_or_else(|| {
                    ToolError::bad_argument("product", "no such product; ask which one is meant")
                })?
            }
            Err(error) => return Err(failure(error)),
        };
        Ok(match closest(&found.variations, wanted) {
            Some(variation) => {
                let which = variation.variation.as_deref().unwrap_or_default();
                (variation.sku.clone(), format!("{} ({which})", found.product.name))
            }
            None => (found.product.sku, found.product.name),
        })
    }
}

/// The variation that `wanted` names best: of several the first in stock, and so of all if it names none.
fn closest<'p>(variations: &'p [Product], wanted: &str) -> Option<&'p Product> {
    let wanted = stems(wanted);
    let named = |variation: &&Product| {
        let label = stems(variation.variation.as_deref().unwrap_or_default());
        wanted.iter().filter(|word| label.contains(word)).count()
    };
    let most = variations.iter().map(|variation| named(&variation)).max()?;
    let mut fitting = variations.iter().filter(|variation| named(variation) == most);
    let first = fitting.clone().next();
    fitting.find(|variation| variation.stock.unwrap_or(0) > 0).or(first)
}

struct CouponOffer(Backoffice);

#[derive(Deserialize, JsonSchema)]
struct CouponOfferArguments {}

impl Capability for CouponOffer {
    type Arguments = CouponOfferArguments;

    const DECLARATION: Declaration = Declaration {
        name: "coupon_offer",
        description: "Lists the coupons this customer may use, by the shop's rules and, once they have proven who they \
                      are, by their purchase history. Never promise a discount that is not in the result.",
        risk: Risk::Read,
        sources: &[],
        trusted: &["coupons[].code"],
    };

    async fn perform(&self, _: Self::Arguments, context: &ToolContext) -> Result<ToolOutput, ToolError> {
        let person = proven_contact(self.0.crm.as_ref(), context).await?;
        let contact = person.as_ref().map(|person| person.id);
        let offers = self.0.catalog.coupon_offers(contact).await.map_err(failure)?;
        let coupons: Vec<Value> = offers
            .iter()
            .take(6)
            .map(|offer| {
                json!({
                    "code": offer.coupon.code,
                    "description": short(&offer.coupon.description, 200),
                    "minimum": offer.coupon.minimum.to_string(),
                    "minimum_cents": offer.coupon.minimum.0,
                    "valid_until": offer.coupon.valid_until.to_string(),
                    "valid_when": day(offer.coupon.valid_until, context.language),
                    "why": why(&offer.reason, context.language),
                })
            })
            .collect();
        Ok(ToolOutput::data(
            json!({"personal": contact.is_some(), "count": coupons.len(), "coupons": coupons}),
        ))
    }
}

fn why(reason: &CouponReason, language: Language) -> String {
    match reason {
        CouponReason::Everybody => {
            pick(["vale para todos", "it is for everybody", "es para todos"], language).to_owned()
        }
        CouponReason::FirstPurchase => pick(
            ["é para a primeira compra", "it is for a first purchase", "es para la primera compra"],
            language,
        )
        .to_owned(),
        CouponReason::Orders { at_least, .. } => pick(
            [
                format!("é para quem já fez {at_least} pedidos ou mais"),
                format!("it is for customers with {at_least} orders or more"),
                format!("es para quien ya hizo {at_least} pedidos o más"),
            ],
            language,
        ),
        CouponReason::InactiveDays { at_least, .. } => pick(
            [
                format!("é para quem não compra há {at_least} dias ou mais"),
                format!("it is for customers who have not bought for {at_least} days"),
                format!("es para quien no compra desde hace {at_least} días"),
            ],
            language,
        ),
        CouponReason::Bought { category } => pick(
            [
                format!("é para quem já comprou {category}"),
                format!("it is for customers who bought {category}"),
                format!("es para quien ya compró {category}"),
            ],
            language,
        ),
    }
}
