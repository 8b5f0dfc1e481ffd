//! The text of a PDF, page by page. It may panic, loop or fill the memory on a hostile file: it runs only in a process
//! of its own (`outside.rs`). Reads no pictures of text.

use super::Extract;
use super::outline::{Outline, joined};
use pdf_extract::{Document, PlainTextOutput, output_doc_page};
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// More pages than these are a library, not a document.
const MOST_PAGES: usize = 2_000;

/// Fewer letters on a page are no text: a page number, a scanner's stamp.
const FEWEST_LETTERS: usize = 12;

/// Reads it.
///
/// # Errors
/// It cannot be read, or holds no text; in words for the operator.
pub fn read(bytes: &[u8]) -> Result<Extract, String> {
    let mut document = Document::load_mem(bytes).map_err(|error| format!("the PDF is damaged: {error}"))?;
    // Many are encrypted with an empty password, only to forbid printing.
    if document.is_encrypted() && document.decrypt("").is_err() {
        return Err("the PDF is encrypted; save it without a password".to_owned());
    }
    let numbers: Vec<u32> = document.get_pages().into_keys().collect();
    if numbers.len() > MOST_PAGES {
        return Err(format!("{} pages are more than the {MOST_PAGES} allowed", numbers.len()));
    }
    let mut pages: Vec<(u32, Vec<String>)> = Vec::new();
    let mut unreadable = 0;
    for number in numbers {
        match page(&document, number) {
            Some(text) => pages.push((number, text.lines().map(joined).collect())),
            None => unreadable += 1,
        }
    }
    drop_running_lines(&mut pages);
    let letters =
        |lines: &[String]| lines.iter().flat_map(|line| line.chars()).filter(|it| it.is_alphabetic()).count();
    pages.retain(|(_, lines)| letters(lines) >= FEWEST_LETTERS);
    if pages.is_empty() {
        return Err(match unreadable {
            0 => {
                "there is no text in the PDF; scanned pages need character recognition (OCR) first".to_owned()
            }
            _ => format!("none of the {unreadable} pages of the PDF can be read"),
        });
    }
    let several = pages.len() > 1;
    let mut outline = Outline::default();
    for (number, lines) in pages {
        if several {
            outline.heading(1, &format!("p. {number}"));
        }
        for paragraph in lines.split(|line| line.is_empty()) {
            outline.block(&unhyphenated(paragraph));
        }
    }
    Ok(Extract::Blocks { title: None, language: None, blocks: outline.finish() })
}

/// The text of one page; a page that cannot be read does not stop the others.
fn page(document: &Document, number: u32) -> Option<String> {
    let read = || {
        let mut text = String::new();
        output_doc_page(document, &mut PlainTextOutput::new(&mut text), number).ok()?;
        Some(text)
    };
    catch_unwind(AssertUnwindSafe(read)).ok().flatten()
}

/// Leaves out what stands at the top or the bottom of most pages, and the pages' numbers.
fn drop_running_lines(pages: &mut [(u32, Vec<String>)]) {
    const FEWEST_PAGES: usize = 3;
    let edge = |lines: &[String]| -> Vec<String> {
        let said = || lines.iter().filter(|line| !line.is_empty());
        said().next().into_iter().chain(said().next_back()).map(|line| without_digits(line)).collect()
    };
    let mut counts: HashMap<String, usize> = HashMap::new();
    for (_, lines) in pages.iter() {
        let mut edges = edge(lines);
        edges.dedup();
        for line in edges {
            *counts.entry(line).or_default() += 1;
        }
    }
    let total = pages.len();
    for (_, lines) in pages.iter_mut() {
        let running: Vec<String> = edge(lines)
            .into_iter()
            .filter(|line| total >= FEWEST_PAGES && counts.get(line).is_some_and(|count| count * 2 > total))
            .collect();
        let first = lines.iter().position(|line| !line.is_empty());
        let last = lines.iter().rposition(|line| !line.is_empty());
        for at in [last, first].into_iter().flatten() {
            let is_number = lines[at].chars().all(|it| it.is_ascii_digit());
            if is_number || running.contains(&without_digits(&lines[at])) {
                lines[at].clear();
            }
        }
    }
}

fn without_digits(line: &str) -> String {
    line.chars().filter(|character| !character.is_ascii_digit()).collect()
}

/// Lines joined to a paragraph: a word that was parted at the end of a line is whole again, the items of a list and
/// the lines of a table stay apart.
fn unhyphenated(lines: &[String]) -> String {
    let longest = lines.iter().map(String::len).max().unwrap_or_default();
    let mut text = String::new();
    let mut before = 0;
    for line in lines {
        let parted = text.ends_with('-')
            && text.chars().rev().nth(1).is_some_and(char::is_lowercase)
            && line.starts_with(char::is_lowercase);
        let listed = line.starts_with(['•', '-', '–', '*', '▪', '·']) || before * 10 < longest * 6;
        if parted {
            text.pop();
        } else if !text.is_empty() {
            text.push(if listed { '\n' } else { ' ' });
        }
        text.push_str(line);
        before = line.len();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A PDF with these pages, each a list of lines, written by hand.
    pub fn written(pages: &[&[&str]]) -> Vec<u8> {
        let mut objects = vec!["<< /Type /Catalog /Pages 2 0 R >>".to_owned()];
        let kids: Vec<String> = (0..pages.len()).map(|page| format!("{} 0 R", 4 + 2 * page)).collect();
        objects.push(format!("<< /Type /Pages /Kids [{}] /Count {} >>", kids.join(" "), pages.len()));
        objects
            .push("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>".into());
        for (index, lines) in pages.iter().enumerate() {
            let content = 5 + 2 * index;
            objects.push(format!(
                "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {content} 0 R \
                 /Resources << /Font << /F1 3 0 R >> >> >>"
            ));
            let mut text = String::from("BT /F1 12 Tf 72 770 Td\n");
            for line in *lines {
                text.push_str(&format!("({line}) Tj 0 -16 Td\n"));
            }
            text.push_str("ET");
            objects.push(format!("<< /Length {} >>\nstream\n{text}\nendstream", text.len()));
        }
        let mut bytes = b"%PDF-1.4\n".to_vec();
        let mut places = Vec::new();
        for (index, object) in objects.iter().enumerate() {
            places.push(bytes.len());
            bytes.extend(format!("{} 0 obj\n{object}\nendobj\n", index + 1).bytes());
        }
        let table = bytes.len();
        bytes.extend(format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1).bytes());
        for place in places {
            bytes.extend(format!("{place:010} 00000 n \n").bytes());
        }
        let size = objects.len() + 1;
        bytes.extend(format!("trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n").bytes());
        bytes
    }

    fn blocks(bytes: &[u8]) -> Vec<(String, String)> {
        let Ok(Extract::Blocks { blocks, .. }) = read(bytes) else { panic!("it is not read") };
        blocks.into_iter().map(|block| (block.headings.join(" > "), block.text)).collect()
    }

    #[test]
    fn pages_are_read_without_what_runs_along_them() {
        let pages: [&[&str]; 3] = [
            &["Loja Verde - tabela", "O vaso de barro grande custa vinte rea-", "is na loja.", "1"],
            &["Loja Verde - tabela", "O adubo custa cinco reais.", "2"],
            &["Loja Verde - tabela", "A entrega demora dois dias.", "3"],
        ];
        let found = blocks(&written(&pages));
        assert_eq!(found.len(), 3, "{found:?}");
        assert_eq!(found[0], ("p. 1".into(), "O vaso de barro grande custa vinte reais na loja.".into()));
        assert_eq!(found[2], ("p. 3".into(), "A entrega demora dois dias.".into()));
    }

    #[test]
    fn one_page_has_no_number() {
        assert_eq!(
            blocks(&written(&[&["Trocas em sete dias."]])),
            [(String::new(), "Trocas em sete dias.".into())]
        );
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        for (bytes, words) in [
            (written(&[&[]]), "no text"),
            (written(&[&["7"], &["8"]]), "character recognition"),
            (b"%PDF-1.7\nnothing".to_vec(), "damaged"),
            (b"".to_vec(), "damaged"),
        ] {
            let reason = read(&bytes).unwrap_err();
            assert!(reason.contains(words), "{reason}");
        }
    }
}
