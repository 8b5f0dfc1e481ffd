//! The decision core and the gate: pure, so every case can be put on the table.

mod claims;
mod gate;
mod step;
