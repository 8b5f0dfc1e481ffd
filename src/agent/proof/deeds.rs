//! What a sentence says was done, by the bot or by whomever; offers, rules and conditions tell of no deed. Read off its words
//! in pt, en and es; what proves a deed is told in `mod.rs`.

use super::acts::{Acts, CALLS, NOUNS, OWN, OWN_WITH_OBJECT, PARTICIPLES, called, words_of};
use crate::domain::language::Language;
use crate::language::memo::Memo;
use std::sync::{Arc, LazyLock};

/// Who looks something up has a result.
const LOOKED: &[&str] = &["verifiquei", "consultei", "chequei", "conferi", "pesquisei"];

/// First persons that tell of no deed for the customer.
const NO_DEEDS: &str = "encontrei achei localizei pensei gostei falei expliquei mencionei comentei informei lembrei \
    notei reparei considerei calculei somei usei deixei cheguei fiquei passei olhei busquei procurei listei \
    selecionei mostrei indiquei recomendei amei adorei errei esperei tentei verifiquei consultei chequei conferi \
    pesquisei pensarei confundi imaginei acessei testei perguntei hei agradecei demorei terminei acabei comecei \
    voltei entrei continuei levei analisei observei avaliei comparei estimei interpretei \
    checked verified looked searched noticed reviewed listed mentioned described explained identified located \
    compared calculated attached included needed";

/// What is opened and closed by somebody.
const CASES: &str = "chamado ticket protocolo ordem os caso reclamacao case claim pedido order conta account \
    solicitacao request incident incidente reclamo solicitud cadastro matricula";

static FOUND: LazyLock<Memo<Vec<Deed>>> = LazyLock::new(Memo::default);

/// Who is said to have done it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum By {
    /// The bot.
    Bot,
    /// It was done.
    Anyone,
}

/// A deed that a sentence tells of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Deed {
    /// Of what kind it may be.
    pub acts: Acts,
    /// Who did it.
    pub by: By,
    /// Whether the sentence says that it was not done.
    pub is_denied: bool,
}

/// The deeds that a folded sentence tells of.
pub fn deeds_in(folded: &str) -> Arc<Vec<Deed>> {
    FOUND.of(folded, Language::Portuguese, || {
        let words = words_of(folded);
        let mut found = Vec::new();
        for at in 0..words.len() {
            if let Some((acts, by)) = deed_at(&words, at) {
                let is_denied = (1..=4)
                    .any(|places| at.checked_sub(places).is_some_and(|place| is_negation(&words, place)));
                if by == By::Bot || !is_conditional(&words, at) {
                    found.push(Deed { acts, by, is_denied });
                }
            }
        }
        found
    })
}

/// Whether a folded sentence says that the bot has looked.
pub fn claims_to_have_looked(folded: &str) -> bool {
    let words = words_of(folded);
    let english = |verb: &str| matches!(verb, "checked" | "verified" | "looked");
    words.iter().enumerate().any(|(at, word)| {
        LOOKED.contains(word)
            || (english(word)
                && at > 0
                && (1..=3).any(|places| {
                    at.checked_sub(places)
                        .is_some_and(|place| matches!(words[place], "i" | "i've" | "we" | "we've"))
                }))
    })
}

fn deed_at(words: &[&str], at: usize) -> Option<(Acts, By)> {
    let word = words[at];
    let before = |places: usize| at.checked_sub(places).map_or("", |place| words[place]);
    if let Some(acts) = exactly(OWN, word) {
        // `eu pedi` says what the customer asked for only with another `eu`.
        let is_quoted = matches!(before(1), "voce" | "vc" | "que");
        return (!is_quoted || before(2) == "eu").then_some((acts, By::Bot));
    }
    if let Some(root) = word.strip_suffix("ei").filter(|root| root.len() >= 3) {
        let is_future = ["ar", "er", "ir"].iter().any(|ending| root.ends_with(ending));
        if !is_future && !NO_DEEDS.split(' ').any(|other| other == word) {
            let acts = PARTICIPLES.get(&format!("{root}ado"));
            return Some((if acts.is_empty() { Acts::OTHER } else { acts }, By::Bot));
        }
    }
    let next = words.get(at + 1).copied().unwrap_or_default();
    if matches!(next, "tu" | "su" | "sua" | "seu" | "o" | "a" | "la" | "el")
        && let Some(acts) = exactly(OWN_WITH_OBJECT, word)
        && (matches!(next, "tu" | "su" | "sua" | "seu") || before(1) == "ya")
    {
        return Some((acts, By::Bot));
    }
    if matches!((before(2), before(1)), ("acabei" | "acabo" | "acabamos", "de")) {
        let acts = called(word);
        return (!acts.is_empty()).then_some((acts, By::Bot));
    }
    // `I've redeemed 500 points`: whatever it is, it is a deed.
    let has_done =
        (1..=3).find(|places| matches!(before(*places), "i've" | "we've" | "have" | "i’ve" | "we’ve"));
    let of_mine =
        has_done.is_some_and(|places| before(places) != "have" || matches!(before(places + 1), "i" | "we"));
    let is_verb = word.len() > 4 && word.ends_with("ed") && !NO_DEEDS.split(' ').any(|other| other == word);
    if of_mine && is_verb && PARTICIPLES.get(word).is_empty() {
        return Some((Acts::OTHER, By::Bot));
    }
    let mut acts = PARTICIPLES.get(word);
    if acts.is_empty() {
        return None;
    }
    // A shop is open or closed, and nobody has done it.
    let opens =
        ["abert", "abiert", "open", "closed", "fechad", "cerrad"].iter().any(|form| word.starts_with(form));
    if opens && !words.iter().any(|word| CASES.split(' ').any(|case| case == *word)) {
        return None;
    }
    // `reembolso processado`: what was done is told by the noun.
    if acts == Acts::ANYTHING {
        let around = words[at.saturating_sub(5)..at].iter().chain(words.iter().skip(at + 1).take(2));
        let named = around.fold(Acts::NONE, |all, word| all.and(CALLS.get(word)).and(NOUNS.get(word)));
        let confirms = if word.starts_with("confirm") { Acts::CONFIRM } else { Acts::NONE };
        acts = if named.is_empty() { acts } else { named.and(confirms) };
    }
    let subject = (1..=5).find(|places| matches!(before(*places), "i" | "i've" | "we" | "we've"));
    if let Some(places) = subject {
        let between = (1..places).map(before);
        if between.into_iter().all(|word| {
            matches!(
                word,
                "have" | "just" | "already" | "now" | "also" | "successfully" | "went" | "ahead" | "and"
            )
        }) {
            return Some((acts, By::Bot));
        }
    }
    if matches!(before(1), "he" | "hemos") || (before(1) == "ya" && before(2) == "he") {
        return Some((acts, By::Bot));
    }
    let copula = |word: &str| {
        matches!(
            word,
            "foi"
                | "foram"
                | "esta"
                | "estao"
                | "sido"
                | "been"
                | "was"
                | "were"
                | "is"
                | "are"
                | "fue"
                | "fueron"
                | "estan"
                | "ficou"
                | "ficaram"
                | "consta"
                | "it's"
                | "that's"
                | "quedo"
        )
    };
    let passive = (1..=3).find(|places| copula(before(*places)));
    if let Some(places) = passive
        && (1..places).all(|place| {
            matches!(
                before(place),
                "em" | "ja"
                    | "ya"
                    | "already"
                    | "now"
                    | "just"
                    | "all"
                    | "successfully"
                    | "devidamente"
                    | "agora"
                    | "ainda"
                    | "nao"
                    | "not"
                    | "yet"
                    | "como"
                    | "no"
                    | "been"
                    | "sido"
            )
        })
    {
        return Some((acts, By::Anyone));
    }
    // `Pedido enviado!`, `Pronto, visita agendada`: a headline.
    let is_rule = matches!(before(1), "sao" | "e" | "ser" | "sera" | "serao" | "seja" | "es" | "son");
    let headline = at <= 5
        && !is_rule
        && (1..=3).any(|places| {
            matches!(
                before(places),
                "agendamento"
                    | "visita"
                    | "pedido"
                    | "horario"
                    | "consulta"
                    | "reserva"
                    | "chamado"
                    | "ticket"
                    | "cadastro"
                    | "pagamento"
                    | "order"
                    | "booking"
                    | "appointment"
                    | "visit"
                    | "reservation"
                    | "cita"
                    | "turno"
                    | "compra"
                    | "troca"
                    | "reembolso"
                    | "estorno"
                    | "request"
                    | "solicitacao"
                    | "payment"
                    | "refund"
                    | "cupom"
                    | "coupon"
                    | "cupon"
                    | "pago"
                    | "servico"
                    | "remarcacao"
                    | "cancelamento"
                    | "mensagem"
                    | "dados"
                    | "atendimento"
                    | "oficina"
                    | "aula"
                    | "sessao"
            )
        })
        && !(1..=4).any(|places| {
            matches!(
                before(places),
                "um" | "uma"
                    | "cada"
                    | "todo"
                    | "a"
                    | "an"
                    | "any"
                    | "each"
                    | "every"
                    | "cualquier"
                    | "qualquer"
                    | "todos"
                    | "pedidos"
            )
        });
    headline.then_some((acts, By::Anyone))
}

fn exactly(table: &[(&str, Acts)], word: &str) -> Option<Acts> {
    table.iter().find(|(forms, _)| forms.split(' ').any(|form| form == word)).map(|(_, acts)| *acts)
}

fn is_negation(words: &[&str], place: usize) -> bool {
    // `no sistema` is Portuguese and denies nothing.
    let denies = |next: &str| {
        matches!(next, "ha" | "han" | "fue" | "fueron" | "esta" | "estan" | "se" | "he" | "hemos" | "longer")
    };
    (words[place] == "no" && words.get(place + 1).is_some_and(|next| denies(next)))
        || matches!(
            words[place],
            "nao"
                | "not"
                | "nunca"
                | "never"
                | "nem"
                | "hasn't"
                | "haven't"
                | "wasn't"
                | "isn't"
                | "weren't"
                | "didn't"
                | "aren't"
        )
}

/// `se foi enviado`, `assim que for confirmado`: nothing was done yet, or it is not known.
fn is_conditional(words: &[&str], at: usize) -> bool {
    let begin = at.saturating_sub(8);
    words[begin..at].iter().any(|word| {
        matches!(
            *word,
            "se" | "caso"
                | "quando"
                | "assim"
                | "depois"
                | "apos"
                | "if"
                | "whether"
                | "when"
                | "once"
                | "after"
                | "until"
                | "unless"
                | "si"
                | "cuando"
                | "despues"
                | "hasta"
                | "sera"
                | "ser"
                | "for"
                | "will"
                | "can"
                | "pode"
                | "podem"
                | "deve"
                | "puede"
                | "must"
                | "should"
                | "sempre"
                | "siempre"
                | "always"
                | "como"
                | "how"
                | "quais"
                | "which"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deeds_are_told_from_offers_and_rules() {
        for (text, by) in [
            ("agendei sua visita", By::Bot),
            ("i've just booked it for you", By::Bot),
            ("i went ahead and cancelled it", By::Bot),
            ("he reservado tu mesa", By::Bot),
            ("acabei de cancelar o pedido", By::Bot),
            ("seu pedido foi enviado ontem", By::Anyone),
            ("your order has been shipped", By::Anyone),
            ("pronto, visita agendada", By::Anyone),
            ("tu cita esta confirmada", By::Anyone),
        ] {
            let deeds = deeds_in(text);
            assert_eq!(deeds.iter().map(|deed| deed.by).collect::<Vec<_>>(), [by], "{text}");
        }
        for text in [
            "posso agendar para voce",
            "assim que o pagamento for confirmado, enviamos",
            "quer que eu cancele",
            "se o pedido foi enviado, nao da mais",
            "we can book it for you",
        ] {
            assert_eq!(deeds_in(text).len(), 0, "{text}");
        }
        assert!(deeds_in("o pedido ainda nao foi enviado")[0].is_denied);
    }
}
