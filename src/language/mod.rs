//! What the customer's words mean: dates, money, identifiers, numbers, yes and no, the language itself.
//! Pure and deterministic; knows nothing of tools, models or storage, and never fails on any Unicode text.

pub mod dates;
pub mod detect;
pub mod emails;
pub mod figures;
pub mod fold;
pub mod identifiers;
pub mod memo;
pub mod money;
pub mod numbers;
pub mod phrases;
pub mod sentences;
pub mod sizes;
pub mod span;
pub mod statements;
pub mod stem;
pub mod yes_no;
