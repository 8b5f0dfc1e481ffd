//! Mail to people of the business through a vendor, in place of a mail server.

use super::engine::{Connector, Lookup};
use crate::limits::mail::{Mail, Post, Sender};
use async_trait::async_trait;
use serde_json::{Value, json};
use std::sync::Arc;

/// The vendor's mail.
pub struct ConnectorPost {
    vendor: Arc<Connector>,
    from: Sender,
}

impl ConnectorPost {
    /// Mail of this vendor's, from this sender.
    pub fn new(vendor: Arc<Connector>, from: Sender) -> Self {
        Self { vendor, from }
    }
}

#[async_trait]
impl Post for ConnectorPost {
    async fn send(&self, mail: &Mail) -> anyhow::Result<()> {
        let arguments = json!({
            "message_id": format!("<{}@{}>", mail.id, self.from.domain()),
            "name": mail.name,
            "address": mail.address,
            "subject": mail.subject,
            "text": mail.text,
            "from_name": self.from.name,
            "from_address": self.from.address,
        });
        let nowhere = Lookup { operation: "", arguments: Value::Null };
        self.vendor.effect("send_mail", &mail.id, &arguments, &nowhere).await?;
        Ok(())
    }
}
