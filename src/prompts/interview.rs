//! Sentences around the questions of an interview, in one language. What is asked for stands in the interview's own
//! file; `{name}` stands for what the program fills in.

use crate::config::completed::completed;
use crate::domain::problem::Problem;
use serde::Deserialize;

/// The sentences of one language.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InterviewSentences {
    /// After an answer, in turn.
    pub acknowledge: Vec<String>,
    /// After the lead's name; `{name}` is the first name.
    pub pleased: String,
    /// After a correction; `{label}` is the field's plain name, `{value}` its new value.
    pub corrected: String,
    /// Before a question that was not understood.
    pub again: String,
    /// Before a question that the conversation comes back to.
    pub back: String,
    /// Before the next question of an interview that goes on after a pause.
    pub resumed: String,
    /// When the lead wants to go on later.
    pub paused: String,
    /// When the lead does not want to go on.
    pub stopped: String,
    /// Asks whether something known still holds; `{label}` and `{value}` as above.
    pub confirm: String,
    /// Offers a correction; `{value}` is what was probably meant.
    pub correct: String,
    /// Before the list of everything the lead said.
    pub summary: String,
    /// Behind the list.
    pub summary_ask: String,
    /// Label of the button that says the list is right.
    pub right: String,
    /// Label of the button that says something of it is not.
    pub change: String,
    /// Asks what is to be changed.
    pub change_ask: String,
    /// Yes, as a button and as a value.
    pub yes: String,
    /// No, as a button and as a value.
    pub no: String,
    /// Label of the button that passes a question over.
    pub skip: String,
    /// Label of the button that goes back a question.
    pub back_button: String,
    /// A range; `{low}` and `{high}`.
    pub between: String,
    /// An open range; `{low}`.
    pub from: String,
    /// An open range; `{high}`.
    pub up_to: String,
    /// A deadline that is left open.
    pub no_hurry: String,
    /// Stands for an answer the lead does not want to give.
    pub refused: String,
    /// Stands for an answer the lead does not know.
    pub unknown: String,
    /// What is wrong with an answer.
    pub wrong: WrongSentences,
    /// On what legal basis it is asked.
    pub legal_basis: BasisSentences,
    /// The title of the note for the team.
    pub note: String,
    /// The line of the note that says where the lead came from; `{origin}`. Without it there is none.
    #[serde(default)]
    pub origin: String,
    /// The title of the chance to sell; `{title}` is the interview's, `{name}` the lead's name.
    pub opportunity: String,
    /// When an answer could not be passed on to the business's systems at once.
    pub not_passed_on: String,
    /// Before times for a call.
    pub booking: String,
}

/// What is wrong with an answer.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WrongSentences {
    /// Less than the least; `{limit}`.
    pub too_small: String,
    /// More than the most; `{limit}`.
    pub too_large: String,
    /// Too many characters; `{limit}`.
    pub too_long: String,
    /// Check digits that do not fit.
    pub mistyped: String,
    /// A day that is over.
    pub in_the_past: String,
    /// Written in a way that nothing of the kind is written in.
    pub malformed: String,
    /// A telephone number without its area code.
    pub no_area_code: String,
    /// Several where one is asked for.
    pub only_one: String,
    /// It can mean two things.
    pub unclear: String,
    /// An amount in another currency.
    pub other_currency: String,
}

/// On what legal basis it is asked, told once with the purpose.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BasisSentences {
    /// The lead's consent.
    pub consent: String,
    /// Steps towards a contract that the lead asked for.
    pub pre_contract: String,
    /// A legitimate interest of the business.
    pub legitimate_interest: String,
}

impl InterviewSentences {
    /// Reads an `interview.toml`, completed by the embedded one; whatever is wrong goes to `problems`.
    pub fn read(file: &str, text: &str, embedded: &str, problems: &mut Vec<Problem>) -> Option<Self> {
        let mut sentences: Self = completed(file, text, embedded, problems)?;
        // Who leaves this line out wants none.
        if !toml::from_str::<toml::Table>(text).is_ok_and(|own| own.contains_key("origin")) {
            sentences.origin.clear();
        }
        if sentences.acknowledge.is_empty() {
            let at = text.find("acknowledge").unwrap_or(0);
            problems.push(Problem::at_offset(file, text, at, "`acknowledge` needs a sentence"));
            return None;
        }
        Some(sentences)
    }
}
