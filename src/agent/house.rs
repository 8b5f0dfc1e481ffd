//! When the business is open, where it is and how it is reached, as a passage made from its settings: for a question about
//! nothing else, where no document answers it. Pure.

use crate::config::business::Business;
use crate::domain::language::Language;
use crate::domain::passage::Passage;
use crate::language::fold::fold;
use jiff::civil::{Date, Time, Weekday};
use jiff::{ToSpan, Zoned};

/// Words by which somebody asks for opening hours; with accents folded.
const ABOUT: [&str; 38] = [
    "horario",
    "horarios",
    "abre",
    "abrem",
    "abrir",
    "abriu",
    "aberto",
    "aberta",
    "abertos",
    "fecha",
    "fecham",
    "fechado",
    "fechada",
    "fechados",
    "funciona",
    "funcionam",
    "funcionamento",
    "atende",
    "atendem",
    "atendimento",
    "expediente",
    "open",
    "opens",
    "opening",
    "close",
    "closes",
    "closed",
    "closing",
    "hours",
    "abren",
    "abierto",
    "abierta",
    "abiertos",
    "cierra",
    "cierran",
    "cerrado",
    "cerrada",
    "atienden",
];

/// Words that may stand beside them without the question being about something else.
const BESIDE: &str = "a o as os e de do da dos das em no na nos nas ao ate que qual quais quando hora horas hrs h \
    voce voces vc vcs loja hoje amanha agora ainda dia dias fim semana segunda terca quarta quinta sexta sabado sabados \
    domingo domingos feira esta estao ta tao fica ficam com oi ola bom boa tarde noite por favor me diz diga fala saber \
    queria quero gostaria pode podem poderia dizer informar seu sua seus suas tem passa passar manda mandar fisica \
    lugar como faco para pra ir chegar ai aqui voces s \
    what which when time is are you the your store shop on at do does today tomorrow now still till until weekday \
    weekdays weekend weekends monday tuesday wednesday thursday friday saturday saturdays sunday sundays business hi hello please can tell \
    me day of for there get how give \
    el la los las es son cual cuales cuando tienda hoy manana ahora fin lunes martes miercoles jueves viernes hola \
    buenos buenas dias tardes decir ustedes estan tienen su como llegar ahi";

/// Words by which somebody asks where it is.
const WHERE: [&str; 22] = [
    "onde",
    "aonde",
    "endereco",
    "localizacao",
    "localizada",
    "localizado",
    "localizados",
    "rua",
    "chegar",
    "chego",
    "where",
    "address",
    "located",
    "location",
    "donde",
    "direccion",
    "ubicacion",
    "ubicada",
    "ubicado",
    "ubicados",
    "queda",
    "quedan",
];

/// Words by which somebody asks how to reach it.
const REACH: [&str; 20] = [
    "telefone",
    "telefones",
    "fone",
    "whatsapp",
    "whats",
    "zap",
    "numero",
    "email",
    "mail",
    "contato",
    "contatos",
    "site",
    "phone",
    "contact",
    "website",
    "telefono",
    "correo",
    "contacto",
    "ligar",
    "wpp",
];

/// A passage that tells what the settings say of the business, if `question` asks for that alone and the best of `found`
/// speaks of something else.
pub fn told_by_settings(
    question: &str,
    found: &[Passage],
    business: &Business,
    now: &Zoned,
    language: Language,
) -> Option<Passage> {
    let asked = Asked::of(question)?;
    let best = found.first();
    // A heading alone may be of something else: the hours of the team, in a document on how to reach a person.
    let is_about =
        |asks: &[&str]| best.is_some_and(|best| words(&best.title).any(|word| asks.contains(&word.as_str())));
    let hours = asked.hours && !business.hours.is_empty();
    let place = asked.place && !business.address.is_empty();
    let reach: Vec<&str> = [&business.phone, &business.email, &business.website]
        .into_iter()
        .map(String::as_str)
        .filter(|way| asked.reach && !way.is_empty())
        .collect();
    let is_answered = [(hours, ABOUT.as_slice()), (place, &WHERE), (!reach.is_empty(), &REACH)]
        .into_iter()
        .all(|(is_asked, asks)| !is_asked || is_about(asks));
    if is_answered {
        return None;
    }
    let mut titles = Vec::new();
    let mut told = Vec::new();
    if place {
        titles.push(one_of(["Endereço", "Address", "Dirección"], language));
        told.push(format!("{}.", business.address.trim_end_matches('.')));
    }
    if hours {
        titles.push(one_of(["Horário de funcionamento", "Opening hours", "Horario de atención"], language));
        told.push(week(business, now, language));
    }
    if !reach.is_empty() {
        titles.push(one_of(["Contato", "Contact", "Contacto"], language));
        told.push(format!("{}: {}.", titles[titles.len() - 1], reach.join(", ")));
    }
    Some(Passage {
        id: "settings:business".to_owned(),
        source: "settings".to_owned(),
        title: titles.join(", "),
        heading: None,
        text: told.join(" "),
        score: best.map_or(1.0, |best| best.score) + 1.0,
        evidence: 1.0,
    })
}

/// What a question that is about nothing else asks of the business.
struct Asked {
    hours: bool,
    place: bool,
    reach: bool,
}

impl Asked {
    fn of(question: &str) -> Option<Self> {
        let mut asked = Self { hours: false, place: false, reach: false };
        for word in words(question) {
            let is = |asks: &[&str]| asks.contains(&word.as_str());
            match (is(&ABOUT), is(&WHERE), is(&REACH)) {
                (true, ..) => asked.hours = true,
                (_, true, _) => asked.place = true,
                (.., true) => asked.reach = true,
                _ if BESIDE.split_whitespace().any(|known| known == word) => {}
                _ => return None,
            }
        }
        (asked.hours || asked.place || asked.reach).then_some(asked)
    }
}

fn words(text: &str) -> impl Iterator<Item = String> {
    let folded = fold(text);
    let words: Vec<String> = folded
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect();
    words.into_iter()
}

/// The week, and today and tomorrow as they are with holidays.
fn week(business: &Business, now: &Zoned, language: Language) -> String {
    let calendar = business.calendar();
    let mut text = String::new();
    let days_of_week = [
        Weekday::Monday,
        Weekday::Tuesday,
        Weekday::Wednesday,
        Weekday::Thursday,
        Weekday::Friday,
        Weekday::Saturday,
        Weekday::Sunday,
    ];
    let mut at = 0;
    while at < days_of_week.len() {
        let hours: Vec<(Time, Time)> = business.hours.on(days_of_week[at]).collect();
        let same = |day: &&Weekday| business.hours.on(**day).eq(hours.iter().copied());
        let count = days_of_week[at..].iter().take_while(same).count();
        let (first, last) = (name(days_of_week[at], language), name(days_of_week[at + count - 1], language));
        let days = if count == 1 {
            first.to_owned()
        } else {
            let joint = one_of([" a ", " to ", " a "], language);
            format!("{first}{joint}{last}")
        };
        push(&mut text, &days, &hours, language);
        at += count;
    }
    let today = now.date();
    for (ahead, word) in [
        (0, one_of(["Hoje", "Today", "Hoy"], language)),
        (1, one_of(["Amanhã", "Tomorrow", "Mañana"], language)),
    ] {
        let Ok(date) = today.checked_add(ahead.days()) else { continue };
        push(&mut text, &format!("{word} ({})", day(date, language)), &calendar.hours_on(date), language);
    }
    text
}

fn day(date: Date, language: Language) -> String {
    let name = name(date.weekday(), language);
    match language {
        Language::Portuguese | Language::Spanish => format!("{name}, {:02}/{:02}", date.day(), date.month()),
        Language::English => format!("{name}, {}", date.strftime("%b %-d")),
    }
}

fn push(text: &mut String, days: &str, hours: &[(Time, Time)], language: Language) {
    if !text.is_empty() {
        text.push(' ');
    }
    let mut letters = days.chars();
    text.extend(letters.next().into_iter().flat_map(char::to_uppercase));
    text.push_str(letters.as_str());
    text.push_str(": ");
    if hours.is_empty() {
        text.push_str(one_of(["fechado", "closed", "cerrado"], language));
    }
    for (index, (from, until)) in hours.iter().enumerate() {
        if index > 0 {
            text.push_str(one_of([" e ", " and ", " y "], language));
        }
        let (from, until) = (clock(*from), clock(*until));
        text.push_str(&match language {
            Language::Portuguese => format!("das {from} às {until}"),
            Language::English => format!("from {from} to {until}"),
            Language::Spanish => format!("de {from} a {until}"),
        });
    }
    text.push('.');
}

fn clock(time: Time) -> String {
    time.strftime("%H:%M").to_string()
}

fn name(weekday: Weekday, language: Language) -> &'static str {
    let names = match weekday {
        Weekday::Monday => ["segunda-feira", "Monday", "lunes"],
        Weekday::Tuesday => ["terça-feira", "Tuesday", "martes"],
        Weekday::Wednesday => ["quarta-feira", "Wednesday", "miércoles"],
        Weekday::Thursday => ["quinta-feira", "Thursday", "jueves"],
        Weekday::Friday => ["sexta-feira", "Friday", "viernes"],
        Weekday::Saturday => ["sábado", "Saturday", "sábado"],
        Weekday::Sunday => ["domingo", "Sunday", "domingo"],
    };
    one_of(names, language)
}

fn one_of(texts: [&'static str; 3], language: Language) -> &'static str {
    match language {
        Language::Portuguese => texts[0],
        Language::English => texts[1],
        Language::Spanish => texts[2],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::settings::Settings;

    fn passage(title: &str) -> Passage {
        Passage {
            id: "x".into(),
            source: "x.md".into(),
            title: title.into(),
            heading: None,
            text: "…".into(),
            score: 8.9,
            evidence: 1.0,
        }
    }

    fn asked(question: &str, found: &[Passage]) -> Option<Passage> {
        let business = Settings::load(None, &Vec::new()).unwrap().business;
        // A Thursday; the day after it is Christmas.
        let now = "2026-12-24T10:00:00-03:00[America/Sao_Paulo]".parse().unwrap();
        told_by_settings(question, found, &business, &now, Language::Portuguese)
    }

    #[test]
    fn who_asks_for_nothing_else_is_told_the_hours() {
        for question in [
            "Qual o horário de sábado?",
            "Até que horas vocês ficam abertos hoje?",
            "oi, que horas vcs abrem amanhã?",
            "vcs tão abertos agora?",
            "What time do you close on Saturdays?",
            "¿A qué hora abren mañana?",
            "Qual é o horário de atendimento?",
        ] {
            assert!(asked(question, &[passage("Oficina de terrários")]).is_some(), "{question}");
            assert!(asked(question, &[]).is_some(), "{question}");
            assert!(asked(question, &[passage("Horários e endereço")]).is_none(), "{question}");
        }
        for question in [
            "Qual o horário da oficina?",
            "que horas chega o meu pedido?",
            "que horas são?",
            "vocês abrem chamado para troca?",
            "quero marcar um horário com a Marina no sábado",
            "o vaso veio aberto",
            "",
        ] {
            assert!(asked(question, &[passage("Oficina de terrários")]).is_none(), "{question}");
        }
    }

    #[test]
    fn who_asks_where_it_is_or_how_to_reach_it_is_told() {
        let text = |question: &str| asked(question, &[passage("Oficina de terrários")]).unwrap().text;
        for question in
            ["onde vocês estão?", "qual o endereço?", "where are you located?", "¿dónde queda la tienda?"]
        {
            assert!(text(question).contains("128"), "{question}");
        }
        assert!(text("qual o whatsapp da loja?").contains("+55"));
        let both = text("qual o endereço e o horário de vocês?");
        assert!(both.contains("128") && both.contains("Sábado"), "{both}");
        assert!(asked("onde fica a loja?", &[passage("Horários e endereço")]).is_none());
        for question in [
            "onde está meu pedido?",
            "onde fica o estacionamento?",
            "qual o número do meu pedido?",
            "como faço para ir?",
        ] {
            assert!(asked(question, &[]).is_none(), "{question}");
        }
    }

    #[test]
    fn holidays_are_told_where_they_are_near() {
        let text = asked("vocês abrem amanhã?", &[]).unwrap().text;
        assert!(
            text.starts_with("Segunda-feira a sexta-feira: das 09:00 às 18:00. Sábado: das 09:00 às 13:00."),
            "{text}"
        );
        assert!(text.ends_with("Amanhã (sexta-feira, 25/12): fechado."), "{text}");
    }
}
