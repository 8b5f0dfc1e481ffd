//! The known name that an unknown one was probably meant to be. It compares spelling only.

/// Longest name that is compared; anything longer is no slip of the pen.
const LONGEST: usize = 96;

/// The candidate closest to `name`, if any is close enough to be worth naming.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted = plain(name);
    if wanted.is_empty() || wanted.len() > LONGEST {
        return None;
    }
    candidates
        .into_iter()
        .filter(|candidate| candidate.len() <= LONGEST)
        .map(|candidate| (distance(&wanted, &plain(candidate)), candidate))
        .min_by_key(|(distance, _)| *distance)
        .filter(|(distance, _)| *distance <= wanted.len() / 3)
        .map(|(_, candidate)| candidate)
}

/// Letters and digits only, in lower case: `functions.Order-Status` and `order_status` differ by a prefix.
fn plain(name: &str) -> Vec<char> {
    let tail = name.rsplit(['.', ':', '/']).next().unwrap_or(name);
    tail.chars().take(LONGEST + 1).filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Levenshtein distance.
fn distance(left: &[char], right: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, l) in left.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, r) in right.iter().enumerate() {
            let replaced = diagonal + usize::from(l != r);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[right.len()]
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn finds_slips_and_nothing_else() {
        let names = ["order_status", "product_search", "agenda_book"];
        for slip in ["orderStatus", "order_state", "functions.order_status", "ORDER-STATUS"] {
            assert_eq!(nearest(slip, names), Some("order_status"), "{slip}");
        }
        assert_eq!(nearest("send_money", names), None);
        assert_eq!(nearest("", names), None);
        assert_eq!(nearest(&"x".repeat(100_000), names), None);
    }
}
