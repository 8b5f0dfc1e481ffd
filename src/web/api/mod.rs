//! HTTP version 1: thin handlers, one file a subject. A handler reads the request, checks who asks, makes one call
//! and puts the result into words; it decides nothing about conversations.

pub mod attachments;
pub mod connectors;
pub mod conversations;
pub mod customers;
pub mod documents;
pub mod drills;
pub mod events;
pub mod files;
pub mod gaps;
pub mod inspect;
mod interview_answers;
pub mod interviews;
pub mod journal;
pub mod knowledge;
pub mod messages;
pub mod openapi;
pub mod outbox;
pub mod people;
pub mod setup;
pub mod tools;
pub mod uploads;
pub mod widget;
