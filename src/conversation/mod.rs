//! A conversation at work: who owns it, one turn at a time, and the transaction that ends each turn.

pub mod turn;
pub mod worker;
//! The conversation as a whole: who owns it, and the turns that are worked on it.

pub mod ownership;
