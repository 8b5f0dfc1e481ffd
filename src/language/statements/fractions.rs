//! Shares and places that are told in words: `half of the classes`, `o quinto dia útil`. Pure; knows nothing of what is said
//! of them.

use super::Source;

/// `o quinto dia útil`, `the fifth business day`: which one of the month, and how many tokens it takes.
pub(super) fn workday_at(source: &Source<'_>, at: usize) -> Option<(u64, usize)> {
    const ORDINALS: [&str; 10] = [
        "primeiro first primer 1st",
        "segundo second 2nd",
        "terceiro third tercer 3rd",
        "quarto fourth cuarto 4th",
        "quinto fifth 5th",
        "sexto sixth 6th",
        "setimo seventh septimo 7th",
        "oitavo eighth octavo 8th",
        "nono ninth noveno 9th",
        "decimo tenth 10th",
    ];
    let is_workday = matches!(
        (source.word(at + 1), source.word(at + 2)),
        ("dia", "util" | "habil") | ("business" | "working", "day")
    );
    let listed = |names: &&str| names.split(' ').any(|name| name == source.word(at));
    let place = ORDINALS.iter().position(|names| is_workday && listed(names))?;
    Some((place as u64 + 1, 3))
}

/// `half of the classes`, `três quartos das aulas`: a share, and how many tokens it takes.
pub(super) fn fraction_at(source: &Source<'_>, at: usize) -> Option<(u32, usize)> {
    let [first, second, third] = [0, 1, 2].map(|places| source.word(at + places));
    match (first, second, third) {
        ("half", "of", _)
        | ("metade", "de" | "da" | "do" | "das" | "dos", _)
        | ("mitad", "de" | "del", _) => Some((50 * 100, 1)),
        ("three" | "3", "quarters", "of") | ("tres", "quartos", "da" | "do" | "das" | "dos") => {
            Some((75 * 100, 2))
        }
        ("tres", "cuartas", "partes") => Some((75 * 100, 3)),
        _ => None,
    }
}
