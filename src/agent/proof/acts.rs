//! Deeds and states: what a sentence says was done, by the bot or by whomever, and what the words of a tool or of its
//! result say was done. Read off the words in pt, en and es; what proves a deed is told in `mod.rs`.

use crate::domain::language::Language;
use crate::language::fold::fold;
use crate::language::memo::Memo;
use aho_corasick::AhoCorasick;
use std::sync::{Arc, LazyLock};

/// A set of kinds of deeds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Acts(u32);

impl Acts {
    const BOOK: Self = Self(1);
    const CANCEL: Self = Self(1 << 1);
    const RESCHEDULE: Self = Self(1 << 2);
    const CREATE: Self = Self(1 << 3);
    const SAVE: Self = Self(1 << 4);
    const SEND: Self = Self(1 << 5);
    const DELIVER: Self = Self(1 << 6);
    const REFUND: Self = Self(1 << 7);
    const CONFIRM: Self = Self(1 << 8);
    const CHANGE: Self = Self(1 << 9);
    const RESOLVE: Self = Self(1 << 10);
    const PAY: Self = Self(1 << 11);
    const APPLY: Self = Self(1 << 12);
    const DELETE: Self = Self(1 << 13);
    const PREPARE: Self = Self(1 << 14);
    /// `feito`, `processed`: whatever it was.
    pub const ANYTHING: Self = Self((1 << 16) - 1);

    /// None.
    pub const NONE: Self = Self(0);

    /// Both together.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether one kind is in both.
    pub fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Without the kinds of `other`.
    fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }
}

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

/// Beginnings of participles: `agendad` is `agendada` too.
const DONE: &[(&str, Acts)] = &[
    ("agendad marcad reservad booked scheduled reserved", Acts::BOOK),
    ("cancelad desmarcad anulad cancelled canceled", Acts::CANCEL),
    ("remarcad reagendad reprogramad rescheduled", Acts::RESCHEDULE.and(Acts::CHANGE)),
    (
        "abert criad solicitad cread abiert opened created logged filed gerad emitid issued requested submitted placed",
        Acts::CREATE,
    ),
    (
        "registrad anotad registered noted adicionad incluid added agregad cadastrad",
        Acts::CREATE.and(Acts::SAVE),
    ),
    ("salv atualizad saved updated actualizad guardad", Acts::SAVE.and(Acts::CHANGE)),
    ("enviad encaminhad despachad postad shipped sent dispatched forwarded emailed", Acts::SEND),
    ("entregue entregad delivered", Acts::DELIVER),
    ("estornad reembolsad devolvid refunded returned devuelt", Acts::REFUND),
    ("confirmad confirmed", Acts::ANYTHING),
    (
        "alterad mudad trocad modificad changed modified cambiad corrigid swapped exchanged",
        Acts::CHANGE.and(Acts::RESCHEDULE),
    ),
    ("resolvid resolved solved resuelt encerrad", Acts::RESOLVE),
    (
        "processad efetuad realizad concluid processed completed feito feita feitos hech finalizad",
        Acts::ANYTHING,
    ),
    ("pago paga pagos pagas paid pagad aprovad approved aprobad", Acts::PAY),
    ("aplicad applied ativad activated activad", Acts::APPLY),
    ("removid excluid apagad deleted removed eliminad borrad", Acts::DELETE.and(Acts::CANCEL)),
    ("separad embalad packed empaquetad", Acts::PREPARE),
];

/// What the bot says of itself.
const OWN: &[(&str, Acts)] = &[
    ("agendei marquei reservei", Acts::BOOK),
    ("cancelei desmarquei anulei", Acts::CANCEL),
    ("remarquei reagendei reprogramei", Acts::RESCHEDULE.and(Acts::CHANGE)),
    ("abri criei solicitei emiti gerei pedi", Acts::CREATE),
    ("registrei anotei adicionei cadastrei", Acts::CREATE.and(Acts::SAVE)),
    ("salvei atualizei guardei", Acts::SAVE.and(Acts::CHANGE)),
    ("enviei encaminhei mandei despachei", Acts::SEND),
    ("estornei reembolsei devolvi", Acts::REFUND),
    ("confirmei", Acts::ANYTHING),
    ("alterei mudei troquei modifiquei corrigi", Acts::CHANGE.and(Acts::RESCHEDULE)),
    ("resolvi encerrei", Acts::RESOLVE),
    ("processei efetuei realizei finalizei", Acts::ANYTHING),
    ("apliquei ativei", Acts::APPLY),
    ("removi apaguei", Acts::DELETE.and(Acts::CANCEL)),
];

/// Spanish past forms that are other words without their object.
const OWN_WITH_OBJECT: &[(&str, Acts)] = &[
    ("agende reserve", Acts::BOOK),
    ("cancele", Acts::CANCEL),
    ("envie", Acts::SEND),
    ("registre anote", Acts::CREATE.and(Acts::SAVE)),
    ("agendamos reservamos marcamos", Acts::BOOK),
    ("cancelamos", Acts::CANCEL),
];

/// Beginnings of words by which a tool or a state is called.
const CALLED: &[(&str, Acts)] = &[
    ("agend marca reserv book schedul appoint cita", Acts::BOOK),
    ("cancel desmarc anul", Acts::CANCEL),
    ("resched remarc reagend reprogram move", Acts::RESCHEDULE.and(Acts::CHANGE)),
    (
        "creat cria crea abr abert abiert open new ticket chamad request solicit submit insert issue emit place",
        Acts::CREATE,
    ),
    ("regist add adicion agreg inclu cadastr anot note log", Acts::CREATE.and(Acts::SAVE)),
    ("save salv updat atualiz actualiz contact set edit upsert guard", Acts::SAVE.and(Acts::CHANGE)),
    (
        "send envi ship dispatch despach forward encaminh email mail notif sent postad transit caminho camino",
        Acts::SEND,
    ),
    ("deliver entreg", Acts::DELIVER.and(Acts::SEND)),
    ("refund reembols estorn devol return", Acts::REFUND),
    ("confirm", Acts::CONFIRM),
    ("chang alter mud troc modif exchang swap cambi", Acts::CHANGE.and(Acts::RESCHEDULE)),
    ("resolv solv encerr close closed", Acts::RESOLVE),
    ("paid pago paga pay aprov approv aprob charge", Acts::PAY),
    ("apply appli aplic coupon cupom activ ativ", Acts::APPLY),
    ("delet remov exclu apag eras elimin borr", Acts::DELETE.and(Acts::CANCEL)),
    ("pick separ prepar pack", Acts::PREPARE),
];

/// Beginnings of nouns for what is booked or paid.
const THINGS: &[(&str, Acts)] = &[
    ("horario visit consulta mesa turno sessao aula oficina", Acts::BOOK),
    ("compra pedido order purchase", Acts::CREATE.and(Acts::PAY).and(Acts::CONFIRM)),
];

/// Who looks something up has a result.
const LOOKED: &[&str] = &["verifiquei", "consultei", "chequei", "conferi", "pesquisei"];

static PARTICIPLES: LazyLock<Lexicon> = LazyLock::new(|| Lexicon::of(DONE));
static NOUNS: LazyLock<Lexicon> = LazyLock::new(|| Lexicon::of(THINGS));
static CALLS: LazyLock<Lexicon> = LazyLock::new(|| Lexicon::of(CALLED));
static READ: LazyLock<Memo<Acts>> = LazyLock::new(Memo::default);
static FOUND: LazyLock<Memo<Vec<Deed>>> = LazyLock::new(Memo::default);

/// What the words of a state or of a tool's name call.
pub fn called(text: &str) -> Acts {
    *READ.of(text, Language::Portuguese, || {
        let folded = fold(text);
        let words: Vec<&str> = words_of(&folded);
        let acts = words.iter().fold(Acts::NONE, |acts, word| acts.and(CALLS.get(word)));
        // Whoever cancels or moves an appointment has made none: `agenda_cancel`.
        match acts.meets(Acts::CANCEL.and(Acts::RESCHEDULE)) {
            true if acts.meets(Acts::BOOK) => acts.without(Acts::BOOK.and(Acts::CREATE)),
            _ => acts,
        }
    })
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
    let next = words.get(at + 1).copied().unwrap_or_default();
    if matches!(next, "tu" | "su" | "sua" | "seu" | "o" | "a" | "la" | "el")
        && let Some(acts) = exactly(OWN_WITH_OBJECT, word)
        && (matches!(next, "tu" | "su" | "sua" | "seu"))
    {
        return Some((acts, By::Bot));
    }
    if matches!((before(2), before(1)), ("acabei" | "acabo" | "acabamos", "de")) {
        let acts = called(word);
        return (!acts.is_empty()).then_some((acts, By::Bot));
    }
    let mut acts = PARTICIPLES.get(word);
    if acts.is_empty() {
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
                "ja" | "ya"
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
    let headline = at <= 5
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

/// The words, apostrophes inside them kept.
fn words_of(folded: &str) -> Vec<&str> {
    folded
        .split(|sign: char| !(sign.is_alphanumeric() || matches!(sign, '\'' | '’')))
        .filter(|word| !word.is_empty())
        .collect()
}

/// Beginnings of words, looked for all at once.
struct Lexicon {
    acts: Vec<Acts>,
    /// `None` only if the lists were too large for it, which a test rules out.
    automaton: Option<AhoCorasick>,
}

impl Lexicon {
    fn of(table: &[(&str, Acts)]) -> Self {
        let entries: Vec<(&str, Acts)> =
            table.iter().flat_map(|(forms, acts)| forms.split(' ').map(|form| (form, *acts))).collect();
        Self {
            automaton: AhoCorasick::new(entries.iter().map(|(form, _)| *form)).ok(),
            acts: entries.into_iter().map(|(_, acts)| acts).collect(),
        }
    }

    /// What the beginnings of `word` say.
    fn get(&self, word: &str) -> Acts {
        self.automaton
            .iter()
            .flat_map(|automaton| automaton.find_overlapping_iter(word))
            .filter(|found| found.start() == 0)
            .fold(Acts::NONE, |acts, found| {
                acts.and(self.acts.get(found.pattern().as_usize()).copied().unwrap_or_default())
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_found() {
        for (forms, acts) in DONE {
            for form in forms.split(' ') {
                assert!(PARTICIPLES.get(form).meets(*acts), "{form}");
            }
        }
    }

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

    #[test]
    fn a_tools_name_says_what_it_does() {
        assert!(called("agenda_cancel").meets(Acts::CANCEL) && !called("agenda_cancel").meets(Acts::BOOK));
        assert!(called("agenda_book marcar horário").meets(Acts::BOOK));
        assert!(
            called("crm_save_contact").meets(Acts::SAVE) && !called("crm_save_contact").meets(Acts::BOOK)
        );
    }
}
