//! The words of an interview: its questions, what it noted, its ends. Words come from the definition and from
//! `prompts/<language>/interview.toml`; nothing is made up here.

use super::definition::{Definition, LegalBasis};
use super::field::{Field, Kind};
use super::hear::{Fault, Problem};
use crate::domain::interview::{Given, InterviewState, Manner, Question, Span, Value};
use crate::domain::language::Language;
use crate::domain::message::{Button, Input, InputKind};
use crate::domain::money::Money;
use crate::prompts::interview::InterviewSentences;
use crate::prompts::sentences::fill;
use jiff::civil::Date;

/// Speaks for one interview in one language.
#[derive(Clone, Copy)]
pub struct Voice<'a> {
    /// The interview.
    pub definition: &'a Definition,
    /// The sentences around it.
    pub sentences: &'a InterviewSentences,
    /// The language.
    pub language: Language,
}

/// A question as the lead sees it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Spoken {
    /// The words.
    pub text: String,
    /// Choices under them.
    pub buttons: Vec<Button>,
    /// How it may be answered where the channel can show it.
    pub input: Option<Input>,
}

impl Voice<'_> {
    /// What is said once, before the first question: what it is for, and on what legal basis.
    pub fn introduction(&self) -> String {
        let bases = &self.sentences.legal_basis;
        let basis = match self.definition.purpose.legal_basis {
            LegalBasis::Consent => &bases.consent,
            LegalBasis::PreContract => &bases.pre_contract,
            LegalBasis::LegitimateInterest => &bases.legitimate_interest,
        };
        format!("{} {basis}", self.definition.purpose.text.get(self.language))
    }

    /// The words of `question`. `remaining` is about how many questions are still to come, this one included.
    pub fn question(&self, question: &Question, state: &InterviewState, remaining: usize) -> Spoken {
        let sentences = self.sentences;
        let yes_no = || [&sentences.yes, &sentences.no].map(|label| said(label, label)).to_vec();
        let fields: Vec<&Field> = question.fields.iter().filter_map(|id| self.field(id)).collect();
        let offered = || match (fields.first(), &question.offered) {
            (Some(field), Some(value)) => self.value(field, value),
            _ => String::new(),
        };
        let label = fields.first().map_or("", |field| field.label.get(self.language));
        let (text, buttons, input) = match question.manner {
            Manner::Consent => {
                let ask =
                    self.definition.consent.as_ref().map_or("", |consent| consent.ask.get(self.language));
                (ask.to_owned(), yes_no(), None)
            }
            Manner::Ask | Manner::Again => {
                let text = self.ask(&fields, question.manner);
                (text, self.choices(&fields), Some(self.input(&fields, state, remaining)))
            }
            Manner::Confirm => {
                let text = fill(&fill(&sentences.confirm, "label", label), "value", &offered());
                (text, yes_no(), Some(self.input(&fields, state, remaining)))
            }
            Manner::Correct => (fill(&sentences.correct, "value", &offered()), yes_no(), None),
            Manner::Summary => {
                let text =
                    format!("{}\n{}\n\n{}", sentences.summary, self.list(state), sentences.summary_ask);
                let buttons = [&sentences.right, &sentences.change].map(|label| said(label, label)).to_vec();
                (text, buttons, None)
            }
        };
        Spoken { text, buttons, input }
    }

    fn field(&self, id: &str) -> Option<&Field> {
        self.definition.fields.iter().find(|field| field.id == id)
    }

    fn ask(&self, fields: &[&Field], manner: Manner) -> String {
        let Some(first) = fields.first() else { return String::new() };
        let ask = first.ask.get(self.language);
        match (manner, fields.len()) {
            (Manner::Again, _) => match &first.again {
                Some(again) => again.get(self.language).to_owned(),
                None => format!("{} {ask}", self.sentences.again),
            },
            (_, 2) => first.ask_with.as_ref().map_or(ask, |both| both.get(self.language)).to_owned(),
            _ => ask.to_owned(),
        }
    }

    fn choices(&self, fields: &[&Field]) -> Vec<Button> {
        match fields {
            [field] if field.kind == Kind::YesNo => {
                [&self.sentences.yes, &self.sentences.no].map(|label| said(label, label)).to_vec()
            }
            [field] => field
                .choices
                .iter()
                .map(|choice| said(choice.label.get(self.language), choice.label.get(self.language)))
                .collect(),
            _ => Vec::new(),
        }
    }

    fn input(&self, fields: &[&Field], state: &InterviewState, remaining: usize) -> Input {
        let first = fields.first();
        let kind = match first.map(|field| (field.kind, field.several)) {
            _ if fields.len() > 1 => InputKind::Text,
            Some((Kind::Choice, true)) => InputKind::Choices,
            Some((Kind::Choice | Kind::YesNo, _)) => InputKind::Choice,
            Some((Kind::Money, _)) => InputKind::Money,
            Some((Kind::Number | Kind::People, _)) => InputKind::Number,
            Some((Kind::Deadline, _)) => InputKind::Date,
            Some((Kind::Email, _)) => InputKind::Email,
            Some((Kind::Phone, _)) => InputKind::Phone,
            Some((Kind::Text | Kind::Name | Kind::Cpf | Kind::Cnpj | Kind::PostalCode, _)) | None => {
                InputKind::Text
            }
        };
        let button = |label: &String| said(label, label);
        let at = state.spent() + 1;
        Input {
            kind,
            min: first.and_then(|field| field.min),
            max: first.and_then(|field| field.max),
            at,
            of: at + remaining.saturating_sub(1),
            skip: first.filter(|field| !field.required).map(|_| button(&self.sentences.skip)),
            back: (at > 1).then(|| button(&self.sentences.back_button)),
        }
    }

    /// Everything the lead gave, a line each, in the definition's order.
    pub fn list(&self, state: &InterviewState) -> String {
        let mut lines = Vec::new();
        for field in &self.definition.fields {
            let Some(answer) = state.answers.get(&field.id) else { continue };
            let shown = match &answer.given {
                Given::Value(value) => self.value(field, value),
                Given::Refused => self.sentences.refused.clone(),
                Given::DoesNotKnow => self.sentences.unknown.clone(),
                Given::Withdrawn => continue,
            };
            lines.push(format!("- **{}:** {shown}", capitalised(field.label.get(self.language))));
        }
        lines.join("\n")
    }

    /// A value in plain words. A sensitive one is shown masked.
    pub fn value(&self, field: &Field, value: &Value) -> String {
        let shown = match value {
            Value::Text(text) | Value::Name(text) | Value::Email(text) | Value::Phone(text) => plain(text),
            Value::Choices(taken) => {
                let labels =
                    taken.iter().filter_map(|id| field.choice(id)).map(|c| c.label.get(self.language));
                labels.collect::<Vec<_>>().join(", ")
            }
            Value::Money(span) => self.span(*span, |cents| whole_reais(Money(cents))),
            Value::Number(span) => self.span(*span, |number| number.to_string()),
            Value::Days { from, until } => self.days(*from, *until),
            Value::YesNo(true) => self.sentences.yes.to_lowercase(),
            Value::YesNo(false) => self.sentences.no.to_lowercase(),
            Value::Cpf(digits) | Value::Cnpj(digits) => digits.clone(),
            Value::PostalCode(digits) => match digits.split_at_checked(5) {
                Some((street, rest)) if !rest.is_empty() => format!("{street}-{rest}"),
                _ => digits.clone(),
            },
        };
        let documents = matches!(value, Value::Cpf(_) | Value::Cnpj(_));
        if documents && field.sensitive { masked(&shown) } else { shown }
    }

    fn span(&self, span: Span, word: impl Fn(i64) -> String) -> String {
        let sentences = self.sentences;
        match span {
            Span { low: Some(low), high: Some(high) } if low == high => word(low),
            Span { low: Some(low), high: Some(high) } => {
                fill(&fill(&sentences.between, "low", &word(low)), "high", &word(high))
            }
            Span { low: Some(low), high: None } => fill(&sentences.from, "low", &word(low)),
            Span { low: None, high: Some(high) } => fill(&sentences.up_to, "high", &word(high)),
            Span { low: None, high: None } => sentences.unknown.clone(),
        }
    }

    fn days(&self, from: Option<Date>, until: Option<Date>) -> String {
        let word = |day: Date| match self.language {
            Language::Portuguese | Language::Spanish => day.strftime("%d/%m/%Y").to_string(),
            Language::English => day.strftime("%Y-%m-%d").to_string(),
        };
        let sentences = self.sentences;
        match (from, until) {
            (Some(from), Some(until)) if from == until => word(from),
            (Some(from), Some(until)) => {
                fill(&fill(&sentences.between, "low", &word(from)), "high", &word(until))
            }
            (Some(from), None) => fill(&sentences.from, "low", &word(from)),
            (None, Some(until)) => fill(&sentences.up_to, "high", &word(until)),
            (None, None) => sentences.no_hurry.clone(),
        }
    }

    /// What is wrong with an answer.
    pub fn wrong(&self, problem: &Problem) -> String {
        let wrong = &self.sentences.wrong;
        let field = self.field(&problem.field);
        let limit = |least: bool| {
            let limit = field.and_then(|field| if least { field.min } else { field.max });
            let money = field.is_some_and(|field| field.kind == Kind::Money);
            match limit {
                Some(limit) if money => whole_reais(Money(limit.saturating_mul(100))),
                Some(limit) => limit.to_string(),
                None => String::new(),
            }
        };
        match problem.fault {
            Fault::TooSmall => fill(&wrong.too_small, "limit", &limit(true)),
            Fault::TooLarge if limit(false).is_empty() => self.sentences.again.clone(),
            Fault::TooLarge => fill(&wrong.too_large, "limit", &limit(false)),
            Fault::TooLong => {
                let most =
                    field.and_then(|field| field.max_chars).map_or_else(String::new, |most| most.to_string());
                fill(&wrong.too_long, "limit", &most)
            }
            Fault::CheckDigits => wrong.mistyped.clone(),
            Fault::Past => wrong.in_the_past.clone(),
            Fault::Malformed => wrong.malformed.clone(),
            Fault::NoAreaCode => wrong.no_area_code.clone(),
            Fault::OnlyOne => wrong.only_one.clone(),
            Fault::Unclear => wrong.unclear.clone(),
            Fault::OtherCurrency => wrong.other_currency.clone(),
        }
    }

    /// What is said after an answer. `turn` is how many were given before, so that it is not always the same.
    pub fn acknowledgement(&self, turn: usize) -> &str {
        let all = &self.sentences.acknowledge;
        all.get(turn % all.len().max(1)).map_or("", String::as_str)
    }
}

/// A button that says what stands on it.
fn said(label: &str, value: &str) -> Button {
    Button { label: label.to_owned(), value: value.to_owned() }
}

/// An amount without centavos where it has none.
fn whole_reais(money: Money) -> String {
    let written = money.to_string();
    written.strip_suffix(",00").map_or_else(|| written.clone(), str::to_owned)
}

/// Text that is shown inside a list of ours: one line, no marks of emphasis.
fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace(['*', '`'], "")
}

/// Only the last two signs are shown.
fn masked(text: &str) -> String {
    let shown = text.chars().count().saturating_sub(2);
    text.chars().enumerate().map(|(at, c)| if at < shown { '•' } else { c }).collect()
}

fn capitalised(label: &str) -> String {
    let mut characters = label.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}
