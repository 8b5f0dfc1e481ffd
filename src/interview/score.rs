//! What a lead is worth and why: points, gates, segment, route, in the lead's own words. A pure function of the
//! answers, so the order they came in cannot matter.

use super::condition::{Condition, Truth, all_hold};
use super::definition::{Definition, Route};
use super::field::Field;
use crate::domain::interview::{Answer, AnswerOrigin, InterviewState, Temperature, Verdict};
use crate::domain::language::Language;
use jiff::civil::Date;

/// Most characters of the lead's words that a reason quotes.
const QUOTED: usize = 120;

/// What an answer brings.
struct Brought {
    points: i32,
    /// Whether the answer leaves it open and this is the better guess.
    guessed: bool,
}

/// The bounds that the score can still move in, given what is known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bounds {
    /// The score if everything open turns out badly.
    pub least: i32,
    /// The score if everything open turns out well.
    pub most: i32,
}

impl Bounds {
    /// Whether the temperature is the same at both ends.
    pub fn settle_temperature(self, definition: &Definition) -> bool {
        temperature(definition, self.least) == temperature(definition, self.most)
    }
}

/// Whether the field belongs to this lead: its `when` holds, or may still hold.
pub fn concerns(field: &Field, state: &InterviewState, today: Date) -> bool {
    !matches!(all_hold(&field.when, state, today), Truth::No | Truth::Unsure(false))
}

/// The lead as it stands. Reasons are written in `language`, for the operator.
pub fn verdict(definition: &Definition, state: &InterviewState, today: Date, language: Language) -> Verdict {
    let mut reasons = Vec::new();
    let (mut points, mut sure, mut weight) = (0, 0, 0);
    for field in &definition.fields {
        if !concerns(field, state, today) {
            continue;
        }
        let reach = field.most_points() - field.least_points();
        weight += reach;
        let Some(answer) = state.answers.get(&field.id) else { continue };
        let brought = brought(field, answer, today);
        points += brought.points;
        let trust = i32::from(answer.confidence.min(100));
        sure += reach * if brought.guessed { trust / 2 } else { trust };
        if brought.points != 0 {
            let label = field.label.get(language);
            reasons.push(format!("{:+} {label}{}", brought.points, because(field, answer, state)));
        }
    }
    for bonus in &definition.bonuses {
        if all_hold(&bonus.when, state, today).likely() {
            points += bonus.points;
            reasons.push(format!(
                "{:+} {}{}",
                bonus.points,
                bonus.reason,
                quoting(definition, &bonus.when, state)
            ));
        }
    }
    let refused = definition.gates.iter().find(|gate| all_hold(&gate.when, state, today) == Truth::Yes);
    let temperature = match refused {
        Some(gate) => {
            reasons.push(format!("✗ {}{}", gate.reason, quoting(definition, &gate.when, state)));
            Temperature::Disqualified
        }
        None => temperature(definition, points),
    };
    let segment = definition
        .segments
        .iter()
        .find(|segment| all_hold(&segment.when, state, today).likely())
        .map(|segment| segment.id.clone());
    let route = definition
        .routes
        .iter()
        .find(|route| takes(route, segment.as_deref(), temperature, state, today))
        .map(|route| route.id.clone());
    Verdict {
        temperature,
        score: u8::try_from(points.clamp(0, 100)).unwrap_or(100),
        confidence: match weight {
            0 => 100,
            _ => u8::try_from((sure / weight).clamp(0, 100)).unwrap_or(100),
        },
        qualified: temperature >= definition.score.qualified.max(Temperature::Cold),
        segment,
        route,
        reasons,
    }
}

fn takes(
    route: &Route,
    segment: Option<&str>,
    temperature: Temperature,
    state: &InterviewState,
    today: Date,
) -> bool {
    let warm_enough = match temperature {
        Temperature::Disqualified => route.temperatures.contains(&temperature),
        _ => route.temperatures.is_empty() || route.temperatures.contains(&temperature),
    };
    let fits = route.segments.is_empty()
        || segment.is_some_and(|segment| route.segments.iter().any(|taken| taken == segment));
    warm_enough && fits && all_hold(&route.when, state, today).likely()
}

/// The bounds of the score: `open` says which fields may still be answered.
pub fn bounds(
    definition: &Definition,
    state: &InterviewState,
    today: Date,
    open: &dyn Fn(&Field) -> bool,
) -> Bounds {
    let mut bounds = Bounds { least: 0, most: 0 };
    for field in &definition.fields {
        match state.answers.get(&field.id) {
            _ if open(field) => {
                bounds.least += field.least_points();
                bounds.most += field.most_points();
            }
            Some(answer) if concerns(field, state, today) => {
                let points = brought(field, answer, today).points;
                bounds.least += points;
                bounds.most += points;
            }
            Some(_) | None => {}
        }
    }
    for bonus in &definition.bonuses {
        match all_hold(&bonus.when, state, today) {
            Truth::Yes | Truth::Unsure(true) => {
                bounds.least += bonus.points;
                bounds.most += bonus.points;
            }
            Truth::No | Truth::Unsure(false) => {}
            Truth::Unknown => {
                bounds.least += bonus.points.min(0);
                bounds.most += bonus.points.max(0);
            }
        }
    }
    bounds
}

/// How warm a lead with so many points is.
fn temperature(definition: &Definition, points: i32) -> Temperature {
    match points {
        points if points >= definition.score.hot => Temperature::Hot,
        points if points >= definition.score.warm => Temperature::Warm,
        _ => Temperature::Cold,
    }
}

fn brought(field: &Field, answer: &Answer, today: Date) -> Brought {
    for rule in &field.points {
        match rule.test.holds(&answer.given, today) {
            Truth::Yes => return Brought { points: rule.points, guessed: false },
            Truth::Unsure(true) => return Brought { points: rule.points, guessed: true },
            Truth::No | Truth::Unsure(false) | Truth::Unknown => {}
        }
    }
    Brought { points: 0, guessed: answer.given.value().is_none() }
}

/// The lead's words behind a rule over several fields.
fn quoting(definition: &Definition, conditions: &[Condition], state: &InterviewState) -> String {
    let mut quotes: Vec<String> = Vec::new();
    for condition in conditions {
        let field = definition.fields.iter().find(|field| field.id == condition.field);
        let answer = state.answers.get(&condition.field);
        if let (Some(field), Some(answer)) = (field, answer) {
            let quote = because(field, answer, state);
            if !quotes.contains(&quote) {
                quotes.push(quote);
            }
        }
    }
    quotes.concat()
}

/// The lead's words, or where the answer is from, and who confirms it.
fn because(field: &Field, answer: &Answer, state: &InterviewState) -> String {
    if field.sensitive {
        return String::new();
    }
    let confirmed = state.confirmed.get(&field.id).map(|system| format!(" (✓ {system})")).unwrap_or_default();
    let source = match (&answer.origin, answer.words.is_empty()) {
        (_, false) => format!(": “{}”", answer.words.chars().take(QUOTED).collect::<String>().trim()),
        (AnswerOrigin::Person(name) | AnswerOrigin::Lookup(name), true) => format!(" ({name})"),
        (AnswerOrigin::Crm, true) => " (CRM)".to_owned(),
        (AnswerOrigin::Said(_) | AnswerOrigin::Channel | AnswerOrigin::Earlier(_), true) => String::new(),
    };
    source + &confirmed
}
