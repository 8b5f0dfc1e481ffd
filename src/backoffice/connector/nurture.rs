//! Leads on the lists of a vendor's marketing tool.

use super::engine::{Connector, Lookup};
use crate::backoffice::BackofficeError;
use crate::backoffice::nurture::Lists;
use crate::domain::contact::Contact;
use crate::store::connectors::Link;
use async_trait::async_trait;
use serde_json::json;
use std::sync::Arc;

/// The kind of links between our people and their lists.
const LIST: &str = "list";

/// The vendor's lists.
pub struct ConnectorLists {
    vendor: Arc<Connector>,
}

impl ConnectorLists {
    /// The lists of this vendor.
    pub fn new(vendor: Arc<Connector>) -> Self {
        Self { vendor }
    }
}

#[async_trait]
impl Lists for ConnectorLists {
    async fn enter(&self, list: &str, key: &str, contact: &Contact) -> Result<bool, BackofficeError> {
        let Some(email) = contact.email.as_ref().filter(|_| contact.marketing_consent != Some(false)) else {
            return Ok(false);
        };
        let arguments = json!({
            "list": list,
            "name": contact.name,
            "email": email,
            "phone": contact.phone,
            "tags": contact.tags,
            "agreed": contact.marketing_consent == Some(true),
        });
        let lookup = Lookup { operation: "list_member", arguments: json!({"list": list, "email": email}) };
        self.vendor.effect("enter_list", key, &arguments, &lookup).await?;
        // Nobody is taken off a list from here; whoever forgets the person is told that they stand on it.
        let entered = Link {
            connector: self.vendor.name().to_owned(),
            kind: LIST.to_owned(),
            local: contact.id.to_string(),
            remote: list.to_owned(),
        };
        self.vendor.store().link(&entered, self.vendor.clock.now()).await?;
        Ok(true)
    }
}
