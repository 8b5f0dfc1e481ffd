//! What a sentence says was done, by the bot or by whomever; offers, rules and conditions tell of no deed. Read off its words
//! in pt, en and es; what proves a deed is told in `mod.rs`.

use super::acts::{Acts, CALLS, CASES, NOUNS, OWN, OWN_WITH_OBJECT, PARTICIPLES, exactly, words_of};
use super::conditions::{is_awaited, is_conditional, is_negation};
use super::first_person::{
    done_by_the_bot, handed_on, is_idle, left_in_a_state, made, narrowed, participle_root,
};
use super::stages::{is_on_the_way, stages_in};
use crate::domain::language::Language;
use crate::language::fold::fold;
use crate::language::memo::Memo;
use std::sync::{Arc, LazyLock};

/// Who looks something up has a result.
const LOOKED: &[&str] = &["verifiquei", "consultei", "chequei", "conferi", "pesquisei"];

/// Roots that look like the future of another verb: `liberei`, `separei`.
const PAST_IN_R: &str = "liber recuper aceler retir tir vir separ prepar declar alter ger gener altern integr apur restaur assegur";

static FOUND: LazyLock<Memo<Vec<Deed>>> = LazyLock::new(Memo::default);

/// Who is said to have done it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum By {
    /// The bot.
    Bot,
    /// It was done, or is mostly done so.
    Anyone,
    /// It has happened, which no rule says.
    Event,
}

/// A deed that a sentence tells of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Deed {
    /// Of what kind it may be.
    pub acts: Acts,
    /// The beginning of its verb, whatever its form.
    pub root: String,
    /// Who did it.
    pub by: By,
    /// Whether the sentence says that it was not done.
    pub is_denied: bool,
}

impl Deed {
    /// Whether it says that something was asked for.
    pub(super) fn is_a_request(&self) -> bool {
        self.acts == Acts::CREATE
            && ["solicit", "request"].iter().any(|beginning| self.root.starts_with(beginning))
    }
}

/// The deeds that a text tells of.
pub fn deeds_in(text: &str, language: Language) -> Arc<Vec<Deed>> {
    FOUND.of(text, language, || {
        let (folded, lower) = (fold(text), text.to_lowercase());
        let (words, accented) = (words_of(&folded), words_of(&lower));
        let mut found = stages_in(&words);
        found.extend(told_of_an_item(&folded));
        for at in 0..words.len() {
            if let Some((acts, by, root)) = deed_at(&words, &accented, at, language) {
                let denies = |place: usize| {
                    (is_negation(&words, place) && !(by == By::Bot && NOTHING.contains(&words[place])))
                        || (words[place] == "no" && language == Language::Spanish)
                };
                let is_denied = (1..=4).any(|places| at.checked_sub(places).is_some_and(denies))
                    || (by != By::Bot && is_said_of_nothing(&words, at));
                let is_awaited = match by {
                    By::Bot => is_awaited(&words, at),
                    By::Anyone | By::Event => is_conditional(&words, at),
                };
                if !is_awaited {
                    found.push(Deed { acts, root: root.to_owned(), by, is_denied });
                }
            }
        }
        found
    })
}

/// Words for nothing. `De nada, já cancelei` denies nothing that the bot says of itself.
const NOTHING: [&str; 8] = ["nothing", "nada", "nenhum", "nenhuma", "none", "ningun", "ninguno", "ninguna"];

/// `Nothing else on the order was touched`: what is said of nothing was not done.
fn is_said_of_nothing(words: &[&str], at: usize) -> bool {
    at <= 8 && words.first().is_some_and(|word| NOTHING.contains(word))
}

/// `**F-3360** (abajur): enviado`: what an item of a list is said to have come to.
fn told_of_an_item(folded: &str) -> Option<Deed> {
    const KINDS: Acts = Acts::SEND.and(Acts::DELIVER).and(Acts::PAY);
    let (_, behind) = folded.trim_start().strip_prefix(['-', '*', '•'])?.rsplit_once(": ")?;
    let word = words_of(behind).first().copied()?;
    let acts = PARTICIPLES.get(word);
    acts.meets(KINDS).then(|| Deed { acts, root: word.to_owned(), by: By::Anyone, is_denied: false })
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

fn deed_at<'a>(
    words: &[&'a str],
    accented: &[&str],
    at: usize,
    language: Language,
) -> Option<(Acts, By, &'a str)> {
    let word = words[at];
    let before = |places: usize| at.checked_sub(places).map_or("", |place| words[place]);
    if let Some(acts) = made(words, at) {
        return Some((acts, By::Bot, word));
    }
    if let Some(acts) = exactly(OWN, word) {
        let acts = narrowed(acts, words, at);
        // `eu pedi` says what the customer asked for only with another `eu`.
        let is_quoted = matches!(before(1), "voce" | "vc" | "que");
        let root = word.trim_end_matches(['e', 'i']);
        return (!is_quoted || before(2) == "eu").then_some((acts, By::Bot, root));
    }
    if let Some((acts, root)) = left_in_a_state(words, at) {
        return Some((acts, By::Bot, root));
    }
    if handed_on(words, at) {
        return Some((Acts::HANDED_ON, By::Bot, word));
    }
    if let Some(root) = word.strip_suffix("ei").filter(|root| root.len() >= 3) {
        let is_future = ["ar", "er", "ir"].iter().any(|ending| root.ends_with(ending))
            && !PAST_IN_R.split(' ').any(|past| past == root);
        if !is_future && !is_idle(root) && !matches!(root, "deix" | "pass") {
            let acts = PARTICIPLES.get(&format!("{root}ado"));
            return Some((if acts.is_empty() { Acts::OTHER } else { acts }, By::Bot, root));
        }
    }
    let next = words.get(at + 1).copied().unwrap_or_default();
    if matches!(next, "tu" | "su" | "sua" | "seu" | "o" | "a" | "la" | "el")
        && let Some(acts) = exactly(OWN_WITH_OBJECT, word)
        && (matches!(next, "tu" | "su" | "sua" | "seu") || before(1) == "ya")
    {
        return Some((acts, By::Bot, word.trim_end_matches('e')));
    }
    // `ya te reembolsamos`
    if let Some(root) = word.strip_suffix("amos").filter(|_| {
        matches!(before(1), "te" | "le" | "les" | "lo" | "la" | "los" | "las") && before(2) == "ya"
    }) {
        let acts = PARTICIPLES.get(&format!("{root}ad"));
        if !acts.is_empty() {
            return Some((acts, By::Bot, root));
        }
    }
    if let Some((acts, root)) = done_by_the_bot(words, accented, at, language) {
        return Some((acts, By::Bot, root));
    }
    // `te he apuntado`, `ya he fraccionado`
    let has_done = matches!(before(1), "he" | "hemos") && language == Language::Spanish;
    if has_done
        && let Some(root) = participle_root(word).filter(|root| !is_idle(root))
        && PARTICIPLES.get(word).is_empty()
    {
        return Some((Acts::OTHER, By::Bot, root));
    }
    let root = participle_root(word).unwrap_or(word);
    if let Some(acts) = is_on_the_way(words, at) {
        // `saiu para entrega` is also what a state is called.
        let is_called = matches!(word, "saiu" | "salio") && !matches!(before(1), "ja" | "ya");
        return Some((acts, if is_called { By::Anyone } else { By::Event }, root));
    }
    let mut acts = PARTICIPLES.get(word);
    if acts.is_empty() {
        return participle_root(word)
            .filter(|root| happened(words, at) && !is_idle(root))
            .map(|root| (Acts::OTHER, By::Event, root));
    }
    // `scheduled to ship tomorrow` tells of what is to come.
    if matches!(word, "scheduled" | "expected" | "due") && next == "to" {
        return None;
    }
    // `não está incluído` says what a price is for.
    if word.starts_with("inclu")
        && matches!(before(1), "esta" | "estao" | "estan" | "is" | "are" | "it's" | "e")
    {
        return None;
    }
    // A shop is open or closed, and nobody has done it.
    let opens =
        ["abert", "abiert", "open", "closed", "fechad", "cerrad"].iter().any(|form| word.starts_with(form));
    if opens && !words.iter().any(|word| CASES.split(' ').any(|case| case == *word)) {
        return None;
    }
    // `estamos prontos para ajudar`
    let is_for_pickup = words.get(at + 2).is_some_and(|word| {
        ["retir", "busc", "entreg", "envi", "colet", "pick", "collect", "ship", "recog", "lev"]
            .iter()
            .any(|beginning| word.starts_with(beginning))
    });
    if acts == Acts::READY
        && ((matches!(next, "to" | "para" | "pra" | "a") && !is_for_pickup) || before(2) == "we")
    {
        return None;
    }
    // `ready in 2 business days` is how it is done.
    if acts == Acts::READY && matches!(next, "in" | "within" | "em" | "en") {
        return None;
    }
    // `pagamento aprovado` is paid.
    let around = || words[at.saturating_sub(5)..at].iter().chain(words.iter().skip(at + 1).take(2));
    if acts == Acts::APPROVE
        && around().any(|word| {
            ["pagament", "payment", "pago", "pix", "compra", "purchase"]
                .iter()
                .any(|noun| word.starts_with(noun))
        })
    {
        acts = acts.and(Acts::PAY);
    }
    // `the refund has been issued`
    let is_issued = ["issu", "emit", "submit", "placed"].iter().any(|beginning| word.starts_with(beginning));
    if is_issued {
        let from = at.saturating_sub(6);
        let money = words[from..at].iter().fold(Acts::NONE, |all, word| all.and(CALLS.get(word)));
        if money.meets(Acts::REFUND) {
            acts = Acts::REFUND;
        }
    }
    // `reembolso processado`: what was done is told by the noun.
    if acts == Acts::ANYTHING {
        // `o pagamento do pedido foi confirmado`: what stands behind `do` is whose it is.
        let from = at.saturating_sub(7);
        let is_whose = |place: usize| {
            place > from
                && matches!(
                    words[place - 1],
                    "do" | "da" | "de" | "del" | "of" | "dos" | "das" | "for" | "para"
                )
        };
        let heads = (from..at).filter(|place| !is_whose(*place)).map(|place| words[place]);
        let around = heads.chain(words.iter().skip(at + 1).take(2).copied());
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
            return Some((acts, By::Bot, root));
        }
    }
    if matches!(before(1), "he" | "hemos") || (before(1) == "ya" && before(2) == "he") {
        return Some((acts, By::Bot, root));
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
                | "hasn't"
                | "haven't"
                | "isn't"
                | "wasn't"
                | "has"
                | "have"
        )
    };
    let passive = (1..=3).find(|places| copula(before(*places)));
    if let Some(places) = passive
        && (1..places).all(|place| {
            matches!(
                before(place),
                "em" | "ja"
                    | "pre"
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
        return Some((acts, By::Anyone, root));
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
    headline.then_some((acts, By::Anyone, root))
}

/// `foi isentada`, `was restored`: told as having happened, whatever it is.
fn happened(words: &[&str], at: usize) -> bool {
    let before = |places: usize| at.checked_sub(places).map_or("", |place| words[place]);
    let place = if matches!(before(1), "ja" | "ya" | "just" | "already" | "since") { 2 } else { 1 };
    matches!(before(place), "foi" | "foram" | "fue" | "fueron" | "was" | "were" | "been" | "sido")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deeds_are_told_from_offers_and_rules() {
        let told = |text: &str| deeds_in(text, Language::Portuguese);
        for (text, by) in [
            ("agendei sua visita", By::Bot),
            ("i've just booked it for you", By::Bot),
            ("i went ahead and cancelled it", By::Bot),
            ("he reservado tu mesa", By::Bot),
            ("acabei de cancelar o pedido", By::Bot),
            ("deixei voce encaixada amanha", By::Bot),
            ("passei o seu caso ao tecnico", By::Bot),
            ("seu pedido foi enviado ontem", By::Anyone),
            ("your order has been shipped", By::Anyone),
            ("your connection was restored", By::Event),
            ("o motoboy ja esta a caminho", By::Event),
            ("pronto, visita agendada", By::Anyone),
            ("tu cita esta confirmada", By::Anyone),
            ("fiz a sua matricula no plano livre", By::Bot),
            ("pode ficar tranquilo: seu sofa ja foi entregue", By::Anyone),
        ] {
            let deeds = told(text);
            assert_eq!(deeds.iter().map(|deed| deed.by).collect::<Vec<_>>(), [by], "{text}");
        }
        for text in [
            "posso agendar para voce",
            "assim que o pagamento for confirmado, enviamos",
            "quer que eu cancele",
            "se o pedido foi enviado, nao da mais",
            "we can book it for you",
            "passei os valores para voce",
            "fiz as contas para voce",
            "o vaso pode ser entregue amanha",
            "our rush service is ready in 2 business days",
        ] {
            assert_eq!(told(text).len(), 0, "{text}");
        }
        assert!(told("o pedido ainda nao foi enviado")[0].is_denied);
        assert!(told("nothing else on the order was touched")[0].is_denied);
        let spanish =
            |text: &str| deeds_in(text, Language::Spanish).iter().filter(|deed| deed.by == By::Bot).count();
        for draft in ["de nada, ja cancelei o seu pedido", "nothing to worry about, i've booked it"] {
            assert!(told(draft).iter().all(|deed| !deed.is_denied), "{draft}");
        }
        assert_eq!((spanish("te he apuntado a las 9"), spanish("trae la libreta de vacunas")), (1, 0));
    }
}
