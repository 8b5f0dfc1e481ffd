//! The gate every call passes: where did its values come from, and may it be made? A model that has been tricked
//! stands before this gate like any other. Pure; decides and never performs.

pub mod cut;
pub mod decide;
pub mod evidence;
pub mod paths;
pub mod reading;
