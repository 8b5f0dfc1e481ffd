//! Where one sentence of a text ends and the next begins. Abbreviations, decimals and list numbers end none.

/// `text` cut behind each sentence end and line break; joined together they are the text again.
pub fn sentences(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut begin = 0;
    let mut characters = text.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        let end = at + character.len_utf8();
        let ends = match character {
            '\n' => true,
            '.' | '!' | '?' | '…' => {
                characters.peek().is_none_or(|(_, next)| next.is_whitespace())
                    && !is_abbreviation(&text[begin..end])
                    && !is_of_an_hour(&text[begin..end], &text[end..])
            }
            // `Tudo certo ✅ O fone tem garantia`
            _ if is_picture(character) => {
                let mut behind = text[end..].chars().filter(|next| !is_picture(*next));
                behind.next().is_some_and(char::is_whitespace)
                    && text[begin..at].contains(char::is_alphanumeric)
                    && text[end..]
                        .chars()
                        .find(|next| !is_picture(*next) && !next.is_whitespace())
                        .is_some_and(char::is_uppercase)
                    && !text[end..].chars().next().is_some_and(is_picture)
            }
            _ => false,
        };
        if !ends {
            continue;
        }
        let mut end = end;
        if character != '\n' {
            while let Some((_, blank)) = characters.next_if(|(_, next)| next.is_whitespace() && *next != '\n')
            {
                end += blank.len_utf8();
            }
        }
        parts.push(&text[begin..end]);
        begin = end;
    }
    if begin < text.len() {
        parts.push(&text[begin..]);
    }
    parts
}

/// Whether a sign is a picture, or joins pictures.
fn is_picture(sign: char) -> bool {
    matches!(u32::from(sign), 0x1F000..=0x1FAFF | 0x2600..=0x27BF | 0x2B00..=0x2BFF | 0xFE0F | 0x200D)
}

/// Whether `sentence` asks: one that ends in `viu?` or `right?` states something and asks for no more than a nod.
pub fn asks(sentence: &str) -> bool {
    let Some(asked) =
        sentence.trim_end_matches(|sign: char| !sign.is_alphanumeric() && sign != '?').strip_suffix('?')
    else {
        return false;
    };
    let last = asked.rsplit(',').next().filter(|tag| tag.len() < asked.len()).unwrap_or_default();
    let tag = super::fold::fold(last.trim_matches(|sign: char| !sign.is_alphanumeric()));
    !matches!(
        tag.as_str(),
        "viu"
            | "ta"
            | "ta bom"
            | "ne"
            | "ok"
            | "certo"
            | "combinado"
            | "beleza"
            | "tudo bem"
            | "right"
            | "okay"
            | "alright"
            | "vale"
            | "si"
            | "no"
            | "de acuerdo"
            | "entendeu"
            | "sabe"
    )
}

fn is_abbreviation(text: &str) -> bool {
    let word = text.rsplit(char::is_whitespace).next().unwrap_or_default().to_lowercase();
    matches!(
        word.as_str(),
        "sr."
            | "sra."
            | "dr."
            | "dra."
            | "av."
            | "r."
            | "n."
            | "nº."
            | "tel."
            | "ex."
            | "mr."
            | "mrs."
            | "ms."
            | "srta."
            | "prof."
            | "profa."
            | "st."
    ) || is_list_number(text.trim_start())
}

/// `8:30 a.m. to 2 p.m. on Saturday`, `a las 9:00 a. m. del lunes`: whether a full stop is of half a day and the sentence goes on.
fn is_of_an_hour(text: &str, behind: &str) -> bool {
    let goes_on = behind.trim_start().chars().next().is_some_and(|next| next.is_lowercase() || next == '(');
    let lower = text.to_lowercase();
    let half = ["a.m.", "p.m.", "a. m.", "p. m."].iter().any(|half| lower.ends_with(half));
    let begun = lower.strip_suffix("a.").or_else(|| lower.strip_suffix("p."));
    let is_begun = behind.trim_start().starts_with("m.")
        && begun.is_some_and(|hour| hour.trim_end().ends_with(|sign: char| sign.is_ascii_digit()));
    (half && goes_on) || is_begun
}

/// Whether a sentence so far is only the number of a list's item.
fn is_list_number(text: &str) -> bool {
    let digits = text.trim_end_matches('.');
    (1..=2).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_wants_a_nod_does_not_ask() {
        for (text, asked) in [
            ("Qual prefere?", true),
            ("Qual prefere? 😊", true),
            ("Deixei reservado, viu?", false),
            ("It's done, right?", false),
            ("Pronto.", false),
        ] {
            assert_eq!(asks(text), asked, "{text}");
        }
    }

    #[test]
    fn sentences_join_to_the_text() {
        for text in [
            "Oi! Tudo bem?\n- um\n- dois.  Fim",
            "Av. Paulista, 10. Sr. João… ok",
            "",
            "1. a\n2. b",
            "😀.😀. x",
        ] {
            assert_eq!(sentences(text).concat(), text);
        }
        assert_eq!(sentences("Custa R$ 1.234,50. Quer?"), ["Custa R$ 1.234,50. ", "Quer?"]);
        assert_eq!(sentences("Chega dia 27. Quer?"), ["Chega dia 27. ", "Quer?"]);
        assert_eq!(sentences("With Ms. Lee at 5."), ["With Ms. Lee at 5."]);
        for hours in ["Open 8:30 a.m. to 2 p.m. on Saturday.", "Abrimos de 9 a. m. a 2 p. m. los lunes."] {
            assert_eq!(sentences(hours), [hours]);
        }
        assert_eq!(sentences("It opens at 9 a.m. Come by!"), ["It opens at 9 a.m. ", "Come by!"]);
        assert_eq!(sentences("Abre a las 9 a. m. ¿Vienes?"), ["Abre a las 9 a. m. ", "¿Vienes?"]);
        assert_eq!(sentences("Feito ✅ O fone chega"), ["Feito ✅ ", "O fone chega"]);
        assert_eq!(sentences("Oi 😊 tudo bem"), ["Oi 😊 tudo bem"]);
    }
}
