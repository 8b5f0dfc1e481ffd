//! What the rows of a table mean. A table whose header names a question and an answer is a list of FAQ entries, a
//! document each; of any other table each row becomes a block that carries the header's words. Knows no file format.

use super::{Cell, Row, Table};
use crate::domain::language::Language;
use crate::knowledge::day::day;
use crate::knowledge::document::{Body, Document, Failure, Terms};
use crate::knowledge::markdown::Block;
use crate::language::fold::words;
use sha2::{Digest, Sha256};
use std::collections::HashMap;

/// What a column of a FAQ table holds.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Column {
    Id,
    Question,
    Answer,
    Title,
    Language,
    Tags,
    ValidFrom,
    ValidUntil,
    Audience,
    Owner,
}

/// What people write above such a column, in three languages, folded.
const HEADERS: [(Column, &[&str]); 10] = [
    (Column::Id, &["id", "codigo", "code", "sku"]),
    (
        Column::Question,
        &[
            "pergunta",
            "perguntas",
            "pergunta frequente",
            "duvida",
            "question",
            "questions",
            "q",
            "pregunta",
            "preguntas",
        ],
    ),
    (Column::Answer, &["resposta", "respostas", "answer", "answers", "a", "respuesta", "respuestas"]),
    (Column::Title, &["titulo", "title", "assunto", "subject", "tema"]),
    (Column::Language, &["idioma", "lingua", "language", "lang"]),
    (Column::Tags, &["tags", "etiquetas", "palavras chave", "palabras clave", "keywords"]),
    (
        Column::ValidFrom,
        &[
            "valid from",
            "valido de",
            "valido desde",
            "valida desde",
            "vigente desde",
            "inicio da vigencia",
            "a partir de",
        ],
    ),
    (
        Column::ValidUntil,
        &[
            "valid until",
            "valido ate",
            "valida ate",
            "validade",
            "vigencia ate",
            "fim da vigencia",
            "valido hasta",
            "valida hasta",
            "expires",
        ],
    ),
    (Column::Audience, &["audience", "publico", "publico alvo"]),
    (Column::Owner, &["owner", "responsavel", "responsable", "dono"]),
];

/// What is known of a table before it is read.
pub struct Context<'a> {
    /// The file.
    pub origin: &'a str,
    /// The language of what names none.
    pub language: Language,
    /// Its title.
    pub title: &'a str,
}

/// The documents of a file's tables, each in the order of its rows.
pub fn documents(tables: &[Table], context: &Context<'_>) -> Vec<Result<Document, Failure>> {
    let mut found = Vec::new();
    let mut blocks = Vec::new();
    let mut sources = HashMap::new();
    for table in tables {
        let Some((header, rows)) = table.rows.split_first() else { continue };
        let columns: Vec<Option<Column>> =
            header.cells.iter().map(|cell| column(&cell.text(context.language))).collect();
        if columns.contains(&Some(Column::Question)) && columns.contains(&Some(Column::Answer)) {
            found.extend(rows.iter().map(|row| entry(row, &columns, context, &mut sources)));
        } else {
            blocks.extend(rows_as_blocks(table, header, rows, context.language));
        }
    }
    if !blocks.is_empty() {
        found.push(Ok(Document {
            source: context.origin.to_owned(),
            origin: context.origin.to_owned(),
            line: None,
            title: Some(context.title.to_owned()),
            language: context.language,
            tags: Vec::new(),
            terms: Terms::default(),
            body: Body::Outline(blocks),
        }));
    }
    found
}

fn column(header: &str) -> Option<Column> {
    let folded = words(header).join(" ");
    HEADERS.iter().find(|(_, names)| names.contains(&folded.as_str())).map(|(column, _)| *column)
}

/// One FAQ entry.
fn entry(
    row: &Row,
    columns: &[Option<Column>],
    context: &Context<'_>,
    sources: &mut HashMap<String, usize>,
) -> Result<Document, Failure> {
    let failure =
        |reason: String| Failure { origin: context.origin.to_owned(), line: Some(row.line), reason };
    let value = |wanted: Column| {
        let at = columns.iter().position(|column| *column == Some(wanted))?;
        Some(row.cells.get(at)?.text(context.language)).filter(|text| !text.is_empty())
    };
    let (Some(question), Some(answer)) = (value(Column::Question), value(Column::Answer)) else {
        return Err(failure("a question or its answer is missing in this row".to_owned()));
    };
    let date = |wanted| value(wanted).map(|text| day(&text)).transpose().map_err(failure);
    let terms = Terms {
        valid_from: date(Column::ValidFrom)?,
        valid_until: date(Column::ValidUntil)?,
        audience: value(Column::Audience),
        owner: value(Column::Owner),
    };
    if let Some(fault) = terms.fault() {
        return Err(failure(fault));
    }
    let language = match value(Column::Language) {
        Some(tag) => tag.parse().map_err(|error| failure(format!("{error}")))?,
        None => context.language,
    };
    // Named by its question, so that a row that is put in above changes no other entry.
    let name = value(Column::Id).unwrap_or_else(|| short_hash(&words(&question).join(" ")));
    let source = format!("{}#{name}", context.origin);
    let times = sources.entry(source.clone()).or_insert(0);
    *times += 1;
    if *times > 1 {
        return Err(failure("the same question or id stands in a row above".to_owned()));
    }
    let tags = value(Column::Tags).unwrap_or_default();
    let tags =
        tags.split([',', ';']).map(str::trim).filter(|tag| !tag.is_empty()).map(str::to_owned).collect();
    Ok(Document {
        source,
        origin: context.origin.to_owned(),
        line: Some(row.line),
        title: value(Column::Title).or_else(|| Some(question.clone())),
        language,
        tags,
        terms,
        body: Body::Faq { question, answer },
    })
}

fn short_hash(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().take(5).map(|byte| format!("{byte:02x}")).collect()
}

/// Each row under its first cell, with the header's words before every value.
fn rows_as_blocks(table: &Table, header: &Row, rows: &[Row], language: Language) -> Vec<Block> {
    let names: Vec<String> = header.cells.iter().map(|cell| cell.text(language)).collect();
    let mut blocks = Vec::new();
    for row in rows {
        let lines: Vec<String> = row
            .cells
            .iter()
            .enumerate()
            .map(|(at, cell)| {
                let name = names.get(at).map_or("", String::as_str);
                (name, if is_price(name) { cell.price(language) } else { cell.text(language) })
            })
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| if name.is_empty() { value } else { format!("{name}: {value}") })
            .collect();
        let first = row.cells.iter().map(|cell| cell.text(language)).find(|text| !text.is_empty());
        let headings = table.name.iter().cloned().chain(first.filter(|text| text.len() <= 120)).collect();
        blocks.push(Block { headings, text: lines.join("\n") });
    }
    // A table of one line is all header.
    if rows.is_empty() {
        let text = names.iter().filter(|name| !name.is_empty()).cloned().collect::<Vec<_>>().join(" | ");
        blocks.push(Block { headings: table.name.iter().cloned().collect(), text });
    }
    blocks
}

fn is_price(header: &str) -> bool {
    words(header).iter().any(|word| {
        matches!(word.as_str(), "preco" | "precos" | "valor" | "price" | "precio" | "custo" | "cost" | "taxa")
    })
}

impl Cell {
    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Text(text) if text.trim().is_empty())
    }

    /// As it reads in this language.
    fn text(&self, language: Language) -> String {
        match self {
            Self::Text(text) => text.trim().to_owned(),
            // What sums leave behind in the last digits is noise.
            Self::Number(number) => localized(&((number * 1e6).round() / 1e6).to_string(), language),
        }
    }

    /// As a price reads.
    fn price(&self, language: Language) -> String {
        match self {
            Self::Text(_) => self.text(language),
            Self::Number(number) => format!("R$ {}", localized(&format!("{number:.2}"), language)),
        }
    }
}

fn localized(number: &str, language: Language) -> String {
    match language {
        Language::English => number.to_owned(),
        Language::Portuguese | Language::Spanish => number.replace('.', ","),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(line: usize, cells: &[&str]) -> Row {
        Row { line, cells: cells.iter().map(|text| Cell::Text((*text).to_owned())).collect() }
    }

    fn read(rows: Vec<Row>) -> Vec<Result<Document, Failure>> {
        let context = Context { origin: "faq.csv", language: Language::Portuguese, title: "faq" };
        documents(&[Table { name: None, rows }], &context)
    }

    #[test]
    fn a_faq_is_known_by_its_header_in_three_languages() {
        for (question, answer) in [
            ("Pergunta", "RESPOSTA"),
            ("question", "Answer"),
            ("Preguntas", "respuestas"),
            ("Dúvida", "Resposta"),
        ] {
            let found = read(vec![row(1, &["x", question, answer]), row(2, &["", "Abre domingo?", "Não."])]);
            let document = found[0].as_ref().unwrap();
            assert_eq!(document.body, Body::Faq { question: "Abre domingo?".into(), answer: "Não.".into() });
            assert_eq!(document.line, Some(2));
        }
    }

    #[test]
    fn an_entry_keeps_its_name_when_rows_move_and_says_what_is_known_of_it() {
        let header = row(1, &["pergunta", "resposta", "válido até", "responsável", "tags", "idioma"]);
        let entry =
            |line| row(line, &["Quanto custa o frete?", "R$ 15.", "30/11/2026", "Ana", "frete; envio", "pt"]);
        let first = read(vec![header.clone(), entry(2)]).remove(0).unwrap();
        let moved = read(vec![header, row(2, &["Outra?", "Sim."]), entry(3)]).remove(1).unwrap();
        assert_eq!(first.source, moved.source);
        assert_eq!(first.tags, ["frete", "envio"]);
        assert_eq!(first.terms.valid_until, Some("2026-11-30".parse().unwrap()));
        assert_eq!(first.terms.owner.as_deref(), Some("Ana"));
    }

    #[test]
    fn a_bad_row_costs_that_row_only() {
        let header = row(1, &["id", "pergunta", "resposta", "validade"]);
        let found = read(vec![
            header,
            row(2, &["a", "P?", "R."]),
            row(3, &["b", "P2?", ""]),
            row(4, &["c", "P3?", "R.", "logo"]),
            row(5, &["a", "P4?", "R."]),
            row(6, &["d", "P5?", "R."]),
        ]);
        let bad: Vec<_> = found.iter().filter_map(|it| it.as_ref().err()).map(|it| it.line).collect();
        assert_eq!(bad, [Some(3), Some(4), Some(5)]);
        assert_eq!(found.len(), 5);
    }

    #[test]
    fn other_tables_are_read_row_by_row_with_their_header() {
        let mut vase = row(3, &["Vaso", "", "15 cm"]);
        vase.cells[1] = Cell::Number(89.9);
        let found = read(vec![row(1, &["Produto", "Preço", "Altura"]), vase]);
        let Body::Outline(blocks) = &found[0].as_ref().unwrap().body else { panic!("no blocks") };
        assert_eq!(blocks[0].headings, ["Vaso"]);
        assert_eq!(blocks[0].text, "Produto: Vaso\nPreço: R$ 89,90\nAltura: 15 cm");
    }
}
