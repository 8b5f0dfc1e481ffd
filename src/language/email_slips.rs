//! E-mail addresses with slips of the finger, and what was most likely meant: `ana@gmial.com`, `ana arroba gmail ponto
//! com`. A correction is a guess to be offered, never a value.

use super::emails::canonical_email;
use super::fold::{Token, TokenKind, beginning, fold, tokens};
use super::span::Found;

/// Longest text that is looked at.
const LONGEST_TEXT: usize = 8 * 1024;

/// Providers and the domain endings they have; the first is the usual one.
const PROVIDERS: &[(&str, &[&str])] = &[
    ("gmail", &["com"]),
    ("hotmail", &["com", "com.br", "es", "fr", "it", "co.uk"]),
    ("outlook", &["com", "com.br", "es", "pt"]),
    ("yahoo", &["com.br", "com", "es", "com.ar", "com.mx", "co.uk", "fr"]),
    ("icloud", &["com"]),
    ("live", &["com", "com.br", "com.pt"]),
    ("uol", &["com.br"]),
    ("bol", &["com.br"]),
    ("terra", &["com.br", "com"]),
    ("globo", &["com"]),
    ("protonmail", &["com"]),
];

/// Names of providers that look like a slip of another and are none.
const REAL: &[&str] =
    &["ymail", "email", "mail", "fmail", "gmx", "aol", "googlemail", "proton", "zoho", "hey", "rocketmail"];

/// The address that was most likely meant by `email`, if it has a slip.
pub fn corrected(email: &str) -> Option<String> {
    let (local, domain) = email.split_once('@')?;
    let domain = corrected_domain(domain)?;
    canonical_email(&format!("{local}@{domain}")).filter(|corrected| corrected != email)
}

fn corrected_domain(domain: &str) -> Option<String> {
    let (name, ending) = domain.split_once('.').unwrap_or((domain, ""));
    if let Some((provider, endings)) = provider(name) {
        let mended = ending_of(ending);
        let ending = endings.iter().find(|known| **known == mended).or_else(|| endings.first())?;
        return Some(format!("{provider}.{ending}"));
    }
    // `gmailcom`, `hotmailcombr`: the dot is missing.
    if ending.is_empty() || ending == "br" {
        for (provider, endings) in PROVIDERS {
            let rest = name.strip_prefix(provider).filter(|rest| *rest == "com" || *rest == "combr");
            if rest.is_some() {
                return Some(format!("{provider}.{}", endings.first()?));
            }
        }
    }
    let mended = ending_of(ending);
    (mended != ending && !mended.is_empty()).then(|| format!("{name}.{mended}"))
}

/// The provider that `name` is, or was meant to be.
fn provider(name: &str) -> Option<(&'static str, &'static [&'static str])> {
    if REAL.contains(&name) {
        return None;
    }
    PROVIDERS
        .iter()
        .find(|(provider, _)| {
            let slips = match provider.len() {
                0..=4 => 0,
                5..=6 => 1,
                _ => 2,
            };
            *provider == name || slips > 0 && distance(provider, name) <= slips
        })
        .map(|(provider, endings)| (*provider, *endings))
}

/// A domain's ending without its slips.
fn ending_of(ending: &str) -> String {
    match ending {
        "con" | "comm" | "cmo" | "ocm" | "vom" | "xom" | "cpm" | "cm" | "om" | "coom" | "comn" | "cin"
        | "c0m" | "cok" | "coml" => "com".to_owned(),
        "con.br" | "comm.br" | "cm.br" | "com.b" | "com.r" | "combr" | "com.brr" | "vom.br" | "cmo.br"
        | "om.br" | "com.bt" | "com.be" | "com.nr" | "coom.br" | "cpm.br" | "com.vr" => "com.br".to_owned(),
        other => other.to_owned(),
    }
}

/// How many letters are wrong, missing, too many or exchanged with their neighbour. Looks at short words only.
pub fn distance(one: &str, other: &str) -> usize {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    if one.len() > 40 || other.len() > 40 {
        return usize::MAX;
    }
    let width = other.len() + 1;
    let mut table = vec![0; (one.len() + 1) * width];
    let cell = |row: usize, column: usize| row * width + column;
    for row in 0..=one.len() {
        for column in 0..width {
            table[cell(row, column)] = match (row, column) {
                (0, column) => column,
                (row, 0) => row,
                (row, column) => {
                    let same = one[row - 1] == other[column - 1];
                    let mut least = (table[cell(row - 1, column - 1)] + usize::from(!same))
                        .min(table[cell(row - 1, column)] + 1)
                        .min(table[cell(row, column - 1)] + 1);
                    let swapped = row > 1
                        && column > 1
                        && one[row - 1] == other[column - 2]
                        && one[row - 2] == other[column - 1];
                    if swapped {
                        least = least.min(table[cell(row - 2, column - 2)] + 1);
                    }
                    least
                }
            };
        }
    }
    table[cell(one.len(), other.len())]
}

/// An address that is spelled or broken apart: `ana arroba gmail ponto com`, `ana @ gmail . com`, `ana@gmail`,
/// `ana@gmail,com`. What is found is what was meant, not a valid address by itself.
pub fn find_broken(text: &str) -> Option<Found<String>> {
    let text = beginning(text, LONGEST_TEXT);
    let all = tokens(text);
    all.iter().enumerate().find_map(|(at, token)| {
        matches!(token.text.as_str(), "@" | "arroba").then(|| around(text, &all, at)).flatten()
    })
}

fn around(text: &str, all: &[Token], at: usize) -> Option<Found<String>> {
    let spelled = all[at].text == "arroba";
    let joins = |token: &Token| {
        matches!(token.text.as_str(), "." | "_" | "-" | "+" | "," | "ponto" | "dot" | "punto")
    };
    let mark = |token: &Token| match token.text.as_str() {
        "ponto" | "dot" | "punto" | "," => ".".to_owned(),
        _ => fold(&text[token.span.clone()]),
    };
    // Backwards: the local part, word by word as long as marks join them.
    let mut begin = at;
    while begin > 0 {
        let before = &all[begin - 1];
        let touches = before.touches(&all[begin]);
        let fits = before.text.is_ascii() && matches!(before.kind, TokenKind::Word | TokenKind::Digits);
        let is_first = begin == at;
        let joined = !is_first && joins(&all[begin]);
        let is_word = fits && (is_first || touches || joined) && !joins(before);
        let is_joint = joins(before) && begin < at && before.text != "," && begin > 1 && !joins(&all[begin]);
        if !is_word && !is_joint {
            break;
        }
        begin -= 1;
    }
    let mut end = at + 1;
    while let Some(token) = all.get(end) {
        let previous = &all[end - 1];
        let word = token.text.is_ascii() && matches!(token.kind, TokenKind::Word | TokenKind::Digits);
        // `gmail com`: the ending stands apart.
        let apart = end > at + 1 && matches!(token.text.as_str(), "com" | "con" | "br");
        if word && !joins(token) && (end == at + 1 || joins(previous) || previous.touches(token) || apart) {
            end += 1;
        } else if joins(token)
            && end > at + 1
            && !joins(previous)
            && all.get(end + 1).is_some_and(|next| next.kind == TokenKind::Word)
        {
            let next_touches = token.touches(&all[end + 1]);
            let fits = previous.touches(token) && next_touches
                || token.text != "," && (spelled || token.text != "-");
            let ending =
                matches!(all[end + 1].text.as_str(), "com" | "con" | "br" | "net" | "org" | "co" | "io");
            if !(fits && (next_touches || ending || token.kind == TokenKind::Word)) {
                break;
            }
            end += 1;
        } else {
            break;
        }
    }
    if begin == at || end == at + 1 {
        return None;
    }
    let local: String = all[begin..at].iter().map(mark).collect();
    let mut domain = String::new();
    for token in &all[at + 1..end] {
        let piece = mark(token);
        if matches!(piece.as_str(), "com" | "con" | "br") && !domain.is_empty() && !domain.ends_with('.') {
            domain.push('.');
        }
        domain.push_str(&piece);
    }
    let domain = corrected_domain(&domain).unwrap_or(domain);
    let value = canonical_email(&format!("{local}@{domain}"))?;
    Some(Found { span: all[begin].span.start..all[end - 1].span.end, value })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_corrected_and_real_addresses_are_not() {
        for (email, meant) in [
            ("ana@gmial.com", Some("ana@gmail.com")),
            ("ana@gmai.com", Some("ana@gmail.com")),
            ("ana@gmail.con", Some("ana@gmail.com")),
            ("ana@gmail.com.br", Some("ana@gmail.com")),
            ("ana@hotmal.com", Some("ana@hotmail.com")),
            ("ana@hotmail.con.br", Some("ana@hotmail.com.br")),
            ("ana@outlok.com", Some("ana@outlook.com")),
            ("ana@yaho.com.br", Some("ana@yahoo.com.br")),
            ("ana@gmail.co", Some("ana@gmail.com")),
            ("ana@empresa.comm", Some("ana@empresa.com")),
            ("ana@empresa.con.br", Some("ana@empresa.com.br")),
            ("ana@empresa.com.br", None),
            ("ana@gmail.com", None),
            ("ana@ymail.com", None),
            ("ana@hotmail.com.br", None),
            ("ana@live.com", None),
            ("ana@uol.com.br", None),
            ("ana@gama.com", None),
            ("ana@empresa.co", None),
        ] {
            assert_eq!(corrected(email).as_deref(), meant, "{email}");
        }
    }

    #[test]
    fn broken_addresses_are_put_together() {
        for (text, meant) in [
            ("ana arroba gmail ponto com", Some("ana@gmail.com")),
            ("meu email é ana.souza arroba gmail.com", Some("ana.souza@gmail.com")),
            ("ana @ gmail . com", Some("ana@gmail.com")),
            ("ana@gmail", Some("ana@gmail.com")),
            ("ana@gmailcom", Some("ana@gmail.com")),
            ("ana@gmail,com", Some("ana@gmail.com")),
            ("ana@gmail com", Some("ana@gmail.com")),
            ("ana@empresa", None),
            ("uma arroba de boi", None),
            ("@ana", None),
            ("@", None),
        ] {
            assert_eq!(find_broken(text).map(|found| found.value).as_deref(), meant, "{text}");
        }
        for text in ["@".repeat(9_000), "a . ".repeat(3_000) + "@ b", "é@é".repeat(500)] {
            find_broken(&text);
        }
    }
}
