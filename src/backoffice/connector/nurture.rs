//! Leads on the lists of a vendor's marketing tool.

use super::engine::{Connector, Lookup};
use crate::backoffice::BackofficeError;
use crate::backoffice::nurture::Lists;
use crate::domain::contact::Contact;
use async_trait::async_trait;
use serde_json::json;
use std::sync::Arc;

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
        Ok(true)
    }
}
