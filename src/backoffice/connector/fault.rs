//! Why a vendor's system did not do what it was asked, sorted by what follows from it. `thiserror`, because callers
//! branch. No text of a vendor's is in here: that goes to the operator's log alone.

use crate::backoffice::BackofficeError;
use crate::store::error::StoreError;

/// Why a call came to nothing.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Fault {
    /// There is no such thing.
    #[error("there is no such thing")]
    Missing,
    /// The present state does not allow it; nothing was done.
    #[error("the system refused it because of its present state")]
    Conflict,
    /// The values are not accepted; nothing was done.
    #[error("the system does not accept these values")]
    Rejected,
    /// Too many calls; nothing was done.
    #[error("the system takes no more calls for the moment")]
    Limited,
    /// It is away; nothing was done.
    #[error("the system does not answer")]
    Away,
    /// It may have been done.
    #[error("the system did not say whether it took effect")]
    Unknown,
    /// The credentials do not hold; nothing was done.
    #[error("the system does not accept the credentials it was set up with")]
    Unauthorized,
    /// It is set up wrongly, or answers what nobody expects.
    #[error("{0}")]
    Broken(String),
}

impl Fault {
    /// The word it is counted under.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Conflict => "conflict",
            Self::Rejected => "rejected",
            Self::Limited => "limited",
            Self::Away => "away",
            Self::Unknown => "unknown",
            Self::Unauthorized => "unauthorized",
            Self::Broken(_) => "broken",
        }
    }

    /// Whether it is sure that nothing was done.
    pub fn is_certain(&self) -> bool {
        !matches!(self, Self::Unknown | Self::Broken(_))
    }
}

impl From<Fault> for BackofficeError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Missing => Self::not_found("record"),
            Fault::Conflict => Self::conflict(fault.to_string()),
            Fault::Rejected => Self::Invalid { field: "request", reason: fault.to_string() },
            Fault::Limited => Self::Busy(fault.to_string()),
            Fault::Away => Self::Unavailable(fault.to_string()),
            Fault::Unknown => Self::Unknown(fault.to_string()),
            Fault::Unauthorized => Self::Unusable(fault.to_string()),
            Fault::Broken(reason) => Self::Fault(reason),
        }
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(_) => Self::Away,
            StoreError::NotFound | StoreError::Conflict(_) | StoreError::Stale | StoreError::Fault(_) => {
                Self::Broken(error.to_string())
            }
        }
    }
}
