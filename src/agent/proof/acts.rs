//! Kinds of deeds and states, and the words that call them in pt, en and es: what a tool's name or a result's state says.
//! How a sentence tells of one is read in `deeds.rs`.

use crate::domain::language::Language;
use crate::language::fold::fold;
use crate::language::memo::Memo;
use aho_corasick::AhoCorasick;
use std::sync::LazyLock;

/// A set of kinds of deeds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Acts(u32);

impl Acts {
    pub(super) const BOOK: Self = Self(1);
    pub(super) const CANCEL: Self = Self(1 << 1);
    pub(super) const RESCHEDULE: Self = Self(1 << 2);
    pub(super) const CREATE: Self = Self(1 << 3);
    const SAVE: Self = Self(1 << 4);
    pub(super) const SEND: Self = Self(1 << 5);
    pub(super) const DELIVER: Self = Self(1 << 6);
    pub(super) const REFUND: Self = Self(1 << 7);
    pub(super) const CONFIRM: Self = Self(1 << 8);
    const CHANGE: Self = Self(1 << 9);
    const RESOLVE: Self = Self(1 << 10);
    pub(super) const PAY: Self = Self(1 << 11);
    const APPLY: Self = Self(1 << 12);
    const DELETE: Self = Self(1 << 13);
    pub(super) const PREPARE: Self = Self(1 << 14);
    pub(super) const APPROVE: Self = Self(1 << 16);
    /// A state that tells of no deed: `em andamento`.
    pub(super) const STATE: Self = Self(1 << 17);
    /// `está pronto`: nobody need have done it.
    pub(super) const READY: Self = Self(1 << 18);
    /// What is passed to the team is sent, or a case of it is opened.
    pub(super) const HANDED_ON: Self = Self(Self::SEND.0 | Self::CREATE.0);
    /// What has no kind of its own.
    pub(super) const OTHER: Self = Self(1 << 15);
    /// `feito`, `processed`: whatever it was.
    pub const ANYTHING: Self = Self(((1 << 15) - 1) | Self::APPROVE.0);

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

    /// Whether it is only of what nobody does by the way: a tool whose name tells nothing did not do it.
    pub(super) fn is_grave(self) -> bool {
        const GRAVE: Acts = Acts(Acts::CANCEL.0 | Acts::REFUND.0 | Acts::DELIVER.0 | Acts::PAY.0);
        !self.is_empty() && self.without(GRAVE).is_empty()
    }

    /// Whether one kind is in both.
    pub fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Without the kinds of `other`.
    pub(super) fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }
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
    ("anotad noted adicionad incluid added agregad cadastrad", Acts::CREATE.and(Acts::SAVE)),
    ("salv atualizad saved updated actualizad guardad", Acts::SAVE.and(Acts::CHANGE)),
    (
        "enviad encaminhad repassad passad transferid pasad despachad postad shipped sent dispatched forwarded emailed",
        Acts::SEND,
    ),
    ("entregue entregad delivered", Acts::DELIVER),
    ("estornad reembolsad devolvid refunded returned devuelt", Acts::REFUND),
    ("confirmad confirmed", Acts::ANYTHING),
    (
        "alterad mudad trocad modificad changed modified cambiad corrigid swapped exchanged estendid extendid extended prolongad \
         ampliad ajustad adjusted moved movid switched upgraded adiad antecipad adelantad postponed",
        Acts::CHANGE.and(Acts::RESCHEDULE),
    ),
    ("resolvid resolved solved resuelt encerrad closed fechad cerrad", Acts::RESOLVE),
    (
        "registrad registered processad efetuad realizad concluid processed completed feito feita feitos hech finalizad",
        Acts::ANYTHING,
    ),
    ("pago paga pagos pagas paid pagad abonad acreditad credited", Acts::PAY),
    ("aprovad approved aprobad", Acts::APPROVE),
    ("aplicad applied ativad activated activad", Acts::APPLY),
    ("removid excluid apagad deleted removed eliminad borrad", Acts::DELETE.and(Acts::CANCEL)),
    ("separad embalad packed empaquetad", Acts::PREPARE),
    ("pronto pronta listo lista ready", Acts::READY),
];

/// What the bot says of itself.
pub(super) const OWN: &[(&str, Acts)] = &[
    ("agendei marquei reservei segurei", Acts::BOOK),
    ("cancelei desmarquei anulei", Acts::CANCEL),
    ("remarquei reagendei reprogramei", Acts::RESCHEDULE.and(Acts::CHANGE)),
    ("abri criei solicitei emiti gerei pedi", Acts::CREATE),
    ("registrei anotei adicionei cadastrei", Acts::CREATE.and(Acts::SAVE)),
    ("salvei atualizei guardei", Acts::SAVE.and(Acts::CHANGE)),
    ("enviei encaminhei mandei despachei", Acts::SEND),
    ("estornei reembolsei devolvi", Acts::REFUND),
    ("confirmei", Acts::ANYTHING),
    (
        "alterei mudei troquei modifiquei corrigi estendi prolonguei ampliei ajustei adiei antecipei",
        Acts::CHANGE.and(Acts::RESCHEDULE),
    ),
    ("resolvi encerrei", Acts::RESOLVE),
    ("processei efetuei realizei finalizei", Acts::ANYTHING),
    ("apliquei ativei", Acts::APPLY),
    ("removi apaguei", Acts::DELETE.and(Acts::CANCEL)),
];

/// Spanish past forms that are other words without their object.
pub(super) const OWN_WITH_OBJECT: &[(&str, Acts)] = &[
    ("agende reserve", Acts::BOOK),
    ("cancele", Acts::CANCEL),
    ("envie", Acts::SEND),
    ("registre anote", Acts::CREATE.and(Acts::SAVE)),
    ("agendamos reservamos marcamos", Acts::BOOK),
    ("cancelamos", Acts::CANCEL),
];

/// Beginnings of words by which a tool or a state is called.
const CALLED: &[(&str, Acts)] = &[
    ("agend marca reserv book schedul appoint cita turno", Acts::BOOK),
    ("cancel desmarc anul", Acts::CANCEL),
    ("resched remarc reagend reprogram move", Acts::RESCHEDULE.and(Acts::CHANGE)),
    (
        "creat cria crea abr abert abiert open new ticket chamad request solicit submit insert issue emit place",
        Acts::CREATE,
    ),
    ("regist add adicion agreg inclu cadastr anot note log", Acts::CREATE.and(Acts::SAVE)),
    ("save salv updat atualiz actualiz contact set edit upsert guard", Acts::SAVE.and(Acts::CHANGE)),
    (
        "send envi ship dispatch despach forward encaminh email mail notif sent postad transit caminho camino reparto saiu transf escal \
         handoff",
        Acts::SEND,
    ),
    ("delivered entregue entregad", Acts::DELIVER.and(Acts::SEND)),
    ("refund reembols estorn devol return", Acts::REFUND),
    ("confirm", Acts::CONFIRM),
    ("chang alter mud troc modif exchang swap cambi", Acts::CHANGE.and(Acts::RESCHEDULE)),
    ("done feito feita hecho hecha", Acts::ANYTHING),
    ("resolv solv encerr close fechad cerrad resuelt", Acts::RESOLVE),
    ("paid pago paga pay charge", Acts::PAY),
    ("aprov approv aprob", Acts::APPROVE.and(Acts::PAY)),
    ("apply appli aplic coupon cupom activ ativ", Acts::APPLY),
    ("delet remov exclu apag eras elimin borr", Acts::DELETE.and(Acts::CANCEL)),
    ("pick separ prepar pack", Acts::PREPARE),
    (
        "pront listo lista ready conclu finaliz finish complet termin dispon availab pickup retirada",
        Acts::READY,
    ),
];

/// Beginnings of nouns for what is booked or paid.
const THINGS: &[(&str, Acts)] = &[
    ("horario visit consulta mesa turno sessao aula oficina", Acts::BOOK),
    ("compra pedido order purchase", Acts::CREATE.and(Acts::PAY).and(Acts::CONFIRM)),
];

pub(super) static PARTICIPLES: LazyLock<Lexicon> = LazyLock::new(|| Lexicon::of(DONE));
pub(super) static NOUNS: LazyLock<Lexicon> = LazyLock::new(|| Lexicon::of(THINGS));
pub(super) static CALLS: LazyLock<Lexicon> = LazyLock::new(|| Lexicon::of(CALLED));
static KEYS: LazyLock<Memo<Acts>> = LazyLock::new(Memo::default);
static READ: LazyLock<Memo<Acts>> = LazyLock::new(Memo::default);
static STATED: LazyLock<Memo<Acts>> = LazyLock::new(Memo::default);

/// What the words of a state or of a tool's name call.
pub fn called(text: &str) -> Acts {
    *READ.of(text, Language::Portuguese, || {
        let folded = fold(text);
        let words: Vec<&str> = words_of(&folded);
        let acts = words.iter().fold(Acts::NONE, |acts, word| acts.and(CALLS.get(word)));
        // Whoever cancels or moves an appointment has made none: `agenda_cancel`.
        // Who asks for a payment has got none: `payment_request`, `gerar link de pagamento`.
        let is_asked = words.iter().any(|word| ASKED.iter().any(|beginning| word.starts_with(beginning)));
        let acts = if is_asked { acts.without(Acts::PAY) } else { acts };
        // Who opens a return has given nothing back: `return_create`.
        let gives_back = ["refund", "reembols", "estorn"];
        let is_refund =
            words.iter().any(|word| gives_back.iter().any(|beginning| word.starts_with(beginning)));
        let acts = if acts.meets(Acts::CREATE) && !is_refund { acts.without(Acts::REFUND) } else { acts };
        match acts.meets(Acts::CANCEL.and(Acts::RESCHEDULE)) {
            true if acts.meets(Acts::BOOK) => acts.without(Acts::BOOK.and(Acts::CREATE)),
            _ => acts,
        }
    })
}

/// Beginnings of words by which a payment is asked for.
const ASKED: &[&str] =
    &["request", "solicit", "link", "cobran", "gera", "generat", "creat", "cria", "crea", "emit", "invoice"];
/// Beginnings of words of what is yet to be done: `awaiting_payment`, `envio pendente`.
const YET: &[&str] = &[
    "await",
    "wait",
    "pend",
    "aguard",
    "esper",
    "request",
    "solicit",
    "process",
    "progress",
    "andamento",
    "curso",
    "partial",
    "parcial",
    "schedul",
    "estimat",
    "expect",
    "previst",
    "unpaid",
    "due",
    "todo",
];
/// And of what came to nothing: `payment_declined`.
const IN_VAIN: &[&str] = &[
    "fail", "declin", "deni", "deneg", "recus", "reject", "rejeit", "rechaz", "refus", "falh", "falli",
    "fallo", "fallad", "error", "erro", "expir", "without",
];
/// Words that deny the rest of their clause.
const DENIALS: &[&str] = &["not", "nao", "no", "sem", "sin", "never", "nunca"];
/// Beginnings of words by which a noun tells of what was done: `payment_received`.
const CARRIED_OUT: &[&str] = &[
    "confirm", "receiv", "receb", "recib", "complet", "success", "sucess", "approv", "aprov", "aprob",
    "conclu", "efetu", "done", "ok",
];

/// What a state says was done. What is awaited, refused or still to come was not: `awaiting_payment` is no payment, and
/// `ready_to_ship` nothing that was shipped.
pub(super) fn stated(text: &str) -> Acts {
    *STATED.of(text, Language::Portuguese, || {
        let folded = fold(text).replace('_', " ");
        folded
            .split(['.', ',', ';', ':', '!', '|', '/', '–', '—', '('])
            .fold(Acts::NONE, |acts, clause| acts.and(stated_in(clause)))
    })
}

fn stated_in(clause: &str) -> Acts {
    let words = words_of(clause);
    let begins = |word: &str, with: &[&str]| with.iter().any(|beginning| word.starts_with(beginning));
    if words.iter().any(|word| DENIALS.contains(word) || begins(word, IN_VAIN)) {
        return Acts::NONE;
    }
    let awaited_from =
        words.iter().position(|word| begins(word, YET) && PARTICIPLES.get(word) != Acts::ANYTHING);
    let is_carried_out = words.iter().any(|word| begins(word, CARRIED_OUT));
    let mut acts = Acts::NONE;
    for (at, word) in words.iter().enumerate() {
        if *word == "out" && words.get(at + 1) == Some(&"for") {
            acts = acts.and(Acts::SEND);
        }
        // `pronto para retirada`: the rest is what comes next.
        if at > 0 && matches!(*word, "to" | "for" | "para" | "pra" | "por") {
            break;
        }
        // What is to be had is there; what can be given back has not been.
        let can_be = ["able", "ible", "avel", "ivel"].iter().any(|ending| word.ends_with(ending))
            && !["dispon", "availab"].iter().any(|beginning| word.starts_with(beginning));
        // `esperando el pago`, `pago pendiente`: in Spanish a noun.
        let is_noun = word.starts_with("pagament")
            || (matches!(*word, "pago" | "pagos")
                && awaited_from.is_some_and(|from| at > from || at + 1 == from && from + 1 == words.len()));
        let is_participle = !PARTICIPLES.get(word).is_empty() && !is_noun;
        let is_awaited = awaited_from.is_some();
        // `pay_at_counter`, `payment`
        let is_of_payment = is_noun || begins(word, &["pay", "pagar", "charge", "cobr"]);
        if can_be || (is_awaited && !is_participle) || (is_of_payment && !is_participle && !is_carried_out) {
            continue;
        }
        acts = acts.and(CALLS.get(word));
    }
    match acts.meets(Acts::CANCEL.and(Acts::RESCHEDULE)) {
        true if acts.meets(Acts::BOOK) => acts.without(Acts::BOOK.and(Acts::CREATE)),
        _ => acts,
    }
}

/// Whether what a tool is called by in pt or es begins with what it does: `bloquear línea`.
pub(super) fn has_a_verb(title: &str) -> bool {
    const SHORTEST: usize = 5;
    let folded = fold(title);
    let first = words_of(&folded).first().copied().unwrap_or_default();
    first.len() >= SHORTEST && ["ar", "er", "ir"].iter().any(|ending| first.ends_with(ending))
}

/// The deeds that the name of a field says were done: `pago_em`, `shipped_at`.
pub(super) fn done(key: &str) -> Acts {
    *KEYS.of(key, Language::Portuguese, || {
        let words = fold(key);
        // `aberto_em` says when and not that it still is; `concluida_pct` says nothing.
        let acts = words.split('_').map(|word| PARTICIPLES.get(word)).filter(|acts| *acts != Acts::ANYTHING);
        acts.fold(Acts::NONE, Acts::and).without(Acts::CREATE.and(Acts::RESOLVE))
    })
}

/// What is opened and closed by somebody.
pub(super) const CASES: &str = "chamado ticket protocolo ordem os caso reclamacao case claim pedido order conta account \
    solicitacao request incident incidente reclamo solicitud cadastro matricula";

/// What a table says of exactly this word.
pub(super) fn exactly(table: &[(&str, Acts)], word: &str) -> Option<Acts> {
    table.iter().find(|(forms, _)| forms.split(' ').any(|form| form == word)).map(|(_, acts)| *acts)
}

/// What is sent to customers: nobody books it for them.
pub(super) fn is_of_a_delivery(word: &str) -> bool {
    const DELIVERED: [&str; 9] =
        ["entreg", "deliver", "envio", "ship", "despach", "pedido", "order", "parcel", "reparto"];
    DELIVERED.iter().any(|beginning| word.starts_with(beginning))
}

/// The words, apostrophes inside them kept.
pub(super) fn words_of(folded: &str) -> Vec<&str> {
    folded
        .split(|sign: char| !(sign.is_alphanumeric() || matches!(sign, '\'' | '’')))
        .filter(|word| !word.is_empty())
        .collect()
}

/// Beginnings of words, looked for all at once.
pub(super) struct Lexicon {
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
    pub(super) fn get(&self, word: &str) -> Acts {
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
    fn what_is_awaited_refused_or_to_come_was_not_done() {
        for (state, not_done) in [
            ("awaiting_payment", Acts::PAY),
            ("aguardando pagamento", Acts::PAY),
            ("pay_at_counter", Acts::PAY),
            ("payment_declined", Acts::PAY),
            ("não pago", Acts::PAY),
            ("ready_to_ship", Acts::SEND),
            ("pendiente de envío", Acts::SEND),
            ("esperando el pago", Acts::PAY),
            ("pago pendiente", Acts::PAY),
            ("awaiting_shipment", Acts::SEND),
            ("cancellation_requested", Acts::CANCEL),
            ("refund_pending", Acts::REFUND),
            ("pending_confirmation", Acts::CONFIRM),
            ("refundable", Acts::REFUND),
        ] {
            assert!(!stated(state).meets(not_done), "{state}");
        }
        for (state, done) in [
            ("paid", Acts::PAY),
            ("payment_approved", Acts::PAY),
            ("Pagamento confirmado", Acts::PAY),
            ("Pago, aguardando envio", Acts::PAY),
            ("pago aguardando envio", Acts::PAY),
            ("shipped", Acts::SEND),
            ("saiu para entrega", Acts::SEND),
            ("out_for_delivery", Acts::SEND),
            ("Pronto para retirada", Acts::READY),
            ("ready_for_pickup", Acts::READY),
            ("disponivel", Acts::READY),
            ("cancelled", Acts::CANCEL),
            ("refund_processed", Acts::REFUND),
            ("confirmed", Acts::CONFIRM),
        ] {
            assert!(stated(state).meets(done), "{state}");
        }
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
