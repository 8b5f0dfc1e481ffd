//! The turn's mind: a pure step function, the loop that performs its steps, what the model is shown, and the guard
//! over what it says. Knows tools and models by their contracts; never the store.

mod ask;
mod calls;
pub mod claims;
pub mod confirm;
pub mod context;
pub mod draft;
mod finish;
pub mod guard;
pub mod history;
pub mod house;
mod interview;
mod interview_begin;
mod interview_end;
mod interview_listen;
pub mod lookups;
pub mod names;
pub mod outdated;
pub mod proof;
mod replay;
pub mod run;
pub mod second_look;
mod sent_files;
pub mod sources;
pub mod step;
pub mod stretch;
pub mod task;
mod verdict;
