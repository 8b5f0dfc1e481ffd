//! Payments through a vendor.

use super::engine::{Connector, Lookup};
use super::remote::{amount, instant, shaped};
use crate::backoffice::BackofficeError;
use crate::backoffice::payments::{Charge, ChargeStatus, NewCharge, Payments, Way};
use crate::domain::clock::Clock;
use crate::domain::money::Money;
use crate::store::connectors::Link;
use async_trait::async_trait;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// The kind of link between an order with its amount and the page to pay it on.
const PAGE: &str = "payment_page";

/// The vendor's payments.
pub struct ConnectorPayments {
    vendor: Arc<Connector>,
    clock: Arc<dyn Clock>,
}

/// What `create_pix`, `create_link` give, and `payments`, a list of these.
#[derive(Deserialize)]
struct Remote {
    /// `pending`, `approved`, `failed` or `refunded`; a page that was just made is pending.
    status: Option<String>,
    amount: Option<Value>,
    pix_code: Option<String>,
    link: Option<String>,
    expires_at: Option<Value>,
}

impl ConnectorPayments {
    /// The payments of this vendor.
    pub fn new(vendor: Arc<Connector>, clock: Arc<dyn Clock>) -> Self {
        Self { vendor, clock }
    }

    fn charge_of(&self, remote: Remote, asked: Money) -> Charge {
        Charge {
            amount: remote
                .amount
                .as_ref()
                .and_then(|value| amount(value, self.vendor.pack().money))
                .unwrap_or(asked),
            status: match remote.status.as_deref() {
                Some("approved") => ChargeStatus::Approved,
                Some("failed") => ChargeStatus::Failed,
                Some("refunded") => ChargeStatus::Refunded,
                Some(_) | None => ChargeStatus::Pending,
            },
            pix_code: remote.pix_code.filter(|code| !code.is_empty()),
            // Only pages of the web are handed to customers.
            link: remote.link.filter(|link| link.starts_with("https://")),
            expires_at: remote.expires_at.as_ref().and_then(instant),
        }
    }

    /// What still waits for the same money in the same way.
    async fn waiting(&self, request: &NewCharge, page_key: &str) -> Result<Option<Charge>, BackofficeError> {
        match request.way {
            Way::Pix => {
                let now = self.clock.now();
                let open = self.charges(&request.reference).await?.into_iter().find(|charge| {
                    charge.status == ChargeStatus::Pending
                        && charge.amount == request.amount
                        && charge.pix_code.is_some()
                        && charge.expires_at.is_none_or(|end| end > now)
                });
                Ok(open)
            }
            Way::Link => {
                let pages = self.vendor.store().remotes(self.vendor.name(), PAGE, page_key).await?;
                Ok(pages.into_iter().next().map(|link| Charge {
                    amount: request.amount,
                    status: ChargeStatus::Pending,
                    pix_code: None,
                    link: Some(link),
                    expires_at: None,
                }))
            }
        }
    }
}

#[async_trait]
impl Payments for ConnectorPayments {
    async fn charge(&self, key: &str, request: NewCharge) -> Result<Charge, BackofficeError> {
        let cents = request.amount.0;
        if cents <= 0 {
            return Err(BackofficeError::conflict("there is nothing to pay"));
        }
        let page_key = format!("{} {cents}", request.reference);
        if let Some(waiting) = self.waiting(&request, &page_key).await? {
            return Ok(waiting);
        }
        let arguments = json!({
            "reference": request.reference,
            "amount": format!("{}.{:02}", cents / 100, cents % 100),
            "amount_number": cents as f64 / 100.0,
            "amount_cents": cents,
            "description": request.description,
            "email": request.email,
        });
        let operation = match request.way {
            Way::Pix => "create_pix",
            Way::Link => "create_link",
        };
        if !self.vendor.can(operation) {
            return Err(BackofficeError::conflict("this way to pay is not offered"));
        }
        let nowhere = Lookup { operation: "", arguments: Value::Null };
        let made = self.vendor.effect(operation, key, &arguments, &nowhere).await?;
        let charge = self.charge_of(shaped(made, self.vendor.name(), operation)?, request.amount);
        if let (Way::Link, Some(link)) = (request.way, &charge.link) {
            let page = Link {
                connector: self.vendor.name().to_owned(),
                kind: PAGE.to_owned(),
                local: page_key,
                remote: link.clone(),
            };
            self.vendor.store().link(&page, self.clock.now()).await?;
        }
        Ok(charge)
    }

    async fn charges(&self, reference: &str) -> Result<Vec<Charge>, BackofficeError> {
        let result = self.vendor.read("payments", &json!({"reference": reference})).await?;
        let remote: Option<Vec<Remote>> = shaped(result, self.vendor.name(), "payments")?;
        Ok(remote.into_iter().flatten().map(|remote| self.charge_of(remote, Money::ZERO)).collect())
    }
}
