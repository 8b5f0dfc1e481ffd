//! Words that are statements by themselves: stock, gratuity, interest, opening. What a word means may be turned round by
//! a `não` before it.

use super::{Fact, Source, Stated, Word};
use crate::domain::language::Language;

/// A text of so few tokens is what a field says.
const SHORTEST: usize = 4;
/// How far before a word its `não` may stand.
const REACH: usize = 3;

/// The words of a sentence that are statements.
pub(super) fn find(source: &Source<'_>, found: &mut Vec<Stated>) {
    let mut at = 0;
    while at < source.tokens.len() {
        let Some((word, used)) = word_at(source, at) else {
            at += 1;
            continue;
        };
        let negated = (1..=REACH).any(|places| is_negation(source.before(at, places), source.language));
        if let Some(word) = if negated { opposite(word) } else { Some(word) } {
            found.push(source.stated(Fact::Word(word), at, used));
        }
        at += used;
    }
}

fn is_negation(word: &str, language: Language) -> bool {
    // `no mesmo dia` denies nothing.
    (word == "no" && language != Language::Portuguese)
        || matches!(
            word,
            "nao" | "not" | "nunca" | "never" | "isn" | "aren" | "don" | "sem" | "without" | "sin" | "nem"
        )
}

/// What a word says behind a `não`; nothing if that may be anything.
fn opposite(word: Word) -> Option<Word> {
    match word {
        Word::InStock | Word::Available => Some(Word::SoldOut),
        Word::SoldOut => Some(Word::InStock),
        Word::Open => Some(Word::Closed),
        Word::Closed => Some(Word::Open),
        Word::Included => Some(Word::Extra),
        Word::Extra => Some(Word::Included),
        Word::Free | Word::WithoutInterest | Word::SameDay => None,
    }
}

fn word_at(source: &Source<'_>, at: usize) -> Option<(Word, usize)> {
    let (first, second, third) = (source.word(at), source.word(at + 1), source.word(at + 2));
    let found = match (first, second, third) {
        ("fora" | "out", "de" | "of", "estoque" | "stock") => (Word::SoldOut, 3),
        ("sem" | "sin", "estoque" | "stock" | "existencias", _) => (Word::SoldOut, 2),
        ("em" | "in" | "en", "estoque" | "stock", _) => (Word::InStock, 2),
        ("pronta", "entrega", _) => (Word::InStock, 2),
        (
            "esgotado" | "esgotada" | "esgotados" | "esgotadas" | "esgotou" | "agotado" | "agotada"
            | "agotados" | "agotadas" | "acabou" | "acabaram" | "indisponivel" | "indisponiveis"
            | "unavailable",
            ..,
        ) => (Word::SoldOut, 1),
        ("out", "of", "them" | "it" | "those" | "that") => (Word::SoldOut, 3),
        ("fully", "booked", _) => (Word::SoldOut, 2),
        ("lotado" | "lotada" | "lotados" | "lotadas", ..) => (Word::SoldOut, 1),
        ("cost" | "costs", "extra", _) => (Word::Extra, 2),
        // `The studio is free on Saturday`
        ("free", "on" | "at" | "this" | "tomorrow" | "from" | "between" | "next", _)
            if is_of_a_room(source, at) =>
        {
            (Word::Available, 1)
        }
        // `Friday 11 December is free for lunch`
        ("free", "for", _) if matches!(source.before(at, 1), "is" | "are") && is_of_a_day(source, at) => {
            (Word::Available, 1)
        }
        ("sold", "out", _) | ("em" | "en", "falta", _) | ("none", "left", _) => (Word::SoldOut, 2),
        (
            "ocupado" | "ocupada" | "reservado" | "reservada" | "alugado" | "alugada" | "tomado" | "tomada"
            | "taken" | "booked",
            ..,
        ) if is_anothers(source, at) || is_of_a_slot(source, at) => (Word::SoldOut, 1),
        _ if none_left(source, at) > 0 => (Word::SoldOut, none_left(source, at)),
        ("disponivel" | "disponiveis" | "available" | "disponible" | "disponibles", ..) => {
            (Word::Available, 1)
        }
        // `a data está livre`, and not `fique livre`.
        ("livre" | "livres" | "libre" | "libres", ..)
            if matches!(
                source.before(at, 1),
                "esta" | "estao" | "estan" | "continua" | "sigue" | "ainda"
            ) =>
        {
            (Word::Available, 1)
        }
        ("sem" | "sin", "juros" | "interes" | "intereses", _) => (Word::WithoutInterest, 2),
        ("interest", "free", _) => (Word::WithoutInterest, 2),
        ("interest", "-", "free") => (Word::WithoutInterest, 3),
        ("no", "interest", _) => (Word::WithoutInterest, 2),
        ("gratis" | "gratuito" | "gratuita" | "gratuitos" | "gratuitas" | "gratuitamente", ..) => {
            (Word::Free, 1)
        }
        _ if cost_free(first, second, third) > 0 => (Word::Free, cost_free(first, second, third)),
        (
            "inclui" | "incluem" | "incluye" | "incluyen" | "include" | "includes" | "included" | "incluso"
            | "inclusa" | "inclusos" | "inclusas" | "incluido" | "incluida" | "incluidos" | "incluidas",
            ..,
        ) if !is_of_the_first_person(source, at) => (Word::Included, 1),
        ("a", "parte", _)
            if source.text.get(source.span(at, 1)).is_some_and(|written| !written.is_ascii()) =>
        {
            (Word::Extra, 2)
        }
        ("aparte" | "separately", ..) => (Word::Extra, 1),
        // `mais a taxa de limpeza`
        ("mais" | "mas" | "plus", "a" | "the" | "la" | "o" | "el", "taxa" | "fee" | "tasa" | "cargo") => {
            (Word::Extra, 2)
        }
        (
            "free",
            "slot" | "slots" | "spot" | "spots" | "appointment" | "appointments" | "table" | "tables",
            _,
        ) => (Word::Available, 1),
        // `two free 90-minute pre-test slots`
        ("free", ..) if is_of_slots(source, at) => (Word::Available, 1),
        // `It's still free`, of an hour or a table: what costs nothing does not do so still.
        ("free", ..) if source.before(at, 1) == "still" => (Word::Available, 1),
        // `Ms. Okafor is free at 3:30 pm`, `3 of them are free at the moment`
        ("free", "at", next) if next == "the" || next.starts_with(|sign: char| sign.is_ascii_digit()) => {
            (Word::Available, 1)
        }
        // `free from R$ 250 up`, and not `free from nuts`.
        ("free", "from", "r" | "us" | "$" | "brl") => (Word::Free, 1),
        ("free", next, _) if is_gift(source, at, next) => (Word::Free, 1),
        ("same", "day", _) => (Word::SameDay, 2),
        ("same", "-", "day") => (Word::SameDay, 3),
        ("na", "mesma", "hora") => (Word::SameDay, 3),
        ("na", "hora", "" | "." | "," | "!" | ";" | ")") => (Word::SameDay, 2),
        ("imediatamente" | "inmediatamente" | "immediately" | "instantly" | "instantaneamente", ..) => {
            (Word::SameDay, 1)
        }
        ("de" | "al", "inmediato" | "imediato" | "instante", _) => (Word::SameDay, 2),
        ("mesmo", "dia", _) | ("mismo", "dia", _) => (Word::SameDay, 2),
        (
            "abrimos" | "abre" | "abrem" | "aberto" | "aberta" | "abertos" | "abertas" | "abierto"
            | "abierta" | "abiertos" | "abren",
            ..,
        ) => (Word::Open, 1),
        ("open" | "opens", ..) if second != "a" && second != "the" => (Word::Open, 1),
        ("funcionamos" | "funciona" | "atendemos", ..) => (Word::Open, 1),
        (
            "fechado" | "fechada" | "fechados" | "fechadas" | "fechamos" | "fecha" | "closed" | "closes"
            | "cerrado" | "cerrada" | "cerrados" | "cerramos",
            ..,
        ) => (Word::Closed, 1),
        _ => return None,
    };
    // An hour behind `fecha` says when the open day ends, not that it is closed; `fechamos aos domingos` says just that.
    if found.0 == Word::Closed
        && matches!(first, "fecha" | "closes" | "fechamos" | "cerramos")
        && !is_of_whole_days(source, at)
    {
        return None;
    }
    Some(found)
}

/// Whether a day stands behind `fechamos`, and no hour.
fn is_of_whole_days(source: &Source<'_>, at: usize) -> bool {
    const DAYS: [&str; 22] = [
        "domingo",
        "segunda",
        "terca",
        "quarta",
        "quinta",
        "sexta",
        "sabado",
        "feriado",
        "sunday",
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "holiday",
        "lunes",
        "martes",
        "miercoles",
        "jueves",
        "viernes",
        "festivo",
    ];
    let behind = || (1..=5).map(|places| source.word(at + places));
    let is_day = |word: &str| DAYS.iter().any(|day| word.starts_with(day));
    behind().take(3).any(is_day) && !behind().any(|word| word.starts_with(|sign: char| sign.is_ascii_digit()))
}

/// `sem custo`, `não paga nada`, `at no charge`, `por nossa conta`: how many words say that it is free.
fn cost_free(first: &str, second: &str, third: &str) -> usize {
    let is_cost = |word: &str| {
        matches!(
            word,
            "custo"
                | "custos"
                | "costo"
                | "costos"
                | "coste"
                | "costes"
                | "cobranca"
                | "taxa"
                | "taxas"
                | "cargo"
                | "cargos"
                | "charge"
                | "charges"
                | "cost"
                | "fee"
                | "fees"
        )
    };
    match (first, second, third) {
        ("sem" | "sin" | "without", "nenhum" | "nenhuma" | "ningun" | "ninguna" | "any", cost)
            if is_cost(cost) =>
        {
            3
        }
        ("sem" | "sin" | "without", "pagar" | "paying", "nada" | "anything") => 3,
        ("sem" | "sin" | "without", "pagar", _) => 2,
        ("sem" | "sin" | "without" | "no" | "any" | "nenhum" | "nenhuma" | "ningun", cost, _)
            if is_cost(cost) =>
        {
            2
        }
        ("no" | "any", "extra" | "additional", cost) if is_cost(cost) => 3,
        ("nao" | "no", "tem" | "tiene" | "tienen" | "ha" | "hay", cost) if is_cost(cost) => 3,
        (
            "nao" | "no",
            "paga" | "pagas" | "pagan" | "pagam" | "pagara" | "pagaras" | "custa" | "cuesta",
            "nada",
        ) => 3,
        ("nao" | "no", "cobramos" | "cobra" | "cobram" | "cobran", _) => 2,
        ("don" | "t" | "not", "charge", _) => 2,
        ("pay", "nothing", _) => 2,
        ("de", "graca", _) => 2,
        ("por", "nossa" | "nuestra", "conta" | "cuenta") => 3,
        ("on", "the", "house") => 3,
        ("complimentary" | "cortesia" | "courtesy", ..) => 1,
        _ => 0,
    }
}

/// `não resta nenhum`, `no queda ninguna`, `no small ones left`: how many words say that there is none any more.
fn none_left(source: &Source<'_>, at: usize) -> usize {
    const LONGEST_NAME: usize = 3;
    let is_none = |word: &str| {
        matches!(word, "nenhum" | "nenhuma" | "ninguna" | "ninguno" | "ningun" | "mais" | "mas" | "nada")
    };
    let word = |places: usize| source.word(at + places);
    match (word(0), word(1)) {
        ("nao" | "no", "resta" | "restam" | "sobrou" | "sobraram" | "queda" | "quedan" | "restan")
            if is_none(word(2)) =>
        {
            3
        }
        ("no", _) if source.language == Language::English => {
            // `no heaters left running`
            let goes_on = |word: &str| {
                (word.ends_with("ing") && !matches!(word, "during" | "morning" | "evening" | "coming"))
                    || matches!(word, "unattended" | "open" | "behind" | "alone")
            };
            (2..=LONGEST_NAME + 1)
                .find(|places| word(*places) == "left" && !goes_on(word(places + 1)))
                .map_or(0, |places| places + 1)
        }
        _ => 0,
    }
}

/// `o salão já está reservado`, not `sua mesa já está reservada`: whether somebody else has it.
fn is_anothers(source: &Source<'_>, at: usize) -> bool {
    let is_stated = matches!(source.before(at, 1), "esta" | "foi" | "is" | "been" | "fue" | "was");
    let is_over = (2..=3).any(|places| matches!(source.before(at, places), "ja" | "ya" | "already"))
        || matches!(source.before(at, 1), "already");
    let is_theirs = source.tokens.iter().any(|token| {
        matches!(
            token.text.as_str(),
            "seu"
                | "sua"
                | "seus"
                | "suas"
                | "your"
                | "tu"
                | "su"
                | "voce"
                | "you"
                | "ti"
                | "nome"
                | "name"
                | "nombre"
        )
    });
    // `À tarde já está reservado` says of no thing what is.
    let names_a_thing = (2..=4).any(|places| {
        let word = source.before(at, places);
        word.len() > 3 && !matches!(word, "tarde" | "manha" | "noite" | "noche" | "manana" | "already")
    });
    is_stated && is_over && names_a_thing && !is_theirs
}

/// Whether what is said to be free can be booked.
fn is_of_a_room(source: &Source<'_>, at: usize) -> bool {
    const ROOMS: &str =
        "studio room suite table court hall venue slot spot salon space doctor technician chair";
    (2..=5).any(|places| ROOMS.split(' ').any(|room| room == source.before(at, places)))
}

/// Whether slots stand a few words behind, with nothing but what they are like in between.
fn is_of_slots(source: &Source<'_>, at: usize) -> bool {
    const SLOTS: &str = "slot slots spot spots appointment appointments table tables seat seats";
    const JOINTS: &str = "in on for with to of is are and or if when at from . , ; : ( )";
    let mut behind = (1..=6).map(|places| source.word(at + places));
    behind
        .find(|word| [SLOTS, JOINTS].iter().any(|list| list.split(' ').any(|one| one == *word)))
        .is_some_and(|word| SLOTS.split(' ').any(|slot| slot == word))
}

/// Whether a weekday or a month stands a little before: a day that is free.
fn is_of_a_day(source: &Source<'_>, at: usize) -> bool {
    (2..=4).any(|places| {
        let word = source.before(at, places);
        super::lexicon::weekday(word).is_some() || super::lexicon::month(word).is_some()
    })
}

/// `slot taken`, `horario ocupado`: what a result says of a time that somebody else has.
fn is_of_a_slot(source: &Source<'_>, at: usize) -> bool {
    source.tokens.len() <= SHORTEST
        && matches!(
            source.before(at, 1),
            "slot" | "time" | "horario" | "hora" | "turno" | "room" | "table" | "mesa"
        )
}

/// `incluí` is what the speaker did.
fn is_of_the_first_person(source: &Source<'_>, at: usize) -> bool {
    let written = source.text.get(source.span(at, 1)).unwrap_or_default();
    written.ends_with('í') || matches!(source.before(at, 1), "i've" | "ve" | "i" | "we" | "have")
}

/// `free shipping` and `for free`, not `feel free`.
fn is_gift(source: &Source<'_>, at: usize, next: &str) -> bool {
    let before = source.before(at, 1);
    before != "feel"
        && before != "be"
        && before != "-"
        && (next != "to" && next != "-")
        && !matches!(next, "from")
}
