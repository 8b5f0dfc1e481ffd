//! Servers and actors that tests share. They check what they are sent and decide nothing for the program.

pub mod app;
pub mod clock;
pub mod events;
pub mod failing;
pub mod fake_ears;
pub mod fake_embeddings;
pub mod fake_openai;
pub mod mariadb;
pub mod meta;
pub mod postgres;
pub mod qdrant;
pub mod relay;
pub mod servers;
pub mod smtp;
pub mod stores;
pub mod talk;
pub mod tiny_e5;
pub mod vendor;
pub mod web;
pub mod whatsapp;
pub mod wire;
