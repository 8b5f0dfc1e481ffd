//! WhatsApp through an Evolution API in between: what it posts, put as Meta would, and what Meta would be sent, put as it
//! wants it. It has no signatures, no windows, no templates and no word of what became of a message that it never
//! acknowledged: see the README for what that means.

pub mod client;
pub mod envelope;
