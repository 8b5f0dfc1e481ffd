//! Failures of a system behind the counter, sorted by what the caller does next. `thiserror`, because tools branch.

use super::agenda::Slot;

/// Why a system did not do what it was asked. Texts are English, for the model and the operator; none names
/// anything of another customer.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
pub enum BackofficeError {
    /// There is no such thing, or it is not this customer's: both look the same from outside.
    #[error("{what} not found")]
    NotFound {
        /// What was looked for, e.g. `appointment A1042`.
        what: String,
    },
    /// It cannot be done because of the present state; nothing changed.
    #[error("{reason}")]
    Conflict {
        /// What stands in the way.
        reason: String,
        /// Free times near the wished one; empty outside the agenda.
        alternatives: Vec<Slot>,
    },
    /// A value is not acceptable; nothing changed. The customer can be asked for another one.
    #[error("{field}: {reason}")]
    Invalid {
        /// The field of the request.
        field: &'static str,
        /// What is wrong with it and what would do.
        reason: String,
    },
    /// The system did not answer; nothing changed. The same call may work later.
    #[error("the system is unavailable: {0}")]
    Unavailable(String),
    /// The system takes no more calls for the moment; nothing changed. The same call works in a minute.
    #[error("the system is busy: {0}")]
    Busy(String),
    /// The system cannot be used until the operator mends something; nothing changed.
    #[error("the system cannot be used: {0}")]
    Unusable(String),
    /// The call may or may not have taken effect: never repeat it blindly.
    #[error("it is not known whether it took effect: {0}")]
    Unknown(String),
    /// A fault that neither the customer nor a repetition mends.
    #[error("fault: {0}")]
    Fault(String),
}

impl BackofficeError {
    /// Whether nothing was done, and the same call may work later.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Unavailable(_) | Self::Busy(_) | Self::Unusable(_) => true,
            Self::NotFound { .. }
            | Self::Conflict { .. }
            | Self::Invalid { .. }
            | Self::Unknown(_)
            | Self::Fault(_) => false,
        }
    }

    /// There is no such thing.
    pub fn not_found(what: impl Into<String>) -> Self {
        Self::NotFound { what: what.into() }
    }

    /// Something stands in the way, and no other time would help.
    pub fn conflict(reason: impl Into<String>) -> Self {
        Self::Conflict { reason: reason.into(), alternatives: Vec::new() }
    }

    /// A value is not acceptable.
    pub fn invalid(field: &'static str, reason: impl Into<String>) -> Self {
        Self::Invalid { field, reason: reason.into() }
    }
}
