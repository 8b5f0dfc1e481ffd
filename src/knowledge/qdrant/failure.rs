//! What a Qdrant server's refusals mean to the index. Repeats the server's words, never what was sent.

use crate::knowledge::index::IndexError;
use std::time::Duration;
use tonic::{Code, Status};

/// How errors of Qdrant itself begin, as against those of the connection that have the same code.
const OWN: &str = "Service internal error";

/// The longest that a server may ask for patience.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// A call that came to nothing.
#[derive(Clone, Debug)]
pub(super) enum Failure {
    /// There is no such collection, alias or point.
    Missing(String),
    /// There is one of that name already.
    Exists(String),
    /// The server does not answer, or not in time. Whether it did what it was asked is unknown.
    Away(String),
    /// It wants to be asked later.
    Busy(String, Duration),
    /// It will not do it.
    Refused(String),
}

impl Failure {
    /// Of a server that lets a call wait for longer than this.
    pub(super) fn late(patience: Duration) -> Self {
        Self::Away(format!("no answer within {} ms", patience.as_millis()))
    }
}

impl From<Status> for Failure {
    fn from(status: Status) -> Self {
        let said = status.message().to_owned();
        match status.code() {
            Code::NotFound => Self::Missing(said),
            Code::AlreadyExists => Self::Exists(said),
            Code::Unavailable | Code::Cancelled | Code::DeadlineExceeded | Code::Aborted | Code::Unknown => {
                Self::Away(said)
            }
            Code::Internal if !said.starts_with(OWN) => Self::Away(said),
            Code::ResourceExhausted => {
                let asked = status.metadata().get("retry-after").and_then(|wait| wait.to_str().ok());
                let seconds = asked.and_then(|wait| wait.parse().ok()).unwrap_or(1);
                Self::Busy(said, Duration::from_secs(seconds).min(LONGEST_WAIT))
            }
            Code::Unauthenticated | Code::PermissionDenied => {
                Self::Refused(format!("the Qdrant server refuses the key in knowledge.api_key: {said}"))
            }
            Code::Ok
            | Code::InvalidArgument
            | Code::FailedPrecondition
            | Code::OutOfRange
            | Code::Unimplemented
            | Code::Internal
            | Code::DataLoss => Self::Refused(format!("the Qdrant server says: {said}")),
        }
    }
}

impl From<Failure> for IndexError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Away(said) | Failure::Busy(said, _) => Self::Away(said),
            Failure::Missing(said) | Failure::Exists(said) => {
                Self::Fault(format!("the Qdrant server says: {said}"))
            }
            Failure::Refused(said) => Self::Fault(said),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tonic::metadata::MetadataMap;

    #[test]
    fn what_passes_is_told_from_what_does_not() {
        let of = |code, said: &str| IndexError::from(Failure::from(Status::new(code, said)));
        for (code, said) in [
            (Code::Unavailable, "tcp connect error"),
            (Code::Internal, "h2 protocol error: error reading a body from connection"),
            (Code::ResourceExhausted, "too many requests"),
        ] {
            assert!(matches!(of(code, said), IndexError::Away(_)), "{code:?}");
        }
        for (code, said) in [
            (Code::Internal, "Service internal error: no space left on device"),
            (Code::InvalidArgument, "Wrong input: Vector dimension error: expected dim: 3, got 4"),
            (Code::NotFound, "Not found: Collection `a` doesn't exist!"),
        ] {
            let error = of(code, said);
            assert!(matches!(&error, IndexError::Fault(_)) && error.to_string().contains(said), "{code:?}");
        }
        assert!(of(Code::Unauthenticated, "no").to_string().contains("knowledge.api_key"));
    }

    #[test]
    fn a_server_may_say_when_to_come_again() {
        let mut metadata = MetadataMap::new();
        metadata.insert("retry-after", "7".parse().unwrap());
        let status = Status::with_metadata(Code::ResourceExhausted, "later", metadata);
        assert!(matches!(Failure::from(status), Failure::Busy(_, wait) if wait == Duration::from_secs(7)));
    }
}
