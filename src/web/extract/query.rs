//! Query parameters, refused with the name of the one at fault.

use crate::web::problem::Problem;
use axum::extract::FromRequestParts;
use http::StatusCode;
use http::request::Parts;
use serde::de::DeserializeOwned;

/// The parameters of a query.
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        axum::extract::Query::<T>::try_from_uri(&parts.uri).map(|query| Self(query.0)).map_err(|rejection| {
            // The parameter and the cause, without axum's own words in front.
            let cause = std::error::Error::source(&rejection)
                .map_or_else(|| rejection.to_string(), ToString::to_string);
            let problem =
                Problem::new(StatusCode::BAD_REQUEST, "invalid_query", "Invalid query", cause.clone());
            match cause.split_once(':') {
                Some((field, _)) if !field.contains(' ') => problem.field(field),
                _ => problem,
            }
        })
    }
}
