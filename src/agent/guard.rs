//! The last look at what the bot is about to say, sentence by sentence: a hard fact without proof, a deed without a
//! result, a promise to come back, an internal name or a secret is not sent. Pure.

use super::claims::{claims_a_deed, claims_a_hand_off, promises_to_return, refuses_for_the_house};
use super::proof::Proof;
use crate::domain::language::Language;
use crate::language::detect::detect;
use crate::language::fold::fold;

/// A sentence that must not be sent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Withheld {
    /// The sentence.
    pub sentence: String,
    /// Why, for the model and the operator.
    pub reason: &'static str,
}

/// What is left of a draft.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Judged {
    /// The text without the withheld sentences.
    pub text: String,
    /// The withheld sentences.
    pub withheld: Vec<Withheld>,
}

/// Judges a whole draft.
pub fn judge(draft: &str, proof: &Proof, language: Language) -> Judged {
    let mut judged = Judged::default();
    for sentence in sentences(draft) {
        match fault(sentence, proof, language) {
            None => judged.text.push_str(sentence),
            Some(reason) => {
                judged.withheld.push(Withheld { sentence: sentence.trim().to_owned(), reason });
                // The line break behind the sentence stays, so that a list keeps its shape.
                if sentence.ends_with('\n') && !judged.text.ends_with('\n') {
                    judged.text.push('\n');
                }
            }
        }
    }
    judged.text = tidy(&judged.text);
    judged
}

/// Whether a draft is written in another language than the customer's.
pub fn wrong_language(draft: &str, language: Language) -> bool {
    draft.chars().count() > 40 && detect(draft).is_some_and(|detected| detected != language)
}

/// Why one sentence must not be sent, if it must not.
pub fn fault(sentence: &str, proof: &Proof, language: Language) -> Option<&'static str> {
    let folded = fold(sentence);
    let folded = folded.trim();
    if folded.is_empty() {
        return None;
    }
    if leaks(sentence, proof) {
        return Some("it shows internal names, ids or raw data");
    }
    let body = without_list_marker(sentence);
    if !proof.facts.prove_all_of(body, language) {
        return Some(
            "it states a number, price, date or time that no tool result or passage of this conversation holds",
        );
    }
    // A question or an offer claims nothing.
    if folded.ends_with('?') {
        return None;
    }
    if claims_a_hand_off(folded) {
        return Some("it says that a person comes, and nobody was called: call the hand-off tool instead");
    }
    if !proof.wrote && claims_a_deed(folded, &proof.told, &proof.deeds) {
        return Some("it says that something was done, and nothing was");
    }
    if !proof.grounded && refuses_for_the_house(folded) {
        return Some(
            "it says what the house does not do or have, and no tool result or passage says so; say that you do not know",
        );
    }
    if promises_to_return(folded) {
        return Some(
            "it promises to come back later, which the bot cannot; call the tool now or say what is known",
        );
    }
    None
}

/// `draft` cut behind each sentence end and line break; joined together they are the draft again.
pub fn sentences(draft: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut begin = 0;
    let mut characters = draft.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        let end = at + character.len_utf8();
        let ends = match character {
            '\n' => true,
            '.' | '!' | '?' | '…' => {
                characters.peek().is_none_or(|(_, next)| next.is_whitespace())
                    && !is_abbreviation(&draft[begin..end])
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
        parts.push(&draft[begin..end]);
        begin = end;
    }
    if begin < draft.len() {
        parts.push(&draft[begin..]);
    }
    parts
}

fn is_abbreviation(text: &str) -> bool {
    let word = text.rsplit(char::is_whitespace).next().unwrap_or_default().to_lowercase();
    matches!(
        word.as_str(),
        "sr." | "sra." | "dr." | "dra." | "av." | "r." | "n." | "nº." | "tel." | "ex." | "mr." | "mrs."
    ) || (word.len() <= 3 && word.trim_end_matches('.').bytes().all(|b| b.is_ascii_digit()) && word.len() > 1)
}

fn without_list_marker(sentence: &str) -> &str {
    let trimmed = sentence.trim_start();
    let digits = trimmed.bytes().take_while(u8::is_ascii_digit).count();
    if (1..=2).contains(&digits) && matches!(trimmed.as_bytes().get(digits), Some(b'.' | b')')) {
        trimmed.get(digits + 1..).unwrap_or_default()
    } else {
        trimmed
    }
}

fn leaks(sentence: &str, proof: &Proof) -> bool {
    let lower = sentence.to_lowercase();
    proof.internal_names.stand_in(sentence)
        || sentence.contains("{\"")
        || sentence.contains("\":")
        || ["sk-", "bearer ", "x-balcao", "tool_call", "<tools>", "<|"]
            .iter()
            .any(|mark| lower.contains(mark))
        || has_uuid(&lower)
}

fn has_uuid(text: &str) -> bool {
    text.split(|c: char| !(c.is_ascii_hexdigit() || c == '-')).any(|run| {
        run.len() >= 36
            && run.split('-').map(str::len).collect::<Vec<_>>().windows(5).any(|w| w == [8, 4, 4, 4, 12])
    })
}

/// No blank lines left over, no list marker without its item.
fn tidy(text: &str) -> String {
    let mut lines: Vec<&str> = Vec::new();
    for line in text.lines().map(str::trim_end) {
        let bare = line.trim();
        if bare == "-" || bare == "*" {
            continue;
        }
        if bare.is_empty() && lines.last().is_none_or(|last| last.is_empty()) {
            continue;
        }
        lines.push(line);
    }
    while lines.last().is_some_and(|last| last.is_empty()) {
        lines.pop();
    }
    lines.join("\n").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::names::InternalNames;
    use crate::agent::names::testing::tool;
    use serde_json::json;

    fn proof(value: serde_json::Value) -> Proof {
        let tools = [tool("order_status", "", ""), tool("getOrder", "", ""), tool("list-slots", "", "")];
        let mut proof = Proof { internal_names: InternalNames::of(&tools), ..Proof::default() };
        proof.facts.add_value(&value, Language::Portuguese);
        proof
    }

    #[test]
    fn sentences_join_to_the_draft() {
        for draft in [
            "Oi! Tudo bem?\n- um\n- dois.  Fim",
            "Av. Paulista, 10. Sr. João… ok",
            "",
            "1. a\n2. b",
            "😀.😀. x",
        ] {
            assert_eq!(sentences(draft).concat(), draft);
        }
        assert_eq!(sentences("Custa R$ 1.234,50. Quer?"), ["Custa R$ 1.234,50. ", "Quer?"]);
    }

    #[test]
    fn only_the_unproven_sentence_is_withheld() {
        let judged = judge(
            "O Vaso Serena custa R$ 99,90. Chega em 2 dias. Quer levar?",
            &proof(json!({"price": "R$ 99,90"})),
            Language::Portuguese,
        );
        assert_eq!(judged.text, "O Vaso Serena custa R$ 99,90. Quer levar?");
        assert_eq!(judged.withheld[0].sentence, "Chega em 2 dias.");
    }

    #[test]
    fn deeds_need_a_result_and_offers_do_not() {
        let nothing = proof(json!({}));
        for claim in [
            "Pronto, agendei sua visita.",
            "Seu agendamento foi cancelado.",
            "I've booked it for you.",
            "Vou transferir você para um atendente.",
            "Vou verificar e te aviso.",
            "Chamei order_status para você.",
            "Chamei getOrder para você.",
            "Chamei list-slots para você.",
            "{\"name\": \"x\"}",
        ] {
            assert_eq!(judge(claim, &nothing, Language::Portuguese).withheld.len(), 1, "{claim}");
        }
        for fine in
            ["Quer que eu cancele?", "Posso agendar para você.", "Qual é o número do pedido?", "Olá! 😊"]
        {
            assert_eq!(judge(fine, &nothing, Language::Portuguese).text, fine);
        }
        let refusal = "Não alugamos plantas.";
        assert_eq!(judge(refusal, &nothing, Language::Portuguese).withheld.len(), 1);
        let grounded = Proof { grounded: true, ..proof(json!({})) };
        assert_eq!(judge(refusal, &grounded, Language::Portuguese).withheld, []);
        let done = Proof { wrote: true, ..proof(json!({})) };
        assert_eq!(judge("Pronto, agendei sua visita.", &done, Language::Portuguese).withheld, []);
    }
}
