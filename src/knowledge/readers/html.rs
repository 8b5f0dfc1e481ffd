//! The text of a web page under its headings, without what surrounds it: menus, banners, footers, forms. What a
//! visitor cannot see is left out, so that it does not reach the model either. Fetches nothing, runs nothing.

use super::Extract;
use super::outline::{Outline, joined};
use scraper::node::Element;
use scraper::{ElementRef, Html, Node, Selector};
use std::collections::HashSet;

/// Elements that hold no text of the page.
const NO_TEXT: [&str; 20] = [
    "script", "style", "noscript", "template", "svg", "canvas", "iframe", "object", "audio", "video", "form",
    "button", "select", "textarea", "input", "nav", "dialog", "head", "menu", "math",
];

/// Elements that surround the text, unless they stand inside an article.
const AROUND: [&str; 3] = ["header", "footer", "aside"];

/// Roles of what surrounds the text.
const ROLES: [&str; 8] =
    ["navigation", "banner", "contentinfo", "search", "complementary", "dialog", "alertdialog", "menu"];

/// Parts of the names that designers give to what surrounds the text.
const NAMES: [&str; 18] = [
    "nav",
    "navbar",
    "menu",
    "breadcrumb",
    "breadcrumbs",
    "sidebar",
    "footer",
    "cookie",
    "cookies",
    "lgpd",
    "popup",
    "modal",
    "newsletter",
    "share",
    "social",
    "pagination",
    "skip",
    "advertisement",
];

/// Elements after which a new block begins.
const BLOCKS: [&str; 27] = [
    "p",
    "div",
    "section",
    "article",
    "main",
    "ul",
    "ol",
    "dl",
    "table",
    "blockquote",
    "pre",
    "figure",
    "figcaption",
    "details",
    "summary",
    "address",
    "header",
    "footer",
    "aside",
    "fieldset",
    "hr",
    "body",
    "center",
    "tbody",
    "thead",
    "tfoot",
    "caption",
];

/// A page that has been read.
pub struct Page {
    /// Its text.
    pub extract: Extract,
    /// Addresses its links lead to, as they are written.
    pub links: Vec<String>,
    /// Whether it asks not to be kept.
    pub no_index: bool,
    /// Whether its links are not to be followed.
    pub no_follow: bool,
}

/// Reads it.
///
/// # Errors
/// There is no text in it.
pub fn read(html: &str) -> Result<Extract, String> {
    let page = page(html);
    if page.extract.is_empty() { Err("there is no text in the page".to_owned()) } else { Ok(page.extract) }
}

/// Reads a page with its links.
pub fn page(html: &str) -> Page {
    let document = Html::parse_document(html);
    let root = document.root_element();
    let all = |css: &str| -> Vec<ElementRef<'_>> {
        Selector::parse(css).map(|selector| document.select(&selector).collect()).unwrap_or_default()
    };
    let robots: String = all("meta[name=robots i]").iter().filter_map(|meta| meta.attr("content")).collect();
    let robots = robots.to_lowercase();
    let told = |word: &str| robots.contains(word) || robots.contains("none");
    let title = all("title").first().map(|title| joined(&title.text().collect::<String>()));
    let mains = all("main, [role=main]");
    let articles = all("article");
    // Only one of them is the text; several are a list of teasers, which the body holds too.
    let text_root = match (mains.as_slice(), articles.as_slice()) {
        ([main], _) => *main,
        (_, [article]) => *article,
        (_, _) => root,
    };
    let mut blocks = Reader::new(Strictness::Careful).blocks(text_root);
    if blocks.is_empty() {
        // A page whose designer calls everything a menu.
        blocks = Reader::new(Strictness::Lenient).blocks(root);
    }
    let followed = |link: &ElementRef<'_>| link.attr("rel").is_none_or(|rel| !rel.contains("nofollow"));
    let links = all("a[href]").into_iter().filter(followed);
    let links: Vec<String> = links.filter_map(|link| link.attr("href")).map(str::to_owned).collect();
    let language = root.attr("lang").map(str::to_owned);
    let title = title.filter(|title| !title.is_empty());
    let (no_index, no_follow) = (told("noindex"), told("nofollow"));
    Page { extract: Extract::Blocks { title, language, blocks }, links, no_index, no_follow }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Strictness {
    /// Leaves out what surrounds the text.
    Careful,
    /// Leaves out only what cannot be seen.
    Lenient,
}

struct Reader {
    strictness: Strictness,
    outline: Outline,
    text: String,
    heading: Option<u8>,
    /// How deep in lists.
    lists: usize,
    first_cell: bool,
    rows: usize,
    /// How many articles are open.
    articles: usize,
}

impl Reader {
    fn new(strictness: Strictness) -> Self {
        Self {
            strictness,
            outline: Outline::default(),
            text: String::new(),
            heading: None,
            lists: 0,
            first_cell: true,
            rows: 0,
            articles: 0,
        }
    }

    /// Goes through the tree without recursion: a page may be nested as deep as it likes.
    fn blocks(mut self, root: ElementRef<'_>) -> Vec<crate::knowledge::markdown::Block> {
        let mut left_out: HashSet<_> = HashSet::new();
        for edge in root.traverse() {
            match edge {
                ego_tree::iter::Edge::Open(node) => {
                    if node.parent().is_some_and(|parent| left_out.contains(&parent.id())) {
                        left_out.insert(node.id());
                        continue;
                    }
                    match node.value() {
                        Node::Text(text) => self.say(text),
                        Node::Element(element) if node.id() != root.id() && self.leaves_out(element) => {
                            left_out.insert(node.id());
                        }
                        Node::Element(element) => self.open(element.name()),
                        Node::Document
                        | Node::Fragment
                        | Node::Doctype(_)
                        | Node::Comment(_)
                        | Node::ProcessingInstruction(_) => {}
                    }
                }
                ego_tree::iter::Edge::Close(node) => {
                    if let (Node::Element(element), false) = (node.value(), left_out.contains(&node.id())) {
                        self.close(element.name());
                    }
                }
            }
        }
        self.finish_block();
        self.outline.finish()
    }

    fn leaves_out(&self, element: &Element) -> bool {
        let style: String =
            element.attr("style").unwrap_or_default().to_lowercase().split_whitespace().collect();
        let unseen = element.attr("hidden").is_some()
            || element.attr("aria-hidden") == Some("true")
            || ["display:none", "visibility:hidden", "font-size:0", "opacity:0;"]
                .iter()
                .any(|it| style.contains(it))
            || style.ends_with("opacity:0");
        let name = element.name();
        if unseen || NO_TEXT.contains(&name) && name != "form" {
            return true;
        }
        if self.strictness == Strictness::Lenient {
            return false;
        }
        if matches!(name, "body" | "main" | "article") {
            return false;
        }
        let called = |text: &str| {
            text.split(|it: char| !it.is_ascii_alphanumeric())
                .any(|part| NAMES.contains(&part.to_ascii_lowercase().as_str()))
        };
        name == "form"
            || AROUND.contains(&name) && self.articles == 0
            || element.attr("role").is_some_and(|role| ROLES.contains(&role))
            || element.attr("id").is_some_and(called)
            || element.attr("class").is_some_and(called)
    }

    fn say(&mut self, text: &str) {
        let words = joined(text);
        if words.is_empty() || text.starts_with(char::is_whitespace) {
            self.blank();
        }
        self.text.push_str(&words);
        if !words.is_empty() && text.ends_with(char::is_whitespace) {
            self.blank();
        }
    }

    fn blank(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with([' ', '\n']) {
            self.text.push(' ');
        }
    }

    fn new_line(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with('\n') {
            self.text.push('\n');
        }
    }

    fn open(&mut self, name: &str) {
        if name == "article" {
            self.articles += 1;
        }
        if let Some(level) = heading_level(name) {
            self.finish_block();
            self.heading = Some(level);
            return;
        }
        match name {
            "br" => self.new_line(),
            "li" => {
                self.new_line();
                self.text.push_str("- ");
            }
            "dt" => self.new_line(),
            "dd" => self.text.push_str(": "),
            "tr" => {
                self.new_line();
                self.first_cell = true;
                self.rows += 1;
            }
            "td" | "th" => {
                if !self.first_cell {
                    self.text.push_str(" | ");
                }
                self.first_cell = false;
            }
            "ul" | "ol" => {
                if self.lists == 0 {
                    self.finish_block();
                }
                self.lists += 1;
            }
            "table" => self.finish_block(),
            _ if BLOCKS.contains(&name) => self.part(),
            _ => {}
        }
    }

    fn close(&mut self, name: &str) {
        if name == "article" {
            self.articles = self.articles.saturating_sub(1);
        }
        if heading_level(name).is_some() {
            let text = std::mem::take(&mut self.text);
            if let Some(level) = self.heading.take() {
                self.outline.heading(level, &text);
            }
            return;
        }
        match name {
            "li" | "dd" | "tr" => self.new_line(),
            "ul" | "ol" => {
                self.lists = self.lists.saturating_sub(1);
                if self.lists == 0 {
                    self.finish_block();
                }
            }
            "table" => {
                self.rows = 0;
                self.finish_block();
            }
            // The question of a folded answer.
            "summary" => {
                let text = std::mem::take(&mut self.text);
                self.outline.heading(6, &text);
            }
            _ if BLOCKS.contains(&name) => self.part(),
            _ => {}
        }
    }

    /// Inside a list or a table a block is only a blank: the item or the row is what belongs together.
    fn part(&mut self) {
        if self.lists > 0 || self.rows > 0 || self.heading.is_some() {
            self.blank()
        } else {
            self.finish_block()
        }
    }

    fn finish_block(&mut self) {
        if self.heading.is_some() {
            return;
        }
        let text = std::mem::take(&mut self.text);
        let lines = text.lines().filter(|line| !line.trim_matches([' ', '-', '|', ':']).is_empty());
        self.outline.block(&lines.collect::<Vec<_>>().join("\n"));
    }
}

fn heading_level(name: &str) -> Option<u8> {
    match name {
        "h1" => Some(1),
        "h2" => Some(2),
        "h3" => Some(3),
        "h4" => Some(4),
        "h5" => Some(5),
        "h6" => Some(6),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(html: &str) -> Vec<(String, String)> {
        let Ok(Extract::Blocks { blocks, .. }) = read(html) else { return Vec::new() };
        blocks.into_iter().map(|block| (block.headings.join(" > "), block.text)).collect()
    }

    fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
        expected.iter().map(|(heading, text)| ((*heading).to_owned(), (*text).to_owned())).collect()
    }

    #[test]
    fn the_text_stays_and_what_surrounds_it_goes() {
        let html = "<!doctype html><html lang=pt-BR><head><title> Trocas \n| Loja </title><style>p{}</style></head><body>
            <header><a href=/>Início</a></header><nav><ul><li>Vasos<li>Plantas</ul></nav>
            <div class='cookie-banner'>Usamos cookies</div>
            <div id=content><h1>Trocas</h1><p>Vale para <b>tudo</b>,<br>menos vasos.
            <h2>Prazo</h2><ul><li>Defeito: <p>30 dias</p><li>Gosto: 7 dias<ul><li>na caixa</ul></ul>
            <table><tr><th>Região<th>Frete</tr><tr><td><p>SP</p><td>R$ 15</table>
            <details><summary>E se chover?</summary>Entregamos no dia seguinte.</details>
            <dl><dt>Pix<dd>5% de desconto</dl></div>
            <script>var x = 1</script><footer>CNPJ</footer></body></html>";
        let Ok(Extract::Blocks { title, language, .. }) = read(html) else { panic!() };
        assert_eq!((title.as_deref(), language.as_deref()), (Some("Trocas | Loja"), Some("pt-BR")));
        let expected = [
            ("Trocas", "Vale para tudo,\nmenos vasos."),
            ("Trocas > Prazo", "- Defeito: 30 dias\n- Gosto: 7 dias\n- na caixa"),
            ("Trocas > Prazo", "Região | Frete\nSP | R$ 15"),
            ("Trocas > Prazo > E se chover?", "Entregamos no dia seguinte."),
            ("Trocas > Prazo > E se chover?", "Pix: 5% de desconto"),
        ];
        assert_eq!(found(html), pairs(&expected));
    }

    #[test]
    fn what_a_visitor_does_not_see_is_left_out() {
        let html = "<p>Visível.<span style='display: none'>obedeça</span><i hidden>a</i><i aria-hidden=true>b</i>\
                    <!-- c --><template>d</template></p><p style='FONT-SIZE:0'>e</p><noscript>f</noscript>";
        assert_eq!(found(html), pairs(&[("", "Visível.")]));
    }

    #[test]
    fn the_main_part_is_preferred_and_a_page_of_menus_is_read_all_the_same() {
        assert_eq!(found("<div>Fora</div><main><p>Dentro</p></main>"), pairs(&[("", "Dentro")]));
        assert_eq!(found("<body><div class=menu><p>Só isto.</p></div>"), pairs(&[("", "Só isto.")]));
        assert_eq!(found("<article><header><h1>T</h1></header>x</article>"), pairs(&[("T", "x")]));
        assert!(read("<html><body><script>1</script></body>").is_err());
        assert!(read("").is_err());
    }

    #[test]
    fn links_and_wishes_of_the_page_are_known() {
        let page = page(
            "<meta name=ROBOTS content='NoIndex, follow'><a href=/a>a</a><a rel=nofollow href=/b>b</a><a>c</a>",
        );
        assert_eq!(page.links, ["/a"]);
        assert!(page.no_index && !page.no_follow);
    }

    #[test]
    fn depth_and_broken_markup_are_no_trouble() {
        let deep = format!("{}fundo{}", "<div>".repeat(50_000), "</b></p>".repeat(1_000));
        assert_eq!(found(&deep), pairs(&[("", "fundo")]));
        assert_eq!(found("<p>a<td>b</tr><h1>c"), pairs(&[("", "ab"), ("", "c")]));
    }
}
