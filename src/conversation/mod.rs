//! The conversation as a whole: who owns it, and the turns that are worked on it.

pub mod ownership;
