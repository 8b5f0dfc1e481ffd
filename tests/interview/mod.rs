//! Interviews played through with scripted leads.

mod leads;
mod player;
