//! `[connectors.NAME]`: where a vendor's system stands and with which credentials. Which names a connector knows is
//! declared by its file in `tools/connectors/`; here they are only values.

use super::secret::Secret;
use serde::{Deserialize, Deserializer, de};
use std::collections::BTreeMap;

/// `[connectors]`, by the connector's name.
pub type ConnectorSettings = BTreeMap<String, ConnectorSetting>;

/// `[connectors.NAME]`
#[derive(Clone, PartialEq, Debug, Default, Deserialize)]
pub struct ConnectorSetting {
    /// Replaces scheme and host of the vendor's address, for a proxy, a sandbox or a server of one's own. What comes
    /// behind the host in the connector's own address stays.
    pub base_url: Option<String>,
    /// The version of the vendor's API; the connector's own if `None`.
    pub version: Option<String>,
    /// Credentials and settings, by the names that the connector's file declares.
    #[serde(flatten)]
    pub values: BTreeMap<String, Value>,
}

/// One credential or setting: any single value, kept as text and never shown.
#[derive(Clone, PartialEq, Debug)]
pub struct Value(pub Secret);

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Single;
        impl de::Visitor<'_> for Single {
            type Value = Value;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("a text, a number, true or false")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Value, E> {
                Ok(Value(Secret::new(text)))
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Value, E> {
                Ok(Value(Secret::new(number.to_string())))
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Value, E> {
                Ok(Value(Secret::new(number.to_string())))
            }

            fn visit_bool<E: de::Error>(self, word: bool) -> Result<Value, E> {
                Ok(Value(Secret::new(word.to_string())))
            }
        }
        deserializer.deserialize_any(Single)
    }
}

#[cfg(test)]
mod tests {
    use crate::config::settings::Settings;

    #[test]
    fn a_connector_takes_any_names_and_hides_their_values() {
        let variables: Vec<(String, String)> = [
            ("BALCAO__CONNECTORS__HUBSPOT__BASE_URL", "http://127.0.0.1:1"),
            ("BALCAO__CONNECTORS__HUBSPOT__ACCESS_TOKEN", "00012345"),
            ("BALCAO__CONNECTORS__HUBSPOT__PIPELINE", "7"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
        let settings = Settings::load(None, &variables).unwrap();
        let hubspot = &settings.connectors["hubspot"];
        assert_eq!(hubspot.base_url.as_deref(), Some("http://127.0.0.1:1"));
        assert_eq!(hubspot.values["access_token"].0.expose(), "00012345", "a key is no number");
        assert!(!format!("{hubspot:?}").contains("12345"));
    }
}
