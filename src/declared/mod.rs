//! HTTP calls that are declared in files instead of written as code: reading such files with the place of every
//! fault, filling a request in, taking the result out of an answer. It sends nothing and knows neither tools nor
//! vendors.

pub mod html;
pub mod icalendar;
pub mod instants;
pub mod near;
pub mod projection;
pub mod reader;
pub mod request;
pub mod template;
