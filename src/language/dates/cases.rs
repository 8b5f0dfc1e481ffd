//! What customers say about time and what it means, as a table. Test only.

use super::{Grain, find_times};
use crate::domain::language::Language;
use jiff::Zoned;

/// Monday, 23 November 2026, 10:00 in São Paulo.
fn now() -> Zoned {
    "2026-11-23T10:00:00-03:00[America/Sao_Paulo]".parse().unwrap()
}

/// Every time of `text`: its beginning, as short as its grain allows; a part of the day and a stretch with their end.
fn shown(text: &str, language: Language) -> String {
    find_times(text, &now(), language)
        .iter()
        .map(|found| {
            let (from, until) = (found.value.from, found.value.until);
            assert!(from < until, "{text}");
            assert!(text.get(found.span.clone()).is_some(), "{text}");
            match found.value.grain {
                Grain::Hour => from.strftime("%m-%d %Hh").to_string(),
                Grain::Minute => from.strftime("%m-%d %H:%M").to_string(),
                Grain::PartOfDay => {
                    format!(
                        "{} {}-{}",
                        from.strftime("%m-%d"),
                        from.hour(),
                        if until.hour() == 0 { 24 } else { until.hour() }
                    )
                }
                Grain::Day if from.date().tomorrow().unwrap() == until.date() => {
                    from.strftime("%m-%d").to_string()
                }
                Grain::Day | Grain::Week | Grain::Month => {
                    format!("{}..{}", from.strftime("%m-%d"), until.strftime("%m-%d"))
                }
            }
        })
        .collect::<Vec<_>>()
        .join(", ")
}

fn check(language: Language, cases: &[(&str, &str)]) {
    let wrong: Vec<String> = cases
        .iter()
        .filter_map(|(text, expected)| {
            let got = shown(text, language);
            (got != *expected).then(|| format!("{text:?}: expected {expected:?}, got {got:?}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn portuguese() {
    check(
        Language::Portuguese,
        &[
            // days
            ("hoje", "11-23"),
            ("amanhã", "11-24"),
            ("depois de amanhã", "11-25"),
            ("ontem", "11-22"),
            ("sexta", "11-27"),
            ("na sexta-feira", "11-27"),
            ("sábado", "11-28"),
            ("segunda", "11-30"),
            ("próxima segunda", "11-30"),
            ("segunda que vem", "11-30"),
            ("2ª-feira", "11-30"),
            ("sexta da semana que vem", "12-04"),
            ("semana que vem na quarta", "12-02"),
            ("qua, 25/11", "11-25"),
            ("dia 25", "11-25"),
            ("dia 20", "12-20"),
            ("dia 31", "12-31"),
            ("dia 5 do mês que vem", "12-05"),
            ("dia 1º", "12-01"),
            ("dia primeiro de dezembro", "12-01"),
            ("25 de novembro", "11-25"),
            ("25 de novembro de 2027", "11-25"),
            ("vinte e cinco de dezembro", "12-25"),
            ("25/11", "11-25"),
            ("25/11/2026", "11-25"),
            ("25/11/26", "11-25"),
            ("25.11.2026", "11-25"),
            ("2026-11-27", "11-27"),
            ("sexta, dia 27", "11-27"),
            ("sexta (27/11)", "11-27"),
            ("daqui a duas semanas", "12-07"),
            ("daqui a 3 dias", "11-26"),
            ("em 2 meses", "01-23"),
            ("há 3 dias", "11-20"),
            ("2 dias atrás", "11-21"),
            // weeks and months
            ("semana que vem", "11-30..12-07"),
            ("essa semana", "11-23..11-30"),
            ("fim de semana", "11-28..11-30"),
            ("fim do mês", "11-23..12-01"),
            ("dia 24 ou 25 às 10h", "11-24, 11-25 10h"),
            ("mês que vem", "12-01..01-01"),
            ("em dezembro", "12-01..01-01"),
            // hours
            ("às 15", "11-23 15h"),
            ("as 15", "11-23 15h"),
            ("às 9", "11-24 09h"),
            ("às 15h", "11-23 15h"),
            ("15h", "11-23 15h"),
            ("15h30", "11-23 15:30"),
            ("15:30", "11-23 15:30"),
            ("15 horas", "11-23 15h"),
            ("15h30min", "11-23 15:30"),
            ("às 3", "11-23 15h"),
            ("3 da tarde", "11-23 15h"),
            ("às três da tarde", "11-23 15h"),
            ("às 8 da noite", "11-23 20h"),
            ("9 da manhã", "11-24 09h"),
            ("às duas e meia", "11-23 14:30"),
            ("às dez e quinze", "11-23 10:15"),
            ("dez pras três", "11-23 14:50"),
            ("meio-dia", "11-23 12h"),
            ("meio dia e meia", "11-23 12h"),
            ("por volta das 16h", "11-23 16h"),
            ("daqui a 2 horas", "11-23 12:00"),
            ("em meia hora", "11-23 10:30"),
            // both
            ("amanhã às 15h", "11-24 15h"),
            ("amanhã 15h", "11-24 15h"),
            ("às 15h de amanhã", "11-24 15h"),
            ("15h30 na sexta", "11-27 15:30"),
            ("próxima segunda às dez e meia", "11-30 10:30"),
            ("25/11 às 10h", "11-25 10h"),
            ("dia 25 às 14:30", "11-25 14:30"),
            ("sexta, 27/11, às 15h", "11-27 15h"),
            ("depois de amanhã 9 da manhã", "11-25 09h"),
            ("2026-11-27T15:00", "11-27 15:00"),
            ("2026-11-27T15:00:00-03:00", "11-27 15:00"),
            ("hoje às 9", "11-23 09h"),
            ("amanhã à tarde, às 3", "11-24 15h"),
            ("amanhã ao meio-dia", "11-24 12h"),
            ("sexta às 14h ou às 16h", "11-27 14h, 11-27 16h"),
            ("sexta às 14h ou segunda às 10h", "11-27 14h, 11-30 10h"),
            // parts of the day
            ("sexta à tarde", "11-27 12-18"),
            ("hoje à noite", "11-23 18-24"),
            ("amanhã de manhã", "11-24 6-12"),
            ("amanhã cedo", "11-24 6-12"),
            ("à tarde", "11-23 12-18"),
            ("terça pela manhã", "11-24 6-12"),
            ("sexta no fim da tarde", "11-27 16-18"),
            ("amanhã depois das 14h", "11-24 14-24"),
            ("sexta até as 12h", "11-27 0-12"),
            ("amanhã entre 14h e 16h", "11-24 14-16"),
            ("das 9 às 11", "11-23 9-11"),
            ("entre 2 e 4 da tarde", "11-23 14-16"),
            // none
            ("meu email é ana@exemplo.com", ""),
            ("pedido 10421", ""),
            ("bom dia", ""),
            ("boa tarde, tudo bem?", ""),
            ("quero a segunda opção", ""),
            ("segunda via do boleto", ""),
            ("as 15 camisas", ""),
            ("quero 2 vasos de 30cm", ""),
            ("aberto 24 horas?", ""),
            ("funciona 24h?", ""),
            ("prazo de 3 dias úteis", ""),
            ("R$ 25,10", ""),
            ("CEP 01310-100", ""),
            ("11 95555-0123", ""),
            ("99/99", ""),
            ("dia 45", ""),
            // duckling's part
            ("no natal", "12-25"),
        ],
    );
}

#[test]
fn english() {
    check(
        Language::English,
        &[
            ("today", "11-23"),
            ("tomorrow", "11-24"),
            ("the day after tomorrow", "11-25"),
            ("friday", "11-27"),
            ("next friday", "11-27"),
            ("monday", "11-30"),
            ("Friday next week", "12-04"),
            ("November 25th", "11-25"),
            ("25th of November", "11-25"),
            ("Nov 25, 2026", "11-25"),
            ("the 25th", "11-25"),
            ("25/11", "11-25"),
            ("11/25", "11-25"),
            ("next week", "11-30..12-07"),
            ("this weekend", "11-28..11-30"),
            ("in december", "12-01..01-01"),
            ("in 2 weeks", "12-07"),
            ("3 days ago", "11-20"),
            ("at 3", "11-23 15h"),
            ("3pm", "11-23 15h"),
            ("3 p.m.", "11-23 15h"),
            ("9am", "11-24 09h"),
            ("at 3:30 pm", "11-23 15:30"),
            ("noon", "11-23 12h"),
            ("half past ten", "11-23 10:30"),
            ("quarter to four", "11-23 15:45"),
            ("ten thirty am", "11-23 10:30"),
            ("tomorrow at 3pm", "11-24 15h"),
            ("3pm tomorrow", "11-24 15h"),
            ("friday afternoon", "11-27 12-18"),
            ("tomorrow morning", "11-24 6-12"),
            ("tonight", "11-23 18-24"),
            ("tonight at 8", "11-23 20h"),
            ("friday after 3pm", "11-27 15-24"),
            ("between 2 and 4 pm on friday", "11-27 14-16"),
            ("in 30 minutes", "11-23 10:30"),
            ("good morning", ""),
            ("I may come", ""),
            ("order 10421", ""),
            ("christmas", "12-25"),
        ],
    );
}

#[test]
fn spanish() {
    check(
        Language::Spanish,
        &[
            ("hoy", "11-23"),
            ("mañana", "11-24"),
            ("pasado mañana", "11-25"),
            ("el viernes", "11-27"),
            ("el próximo lunes", "11-30"),
            ("viernes de la próxima semana", "12-04"),
            ("25 de noviembre", "11-25"),
            ("el 25", "11-25"),
            ("25/11", "11-25"),
            ("la semana que viene", "11-30..12-07"),
            ("en diciembre", "12-01..01-01"),
            ("dentro de 3 días", "11-26"),
            ("a las 15", "11-23 15h"),
            ("a las 3 de la tarde", "11-23 15h"),
            ("a las diez y media", "11-23 10:30"),
            ("a las 3 y cuarto", "11-23 15:15"),
            ("mañana a las 3", "11-24 15h"),
            ("mañana por la mañana", "11-24 6-12"),
            ("el viernes por la tarde", "11-27 12-18"),
            ("esta noche", "11-23 18-24"),
            ("al mediodía", "11-23 12h"),
            ("el viernes a las 15:30", "11-27 15:30"),
            ("buenas tardes", ""),
            ("navidad", "12-25"),
        ],
    );
}

#[test]
fn hostile_text_is_only_text() {
    for text in [
        "9".repeat(100_000),
        "às ".repeat(20_000),
        "25/11/".repeat(10_000),
        "é 3 da tarde ".repeat(1_000),
        "natal ".repeat(10_000),
        "الساعة 3 🌱".repeat(500),
        "dia 99999999999999999999 de novembro de 99999".to_owned(),
        "daqui a 999999999 meses, 9999-12-31 às 23h59".to_owned(),
        "ano \u{202e}25/11\u{0} <b>às 3</b>".to_owned(),
    ] {
        for language in Language::ALL {
            find_times(&text, &now(), language);
        }
    }
}
