//! What names a person or a company for the systems behind the counter: e-mail, telephone, CPF, CNPJ, CEP. A slip is
//! offered for correction, a wrong check digit is said; neither becomes an answer.

use super::{Ear, Fault, How, Outcome, Reading};
use crate::domain::interview::{Manner, Value};
use crate::interview::field::{Field, Kind};
use crate::language::documents::DocumentKind;
use crate::language::email_slips::{corrected, find_broken};
use crate::language::identifiers::find_postal_codes;
use std::ops::Range;

/// Words that say that a number is a telephone.
const PHONE_WORDS: &[&str] = &[
    "telefone", "tel", "fone", "cel", "celular", "whats", "whatsapp", "zap", "wpp", "contato", "ligar",
    "liga", "phone", "mobile", "cell", "call", "telefono", "movil", "llamar", "numero", "number", "fixo",
];
/// Digits a bare telephone number has without its area code.
const WITHOUT_AREA: std::ops::RangeInclusive<usize> = 8..=9;
/// Fewer digits than this are no try at a document or a telephone.
const A_TRY: usize = 5;

impl Ear<'_> {
    pub(super) fn emails(&self, field: &Field, how: How) -> Vec<Reading> {
        let message = self.message;
        let mut found = Vec::new();
        for email in &message.emails {
            let Some(confidence) = self.trust_in_contact(&email.span, how) else { continue };
            let outcome = match corrected(&email.value) {
                Some(meant) if !self.was_offered(field) => Outcome::Offer(Value::Email(meant)),
                Some(_) | None => Outcome::Value(Value::Email(email.value.clone())),
            };
            found.push(Reading { span: email.span.clone(), outcome, confidence });
        }
        if found.is_empty() && message.emails.is_empty() {
            let broken =
                find_broken(message.text).filter(|broken| self.trust_in_contact(&broken.span, how).is_some());
            if let Some(broken) = broken {
                let outcome = Outcome::Offer(Value::Email(broken.value));
                found.push(Reading { span: broken.span, outcome, confidence: 60 });
            } else if how == How::Asked
                && let Some(at) = message.text.find('@')
            {
                found.push(self.fault(around(message.text, at), Fault::Malformed));
            }
        }
        found
    }

    /// How far contact details at `span` are believed to be the lead's.
    fn trust_in_contact(&self, span: &Range<usize>, how: How) -> Option<u8> {
        let clause = self.message.clause_of(span)?;
        let theirs = clause.spaced.contains(" voces ")
            || clause.spaced.contains(" your ")
            || clause.spaced.contains(" ustedes ");
        let trust = match self.message.trust(span) {
            Some(trust) => trust,
            // `pode mandar pra ana@x.com?` gives it all the same.
            None if clause.asks && !theirs && how != How::Recalled => {
                return (clause.stance != crate::language::clauses::Stance::Order).then_some(70);
            }
            None => return None,
        };
        match (how, trust.of_another) {
            (How::Asked, true) => Some(50),
            (How::Recalled | How::Volunteered, true) => None,
            (How::Asked, false) => Some(trust.most),
            (How::Recalled | How::Volunteered, false) => (!theirs).then_some(trust.most),
        }
    }

    /// Whether a correction of this field was offered before: who writes it again means it.
    fn was_offered(&self, field: &Field) -> bool {
        let asked = &self.hearing.state.asked;
        asked.iter().any(|question| question.manner == Manner::Correct && question.fields.contains(&field.id))
    }

    pub(super) fn phones(&self, how: How) -> Vec<Reading> {
        let message = self.message;
        let mut found = Vec::new();
        for phone in &message.phones {
            let Some(confidence) = self.trust_in_contact(&phone.span, how) else { continue };
            let written = phone.body(message.text);
            let document = message.documents.iter().find(|other| super::overlap(&other.span, &phone.span));
            let is_document = document.is_some_and(|document| document.value.is_marked);
            let marked = written.contains(['(', '+']) || written.contains('-') && document.is_none();
            if is_document || how != How::Asked && !marked && !self.has_word(&phone.span, PHONE_WORDS) {
                continue;
            }
            // Eleven digits that are a right CPF too, and nobody said which.
            let doubtful = how != How::Asked
                && document.is_some_and(|document| document.value.is_right)
                && !self.has_word(&phone.span, PHONE_WORDS);
            if doubtful {
                continue;
            }
            let outcome = Outcome::Value(Value::Phone(phone.value.clone()));
            found.push(Reading { span: phone.span.clone(), outcome, confidence });
        }
        if found.is_empty()
            && how == How::Asked
            && message.phones.is_empty()
            && let Some((span, digits)) = self.digits()
        {
            let fault = if WITHOUT_AREA.contains(&digits) { Fault::NoAreaCode } else { Fault::Malformed };
            found.push(self.fault(span, fault));
        }
        found
    }

    pub(super) fn documents(&self, field: &Field, how: How) -> Vec<Reading> {
        let message = self.message;
        let (wanted, name) = match field.kind {
            Kind::Cnpj => (DocumentKind::Cnpj, "cnpj"),
            _ => (DocumentKind::Cpf, "cpf"),
        };
        let mut found = Vec::new();
        for document in message.documents.iter().filter(|document| document.value.kind == wanted) {
            let named = self.has_word(&document.span, &[name]);
            let other = self.has_word(&document.span, PHONE_WORDS);
            let Some(confidence) = self.trust_in_contact(&document.span, how) else { continue };
            if how != How::Asked && !named && (other || !document.value.is_marked) {
                continue;
            }
            let number = document.value.number.clone();
            let outcome = match (document.value.is_right, wanted) {
                (true, DocumentKind::Cpf) => Outcome::Value(Value::Cpf(number)),
                (true, DocumentKind::Cnpj) => Outcome::Value(Value::Cnpj(number)),
                (false, _) => {
                    // A telephone number has eleven digits as well.
                    let phone =
                        message.phones.iter().any(|phone| super::overlap(&phone.span, &document.span));
                    if phone && !named && !document.value.is_marked && how != How::Asked {
                        continue;
                    }
                    Outcome::Fault(Fault::CheckDigits)
                }
            };
            found.push(Reading { span: document.span.clone(), outcome, confidence });
        }
        if found.is_empty() && how == How::Asked && message.phones.is_empty() && message.documents.is_empty()
        {
            found.extend(self.digits().map(|(span, _)| self.fault(span, Fault::Malformed)));
        }
        found
    }

    pub(super) fn postal_codes(&self, how: How) -> Vec<Reading> {
        let message = self.message;
        let mut found = Vec::new();
        for code in find_postal_codes(message.text) {
            let Some(confidence) = self.trust_in_contact(&code.span, how) else { continue };
            let part = message.phones.iter().any(|phone| super::overlap(&phone.span, &code.span))
                || message.documents.iter().any(|document| super::overlap(&document.span, &code.span));
            let named = self.has_word(&code.span, &["cep", "zip", "postal"]);
            let shaped = code.body(message.text).contains('-') && code.body(message.text).len() == 9;
            if part || how != How::Asked && !named && !shaped {
                continue;
            }
            let outcome = Outcome::Value(Value::PostalCode(code.value));
            found.push(Reading { span: code.span, outcome, confidence });
        }
        if found.is_empty() && how == How::Asked && message.phones.is_empty() && message.documents.is_empty()
        {
            found.extend(self.digits().map(|(span, _)| self.fault(span, Fault::Malformed)));
        }
        found
    }

    /// Whether the clause of `span` has one of `words`.
    fn has_word(&self, span: &Range<usize>, words: &[&str]) -> bool {
        let Some(clause) = self.message.clause_of(span) else { return false };
        self.message.words_in(&clause.span).iter().any(|word| words.contains(&word.folded.as_str()))
    }

    /// The one run of digits and marks in the message that looks like a try, and how many digits it has.
    fn digits(&self) -> Option<(Range<usize>, usize)> {
        let text = self.message.text;
        let is_part = |character: char| {
            character.is_ascii_digit() || matches!(character, ' ' | '.' | '-' | '/' | '(' | ')' | '+')
        };
        let start = text.find(|character: char| character.is_ascii_digit())?;
        let rest = &text[start..];
        let end = start + rest.find(|character: char| !is_part(character)).unwrap_or(rest.len());
        let end =
            start + text[start..end].trim_end_matches(|character: char| !character.is_ascii_digit()).len();
        let digits = text[start..end].bytes().filter(u8::is_ascii_digit).count();
        let denied = self.message.trust(&(start..end)).is_none();
        (digits >= A_TRY && !denied).then_some((start..end, digits))
    }

    fn fault(&self, span: Range<usize>, fault: Fault) -> Reading {
        Reading { span, outcome: Outcome::Fault(fault), confidence: 0 }
    }
}

/// The run without blanks around `at`.
fn around(text: &str, at: usize) -> Range<usize> {
    let start = text[..at]
        .rfind(char::is_whitespace)
        .map_or(0, |blank| blank + text[blank..].chars().next().map_or(1, char::len_utf8));
    let end = text[at..].find(char::is_whitespace).map_or(text.len(), |blank| at + blank);
    start..end
}
