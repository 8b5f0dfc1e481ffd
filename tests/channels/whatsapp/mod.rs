//! What Meta posts, from the door to what is said and who it is said to.

mod door;
mod kinds;
mod manners;
mod people;
mod posts;
mod strange;
mod together;
