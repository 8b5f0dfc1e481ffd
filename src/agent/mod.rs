//! The turn's mind: a pure step function, the loop that performs its steps, what the model is shown, and the guard
//! over what it says. Knows tools and models by their contracts; never the store.

pub mod context;
pub mod draft;
pub mod guard;
pub mod history;
pub mod run;
pub mod step;
