//! The decision core and the gate: pure, so every case can be put on the table.

mod gate;
mod step;
