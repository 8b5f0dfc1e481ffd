//! CPF and CNPJ as they are written, right or wrong: a number of the right shape with wrong check digits is worth asking
//! about. Reads the CNPJ with letters that is given out from 2026 on. Linear in the length of the text.

use super::span::Found;

/// Which document.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DocumentKind {
    /// A person's.
    Cpf,
    /// A company's.
    Cnpj,
}

/// Something in the shape of a document.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Document {
    /// Which.
    pub kind: DocumentKind,
    /// Eleven digits, or fourteen characters, letters in capitals.
    pub number: String,
    /// Whether its check digits are right.
    pub is_right: bool,
    /// Whether it has the marks that no other number has: `529.982.247-25`.
    pub is_marked: bool,
}

/// How many characters stand together, and the marks that may stand behind them.
type Shape = &'static [(usize, &'static [u8])];

const CPF: Shape = &[(3, b". "), (3, b". "), (3, b"-. "), (2, b"")];
const CNPJ: Shape = &[(2, b". "), (3, b". "), (3, b"/ "), (4, b"- "), (2, b"")];

/// A document of this kind as its digits (a CNPJ's letters in capitals), if its check digits are right. Marks and
/// blanks between them do not count.
pub fn canonical(kind: DocumentKind, text: &str) -> Option<String> {
    let marks = |character: char| matches!(character, '.' | '-' | '/' | ' ');
    let number: String =
        text.trim().chars().filter(|character| !marks(*character)).map(|c| c.to_ascii_uppercase()).collect();
    let (length, letters) = match kind {
        DocumentKind::Cpf => (11, 0),
        DocumentKind::Cnpj => (14, 12),
    };
    let fits =
        |(place, byte): (usize, u8)| byte.is_ascii_digit() || place < letters && byte.is_ascii_uppercase();
    let is_shaped = number.len() == length && number.bytes().enumerate().all(fits);
    (is_shaped && checks(kind, number.as_bytes())).then_some(number)
}

/// Everything in the shape of a CPF or CNPJ.
pub fn find_document_shapes(text: &str) -> Vec<Found<Document>> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        if !bytes[at].is_ascii_alphanumeric() {
            at += 1;
            continue;
        }
        let read = [(DocumentKind::Cnpj, CNPJ), (DocumentKind::Cpf, CPF)]
            .into_iter()
            .filter(|_| !touches_before(text, at))
            .find_map(|(kind, shape)| read(text, at, kind, shape));
        match read {
            Some((document, end)) => {
                found.push(Found { span: at..end, value: document });
                at = end;
            }
            None => {
                while at < bytes.len() && bytes[at].is_ascii_alphanumeric() {
                    at += 1;
                }
            }
        }
    }
    found
}

fn touches_before(text: &str, at: usize) -> bool {
    let mut before = text[..at].chars().rev();
    match before.next() {
        Some(character) if character.is_alphanumeric() || matches!(character, '@' | '_' | '#') => true,
        Some('.' | '/' | '-' | ',' | '+') => before.next().is_some_and(char::is_alphanumeric),
        Some(_) | None => false,
    }
}

fn read(text: &str, begin: usize, kind: DocumentKind, shape: Shape) -> Option<(Document, usize)> {
    let bytes = text.as_bytes();
    let (mut at, mut number, mut marks) = (begin, String::new(), 0);
    for (place, (length, behind)) in shape.iter().enumerate() {
        for _ in 0..*length {
            let byte = *bytes.get(at).filter(|byte| byte.is_ascii_alphanumeric())?;
            number.push(char::from(byte.to_ascii_uppercase()));
            at += 1;
        }
        let mark = bytes.get(at).filter(|byte| behind.contains(byte));
        // A blank is a mark only inside of the number.
        if let Some(mark) = mark.filter(|_| place + 1 < shape.len()) {
            marks += usize::from(*mark != b' ');
            at += 1;
        }
    }
    let runs_on = text[at..].chars().next().is_some_and(char::is_alphanumeric);
    let check = &number[number.len() - 2..];
    let has_letters = number.bytes().any(|byte| byte.is_ascii_alphabetic());
    let is_marked = marks >= shape.len() - 2 && marks >= 2;
    let plain = !has_letters || kind == DocumentKind::Cnpj && is_marked;
    if runs_on || !plain || !check.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let is_right = checks(kind, number.as_bytes());
    // Letters without right check digits are a code of something else.
    (is_right || !has_letters).then_some((Document { kind, number, is_right, is_marked }, at))
}

/// Whether the check digits are right. A letter counts by its place in the character set, as the tax office has it.
fn checks(kind: DocumentKind, number: &[u8]) -> bool {
    if number.iter().all(|byte| *byte == number[0]) {
        return false;
    }
    let (length, highest) = match kind {
        DocumentKind::Cpf => (9, 11),
        DocumentKind::Cnpj => (12, 9),
    };
    (length..length + 2).all(|place| {
        let sum: u32 = number[..place]
            .iter()
            .rev()
            .enumerate()
            // Weights grow from two to the left, and begin again behind the highest.
            .map(|(distance, byte)| {
                (u32::from(*byte) - 48) * (2 + u32::try_from(distance).unwrap_or(0) % (highest - 1))
            })
            .sum();
        let expected = match sum % 11 {
            0 | 1 => 0,
            rest => 11 - rest,
        };
        u32::from(number[place]) - 48 == expected
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_and_check_digits() {
        for (text, expected) in [
            ("529.982.247-25", "Cpf 52998224725 right marked"),
            ("cpf 52998224725", "Cpf 52998224725 right"),
            ("529 982 247 25", "Cpf 52998224725 right"),
            ("529.982.247-26", "Cpf 52998224726 wrong marked"),
            ("111.111.111-11", "Cpf 11111111111 wrong marked"),
            ("11.222.333/0001-81", "Cnpj 11222333000181 right marked"),
            ("11222333000181", "Cnpj 11222333000181 right"),
            ("11.222.333/0001-82", "Cnpj 11222333000182 wrong marked"),
            ("12.ABC.345/01DE-35", "Cnpj 12ABC34501DE35 right marked"),
            ("12.abc.345/01de-35", "Cnpj 12ABC34501DE35 right marked"),
            ("12.ABC.345/01DE-36", ""),
            ("(11) 95555-0123", ""),
            ("ana12345678901@x.com", ""),
            ("529.982.247-255", ""),
        ] {
            let shown: Vec<String> = find_document_shapes(text)
                .iter()
                .map(|found| {
                    let document = &found.value;
                    let right = if document.is_right { "right" } else { "wrong" };
                    let marked = if document.is_marked { " marked" } else { "" };
                    format!("{:?} {} {right}{marked}", document.kind, document.number)
                })
                .collect();
            assert_eq!(shown.join(", "), expected, "{text}");
        }
        for text in ["1".repeat(50_000), "1.".repeat(20_000), "é1".repeat(10_000)] {
            find_document_shapes(&text);
        }
    }
}
