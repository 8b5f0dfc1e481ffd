//! Bounds on what goes in and out: quotas, circuit breakers, back-off, and the addresses that may be called. Knows
//! nothing of models, tools or channels; they bring their names and numbers.

pub mod alert_task;
pub mod alerts;
pub mod backoff;
pub mod breaker;
pub mod budget;
pub mod cells;
pub mod mail;
pub mod net;
pub mod pace;
pub mod pause;
pub mod quota;
pub mod shelf;
