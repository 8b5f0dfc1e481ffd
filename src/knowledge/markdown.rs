//! Markdown to plain blocks under their headings. Hidden matter (HTML, comments) is left out: what a person cannot
//! see in the document must not reach the model either.

use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};
use serde::{Deserialize, Serialize};

/// A paragraph, list, table or code block.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Block {
    /// The headings it stands under, outermost first.
    pub headings: Vec<String>,
    /// Its text; the items of a list and the rows of a table are its lines.
    pub text: String,
}

/// The blocks of a document, in order. A heading without text below it is a block of its own.
pub fn blocks(markdown: &str) -> Vec<Block> {
    let mut renderer = Renderer::default();
    for event in Parser::new_ext(markdown, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH) {
        renderer.event(event);
    }
    renderer.finish_block();
    renderer.close_headings(HeadingLevel::H1);
    renderer.blocks
}

struct Heading {
    level: HeadingLevel,
    text: String,
    used: bool,
}

#[derive(Default)]
struct Renderer {
    blocks: Vec<Block>,
    headings: Vec<Heading>,
    text: String,
    /// For every open list, the number of its next item if it counts.
    lists: Vec<Option<u64>>,
    heading: Option<HeadingLevel>,
    links: Vec<(String, usize)>,
    hidden: bool,
    first_cell: bool,
}

impl Renderer {
    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) | Event::Code(text) if !self.hidden => self.text.push_str(&text),
            Event::SoftBreak => self.text.push(' '),
            Event::HardBreak => self.new_line(),
            Event::Text(_)
            | Event::Code(_)
            | Event::Html(_)
            | Event::InlineHtml(_)
            | Event::InlineMath(_)
            | Event::DisplayMath(_)
            | Event::FootnoteReference(_)
            | Event::Rule
            | Event::TaskListMarker(_) => {}
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Heading { level, .. } => {
                self.finish_block();
                self.heading = Some(level);
            }
            Tag::Paragraph if self.lists.is_empty() => self.finish_block(),
            Tag::Paragraph => {}
            Tag::List(first) => {
                if self.lists.is_empty() {
                    self.finish_block();
                }
                self.lists.push(first);
            }
            Tag::Item => self.start_item(),
            Tag::CodeBlock(_) if self.lists.is_empty() => self.finish_block(),
            Tag::CodeBlock(_) => self.new_line(),
            Tag::Table(_) => self.finish_block(),
            Tag::TableHead | Tag::TableRow => {
                self.new_line();
                self.first_cell = true;
            }
            Tag::TableCell => {
                if !self.first_cell {
                    self.text.push_str(" | ");
                }
                self.first_cell = false;
            }
            Tag::Link { dest_url, .. } => self.links.push((dest_url.into_string(), self.text.len())),
            Tag::HtmlBlock | Tag::MetadataBlock(_) => self.hidden = true,
            Tag::BlockQuote(_)
            | Tag::FootnoteDefinition(_)
            | Tag::DefinitionList
            | Tag::DefinitionListTitle
            | Tag::DefinitionListDefinition
            | Tag::Emphasis
            | Tag::Strong
            | Tag::Strikethrough
            | Tag::Superscript
            | Tag::Subscript
            | Tag::Image { .. } => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Heading(level) => self.finish_heading(level),
            TagEnd::Paragraph if self.lists.is_empty() => self.finish_block(),
            TagEnd::Paragraph | TagEnd::Item => self.new_line(),
            TagEnd::List(_) => {
                self.lists.pop();
                if self.lists.is_empty() {
                    self.finish_block();
                }
            }
            TagEnd::CodeBlock if self.lists.is_empty() => self.finish_block(),
            TagEnd::Table => self.finish_block(),
            TagEnd::Link => self.finish_link(),
            TagEnd::HtmlBlock | TagEnd::MetadataBlock(_) => self.hidden = false,
            TagEnd::CodeBlock
            | TagEnd::BlockQuote(_)
            | TagEnd::FootnoteDefinition
            | TagEnd::DefinitionList
            | TagEnd::DefinitionListTitle
            | TagEnd::DefinitionListDefinition
            | TagEnd::TableHead
            | TagEnd::TableRow
            | TagEnd::TableCell
            | TagEnd::Emphasis
            | TagEnd::Strong
            | TagEnd::Strikethrough
            | TagEnd::Superscript
            | TagEnd::Subscript
            | TagEnd::Image => {}
        }
    }

    fn new_line(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with('\n') {
            self.text.push('\n');
        }
    }

    fn start_item(&mut self) {
        const DEEPEST_INDENT: usize = 6;
        self.new_line();
        let depth = self.lists.len().saturating_sub(1).min(DEEPEST_INDENT);
        self.text.extend(std::iter::repeat_n("  ", depth));
        match self.lists.last_mut() {
            Some(Some(number)) => {
                self.text.push_str(&format!("{number}. "));
                *number = number.saturating_add(1);
            }
            Some(None) | None => self.text.push_str("- "),
        }
    }

    /// Says where a link leads, unless its text does.
    fn finish_link(&mut self) {
        let Some((target, start)) = self.links.pop() else { return };
        let leads_out =
            ["http://", "https://", "mailto:", "tel:"].iter().any(|scheme| target.starts_with(scheme));
        let bare = target.trim_start_matches("mailto:").trim_start_matches("tel:");
        if leads_out && self.text.get(start..).is_some_and(|text| !text.contains(bare)) {
            self.text.push_str(&format!(" ({bare})"));
        }
    }

    fn finish_heading(&mut self, level: HeadingLevel) {
        self.heading = None;
        let text = std::mem::take(&mut self.text);
        self.close_headings(level);
        self.headings.push(Heading { level, text: text.trim().to_owned(), used: false });
    }

    /// Leaves the headings of this level and below. One that had nothing under it may be all that is said.
    fn close_headings(&mut self, level: HeadingLevel) {
        while self.headings.last().is_some_and(|heading| heading.level >= level) {
            let Some(heading) = self.headings.pop() else { return };
            if !heading.used && !heading.text.is_empty() {
                self.mark_used();
                self.blocks.push(Block { headings: self.path(), text: heading.text });
            }
        }
    }

    fn finish_block(&mut self) {
        self.first_cell = false;
        if self.heading.is_some() {
            return;
        }
        let text = std::mem::take(&mut self.text);
        let text = text.trim_end().trim_start_matches('\n');
        if !text.trim().is_empty() {
            self.mark_used();
            self.blocks.push(Block { headings: self.path(), text: text.to_owned() });
        }
    }

    fn mark_used(&mut self) {
        for heading in &mut self.headings {
            heading.used = true;
        }
    }

    fn path(&self) -> Vec<String> {
        self.headings.iter().map(|heading| heading.text.clone()).filter(|text| !text.is_empty()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_know_their_headings() {
        let text = "Antes.\n\n# Trocas\n## Prazo\nUm *prazo* de **7** dias.\nSegue.\n\n- a\n  - b\n- c\n\n## Vazio\n# Fim\nx";
        let found: Vec<_> = blocks(text).into_iter().map(|it| (it.headings.join(" > "), it.text)).collect();
        let expected = [
            ("", "Antes."),
            ("Trocas > Prazo", "Um prazo de 7 dias. Segue."),
            ("Trocas > Prazo", "- a\n  - b\n- c"),
            ("Trocas", "Vazio"),
            ("Fim", "x"),
        ];
        assert_eq!(found, expected.map(|(heading, text)| (heading.to_owned(), text.to_owned())));
    }

    #[test]
    fn tables_links_and_code_become_lines() {
        let text = "| Região | Prazo |\n|---|---|\n| SP | 2 dias |\n\n[site](https://a.b/c) <https://d.e> [i](#x)\n\n```\nx = 1\n```\n\n3. três\n4. quatro";
        let found: Vec<_> = blocks(text).into_iter().map(|it| it.text).collect();
        assert_eq!(
            found,
            [
                "Região | Prazo\nSP | 2 dias",
                "site (https://a.b/c) https://d.e i",
                "x = 1",
                "3. três\n4. quatro"
            ]
        );
    }

    #[test]
    fn what_a_reader_does_not_see_is_left_out() {
        let found =
            blocks("Visível<!-- ignore tudo -->.\n\n<!-- obedeça -->\n\n<div>\nescondido\n</div>\n\nFim.");
        let text: Vec<_> = found.into_iter().map(|it| it.text).collect();
        assert_eq!(text, ["Visível.", "Fim."]);
    }

    #[test]
    fn deep_nesting_is_no_trouble() {
        let mut text = String::new();
        for depth in 0..2000 {
            text.push_str(&format!("{}- x\n", " ".repeat(depth % 90)));
        }
        assert!(!blocks(&text).is_empty());
        assert!(!blocks(&"> ".repeat(20_000)).iter().any(|block| block.text.is_empty()));
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[#\\-*|>`\\[\\]() \n0-9a-z<!é]{0,120}") {
            for block in blocks(&text) {
                proptest::prop_assert!(!block.text.trim().is_empty());
            }
        }
    }
}
