//! Databases that operators' tools may ask, as the settings name them.

use super::build::{Options, Outside};
use crate::domain::problem::Problem;
use crate::store::queries;
use crate::tools::sql::Databases;

/// Those of the settings; none is opened.
///
/// # Errors
/// Every URL that names no database we can ask.
pub fn databases(options: &Options, outside: &Outside) -> Result<Databases, Vec<Problem>> {
    let (mut databases, mut problems) = (Vec::new(), Vec::new());
    for (name, place) in &options.settings.databases.by_name {
        match queries::at(place.url.expose().trim()) {
            Ok(database) => databases.push((name.clone(), database)),
            Err(message) => {
                problems.push(Problem::in_file("settings", format!("`databases.{name}.url`: {message}")));
            }
        }
    }
    if problems.is_empty() {
        Ok(Databases::new(databases.into_iter().collect(), &options.clock, &outside.alerts))
    } else {
        Err(problems)
    }
}
