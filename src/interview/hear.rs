//! Stub while hearing is being built.
use super::definition::Definition;
use crate::domain::interview::{Given, InterviewState, Value};
use crate::domain::language::Language;
use crate::language::yes_no::YesNo;

/// h
pub struct Hearing<'a> {
    /// d
    pub definition: &'a Definition,
    /// d
    pub state: &'a InterviewState,
    /// d
    pub language: Language,
    /// d
    pub now: &'a jiff::Zoned,
}
/// d
#[derive(Clone, Debug, PartialEq)]
pub struct HeardAnswer {
    /// d
    pub field: String,
    /// d
    pub given: Given,
    /// d
    pub confidence: u8,
    /// d
    pub words: String,
}
/// w
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Want {
    /// d
    Skip,
    /// d
    Back,
    /// d
    Pause,
    /// d
    Stop,
    /// d
    Person,
}
/// d
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Heard {
    /// d
    pub answers: Vec<HeardAnswer>,
    /// d
    pub yes_no: Option<YesNo>,
    /// d
    pub offers: Vec<(String, Value)>,
    /// d
    pub problems: Vec<String>,
    /// d
    pub asks_why: bool,
    /// d
    pub asks_something: bool,
    /// d
    pub wants: Option<Want>,
}
/// d
pub fn hear(_hearing: &Hearing<'_>, _text: &str) -> Heard {
    Heard::default()
}
