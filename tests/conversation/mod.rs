//! Whole conversations with the whole program over HTTP: what customers get, what is done, and what is not.

mod bindings;
mod budget;
mod bursts;
mod changed;
mod clock;
mod confirm;
mod customers;
mod gaps;
mod injected;
mod interviews;
mod leads;
mod limits;
mod models;
mod news;
mod outages;
mod own_tools;
mod people;
mod poisoned;
mod processes;
mod real_servers;
mod reminders;
mod scenarios;
mod systems;
mod untrue;
mod vendors;
mod watchers;
