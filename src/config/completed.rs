//! TOML files of the operator's that hold what they change: what they leave out stands in the file that comes with the program, so
//! that they go on working when a new version says more.

use super::load::merge;
use crate::domain::problem::Problem;
use serde::de::DeserializeOwned;
use toml::Table;

/// What `text` says, with what it leaves out from `embedded`. Mistakes go to `problems`, with their lines in `text`.
pub fn completed<T: DeserializeOwned>(
    file: &str,
    text: &str,
    embedded: &str,
    problems: &mut Vec<Problem>,
) -> Option<T> {
    let mut report = |error: &toml::de::Error| {
        let at = error.span().map_or(0, |span| span.start);
        problems.push(Problem::at_offset(file, text, at, error.message()));
    };
    let own: Table = match toml::from_str(text) {
        Ok(own) => own,
        Err(error) => {
            report(&error);
            return None;
        }
    };
    let mut whole: Table = toml::from_str(embedded).unwrap_or_default();
    merge(&mut whole, own);
    match T::deserialize(whole) {
        Ok(read) => Some(read),
        Err(error) => {
            // The whole has no lines; what is wrong in the text itself has.
            match toml::from_str::<T>(text) {
                Err(own) if own.message() == error.message() => report(&own),
                Ok(_) | Err(_) => report(&error),
            }
            None
        }
    }
}
