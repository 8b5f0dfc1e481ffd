//! The way out to channels that have to be pushed to: claims deliveries, hands them to their channel, and writes down
//! what came of it. Order, retries and doubts are the same for every channel; how to send is the channel's own.

pub mod courier;
pub mod push;
pub mod reach;
pub mod receipts;
