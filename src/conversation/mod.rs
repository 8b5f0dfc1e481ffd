//! A conversation at work: who owns it, one turn at a time, and the transaction that ends each turn.

mod audience;
mod journal;
pub mod keeper;
pub mod lease;
pub mod ownership;
pub mod turn;
pub mod worker;
