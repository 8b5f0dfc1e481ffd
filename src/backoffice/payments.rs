//! Payments as tools see them: a way to pay for an order, and whether it was paid. There is no embedded one: money goes
//! through a vendor or not at all.

use super::BackofficeError;
use crate::domain::money::Money;
use async_trait::async_trait;
use jiff::Timestamp;

/// How somebody pays.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Way {
    /// A Pix code to copy.
    Pix,
    /// A page of the vendor's, with every way it offers.
    Link,
}

/// How far a charge is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ChargeStatus {
    /// It waits to be paid.
    Pending,
    /// It was paid.
    Approved,
    /// It was refused or called off, or its time is over.
    Failed,
    /// It was paid back.
    Refunded,
}

impl ChargeStatus {
    /// The name that tools and connectors use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Approved => "approved",
            Self::Failed => "failed",
            Self::Refunded => "refunded",
        }
    }
}

/// A charge to make. The program says the amount, never a model.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewCharge {
    /// What is paid for: the number of the order. The vendor keeps it, and charges are found by it.
    pub reference: String,
    /// How much.
    pub amount: Money,
    /// What the payer reads.
    pub description: String,
    /// How.
    pub way: Way,
    /// Who pays.
    pub email: String,
}

/// A charge.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Charge {
    /// How much.
    pub amount: Money,
    /// How far it is.
    pub status: ChargeStatus,
    /// The Pix code to copy, if it is paid that way.
    pub pix_code: Option<String>,
    /// The page to pay on.
    pub link: Option<String>,
    /// Until when it can be paid.
    pub expires_at: Option<Timestamp>,
}

/// Payments. Implementors owe: the same `key` makes one charge; one of the same order, amount and way that still waits
/// is given again instead of a second one.
#[async_trait]
pub trait Payments: Send + Sync {
    /// Makes a charge.
    async fn charge(&self, key: &str, request: NewCharge) -> Result<Charge, BackofficeError>;

    /// Charges of an order, newest first.
    async fn charges(&self, reference: &str) -> Result<Vec<Charge>, BackofficeError>;
}
