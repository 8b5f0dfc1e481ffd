//! Parts of the day by name: `à tarde`, `in the morning`, `esta noche`, and the hours each stands for.

use super::reader::{Meaning, Reader};
use crate::domain::language::Language;

const HOUR: u16 = 60;

/// `à tarde`, `in the morning`, `tonight`; behind a day also the bare word.
pub(super) fn read(reader: &Reader<'_>, at: usize) -> Option<(Meaning, usize)> {
    if at > 0 && matches!(reader.word(at - 1), "boa" | "bom" | "boas" | "good" | "buenas" | "buenos" | "buen")
    {
        return None;
    }
    PARTS.iter().filter(|part| part.language == reader.language).find_map(|part| {
        let used = reader.any_phrase(at, part.phrases)?;
        let (from, until) = (part.from * HOUR, part.until * HOUR);
        Some((Meaning::Part { from, until, today: part.today, loose: part.loose }, used))
    })
}

/// Words that name a part of the day, in hours.
struct Part {
    language: Language,
    phrases: &'static [&'static str],
    from: u16,
    until: u16,
    today: bool,
    loose: bool,
}

const fn part(language: Language, phrases: &'static [&'static str], from: u16, until: u16) -> Part {
    Part { language, phrases, from, until, today: false, loose: false }
}

const fn part_of_today(language: Language, phrases: &'static [&'static str], from: u16, until: u16) -> Part {
    Part { language, phrases, from, until, today: true, loose: false }
}

const fn loose_part(language: Language, phrases: &'static [&'static str], from: u16, until: u16) -> Part {
    Part { language, phrases, from, until, today: false, loose: true }
}

const PARTS: &[Part] = &[
    part(Language::Portuguese, &["na hora do almoco", "no horario do almoco", "hora do almoco"], 12, 14),
    part(
        Language::Portuguese,
        &["no fim da tarde", "no final da tarde", "fim da tarde", "final da tarde", "fim de tarde"],
        16,
        18,
    ),
    part(
        Language::Portuguese,
        &["no comeco da tarde", "no inicio da tarde", "comeco da tarde", "inicio da tarde"],
        13,
        15,
    ),
    part(Language::Portuguese, &["no comeco da manha", "no inicio da manha", "inicio da manha"], 8, 10),
    part(
        Language::Portuguese,
        &["no fim da manha", "no final da manha", "fim da manha", "final da manha"],
        10,
        12,
    ),
    part(
        Language::Portuguese,
        &[
            "na parte da manha",
            "parte da manha",
            "no periodo da manha",
            "periodo da manha",
            "pela manha",
            "de manha",
            "na manha",
        ],
        6,
        12,
    ),
    part(
        Language::Portuguese,
        &[
            "na parte da tarde",
            "parte da tarde",
            "no periodo da tarde",
            "periodo da tarde",
            "pela tarde",
            "de tarde",
            "a tarde",
            "na tarde",
        ],
        12,
        18,
    ),
    part(
        Language::Portuguese,
        &["no periodo da noite", "periodo da noite", "pela noite", "de noite", "a noite", "na noite"],
        18,
        24,
    ),
    part(Language::Portuguese, &["de madrugada", "na madrugada"], 0, 6),
    part_of_today(Language::Portuguese, &["hoje cedo", "esta manha", "essa manha", "nesta manha"], 6, 12),
    part_of_today(Language::Portuguese, &["esta tarde", "essa tarde", "nesta tarde", "nessa tarde"], 12, 18),
    part_of_today(Language::Portuguese, &["esta noite", "essa noite", "nesta noite", "nessa noite"], 18, 24),
    loose_part(Language::Portuguese, &["manha", "cedo"], 6, 12),
    loose_part(Language::Portuguese, &["tarde"], 12, 18),
    loose_part(Language::Portuguese, &["noite"], 18, 24),
    part(Language::English, &["in the late afternoon", "late afternoon"], 16, 18),
    part(Language::English, &["in the morning"], 6, 12),
    part(Language::English, &["in the afternoon"], 12, 18),
    part(Language::English, &["in the evening", "at night"], 18, 24),
    part(Language::English, &["at lunchtime", "at lunch time", "around lunch"], 12, 14),
    part_of_today(Language::English, &["this morning"], 6, 12),
    part_of_today(Language::English, &["this afternoon"], 12, 18),
    part_of_today(Language::English, &["this evening", "tonight"], 18, 24),
    loose_part(Language::English, &["morning"], 6, 12),
    loose_part(Language::English, &["afternoon"], 12, 18),
    loose_part(Language::English, &["evening", "night"], 18, 24),
    part(Language::Spanish, &["por la manana", "en la manana", "de la manana", "a la manana"], 6, 12),
    part(Language::Spanish, &["por la tarde", "en la tarde", "de la tarde", "a la tarde"], 12, 18),
    part(Language::Spanish, &["por la noche", "en la noche", "de la noche", "a la noche"], 18, 24),
    part_of_today(Language::Spanish, &["esta manana"], 6, 12),
    part_of_today(Language::Spanish, &["esta tarde"], 12, 18),
    part_of_today(Language::Spanish, &["esta noche"], 18, 24),
];
