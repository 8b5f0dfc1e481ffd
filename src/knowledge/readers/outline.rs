//! Collects blocks under the headings they stand under, whatever format they come from. Knows no format.

use crate::knowledge::markdown::Block;

/// The longest heading; what is longer is a paragraph that was only made large.
const LONGEST_HEADING: usize = 200;

/// Blocks in the making.
#[derive(Default)]
pub struct Outline {
    blocks: Vec<Block>,
    headings: Vec<Heading>,
}

struct Heading {
    level: u8,
    text: String,
    used: bool,
}

impl Outline {
    /// A heading of this level, 1 being the outermost.
    pub fn heading(&mut self, level: u8, text: &str) {
        let text = joined(text);
        if text.is_empty() {
            return;
        }
        if text.len() > LONGEST_HEADING {
            self.block(&text);
            return;
        }
        self.close(level);
        self.headings.push(Heading { level, text, used: false });
    }

    /// A block; its lines are kept, white space within them is not.
    pub fn block(&mut self, text: &str) {
        let lines: Vec<String> = text.lines().map(joined).filter(|line| !line.is_empty()).collect();
        if lines.is_empty() {
            return;
        }
        for heading in &mut self.headings {
            heading.used = true;
        }
        self.blocks.push(Block { headings: self.path(), text: lines.join("\n") });
    }

    /// All blocks. A heading with nothing below it is a block of its own: it may be all that is said.
    pub fn finish(mut self) -> Vec<Block> {
        self.close(0);
        self.blocks
    }

    fn close(&mut self, level: u8) {
        while self.headings.last().is_some_and(|heading| heading.level >= level) {
            let Some(heading) = self.headings.pop() else { return };
            if !heading.used {
                self.block(&heading.text);
            }
        }
    }

    fn path(&self) -> Vec<String> {
        self.headings.iter().map(|heading| heading.text.clone()).collect()
    }
}

/// Words with one blank between them.
pub fn joined(text: &str) -> String {
    let mut words = String::with_capacity(text.len());
    for word in text.split(|character: char| character.is_whitespace() || character.is_control()) {
        if !word.is_empty() {
            if !words.is_empty() {
                words.push(' ');
            }
            words.push_str(word);
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_know_their_headings_and_no_heading_is_lost() {
        let mut outline = Outline::default();
        outline.block("Antes.");
        outline.heading(1, "Trocas");
        outline.heading(3, " Prazo \n de troca");
        outline.block("Sete\tdias.\n\n  Úteis. ");
        outline.heading(2, "Vazio");
        outline.heading(1, "");
        outline.heading(1, &"longo ".repeat(60));
        let found: Vec<_> =
            outline.finish().into_iter().map(|it| (it.headings.join(" > "), it.text)).collect();
        assert_eq!(found[0], (String::new(), "Antes.".into()));
        assert_eq!(found[1], ("Trocas > Prazo de troca".into(), "Sete dias.\nÚteis.".into()));
        assert_eq!(found[2].0, "Trocas > Vazio");
        assert_eq!(found.len(), 3);
    }
}
