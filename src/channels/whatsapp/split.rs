//! A text that is too long for one message as several: between paragraphs where it can be, else between sentences, else
//! between words; never inside a link, a piece of code or a letter. Nothing is left out but the gap itself.

use unicode_segmentation::UnicodeSegmentation;

/// What a block of code is fenced with.
const FENCE: &str = "```";

/// The text in pieces of at most `most` characters, which is enough for a fence and some words.
pub fn pieces(text: &str, most: usize) -> Vec<String> {
    let mut pieces = Vec::new();
    let mut rest = text.trim().to_owned();
    while longer_than(&rest, most) {
        let end = cut(&rest, most);
        let (head, tail) = rest.split_at(end);
        let (mut head, mut tail) = (head.trim_end().to_owned(), tail.trim_start().to_owned());
        if is_open(&head) {
            // The block alone is too long: it ends here and begins anew.
            head.push_str("\n```");
            tail.insert_str(0, "```\n");
        }
        pieces.push(head);
        rest = tail;
    }
    if !rest.is_empty() {
        pieces.push(rest);
    }
    pieces
}

fn longer_than(text: &str, most: usize) -> bool {
    text.len() > most && text.chars().nth(most).is_some()
}

/// Where the first piece ends, in bytes; always behind the beginning.
fn cut(text: &str, most: usize) -> usize {
    let room = text.char_indices().nth(most).map_or(text.len(), |(at, _)| at);
    let window = &text[..room];
    // A piece that is nearly empty is worth no message.
    let least = room / 4;
    let breaks = [paragraph_ends(text, window), sentence_ends(text, window), word_ends(text, window)];
    for ends in breaks {
        if let Some(end) = ends.into_iter().rev().find(|end| *end >= least && !inside_code(text, *end)) {
            return end;
        }
    }
    let fence = window.find(FENCE).unwrap_or(room);
    if fence > 0 && fence < room && !is_open(&window[..fence]) {
        return fence;
    }
    // One block of code that is too long ends at a line, with room for its fence.
    let inner = text.char_indices().nth(most.saturating_sub(FENCE.len() + 1)).map_or(room, |(at, _)| at);
    let line = text[..inner].rfind('\n').filter(|at| *at > FENCE.len());
    let word = word_ends(text, &text[..inner]).pop().filter(|at| *at > FENCE.len());
    line.or(word).unwrap_or_else(|| whole_letters(text, inner))
}

/// Ends of paragraphs up to the end of the window.
fn paragraph_ends(text: &str, window: &str) -> Vec<usize> {
    text.match_indices("\n\n").map(|(at, _)| at).filter(|at| *at > 0 && *at <= window.len()).collect()
}

/// Ends of sentences and lines.
fn sentence_ends(text: &str, window: &str) -> Vec<usize> {
    word_ends(text, window)
        .into_iter()
        .filter(|end| {
            text[*end..].starts_with('\n') || text[..*end].ends_with(['.', '!', '?', '…', ':', ';'])
        })
        .collect()
}

/// Ends of words, which a link is too.
fn word_ends(text: &str, window: &str) -> Vec<usize> {
    let mut ends = Vec::new();
    let mut before = ' ';
    for (at, letter) in text.char_indices() {
        if at > window.len() {
            break;
        }
        if letter.is_whitespace() && !before.is_whitespace() && at > 0 {
            ends.push(at);
        }
        before = letter;
    }
    ends
}

/// Whether a place is between the marks of a piece of code.
fn inside_code(text: &str, at: usize) -> bool {
    if is_open(&text[..at]) {
        return true;
    }
    let line = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let ticks = |part: &str| part.replace(FENCE, "").matches('`').count();
    let rest = text[at..].split('\n').next().unwrap_or_default();
    ticks(&text[line..at]) % 2 == 1 && ticks(rest) > 0
}

fn is_open(text: &str) -> bool {
    text.matches(FENCE).count() % 2 == 1
}

/// The last place up to `most` bytes that is between two letters as people see them.
fn whole_letters(text: &str, most: usize) -> usize {
    let mut end = 0;
    for (at, letter) in text.grapheme_indices(true) {
        if at + letter.len() > most {
            break;
        }
        end = at + letter.len();
    }
    // One letter of thousands of marks: it is cut between two of them.
    if end == 0 {
        text[..most].char_indices().last().map_or(text.len(), |(at, last)| at + last.len_utf8())
    } else {
        end
    }
}

/// A text of at most `most` characters: cut between letters as people see them, with a sign that more is missing.
pub fn shortened(text: &str, most: usize) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if !longer_than(&text, most) {
        return text;
    }
    let mut short = String::new();
    let mut room = most.saturating_sub(1);
    for letter in text.graphemes(true) {
        let size = letter.chars().count();
        if size > room {
            break;
        }
        room -= size;
        short.push_str(letter);
    }
    format!("{}…", short.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_text_is_one_message() {
        assert_eq!(pieces("Olá!\n\nTudo bem?", 4096), ["Olá!\n\nTudo bem?"]);
        assert!(pieces(" \n", 100).is_empty());
        let exact = "á".repeat(100);
        assert_eq!(pieces(&exact, 100), [exact.as_str()]);
    }

    #[test]
    fn a_text_is_cut_where_it_reads_best() {
        let (first, second) = ("Primeiro parágrafo, com palavras.", "Segundo parágrafo.");
        assert_eq!(pieces(&format!("{first}\n\n{second}"), 40), [first, second]);
        let text = "Uma frase curta. Outra frase que é bem mais comprida que a primeira.";
        assert_eq!(
            pieces(text, 52),
            ["Uma frase curta.", "Outra frase que é bem mais comprida que a primeira."]
        );
        assert_eq!(pieces("palavra palavra palavra", 17), ["palavra palavra", "palavra"]);
    }

    #[test]
    fn links_code_and_letters_stay_whole() {
        let link = format!("https://loja.com.br/{}", "x".repeat(30));
        let parts = pieces(&format!("Aqui está o endereço: {link} e mais palavras"), 60);
        assert!(parts.iter().any(|part| part.contains(&link)), "{parts:?}");
        let parts = pieces("Digite `um comando com espaços` e depois confirme com o botão", 25);
        assert!(parts.iter().any(|part| part.contains("`um comando com espaços`")), "{parts:?}");
        let family = "👨‍👩‍👧‍👦".repeat(20);
        for part in pieces(&family, 30) {
            assert_eq!(part.chars().count() % 7, 0, "{part}");
        }
        let accents = "e\u{301}".repeat(50);
        for part in pieces(&accents, 25) {
            assert!(!part.starts_with('\u{301}'), "{part:?}");
        }
    }

    #[test]
    fn a_block_of_code_is_whole_or_fenced_in_every_piece() {
        let block = "```\nlinha um\nlinha dois\n```";
        let parts = pieces(&format!("Palavras antes do código que já são várias.\n\n{block}"), 60);
        assert_eq!(parts[1], block);
        let long = format!("```\n{}```", "uma linha de código\n".repeat(20));
        for part in pieces(&long, 100) {
            assert_eq!(part.matches(FENCE).count(), 2, "{part}");
            assert!(part.chars().count() <= 100, "{part}");
        }
    }

    #[test]
    fn a_title_is_shortened_between_letters() {
        assert_eq!(shortened("Sim, quero agendar agora mesmo", 20), "Sim, quero agendar…");
        assert_eq!(shortened("Sim,\n quero", 20), "Sim, quero");
        assert_eq!(shortened("👨‍👩‍👧‍👦👨‍👩‍👧‍👦👨‍👩‍👧‍👦", 20), "👨‍👩‍👧‍👦👨‍👩‍👧‍👦…");
    }

    proptest::proptest! {
        #[test]
        fn every_word_arrives_in_order_and_every_piece_fits(text in "[a-zé .!?\n]{0,400}", most in 20usize..120) {
            let parts = pieces(&text, most);
            for part in &parts {
                proptest::prop_assert!(part.chars().count() <= most && !part.is_empty());
            }
            let words = |text: &str| text.chars().filter(|letter| !letter.is_whitespace()).collect::<String>();
            proptest::prop_assert_eq!(words(&parts.concat()), words(&text));
        }

        #[test]
        fn nothing_makes_it_stop(text in "\\PC{0,200}", most in 10usize..60) {
            for part in pieces(&text, most) {
                proptest::prop_assert!(part.chars().count() <= most + 8);
            }
        }
    }
}
