//! The words of time in each language. Only words; the grammar stands beside it.

use crate::domain::language::Language;
use jiff::civil::Weekday;

/// A unit that things lie ahead by.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Unit {
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Year,
}

/// The weekday a folded word names in full.
pub(super) fn weekday(word: &str, language: Language) -> Option<Weekday> {
    use Weekday::{Friday, Monday, Saturday, Sunday, Thursday, Tuesday, Wednesday};
    Some(match language {
        Language::Portuguese => match word {
            "segunda" | "segundona" | "segundafeira" => Monday,
            "terca" | "tersa" | "tercafeira" => Tuesday,
            "quarta" | "quartafeira" => Wednesday,
            "quinta" | "quintafeira" => Thursday,
            "sexta" | "sextou" | "sextafeira" => Friday,
            "sabado" | "sabadao" => Saturday,
            "domingo" => Sunday,
            _ => return None,
        },
        Language::English => match word {
            "monday" | "mondays" => Monday,
            "tuesday" | "tuesdays" | "tues" => Tuesday,
            "wednesday" | "wednesdays" => Wednesday,
            "thursday" | "thursdays" | "thurs" => Thursday,
            "friday" | "fridays" => Friday,
            "saturday" | "saturdays" => Saturday,
            "sunday" | "sundays" => Sunday,
            _ => return None,
        },
        Language::Spanish => match word {
            "lunes" => Monday,
            "martes" => Tuesday,
            "miercoles" => Wednesday,
            "jueves" => Thursday,
            "viernes" => Friday,
            "sabado" => Saturday,
            "domingo" => Sunday,
            _ => return None,
        },
    })
}

/// The weekday a short form names; it only counts next to something else that speaks of a date.
pub(super) fn short_weekday(word: &str, language: Language) -> Option<Weekday> {
    use Weekday::{Friday, Monday, Saturday, Sunday, Thursday, Tuesday, Wednesday};
    let list = match language {
        Language::Portuguese => ["seg", "ter", "qua", "qui", "sex", "sab", "dom"],
        Language::English => ["mon", "tue", "wed", "thu", "fri", "sat", "sun"],
        Language::Spanish => ["lun", "mar", "mie", "jue", "vie", "sab", "dom"],
    };
    let week = [Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday];
    list.iter().position(|short| *short == word).map(|index| week[index])
}

/// What makes a Portuguese weekday an ordinal: `a segunda opção`, `segunda via`.
pub(super) fn follows_an_ordinal(word: &str) -> bool {
    matches!(
        word,
        "via"
            | "vez"
            | "vezes"
            | "opcao"
            | "parcela"
            | "compra"
            | "tentativa"
            | "mensagem"
            | "unidade"
            | "pessoa"
            | "linha"
            | "escolha"
            | "alternativa"
            | "ordem"
            | "parte"
            | "etapa"
            | "resposta"
            | "pergunta"
            | "alteracao"
            | "versao"
            | "loja"
            | "mao"
            | "rodada"
            | "edicao"
            | "fase"
            | "caixa"
            | "peca"
            | "planta"
            | "cor"
    )
}

/// The number of a month by its name or usual short form.
pub(super) fn month(word: &str, language: Language) -> Option<i8> {
    let list: [&[&str]; 12] = match language {
        Language::Portuguese => [
            &["janeiro", "jan"],
            &["fevereiro", "fev"],
            &["marco", "mar"],
            &["abril", "abr"],
            &["maio", "mai"],
            &["junho", "jun"],
            &["julho", "jul"],
            &["agosto", "ago"],
            &["setembro", "set"],
            &["outubro", "out"],
            &["novembro", "nov"],
            &["dezembro", "dez"],
        ],
        Language::English => [
            &["january", "jan"],
            &["february", "feb"],
            &["march", "mar"],
            &["april", "apr"],
            &["may"],
            &["june", "jun"],
            &["july", "jul"],
            &["august", "aug"],
            &["september", "sep", "sept"],
            &["october", "oct"],
            &["november", "nov"],
            &["december", "dec"],
        ],
        Language::Spanish => [
            &["enero", "ene"],
            &["febrero", "feb"],
            &["marzo", "mar"],
            &["abril", "abr"],
            &["mayo", "may"],
            &["junio", "jun"],
            &["julio", "jul"],
            &["agosto", "ago"],
            &["septiembre", "setiembre", "sep", "set"],
            &["octubre", "oct"],
            &["noviembre", "nov"],
            &["diciembre", "dic"],
        ],
    };
    list.iter().position(|names| names.contains(&word)).and_then(|index| i8::try_from(index + 1).ok())
}

/// A month name that is not also a short form or another word, so that it may stand alone.
pub(super) fn full_month(word: &str, language: Language) -> Option<i8> {
    month(word, language).filter(|_| word.len() > 3 || word == "may" && language == Language::English)
}

/// The unit a folded word names.
pub(super) fn unit(word: &str, language: Language) -> Option<Unit> {
    Some(match language {
        Language::Portuguese => match word {
            "minuto" | "minutos" | "min" | "mins" => Unit::Minute,
            "hora" | "horas" | "h" | "hs" | "hrs" => Unit::Hour,
            "dia" | "dias" => Unit::Day,
            "semana" | "semanas" => Unit::Week,
            "mes" | "meses" => Unit::Month,
            "ano" | "anos" => Unit::Year,
            _ => return None,
        },
        Language::English => match word {
            "minute" | "minutes" | "min" | "mins" => Unit::Minute,
            "hour" | "hours" | "h" | "hr" | "hrs" => Unit::Hour,
            "day" | "days" => Unit::Day,
            "week" | "weeks" => Unit::Week,
            "month" | "months" => Unit::Month,
            "year" | "years" => Unit::Year,
            _ => return None,
        },
        Language::Spanish => match word {
            "minuto" | "minutos" | "min" | "mins" => Unit::Minute,
            "hora" | "horas" | "h" | "hs" => Unit::Hour,
            "dia" | "dias" => Unit::Day,
            "semana" | "semanas" => Unit::Week,
            "mes" | "meses" => Unit::Month,
            "ano" | "anos" => Unit::Year,
            _ => return None,
        },
    })
}

/// Whether a word may stand between the pieces of one time: `sexta, dia 27, às 15h`, `15h da sexta`.
pub(super) fn connects(word: &str, language: Language) -> bool {
    if matches!(word, "," | "-" | "–" | "—" | "(" | ")" | "." | ";" | "|" | "/" | "") {
        return true;
    }
    match language {
        Language::Portuguese => matches!(
            word,
            "de" | "da"
                | "do"
                | "na"
                | "no"
                | "a"
                | "as"
                | "ao"
                | "em"
                | "para"
                | "pra"
                | "pro"
                | "la"
                | "por"
                | "volta"
                | "pela"
                | "pelo"
                | "mesmo"
                | "dia"
                | "o"
                | "mas"
                | "so"
                | "que"
                | "parte"
                | "periodo"
                | "logo"
        ),
        Language::English => {
            matches!(
                word,
                "at" | "on"
                    | "in"
                    | "the"
                    | "of"
                    | "for"
                    | "around"
                    | "about"
                    | "by"
                    | "but"
                    | "only"
                    | "that"
                    | "day"
            )
        }
        Language::Spanish => matches!(
            word,
            "de" | "del"
                | "la"
                | "las"
                | "el"
                | "los"
                | "a"
                | "al"
                | "en"
                | "para"
                | "por"
                | "sobre"
                | "dia"
                | "mismo"
                | "pero"
        ),
    }
}

/// Whether a word sets two times side by side, so that the second keeps the day of the first: `sexta às 14h ou às 16h`.
pub(super) fn lists(word: &str) -> bool {
    matches!(word, "ou" | "e" | "or" | "and" | "o" | "y" | ",")
}
