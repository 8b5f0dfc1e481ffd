//! Tools that servers offer by the Model Context Protocol: started and connected to, listed, called, started again. What
//! such a server says is untrusted text, and nothing it does or fails to do keeps a turn. The only place that knows the
//! protocol.

pub mod child;
pub mod connection;
pub mod desk;
pub mod offer;
pub mod result;
pub mod server;
pub mod servers;
