//! Interviews played through with scripted leads.

mod definitions;
mod leads;
mod player;
mod program;
