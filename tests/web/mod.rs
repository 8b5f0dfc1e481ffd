//! HTTP version 1 as its callers see it, over loopback.

mod connections;
mod conversations;
mod customers;
mod events;
mod interviews;
mod messages;
mod operators;
mod origins;
mod projection;
mod relay;
mod surface;
