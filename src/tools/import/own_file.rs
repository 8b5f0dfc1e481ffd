//! Files that were written by an import, told from files that somebody changed: the head of each holds the digest of what
//! follows. It decides; it writes nothing.

use crate::domain::secret::hexadecimal;
use sha2::{Digest, Sha256};

/// The line before the digest begins like this.
const MARK: &str = "# As it was written: sha256 ";

/// What a file that is to be written comes upon.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    /// There is none.
    New,
    /// It says the same already.
    Same,
    /// It is as an import wrote it.
    Untouched,
    /// Somebody wrote or changed it.
    Changed,
}

/// `body` under its head. `source` is where it comes from.
pub fn file(source: &str, body: &str) -> String {
    let source: String = source.chars().filter(|character| !character.is_control()).collect();
    format!(
        "# Imported from {source}. Change it as you like: `balcao tools import` then leaves it alone.\n{MARK}{}\n\n{body}",
        digest(body)
    )
}

/// What the file `before` is to one that would be `after`.
pub fn standing(before: Option<&str>, after: &str) -> Standing {
    let Some(before) = before else { return Standing::New };
    if before == after {
        return Standing::Same;
    }
    let marked = before.split_once(MARK).and_then(|(_, rest)| rest.split_once("\n\n"));
    match marked {
        Some((known, body)) if known.trim() == digest(body) => Standing::Untouched,
        Some(_) | None => Standing::Changed,
    }
}

fn digest(text: &str) -> String {
    hexadecimal(&Sha256::digest(text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_file_is_told_from_one_that_was_written() {
        let (first, second) = (file("a\nb", "x = 1\n"), file("a", "x = 2\n"));
        assert_eq!(first.lines().count(), 4, "{first}");
        assert_eq!(standing(None, &second), Standing::New);
        assert_eq!(standing(Some(&second), &second), Standing::Same);
        assert_eq!(standing(Some(&first), &second), Standing::Untouched);
        assert_eq!(standing(Some(&first.replace("x = 1", "x = 3")), &second), Standing::Changed);
        assert_eq!(standing(Some("x = 1\n"), &second), Standing::Changed);
    }
}
