//! Payments through a vendor.

use super::engine::{Connector, Lookup};
use super::fault::Fault;
use super::remote::{RemoteId, amount, shaped};
use crate::backoffice::BackofficeError;
use crate::backoffice::payments::{Charge, ChargeStatus, NewCharge, Payments, Way};
use crate::declared::instants::instant;
use crate::domain::clock::Clock;
use crate::domain::money::Money;
use crate::store::connectors::Link;
use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;

/// The kind of link between an order with its amount and the page to pay it on.
const PAGE: &str = "payment_page";
/// The kind of link between an order and a Pix code that the vendor does not list until it is paid.
const CODE: &str = "pix_code";
/// The kind of link between an order and the vendor's id of such a code.
pub const CODE_ID: &str = "pix_code_id";
/// Most codes of an order that the vendor is asked about.
const MOST_CODES: usize = 5;

/// The vendor's payments.
pub struct ConnectorPayments {
    vendor: Arc<Connector>,
    clock: Arc<dyn Clock>,
}

/// What `create_pix`, `create_link` give, and `payments`, a list of these.
#[derive(Deserialize)]
struct Remote {
    /// The vendor's id of the charge, by which it is told once.
    id: Option<RemoteId>,
    /// The vendor's id of a code that is no charge until somebody pays it.
    code: Option<RemoteId>,
    /// `pending`, `approved`, `failed` or `refunded`; a page that was just made is pending.
    status: Option<String>,
    amount: Option<Value>,
    pix_code: Option<String>,
    link: Option<String>,
    expires_at: Option<Value>,
}

/// A code that the vendor does not list until it is paid, as it is kept.
#[derive(Serialize, Deserialize)]
struct KeptCode {
    code: String,
    pix_code: String,
    cents: i64,
    expires_at: Option<Timestamp>,
}

impl KeptCode {
    fn charge(self) -> Charge {
        Charge {
            amount: Money(self.cents),
            status: ChargeStatus::Pending,
            pix_code: Some(self.pix_code),
            link: None,
            expires_at: self.expires_at,
        }
    }
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

    /// Charges that came of codes of the order, and the codes that still wait. `known` are charges already told.
    async fn of_codes(&self, reference: &str, known: &[RemoteId]) -> Result<Vec<Charge>, BackofficeError> {
        if !self.vendor.can("payments_of_code") {
            return Ok(Vec::new());
        }
        let now = self.clock.now();
        let mut known = known.to_vec();
        let mut charges = Vec::new();
        let kept = self.vendor.store().remotes(self.vendor.name(), CODE, reference).await?;
        let codes = kept.iter().filter_map(|kept| serde_json::from_str::<KeptCode>(kept).ok());
        for code in codes.take(MOST_CODES) {
            let paid = self.asked("payments_of_code", &json!({"code": code.code})).await?;
            if paid.is_empty() && code.expires_at.is_none_or(|end| end > now) {
                charges.push(code.charge());
                continue;
            }
            for remote in paid {
                match &remote.id {
                    Some(id) if known.contains(id) => continue,
                    Some(id) => known.push(id.clone()),
                    None => {}
                }
                charges.push(self.charge_of(remote, Money(code.cents)));
            }
        }
        Ok(charges)
    }

    async fn asked(&self, operation: &str, arguments: &Value) -> Result<Vec<Remote>, Fault> {
        let result = self.vendor.read(operation, arguments).await?;
        Ok(shaped::<Option<Vec<Remote>>>(result, self.vendor.name(), operation)?.unwrap_or_default())
    }

    async fn keep(&self, kind: &str, local: &str, remote: String) -> Result<(), BackofficeError> {
        let link = Link {
            connector: self.vendor.name().to_owned(),
            kind: kind.to_owned(),
            local: local.to_owned(),
            remote,
        };
        Ok(self.vendor.store().link(&link, self.clock.now()).await?)
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
        let lookup = match request.way {
            Way::Pix => Lookup { operation: "", arguments: Value::Null },
            Way::Link => Lookup {
                operation: "find_link",
                arguments: json!({"reference": request.reference, "amount_number": arguments["amount_number"]}),
            },
        };
        let made = self.vendor.effect(operation, key, &arguments, &lookup).await?;
        let remote: Remote = shaped(made, self.vendor.name(), operation)?;
        let code = remote.code.clone();
        let charge = self.charge_of(remote, request.amount);
        match request.way {
            Way::Link => {
                if let Some(link) = &charge.link {
                    self.keep(PAGE, &page_key, link.clone()).await?;
                }
            }
            Way::Pix => {
                if let (Some(RemoteId(code)), Some(pix_code)) = (code, charge.pix_code.clone()) {
                    self.keep(CODE_ID, &request.reference, code.clone()).await?;
                    let kept = KeptCode { code, pix_code, cents, expires_at: charge.expires_at };
                    let kept = serde_json::to_string(&kept)
                        .map_err(|error| BackofficeError::Fault(error.to_string()))?;
                    self.keep(CODE, &request.reference, kept).await?;
                }
            }
        }
        Ok(charge)
    }

    async fn charges(&self, reference: &str) -> Result<Vec<Charge>, BackofficeError> {
        let remotes = self.asked("payments", &json!({"reference": reference})).await?;
        let known: Vec<RemoteId> = remotes.iter().filter_map(|remote| remote.id.clone()).collect();
        let mut charges = self.of_codes(reference, &known).await?;
        charges.extend(remotes.into_iter().map(|remote| self.charge_of(remote, Money::ZERO)));
        Ok(charges)
    }
}
