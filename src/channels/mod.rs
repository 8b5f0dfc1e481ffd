//! Adapters to where customers are: they put into a channel's words what is sent, and read what comes. They decide
//! nothing, keep nothing, and know no store; what they are asked by is in `web/` and `outbox/`.

pub mod relay;
pub mod whatsapp;
