//! Whether a vendor answers and takes the credentials, seen by asking for something that need not be there. Nothing is
//! changed.

use super::contract::Capability;
use super::engine::Connector;
use super::fault::Fault;
use serde_json::json;

impl Connector {
    /// Asks for something that need not be there, to see whether the vendor answers and takes the credentials. `false` if
    /// there is nothing that could be asked without an effect.
    ///
    /// # Errors
    /// [`Fault`], if it does not.
    pub async fn tried(&self, capability: Capability) -> Result<bool, Fault> {
        let now = self.clock.now();
        let hour = now.checked_add(jiff::SignedDuration::from_hours(1)).unwrap_or(now);
        let (operation, arguments) = match capability {
            Capability::Crm => ("contact_by_email", json!({"email": "nobody@example.com"})),
            Capability::Tickets => ("ticket", json!({"number": 1})),
            Capability::Catalog => ("order", json!({"number": "1"})),
            Capability::Payments => ("payments", json!({"reference": "1"})),
            Capability::Mail => ("mail_scopes", json!({})),
            Capability::Nurture if !self.can("list_member") => return Ok(false),
            Capability::Nurture => ("list_member", json!({"list": "balcao", "email": "nobody@example.com"})),
            Capability::Shipping => {
                let item = json!({"sku": "1", "quantity": 1, "weight_kg": 0.5, "price_number": 10.0});
                ("shipping_quotes", json!({"postal_code": "01310100", "items": [item]}))
            }
            Capability::Agenda => {
                let (from, until) = (now.to_string(), hour.to_string());
                let calendar = self.setting("calendar").unwrap_or("primary");
                let span = json!({
                    "calendar": calendar, "from": from, "until": until, "from_utc": from, "until_utc": until,
                });
                ("busy", span)
            }
        };
        match self.read(operation, &arguments).await {
            Ok(_) | Err(Fault::Missing) => Ok(true),
            Err(fault) => Err(fault),
        }
    }
}
