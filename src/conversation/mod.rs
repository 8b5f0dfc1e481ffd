//! A conversation at work: who owns it, one turn at a time, and the transaction that ends each turn.

mod audience;
mod closing;
pub mod gaps;
mod journal;
pub mod keeper;
pub mod later;
pub mod lease;
pub mod ownership;
pub mod turn;
pub mod worker;
