//! The text of a Word document: headings, paragraphs, lists, tables. Text that was deleted or hidden is left out, macros
//! and pictures are not looked at. Reads XML as a stream of events, so nesting costs no stack, and knows no entities
//! but XML's own five.

use super::Extract;
use super::archive::Archive;
use super::outline::Outline;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use std::collections::HashMap;

/// Reads it.
///
/// # Errors
/// It is damaged, encrypted, no Word document, or without text; in words for the operator.
pub fn read(bytes: &[u8]) -> Result<Extract, String> {
    let mut archive = Archive::open(bytes)?;
    let Some(body) = archive.text("word/document.xml")? else {
        return Err("this is no Word document: there is no word/document.xml in it".to_owned());
    };
    let styles =
        archive.text("word/styles.xml")?.map(|xml| heading_styles(&xml)).transpose()?.unwrap_or_default();
    let mut text = Text::new(&styles);
    events(&body, |event| text.event(event))?;
    let blocks = text.finish();
    if blocks.is_empty() {
        return Err("there is no text in the document".to_owned());
    }
    Ok(Extract::Blocks { title: text_of_title(&mut archive)?, language: None, blocks })
}

/// What the author calls the document.
fn text_of_title(archive: &mut Archive<'_>) -> Result<Option<String>, String> {
    let Some(xml) = archive.text("docProps/core.xml")? else { return Ok(None) };
    let (mut inside, mut title) = (false, String::new());
    events(&xml, |event| match event {
        Event::Start(tag) => inside = tag.local_name().as_ref() == "title",
        Event::Text(text) if inside => title.push_str(&text.xml10_content()),
        Event::End(_) => inside = false,
        _ => {}
    })?;
    Ok(Some(super::outline::joined(&title)).filter(|title| !title.is_empty()))
}

/// Calls `each` with every event of the document.
fn events(xml: &str, mut each: impl FnMut(&Event<'_>)) -> Result<(), String> {
    let mut reader = Reader::from_str(xml);
    reader.config_mut().expand_empty_elements = true;
    loop {
        match reader.read_event() {
            Ok(Event::Eof) => return Ok(()),
            Ok(event) => each(&event),
            Err(error) => return Err(format!("the document is damaged: {error}")),
        }
    }
}

/// The attribute without its prefix.
fn attribute(tag: &BytesStart<'_>, name: &str) -> Option<String> {
    let found = tag.attributes().flatten().find(|it| it.key.local_name().as_ref() == name)?;
    Some(found.value.into_owned())
}

/// Whether a switch such as `<w:vanish/>` is on.
fn is_on(tag: &BytesStart<'_>) -> bool {
    !matches!(attribute(tag, "val").as_deref(), Some("0" | "false" | "off" | "none"))
}

/// The styles that make a heading, with its level: by their name, which is English in every language of Word, or by
/// their outline level; also those based on such a style.
fn heading_styles(xml: &str) -> Result<HashMap<String, u8>, String> {
    let mut levels: HashMap<String, u8> = HashMap::new();
    let mut based_on: HashMap<String, String> = HashMap::new();
    let mut style = String::new();
    events(xml, |event| {
        let Event::Start(tag) = event else { return };
        let value = || attribute(tag, "val").unwrap_or_default();
        match tag.local_name().as_ref() {
            "style" => style = attribute(tag, "styleId").unwrap_or_default(),
            "name" => {
                let name = value().to_lowercase();
                let level = match name.strip_prefix("heading ") {
                    Some(level) => level.parse().ok().filter(|level| (1..=9).contains(level)),
                    None => (name == "title").then_some(1),
                };
                levels.extend(level.map(|level| (style.clone(), level)));
            }
            "outlineLvl" => {
                let level = value().parse::<u8>().ok().filter(|level| *level < 9);
                if let Some(level) = level {
                    levels.entry(style.clone()).or_insert(level + 1);
                }
            }
            "basedOn" => {
                based_on.insert(style.clone(), value());
            }
            _ => {}
        }
    })?;
    let mut inherited = Vec::new();
    for (style, parent) in &based_on {
        let mut parent = Some(parent);
        // A style may be based on itself in a broken file.
        for _ in 0..8 {
            let Some(name) = parent else { break };
            if let (false, Some(level)) = (levels.contains_key(style), levels.get(name)) {
                inherited.push((style.clone(), *level));
                break;
            }
            parent = based_on.get(name);
        }
    }
    levels.extend(inherited);
    Ok(levels)
}

struct Text<'a> {
    styles: &'a HashMap<String, u8>,
    outline: Outline,
    paragraph: String,
    level: Option<u8>,
    /// How deep in a list the paragraph is, from 1.
    list: Option<usize>,
    hidden: bool,
    in_text: bool,
    /// Lines of a list or table that are not a block yet.
    lines: Vec<String>,
    tables: usize,
    cells: Vec<String>,
    cell: String,
    /// The element whose inside is passed over, and how often it is open.
    skipped: Option<(String, usize)>,
}

impl<'a> Text<'a> {
    fn new(styles: &'a HashMap<String, u8>) -> Self {
        Self {
            styles,
            outline: Outline::default(),
            paragraph: String::new(),
            level: None,
            list: None,
            hidden: false,
            in_text: false,
            lines: Vec::new(),
            tables: 0,
            cells: Vec::new(),
            cell: String::new(),
            skipped: None,
        }
    }

    fn event(&mut self, event: &Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag.local_name().as_ref()),
            Event::Text(text) if self.in_text && self.skipped.is_none() && !self.hidden => {
                self.paragraph.push_str(&text.xml10_content());
            }
            Event::GeneralRef(entity) if self.in_text && self.skipped.is_none() && !self.hidden => {
                match entity.resolve_char_ref() {
                    Ok(Some(character)) => self.paragraph.push(character),
                    Ok(None) | Err(_) => {
                        self.paragraph
                            .push_str(quick_xml::escape::resolve_xml_entity(entity).unwrap_or_default());
                    }
                }
            }
            _ => {}
        }
    }

    fn start(&mut self, tag: &BytesStart<'_>) {
        let name = tag.local_name();
        let name = name.as_ref();
        if let Some((skipped, depth)) = &mut self.skipped {
            *depth += usize::from(skipped == name);
            return;
        }
        match name {
            // Deleted text, text that was moved away, and the copy that old programs are shown.
            "del" | "moveFrom" | "Fallback" | "instrText" => self.skipped = Some((name.to_owned(), 1)),
            "pStyle" => {
                let style = attribute(tag, "val").unwrap_or_default();
                self.level = self.level.or(self.styles.get(&style).copied());
            }
            "outlineLvl" => {
                let level = attribute(tag, "val").and_then(|level| level.parse::<u8>().ok());
                self.level = level.filter(|level| *level < 9).map(|level| level + 1).or(self.level);
            }
            "numPr" => self.list = Some(1),
            "ilvl" if self.list.is_some() => {
                let depth = attribute(tag, "val").and_then(|depth| depth.parse::<usize>().ok()).unwrap_or(0);
                self.list = Some(1 + depth.min(6));
            }
            "r" => self.hidden = false,
            "vanish" => self.hidden = is_on(tag),
            "t" => self.in_text = true,
            "tab" => self.paragraph.push(' '),
            "br" | "cr" => self.paragraph.push('\n'),
            "tbl" => {
                if self.tables == 0 {
                    self.finish_lines();
                }
                self.tables += 1;
            }
            "tr" if self.tables == 1 => self.cells.clear(),
            "tc" if self.tables == 1 => self.cell.clear(),
            _ => {}
        }
    }

    fn end(&mut self, name: &str) {
        if let Some((skipped, depth)) = &mut self.skipped {
            *depth -= usize::from(skipped == name);
            if *depth == 0 {
                self.skipped = None;
            }
            return;
        }
        match name {
            "t" => self.in_text = false,
            "r" => self.hidden = false,
            "p" => self.finish_paragraph(),
            "tc" if self.tables == 1 => self.cells.push(super::outline::joined(&self.cell)),
            "tr" if self.tables == 1 && self.cells.iter().any(|cell| !cell.is_empty()) => {
                self.lines.push(self.cells.join(" | "));
            }
            "tbl" => {
                self.tables = self.tables.saturating_sub(1);
                if self.tables == 0 {
                    self.finish_lines();
                }
            }
            _ => {}
        }
    }

    fn finish_paragraph(&mut self) {
        let text = std::mem::take(&mut self.paragraph);
        let (level, list) = (self.level.take(), self.list.take());
        if self.tables > 0 {
            self.cell.push(' ');
            self.cell.push_str(&text);
            return;
        }
        if text.trim().is_empty() {
            return;
        }
        match (level, list) {
            (Some(level), _) => {
                self.finish_lines();
                self.outline.heading(level, &text);
            }
            (None, Some(depth)) => {
                let text = super::outline::joined(&text);
                self.lines.push(format!("{}- {text}", "  ".repeat(depth - 1)));
            }
            (None, None) => {
                self.finish_lines();
                self.outline.block(&text);
            }
        }
    }

    fn finish_lines(&mut self) {
        let lines = std::mem::take(&mut self.lines);
        self.outline.block(&lines.join("\n"));
    }

    fn finish(mut self) -> Vec<crate::knowledge::markdown::Block> {
        self.finish_paragraph();
        self.finish_lines();
        self.outline.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::super::archive::tests::zipped;
    use super::*;

    fn document(body: &str) -> Vec<u8> {
        let styles = "<w:styles xmlns:w='w'><w:style w:styleId='Ttulo1'><w:name w:val='heading 1'/></w:style>\
                      <w:style w:styleId='Meu'><w:name w:val='Meu'/><w:basedOn w:val='Ttulo1'/></w:style>\
                      <w:style w:styleId='X'><w:basedOn w:val='X'/></w:style></w:styles>";
        let core = "<cp:coreProperties><dc:title>Tabela de trocas</dc:title></cp:coreProperties>";
        let body =
            format!("<?xml version='1.0'?><w:document xmlns:w='w'><w:body>{body}</w:body></w:document>");
        zipped(&[
            ("word/document.xml", body.as_bytes()),
            ("word/styles.xml", styles.as_bytes()),
            ("docProps/core.xml", core.as_bytes()),
        ])
    }

    fn found(bytes: &[u8]) -> Vec<(String, String)> {
        let Extract::Blocks { blocks, .. } = read(bytes).unwrap() else { panic!("no blocks") };
        blocks.into_iter().map(|block| (block.headings.join(" > "), block.text)).collect()
    }

    const PARAGRAPH: &str =
        "<w:p><w:r><w:t>Um </w:t></w:r><w:r><w:t>prazo &lt; 7 dias&#33;</w:t></w:r></w:p>";

    #[test]
    fn headings_lists_and_tables_are_read() {
        let bytes = document(&format!(
            "<w:p><w:pPr><w:pStyle w:val='Ttulo1'/></w:pPr><w:r><w:t>Trocas</w:t></w:r></w:p>{PARAGRAPH}\
             <w:p><w:pPr><w:numPr><w:ilvl w:val='0'/><w:numId w:val='1'/></w:numPr></w:pPr><w:r><w:t>um</w:t></w:r></w:p>\
             <w:p><w:pPr><w:numPr><w:ilvl w:val='1'/></w:numPr></w:pPr><w:r><w:t>dois</w:t></w:r></w:p>\
             <w:p><w:pPr><w:pStyle w:val='Meu'/></w:pPr><w:r><w:t>Frete</w:t></w:r></w:p>\
             <w:tbl><w:tr><w:tc><w:p><w:r><w:t>SP</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>R$</w:t><w:tab/><w:t>15</w:t></w:r></w:p>\
             <w:tbl><w:tr><w:tc><w:p><w:r><w:t>dentro</w:t></w:r></w:p></w:tc></w:tr></w:tbl></w:tc></w:tr></w:tbl>"
        ));
        let expected =
            [("Trocas", "Um prazo < 7 dias!"), ("Trocas", "- um\n- dois"), ("Frete", "SP | R$ 15 dentro")];
        let expected: Vec<_> = expected.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        assert_eq!(found(&bytes), expected);
        let Extract::Blocks { title, .. } = read(&bytes).unwrap() else { panic!("no blocks") };
        assert_eq!(title.as_deref(), Some("Tabela de trocas"));
    }

    #[test]
    fn what_a_reader_does_not_see_is_left_out() {
        let bytes = document(
            "<w:p><w:r><w:t>Visível</w:t></w:r><w:r><w:rPr><w:vanish/></w:rPr><w:t>oculto</w:t></w:r>\
             <w:r><w:rPr><w:vanish w:val='0'/></w:rPr><w:t>.</w:t></w:r>\
             <w:del><w:r><w:t>apagado</w:t></w:r></w:del><w:moveFrom><w:r><w:t>movido</w:t></w:r></w:moveFrom></w:p>",
        );
        assert_eq!(found(&bytes), [(String::new(), "Visível.".to_owned())]);
    }

    #[test]
    fn broken_and_hostile_files_are_refused_with_the_reason() {
        let bomb = "<!DOCTYPE b [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;'>]>\
                    <w:document xmlns:w='w'><w:body><w:p><w:r><w:t>fim &b;</w:t></w:r></w:p></w:body></w:document>";
        assert_eq!(
            found(&zipped(&[("word/document.xml", bomb.as_bytes())])),
            [(String::new(), "fim".to_owned())]
        );
        let deep =
            document(&format!("{}{PARAGRAPH}{}", "<w:sdt>".repeat(100_000), "</w:sdt>".repeat(100_000)));
        assert_eq!(found(&deep).len(), 1);
        for (bytes, words) in [
            (document(""), "no text"),
            (zipped(&[("xl/workbook.xml", b"")]), "no Word document"),
            (zipped(&[("word/document.xml", b"<w:p><w:r></w:p>")]), "damaged"),
            (b"PK\x03\x04broken".to_vec(), "damaged"),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1....".to_vec(), "encrypted"),
        ] {
            let reason = read(&bytes).unwrap_err();
            assert!(reason.contains(words), "{reason}");
        }
    }
}
