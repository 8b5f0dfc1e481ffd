//! Servers and actors that tests share. They check what they are sent and decide nothing for the program.

pub mod fake_openai;
