//! Finds the row a customer or model means by an id, a name or part of a name. Guesses nothing: what fits several
//! rows is asked back.

use crate::backoffice::BackofficeError;
use crate::backoffice::words::{fold, words};

/// The one row that was meant: by id, by name, or by words that only its name holds.
pub fn choose<'a, T>(
    field: &'static str,
    wanted: &str,
    rows: &'a [T],
    names: impl Fn(&T) -> (&String, &String),
) -> Result<&'a T, BackofficeError> {
    let folded = fold(wanted.trim());
    let exact = rows.iter().find(|row| {
        let (id, name) = names(row);
        fold(id) == folded || fold(name) == folded
    });
    if let Some(row) = exact {
        return Ok(row);
    }
    let wanted_words = words(wanted);
    let mut holding = rows.iter().filter(|row| {
        let name_words = words(names(row).1);
        !wanted_words.is_empty() && wanted_words.iter().all(|word| name_words.contains(word))
    });
    let all = || rows.iter().map(|row| names(row).1.as_str()).collect::<Vec<_>>().join(", ");
    match (holding.next(), holding.next()) {
        (Some(row), None) => Ok(row),
        (Some(_), Some(_)) => {
            Err(BackofficeError::invalid(field, format!("fits several; say which of: {}", all())))
        }
        (None, _) => Err(BackofficeError::not_found(format!("{field} (there are: {})", all()))),
    }
}
