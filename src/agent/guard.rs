//! The last look at what the bot is about to say, sentence by sentence: a hard fact without proof, a deed without a
//! result, a promise to come back, an internal name or a secret is not sent. Pure.

use super::claims::{claims_a_hand_off, promises_to_return, refuses_for_the_house};
use super::proof::cited::{Citation, citations_in, is_marked};
use super::proof::{Binder, OPPOSITE, Proof, can_be_vouched_for};
use super::second_look::Look;
use crate::domain::language::Language;
use crate::domain::provenance::Binding;
use crate::language::detect::detect;
use crate::language::fold::fold;
use crate::language::sentences::{asks, sentences};

/// Why a sentence is not sent that only a model found wrong.
const OBJECTED: &str =
    "who looked at it a second time found no proof for all of it in the tool results and passages";

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
    /// What the claims that are left were bound to, in order; their places are those in their own sentence.
    pub bindings: Vec<Binding>,
}

/// Judges a whole draft.
pub fn judge(draft: &str, proof: &Proof, language: Language) -> Judged {
    judge_with(draft, proof, language, None)
}

/// Judges a whole draft that a model has looked at.
pub fn judge_after(draft: &str, proof: &Proof, language: Language, look: &Look) -> Judged {
    judge_with(draft, proof, language, Some(look))
}

fn judge_with(draft: &str, proof: &Proof, language: Language, look: Option<&Look>) -> Judged {
    let mut withheld = Vec::new();
    let (draft, mut citations) = citations_in(draft);
    citations.extend(look.iter().flat_map(|look| look.shown()).cloned().map(Citation::vouched_for));
    let mut guard = Guard::new(proof, language);
    guard.binder.rely_on(citations);
    let parts = sentences(&draft);
    let mut passed = Vec::with_capacity(parts.len());
    for (number, sentence) in (1..).zip(&parts) {
        let objected = look.is_some_and(|look| look.objects_to(number));
        passed.push(match if objected { Err(OBJECTED) } else { guard.pass(sentence) } {
            Ok(bindings) => Some(bindings),
            Err(reason) => {
                withheld.push(Withheld { sentence: sentence.trim().to_owned(), reason });
                None
            }
        });
    }
    let mut judged = Judged { withheld, ..Judged::default() };
    for (place, sentence) in parts.iter().enumerate() {
        match passed[place].take() {
            Some(bindings) if !announces_nothing(place, &parts, &passed) => {
                judged.text.push_str(sentence);
                judged.bindings.extend(bindings);
            }
            // The line break behind the sentence stays, so that a list keeps its shape.
            _ if sentence.ends_with('\n') && !judged.text.ends_with('\n') => judged.text.push('\n'),
            _ => {}
        }
    }
    judged.text = tidy(&judged.text);
    judged
}

/// Whether a sentence only announces what was withheld: `Temos estes horários:`, and none of them is told. `passed` still holds the
/// sentences behind it that are.
fn announces_nothing(place: usize, parts: &[&str], passed: &[Option<Vec<Binding>>]) -> bool {
    if !parts[place].trim_end().ends_with(':') {
        return false;
    }
    let mut behind = (place + 1..parts.len()).filter(|next| !parts[*next].trim().is_empty());
    let is_item = |next: usize| {
        let text = parts[next].trim_start();
        text.starts_with(['-', '*', '•']) || without_list_marker(text).len() < text.len()
    };
    match behind.next() {
        Some(next) if passed[next].is_none() => {
            !behind.take_while(|next| is_item(*next)).any(|next| passed[next].is_some())
        }
        Some(_) | None => false,
    }
}

/// Whether a draft is written in another language than the customer's.
pub fn wrong_language(draft: &str, language: Language) -> bool {
    draft.chars().count() > 40 && detect(draft).is_some_and(|detected| detected != language)
}

/// Looks at the sentences of one draft, in order.
pub struct Guard<'a> {
    proof: &'a Proof,
    language: Language,
    binder: Binder,
}

impl<'a> Guard<'a> {
    /// Before the first sentence.
    pub fn new(proof: &'a Proof, language: Language) -> Self {
        Self { proof, language, binder: Binder::default() }
    }

    /// What the claims of the next sentence are bound to.
    ///
    /// # Errors
    /// Why it must not be sent.
    pub fn pass(&mut self, sentence: &str) -> Result<Vec<Binding>, &'static str> {
        let folded = fold(sentence);
        let folded = folded.trim();
        if folded.is_empty() {
            return Ok(Vec::new());
        }
        let proof = self.proof;
        if is_marked(sentence) || leaks(sentence, proof) {
            return Err("it shows internal names, ids or raw data");
        }
        let body = without_list_marker(sentence);
        let bindings = self.binder.bind(body, &proof.ledger, &proof.about, self.language)?;
        // A question or an offer claims nothing.
        if folded.ends_with('?') && asks(folded) {
            let said = before_the_question(sentence);
            return match proof.fault_of_own_deeds(said, &fold(said), self.language) {
                Some(reason) => Err(reason),
                None => Ok(bindings),
            };
        }
        if claims_a_hand_off(folded) {
            return Err("it says that a person comes, and nobody was called: call the hand-off tool instead");
        }
        let faults: [&dyn Fn() -> Option<&'static str>; 3] = [
            &|| proof.fault_of_deeds(sentence, folded, self.language),
            &|| proof.fault_of_words(sentence, folded),
            &|| proof.contradicts(body, self.language).then_some(OPPOSITE),
        ];
        for reason in faults.into_iter().filter_map(|fault| fault()) {
            if !can_be_vouched_for(reason) || !self.binder.vouches_for(sentence, &proof.ledger, self.language)
            {
                return Err(reason);
            }
        }
        if !proof.grounded && refuses_for_the_house(folded) {
            return Err(
                "it says what the house does not do or have, and no tool result or passage says so; say that you do not know",
            );
        }
        if promises_to_return(folded) {
            return Err(
                "it promises to come back later, which the bot cannot; call the tool now or say what is known",
            );
        }
        Ok(bindings)
    }
}

/// `Te anoté a las 9:00, ¿te parece bien?`: what a sentence says before it asks.
fn before_the_question(sentence: &str) -> &str {
    sentence.rsplit_once(['¿', ',']).map_or("", |(said, _)| said)
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
    use crate::agent::proof::Acts;
    use crate::domain::ids::CallId;
    use crate::domain::provenance::Origin;
    use serde_json::json;

    fn lookup() -> Origin {
        Origin::Tool { call: CallId::at(1, 0), tool: "order_status".to_owned() }
    }

    fn proof(value: serde_json::Value) -> Proof {
        let tools = [tool("order_status", "", ""), tool("getOrder", "", ""), tool("list-slots", "", "")];
        let mut proof = Proof { internal_names: InternalNames::of(&tools), ..Proof::default() };
        proof.ledger.add_result(lookup(), &value.to_string(), "", &value, Language::Portuguese);
        proof
    }

    #[test]
    fn a_verb_of_the_first_person_need_not_be_a_deed() {
        for draft in ["Entendi: voltei", "Analisei as opções para você.", "Continuei de onde paramos."] {
            assert_eq!(judge(draft, &proof(json!({})), Language::Portuguese).text, draft);
        }
        for draft in ["Voltei e cancelei o pedido.", "Parcelei a compra."] {
            assert_eq!(judge(draft, &proof(json!({})), Language::Portuguese).withheld.len(), 1, "{draft}");
        }
    }

    #[test]
    fn what_is_said_before_a_question_needs_its_proof() {
        for (draft, withheld) in [
            ("Te anoté a las 9:00, ¿te parece bien?", 1),
            ("Ya te he apuntado, ¿sí?", 1),
            ("¿Quieres que te anote, o prefieres otro día?", 0),
        ] {
            let proof = proof(json!({"start": "2026-11-30T09:00:00-03:00"}));
            assert_eq!(judge(draft, &proof, Language::Spanish).withheld.len(), withheld, "{draft}");
        }
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
    fn what_announces_nothing_any_more_goes_with_it() {
        let told =
            |draft: &str| judge(draft, &proof(json!({"price": "R$ 99,90"})), Language::Portuguese).text;
        assert_eq!(
            told("Oi! Os preços são estes:\n- Vaso: R$ 10,00\n- Pote: R$ 20,00\nQuer algum?"),
            "Oi!\nQuer algum?"
        );
        assert_eq!(told("Custa o seguinte: R$ 10,00.\nAqui está:\n\n1. R$ 20,00"), "");
        let kept = "Os preços são estes:\n- Pote: R$ 20,00\n- Vaso: R$ 99,90";
        assert_eq!(told(kept), "Os preços são estes:\n- Vaso: R$ 99,90");
    }

    #[test]
    fn what_follows_from_evidence_is_proven() {
        let evidence = json!({"recebido_em": "2026-11-23", "prazo_troca_dias": 30, "preco": "R$ 80,00", "largura_cm": 230});
        for (draft, passes) in [
            ("Você tem 30 dias para trocar, até 23/12.", true),
            ("Você tem 30 dias para trocar, até 24/12.", false),
            ("Duas, a R$ 80,00 cada, saem por R$ 160,00.", true),
            ("Duas, a R$ 80,00 cada, saem por R$ 170,00.", false),
            ("A largura é de 2,30 m.", true),
            ("A largura é de 2,40 m.", false),
            ("O código é **AB-1234**.", false),
        ] {
            assert_eq!(
                judge(draft, &proof(evidence.clone()), Language::Portuguese).withheld.is_empty(),
                passes,
                "{draft}"
            );
        }
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
        let done = Proof { wrote: vec![Acts::NONE], ..proof(json!({})) };
        assert_eq!(judge("Pronto, agendei sua visita.", &done, Language::Portuguese).withheld, []);
    }

    #[test]
    fn what_one_record_tells_together_is_told_of_each_field() {
        for (language, evidence, draft, passes) in [
            (
                Language::Portuguese,
                json!({"valor_pecas": 1060.0, "valor_mao_de_obra": 420.0, "valor_total": 1480.0}),
                "O total ficou em R$ 1.480,00: R$ 1.060,00 de peças e R$ 420,00 de mão de obra.",
                true,
            ),
            (
                Language::Portuguese,
                json!({"valor_pecas": 1060.0, "valor_mao_de_obra": 420.0, "valor_total": 1480.0}),
                "O total ficou em R$ 1.480,00, sendo R$ 1.060,00 de mão de obra.",
                false,
            ),
            (
                Language::Portuguese,
                json!({"turmas": [{"curso": "Inglês", "dias": ["terça", "quinta"], "inicio": "19:00", "fim": "20:30"},
                                  {"curso": "Inglês", "dias": ["sábado"], "inicio": "09:00", "fim": "12:00"}]}),
                "O inglês é às terças e quintas, das 19h às 20h30, com início em breve.",
                true,
            ),
            (
                Language::Spanish,
                json!({"costo": "$ 3.500", "envio_gratis_desde": "$ 50.000"}),
                "El envío sale $ 3.500.",
                true,
            ),
            (
                Language::Spanish,
                json!({"sessions_used": 6, "sessions_left": 4, "type": "Bono"}),
                "De tu bono te quedan 6.",
                false,
            ),
            (
                Language::English,
                json!({"variants": [{"size": "M", "available": false}, {"size": "L", "available": true}]}),
                "The bike is sold out in large.",
                false,
            ),
            (
                Language::English,
                json!({"rooms": [{"name": "Oak", "nights": 5}, {"name": "Elm", "nights": 7}]}),
                "Oak: 7 nights.",
                false,
            ),
            (
                Language::Spanish,
                json!({"incluye": "bebida y postre", "extras": [{"nombre": "café", "precio": "$ 2"}], "total": "$ 20"}),
                "El menú de $ 20 incluye bebida, postre y café.",
                false,
            ),
            (
                Language::English,
                json!({"room": "studio", "free": ["13:00", "18:00"]}),
                "The studio is fully booked today.",
                false,
            ),
            (
                Language::Portuguese,
                json!({"plano": "500 mega", "taxa_mudanca": 0}),
                "A mudança para 500 mega não tem custo.",
                true,
            ),
            (
                Language::Portuguese,
                json!({"cidade": "Campinas", "frete": "R$ 60,00", "retirada_na_loja": "R$ 0,00"}),
                "O frete para Campinas é grátis.",
                false,
            ),
            (
                Language::English,
                json!({"sizes": [{"size": "8", "in_stock": true}, {"size": "9", "in_stock": false}]}),
                "Sorry, size 8 is sold out.",
                false,
            ),
            (
                Language::English,
                json!({"item": "oil change", "price": "$49", "includes": "filter"}),
                "The filter costs extra.",
                false,
            ),
            (
                Language::Portuguese,
                json!({"livres": ["09:30", "15:00"], "ocupados": ["10:30"]}),
                "Temos horário livre às 10h30.",
                false,
            ),
        ] {
            let mut told = Proof::default();
            told.ledger.add_result(lookup(), &evidence.to_string(), "", &evidence, language);
            assert_eq!(judge(draft, &told, language).withheld.is_empty(), passes, "{draft}");
        }
    }
}
