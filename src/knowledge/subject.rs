//! What a sentence with a figure is about: its telling words, stemmed, without those that only lead to the figure
//! ("custa", "o prazo é de"). Two sentences about one thing have the same words; words that draw a border ("acima",
//! "sem", "sábado") stay. Knows nothing of documents.

use crate::domain::language::Language;
use crate::knowledge::stated::Measure;
use crate::language::fold::{TokenKind, is_stopword, stem, tokens};
use std::collections::BTreeSet;
use std::ops::Range;

/// Stems of telling words.
pub type Words = BTreeSet<String>;

/// Words that draw a border and must not be passed over as small.
const BORDERS: &str = "ate sem nao nunca mais menos acima abaixo partir apos depois antes minimo minima maximo maxima \
    without not no never over above under below from after before more less least most minimum maximum up \
    sin nunca mas menos encima debajo desde despues antes hasta minimo maximo";

/// Words that lead to a figure of any kind.
const LEADING: &str = "custa custam custo custar preco precos valor valores sai saem fica ficam sao cobra cobramos cobrado \
    cobrada reais real brl apenas somente atualmente hoje nosso nossa nossos nossas temos tem oferecemos cada total \
    pode podem posso podemos quanto quantos quantas qual quais que hora horas dia dias informacoes gerais geral \
    sim ha pergunta perguntas frequentes tabela loja sobre ser feito feita recebe recebem ganha ganham \
    costs cost price prices priced is are our we offer only currently today pay charge charged fee get gets how much \
    yes there many long what which frequently asked questions faq table store shop can \
    cuesta cuestan costo precio precios vale valen cobramos nuestro nuestra nuestros solo hoy cuanto cuantos cual cuales \
    preguntas tienda puede pueden";

/// Words that lead to how long something takes.
const LEADING_DURATION: &str = "prazo prazos demora demoram leva levam tempo duracao dura duram ate em dentro corrido corridos \
    seguido contados contar partir apos chega chegam \
    takes take within time term period up lasts last calendar deadline in \
    plazo plazos tarda tardan dentro hasta dura corridos tiempo llega";

/// Words that lead to a time of day.
const LEADING_CLOCK: &str = "horario horarios funciona funcionam funcionamento funcionamos abre abrem abrimos aberto aberta abertos \
    atende atendem atendemos atendimento expediente das ate fechamos \
    open opens opening hours from to until till business time times we \
    horario horarios abre abrimos abierto atiende atendemos atencion de hasta desde";

/// Words that lead to the parts that something is paid in.
const LEADING_PARTS: &str = "ate em parcelamos parcelar parcelado parcelada parcelamento parcela parcelas dividimos dividir \
    pagamento pagar pago in up to instalments installments split \
    hasta en cuotas pagar pago";

/// Days of the week, from Monday, as bits; and the holidays.
pub type Days = u8;

/// The bit of holidays.
const HOLIDAYS: Days = 1 << 7;

/// The telling words of `text`, without what stands in `figures`.
pub fn words(text: &str, figures: &[Range<usize>], measure: Measure, language: Language) -> Words {
    let within =
        |span: &Range<usize>| figures.iter().any(|figure| figure.start < span.end && span.start < figure.end);
    tokens(text)
        .into_iter()
        .filter(|token| token.kind != TokenKind::Mark && !within(&token.span))
        .filter(|token| !leads(&token.text, measure, language))
        .filter(|token| measure != Measure::Clock || weekday(&token.text).is_none())
        .map(|token| stem(&token.text, language))
        .collect()
}

fn leads(word: &str, measure: Measure, language: Language) -> bool {
    let listed = |list: &str| list.split_ascii_whitespace().any(|it| it == word);
    let leading = match measure {
        Measure::Price => word == "por",
        Measure::Share => false,
        Measure::Duration => listed(LEADING_DURATION),
        Measure::Clock => listed(LEADING_CLOCK),
        Measure::Parts => listed(LEADING_PARTS),
    };
    leading
        || listed(LEADING)
        || !listed(BORDERS)
            && (is_stopword(word, language) || word.len() == 1 && !word.as_bytes()[0].is_ascii_digit())
}

/// The days of the week that a sentence names; `segunda a sexta` names five.
pub fn days(text: &str) -> Days {
    let all = tokens(text);
    let word = |at: usize| all.get(at).map_or("", |token| token.text.as_str());
    let mut found = 0;
    let mut at = 0;
    while at < all.len() {
        let Some(first) = weekday(word(at)) else {
            found |= match (word(at), word(at + 1), word(at + 2)) {
                ("dias", "uteis", _) | ("dias", "habiles", _) | ("weekdays", _, _) => 0b001_1111,
                ("todos", "os" | "los", "dias")
                | ("every", "day", _)
                | ("daily", _, _)
                | ("diariamente", _, _) => 0b111_1111,
                ("fim" | "fins" | "fin", "de", "semana") | ("weekend" | "weekends", _, _) => 0b110_0000,
                ("feriado" | "feriados" | "holiday" | "holidays" | "festivo" | "festivos", _, _) => HOLIDAYS,
                _ => 0,
            };
            at += 1;
            continue;
        };
        at += 1;
        // `segunda-feira`
        at += if (word(at), word(at + 1)) == ("-", "feira") { 2 } else { usize::from(word(at) == "feira") };
        let joined = matches!(word(at), "a" | "ate" | "to" | "-" | "–" | "through" | "until" | "as");
        match weekday(word(at + 1)).filter(|_| joined) {
            Some(last) => {
                let mut day = first;
                while day != last {
                    found |= 1 << day;
                    day = (day + 1) % 7;
                }
                found |= 1 << last;
                at += 2;
            }
            None => found |= 1 << first,
        }
    }
    found
}

/// The day of the week, from Monday as 0.
fn weekday(word: &str) -> Option<u8> {
    Some(match word {
        "segunda" | "seg" | "segundas" | "monday" | "mondays" | "mon" | "lunes" => 0,
        "terca" | "ter" | "tercas" | "tuesday" | "tuesdays" | "tue" | "martes" => 1,
        "quarta" | "qua" | "quartas" | "wednesday" | "wednesdays" | "wed" | "miercoles" => 2,
        "quinta" | "qui" | "quintas" | "thursday" | "thursdays" | "thu" | "jueves" => 3,
        "sexta" | "sex" | "sextas" | "friday" | "fridays" | "fri" | "viernes" => 4,
        "sabado" | "sab" | "sabados" | "saturday" | "saturdays" | "sat" => 5,
        "domingo" | "dom" | "domingos" | "sunday" | "sundays" | "sun" => 6,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_in_their_many_ways() {
        for (text, expected) in [
            ("Segunda a sexta, das 9h às 18h", 0b001_1111),
            ("seg-sex 9h", 0b001_1111),
            ("segunda-feira a sábado", 0b011_1111),
            ("sábado", 0b010_0000),
            ("sábados e domingos", 0b110_0000),
            ("Monday to Friday", 0b001_1111),
            ("lunes a viernes", 0b001_1111),
            ("todos os dias", 0b111_1111),
            ("sábado a segunda", 0b110_0001),
            ("domingos e feriados", 0b1100_0000),
            ("nada", 0),
        ] {
            assert_eq!(days(text), expected, "{text}");
        }
    }

    #[test]
    fn leading_words_go_and_borders_stay() {
        let of = |text: &str, measure| {
            words(text, &[], measure, Language::Portuguese).into_iter().collect::<Vec<_>>().join(" ")
        };
        assert_eq!(of("O frete custa só", Measure::Price), of("Qual o valor do frete?", Measure::Price));
        assert!(of("frete acima de", Measure::Price).contains("acim"));
        assert_eq!(of("Nosso prazo de troca é de até", Measure::Duration), of("troca em", Measure::Duration));
        assert_eq!(of("Abrimos aos sábados das", Measure::Clock), "");
    }
}
