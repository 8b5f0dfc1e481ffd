//! A conversation at work: who owns it, one turn at a time, the transaction that ends each turn, and what becomes of a
//! lead afterwards; and what is kept of a customer, shown to them and forgotten. `reception/` takes in what WhatsApp
//! posted, `news/` what vendors did.

mod abandoned;
mod audience;
mod closing;
pub mod consents;
pub mod customer_file;
pub mod customers;
pub mod files;
pub mod gaps;
pub mod interview_desk;
mod interviews;
mod journal;
pub mod keeper;
pub mod later;
mod lead_notice;
pub mod lead_report;
pub mod leads;
pub mod lease;
pub mod news;
mod nurture;
pub mod ownership;
pub mod presence;
pub mod reception;
mod retention;
pub mod sent_files;
pub mod turn;
pub mod unite;
pub mod worker;
