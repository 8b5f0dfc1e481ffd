//! The little Markdown that answers use, in the marks that WhatsApp shows. WhatsApp knows no headings, tables or links
//! with words of their own, and no way to escape a mark. It changes how a text looks and never what it says.

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};
use std::borrow::Cow;

/// Brings a text into WhatsApp's marks.
pub fn marked(text: &str) -> String {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    let text = with_whole_links(text);
    let mut page = Page::default();
    for event in Parser::new_ext(&text, options) {
        page.take(event);
    }
    page.finish()
}

/// A span that is marked on both sides.
struct Span {
    mark: char,
    /// Where its first mark stands; none for a span that cannot be marked here.
    opened: Option<usize>,
}

/// A list under way: the number of its next item, if it has numbers.
struct List {
    next: Option<u64>,
}

/// A link under way.
struct Link {
    target: String,
    begins: usize,
}

/// A table under way.
#[derive(Default)]
struct Table {
    heads: Vec<String>,
    has_rows: bool,
    cells: Vec<String>,
    /// Where the cell under way begins.
    begins: usize,
}

/// What was written so far, and what is still open.
#[derive(Default)]
struct Page {
    out: String,
    /// Nothing stands in this line yet but what begins it.
    fresh: bool,
    spans: Vec<Span>,
    /// Both marks of the span that ended last: undone if a letter follows, as WhatsApp would show them as they are.
    ended: Option<(usize, usize)>,
    lists: Vec<List>,
    links: Vec<Link>,
    quotes: usize,
    table: Table,
    fenced: bool,
}

/// What is between two blocks.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Gap {
    /// The next line.
    Line,
    /// A line without words.
    Blank,
}

impl Page {
    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Code(code) => self.text(&format!("`{code}`")),
            Event::Text(text)
            | Event::Html(text)
            | Event::InlineHtml(text)
            | Event::InlineMath(text)
            | Event::DisplayMath(text)
            | Event::FootnoteReference(text) => self.text(&text),
            Event::SoftBreak | Event::HardBreak => self.line_break(),
            Event::Rule => self.block(),
            Event::TaskListMarker(done) => self.text(if done { "[x] " } else { "[ ] " }),
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Paragraph | Tag::HtmlBlock => self.block(),
            Tag::Heading { .. } => {
                self.block();
                self.open('*');
            }
            Tag::BlockQuote(_) => {
                self.block();
                if self.quotes == 0 {
                    self.out.push_str("> ");
                }
                self.quotes += 1;
                self.fresh = true;
            }
            Tag::CodeBlock(kind) => {
                self.block();
                // Four spaces before a line are rarely meant as code in a chat.
                self.fenced = matches!(kind, CodeBlockKind::Fenced(_));
                if self.fenced {
                    self.text("```\n");
                }
            }
            Tag::List(first) => {
                if self.lists.is_empty() {
                    self.block();
                }
                self.lists.push(List { next: first });
            }
            Tag::Item => self.item(),
            Tag::Emphasis => self.open('_'),
            Tag::Strong => self.open('*'),
            Tag::Strikethrough => self.open('~'),
            Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. } => {
                self.links.push(Link { target: dest_url.to_string(), begins: self.out.len() });
            }
            Tag::Table(_) => {
                self.block();
                self.table = Table::default();
            }
            Tag::TableCell => {
                self.table.begins = self.out.len();
                // A cell begins a word, whatever stands before it.
                self.out.push(' ');
            }
            Tag::TableHead
            | Tag::TableRow
            | Tag::FootnoteDefinition(_)
            | Tag::DefinitionList
            | Tag::DefinitionListTitle
            | Tag::DefinitionListDefinition
            | Tag::Superscript
            | Tag::Subscript
            | Tag::MetadataBlock(_) => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Heading(_) | TagEnd::Emphasis | TagEnd::Strong | TagEnd::Strikethrough => self.close(),
            TagEnd::BlockQuote(_) => self.quotes = self.quotes.saturating_sub(1),
            TagEnd::CodeBlock => {
                if std::mem::take(&mut self.fenced) {
                    self.out.truncate(self.out.trim_end().len());
                    self.text("\n```");
                }
            }
            TagEnd::List(_) => {
                self.lists.pop();
            }
            TagEnd::Link | TagEnd::Image => self.target(),
            TagEnd::TableCell => {
                let cell = self.out.split_off(self.table.begins);
                self.ended = None;
                self.table.cells.push(cell.trim().to_owned());
            }
            TagEnd::TableHead => self.table.heads = std::mem::take(&mut self.table.cells),
            TagEnd::TableRow => self.row(),
            TagEnd::Table => {
                if !self.table.has_rows {
                    self.table.cells = std::mem::take(&mut self.table.heads);
                    self.row();
                }
            }
            TagEnd::Paragraph
            | TagEnd::Item
            | TagEnd::HtmlBlock
            | TagEnd::FootnoteDefinition
            | TagEnd::DefinitionList
            | TagEnd::DefinitionListTitle
            | TagEnd::DefinitionListDefinition
            | TagEnd::Superscript
            | TagEnd::Subscript
            | TagEnd::MetadataBlock(_) => {}
        }
    }

    /// Sets a block apart from what is before it; the first one of an item stands in the item's own line.
    fn block(&mut self) {
        self.apart(if self.lists.is_empty() { Gap::Blank } else { Gap::Line });
        if !self.fresh {
            return;
        }
        // A further block of an item stands below its words.
        if self.out.ends_with('\n') {
            self.out.push_str(&"  ".repeat(self.lists.len()));
        }
    }

    fn apart(&mut self, gap: Gap) {
        if self.fresh || self.out.is_empty() {
            self.fresh = true;
            return;
        }
        self.out.truncate(self.out.trim_end().len());
        self.out.push_str(match gap {
            Gap::Line => "\n",
            Gap::Blank => "\n\n",
        });
        self.quoted();
        self.fresh = true;
        self.ended = None;
    }

    fn item(&mut self) {
        self.apart(Gap::Line);
        self.out.push_str(&"  ".repeat(self.lists.len().saturating_sub(1)));
        match self.lists.last_mut().and_then(|list| list.next.as_mut()) {
            Some(number) => {
                self.out.push_str(&format!("{number}. "));
                *number += 1;
            }
            None => self.out.push_str("- "),
        }
        self.fresh = true;
    }

    fn quoted(&mut self) {
        if self.quotes > 0 {
            self.out.push_str("> ");
        }
    }

    fn text(&mut self, text: &str) {
        if let Some((opened, closed)) = self.ended.take()
            && self.out.len() == closed + 1
            && text.starts_with(char::is_alphanumeric)
        {
            self.out.remove(closed);
            self.out.remove(opened);
        }
        self.out.push_str(text);
        self.fresh = false;
    }

    /// A mark does not reach over the end of a line.
    fn line_break(&mut self) {
        let open: String =
            self.spans.iter().filter(|span| span.opened.is_some()).map(|span| span.mark).collect();
        self.out.extend(open.chars().rev());
        self.out.push('\n');
        self.quoted();
        self.out.push_str(&"  ".repeat(self.lists.len()));
        for span in self.spans.iter_mut().filter(|span| span.opened.is_some()) {
            span.opened = Some(self.out.len());
            self.out.push(span.mark);
        }
        self.ended = None;
    }

    fn open(&mut self, mark: char) {
        let nested = self.spans.iter().any(|span| span.mark == mark && span.opened.is_some());
        let inside_a_word = self.out.ends_with(char::is_alphanumeric);
        let opened = (!nested && !inside_a_word).then_some(self.out.len());
        if opened.is_some() {
            self.out.push(mark);
            self.fresh = false;
        }
        self.spans.push(Span { mark, opened });
    }

    fn close(&mut self) {
        let Some(Span { mark, opened: Some(opened) }) = self.spans.pop() else { return };
        if self.out.len() <= opened + mark.len_utf8() {
            // Nothing was said in between.
            self.out.truncate(opened);
            return;
        }
        self.ended = Some((opened, self.out.len()));
        self.out.push(mark);
    }

    /// Says where a link leads, unless its words say so.
    fn target(&mut self) {
        let Some(link) = self.links.pop() else { return };
        self.ended = None;
        let said = self.out.get(link.begins..).unwrap_or_default().trim().to_owned();
        if said.is_empty() {
            self.text(&link.target);
        } else if bare(&said) == bare(&link.target) {
            // A bare host is no link to WhatsApp's eyes: the whole address stands in its place.
            if link.target.starts_with("http") {
                self.out.truncate(link.begins);
                self.text(&link.target);
            }
        } else if !link.target.is_empty() {
            self.text(&format!(" ({})", link.target));
        }
    }

    /// A row as a line: `Plano: Pro, Preço: R$ 99`.
    fn row(&mut self) {
        let cells = std::mem::take(&mut self.table.cells);
        let said: Vec<String> = cells
            .iter()
            .enumerate()
            .filter(|(_, cell)| !cell.is_empty())
            .map(|(column, cell)| match self.table.heads.get(column) {
                Some(head) if !head.is_empty() => format!("{head}: {cell}"),
                Some(_) | None => cell.clone(),
            })
            .collect();
        self.table.has_rows = true;
        if said.is_empty() {
            return;
        }
        self.apart(Gap::Line);
        self.text("- ");
        self.text(&said.join(", "));
    }

    fn finish(self) -> String {
        let lines: Vec<&str> = self.out.lines().map(str::trim_end).collect();
        lines.join("\n").trim_matches('\n').to_owned()
    }
}

/// The text with every mark inside a bare address taken for what it is: part of the address.
fn with_whole_links(text: &str) -> Cow<'_, str> {
    if !text.contains("://") {
        return Cow::Borrowed(text);
    }
    let mut whole = String::with_capacity(text.len() + 16);
    let mut is_code = false;
    for word in text.split_inclusive(char::is_whitespace) {
        // What is code is not read for marks; in brackets the parser knows an address itself.
        is_code ^= word.matches("```").count() % 2 == 1;
        let is_link = !is_code && word.contains("://") && !word.contains(['`', '(', '[', '<']);
        // Marks around an address are meant as marks.
        if !is_link || word.starts_with(['*', '_', '~']) {
            whole.push_str(word);
            continue;
        }
        for letter in word.trim_end().chars() {
            if matches!(letter, '*' | '_' | '~') {
                whole.push('\\');
            }
            whole.push(letter);
        }
        whole.push_str(&word[word.trim_end().len()..]);
    }
    Cow::Owned(whole)
}

/// An address without what people leave out of it.
fn bare(text: &str) -> &str {
    let mut text = text.trim().trim_end_matches('/');
    for scheme in ["mailto:", "tel:", "https://", "http://"] {
        text = text.strip_prefix(scheme).unwrap_or(text);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markdown_becomes_what_whatsapp_shows() {
        for (from, to) in [
            ("Olá, **Ana**!", "Olá, *Ana*!"),
            ("*Atenção:* é _urgente_", "_Atenção:_ é _urgente_"),
            ("~~R$ 120~~ R$ 99", "~R$ 120~ R$ 99"),
            ("# Planos\nEscolha um", "*Planos*\n\nEscolha um"),
            ("## **Planos**", "*Planos*"),
            ("veja [a política](https://loja.com.br/trocas)", "veja a política (https://loja.com.br/trocas)"),
            ("[https://loja.com.br/](https://loja.com.br)", "https://loja.com.br"),
            ("[loja.com.br](https://loja.com.br/)", "https://loja.com.br/"),
            ("<ana@loja.com.br>", "ana@loja.com.br"),
            ("https://loja.com.br/a_b_c?x=1&y=*2*", "https://loja.com.br/a_b_c?x=1&y=*2*"),
            ("em https://loja.com.br/__x__ **já**", "em https://loja.com.br/__x__ *já*"),
            ("**https://loja.com.br/a**", "*https://loja.com.br/a*"),
            ("Temos:\n- **Azul**\n- Verde", "Temos:\n\n- *Azul*\n- Verde"),
            ("1. um\n2. dois\n\n   mais\n3. três", "1. um\n2. dois\n  mais\n3. três"),
            ("- a\n  - b\n  - c\n- d", "- a\n  - b\n  - c\n- d"),
            ("* a\n* b", "- a\n- b"),
            ("> citado\n> aqui\n\nfim", "> citado\n> aqui\n\nfim"),
            ("use `sim`", "use `sim`"),
            ("```\nhttps://a.b/_x_\n```", "```\nhttps://a.b/_x_\n```"),
            ("```\nlet a = *b*;\n```\nfim", "```\nlet a = *b*;\n```\n\nfim"),
            (
                "| Plano | Preço |\n|---|---|\n| Pro | R$ 99 |\n| **Max** | R$ 199 |",
                "- Plano: Pro, Preço: R$ 99\n- Plano: *Max*, Preço: R$ 199",
            ),
            ("a linha\ncom *duas\nlinhas* aqui", "a linha\ncom _duas_\n_linhas_ aqui"),
            ("in**teir**o", "inteiro"),
            ("**meia**noite", "meianoite"),
            ("**negrito** e depois", "*negrito* e depois"),
            ("3 * 4 * 5 = 60", "3 * 4 * 5 = 60"),
            ("R$ 1.299,90 (à vista)", "R$ 1.299,90 (à vista)"),
            ("linha um\nlinha dois\n\nlinha três", "linha um\nlinha dois\n\nlinha três"),
            ("antes\n\n---\n\ndepois", "antes\n\ndepois"),
            ("\\*sem negrito\\*", "*sem negrito*"),
            ("", ""),
            ("👍🏽 Combinado!", "👍🏽 Combinado!"),
        ] {
            assert_eq!(marked(from), to, "{from:?}");
        }
    }

    proptest::proptest! {
        /// Whatever the text, every word of it is still there.
        #[test]
        fn no_word_is_lost(words in proptest::collection::vec("[a-zà-ú]{1,8}", 1..30), glue in "[ \n*_>#-]{1,3}") {
            let said = marked(&words.join(&glue));
            let letters = |text: &str| text.chars().filter(|letter| letter.is_alphabetic()).collect::<String>();
            proptest::prop_assert_eq!(letters(&said), letters(&words.concat()));
        }
    }
}
