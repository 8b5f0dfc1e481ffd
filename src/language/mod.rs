//! What the customer's words mean: dates, money, identifiers, numbers, yes and no, the language itself.
//! Pure and deterministic; knows nothing of tools, models or storage, and never fails on any Unicode text.

mod amount_words;
pub mod amounts;
pub mod clauses;
pub mod dates;
pub mod detect;
pub mod documents;
pub mod email_slips;
pub mod emails;
pub mod figures;
pub mod filler;
pub mod fold;
pub mod headcount;
pub mod identifiers;
pub mod memo;
pub mod money;
pub mod numbers;
mod person_words;
pub mod persons;
pub mod phrases;
pub mod places;
pub mod sentences;
pub mod shorthand;
pub mod sizes;
pub mod span;
pub mod statements;
pub mod stem;
pub mod wishes;
pub mod yes_no;
