//! Whom the assistant serves on a number that is somebody's own as well. It only describes and checks values.

use serde::Deserialize;

/// `[channels.whatsapp.audience]`.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AudienceSettings {
    /// Who is answered, of those who are on neither list.
    pub answers: Answers,
    /// Numbers, or WhatsApp's ids, of people who always are.
    pub always: Vec<String>,
    /// And of people who never are.
    pub never: Vec<String>,
    /// Words of the links and signs that customers come by.
    pub phrases: Vec<String>,
}

/// Who is answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answers {
    /// Whoever writes.
    Everybody,
    /// Whoever comes by an advertisement or one of the phrases, is on file, or was served before.
    Customers,
    /// Nobody else.
    Listed,
}

impl AudienceSettings {
    /// What cannot be.
    pub(super) fn problems(&self) -> Vec<String> {
        let listed = self.always.iter().chain(&self.never).filter(|handle| !is_handle(handle));
        let mut problems: Vec<String> = listed
            .map(|handle| {
                format!(
                    "`{handle}`: a number with country and area code, \"+55 11 91234-5678\", or WhatsApp's id of a person"
                )
            })
            .collect();
        if self.phrases.iter().any(|phrase| !phrase.chars().any(char::is_alphanumeric)) {
            problems.push("a phrase without words would let everybody in".to_owned());
        }
        problems
    }
}

/// Whether a text names somebody: by a whole number, or by an id like `BR.13491208655302741918`.
fn is_handle(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let is_number = text.chars().all(|letter| letter.is_ascii_digit() || " +-()./".contains(letter));
    match is_number {
        // Without its country a number would never be met.
        true if text.trim_start().starts_with('+') => (8..=15).contains(&digits),
        true => (12..=15).contains(&digits),
        false => {
            text.trim().split_once('.').is_some_and(|(country, id)| country.len() == 2 && !id.is_empty())
        }
    }
}
