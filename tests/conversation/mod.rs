//! Whole conversations with the whole program over HTTP: what customers get, what is done, and what is not.

mod scenarios;
