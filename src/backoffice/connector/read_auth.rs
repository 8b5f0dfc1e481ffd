//! Reads how the calls of a connector are authorised: the `[auth]` table of its file.

use super::pack::{Auth, AuthChoice, Grant, OAuth, SessionSpec, SettingSpec};
use super::read::{flag, text, texts};
use crate::declared::reader::{Node, Placed, Reader};
use std::collections::BTreeMap;
use toml::de::DeValue;

/// Reads the table, or a list of them for a vendor with several ways; each says which settings it needs.
pub fn auth_choices(
    reader: &mut Reader<'_>,
    node: &Node<'_>,
    settings: &BTreeMap<String, SettingSpec>,
) -> Option<Vec<AuthChoice>> {
    let DeValue::Array(ways) = node.get_ref() else {
        return Some(vec![AuthChoice { needs: Vec::new(), auth: auth(reader, node)? }]);
    };
    let mut choices = Vec::with_capacity(ways.len());
    for way in ways {
        let entries = reader.entries(way);
        let Some((_, _, needs)) = entries.iter().find(|(key, _, _)| *key == "needs") else {
            reader.fault(way.span(), "one of several ways says which settings it `needs`");
            return None;
        };
        let needs = reader.strings(needs)?;
        if let Some(unknown) = needs.value.iter().find(|name| !settings.contains_key(*name)) {
            reader.extend([needs.place.problem(format!("`{unknown}` is not declared under [settings]"))]);
            return None;
        }
        choices.push(AuthChoice { needs: needs.value, auth: auth(reader, way)? });
    }
    Some(choices)
}

/// Reads one table.
fn auth(reader: &mut Reader<'_>, node: &Node<'_>) -> Option<Auth> {
    let keys: Vec<&str> = reader.entries(node).into_iter().map(|(key, _, _)| key).collect();
    let all = [
        "kind",
        "token",
        "name",
        "value",
        "user",
        "password",
        "token_url",
        "authorize_url",
        "client_id",
        "client_secret",
        "refresh_token",
        "service_account",
        "scope",
        "basic",
        "url",
        "headers",
        "header",
        "needs",
    ];
    let fields = reader.fields(node, &all);
    let kind = reader.required(&fields, "kind")?;
    let known: &[&str] = match kind.value.as_str() {
        "none" => &["kind"],
        "bearer" => &["kind", "token"],
        "header" | "query" => &["kind", "name", "value"],
        "basic" => &["kind", "user", "password"],
        "client_credentials" => {
            &["kind", "token_url", "client_id", "client_secret", "scope", "basic", "header"]
        }
        "refresh_token" => &[
            "kind",
            "token_url",
            "authorize_url",
            "client_id",
            "client_secret",
            "refresh_token",
            "scope",
            "basic",
        ],
        "service_account" => &["kind", "token_url", "service_account", "scope"],
        "session" => &["kind", "url", "headers", "token", "name"],
        other => {
            let message = format!(
                "`{other}` is no way to authorise calls: none, bearer, header, query, basic, client_credentials, \
                 refresh_token, service_account, session"
            );
            reader.extend([kind.place.problem(message)]);
            return None;
        }
    };
    let is_foreign = |key: &&&str| all.contains(key) && **key != "needs" && !known.contains(key);
    if let Some(key) = keys.iter().find(is_foreign) {
        reader.fault(node.span(), format!("`{key}` does not belong to `{}`", kind.value));
        return None;
    }
    Some(match kind.value.as_str() {
        "bearer" => {
            let mut value = reader.required(&fields, "token")?;
            value.value = format!("Bearer {}", value.value);
            Auth::Header { name: "authorization".to_owned(), value }
        }
        "header" => Auth::Header {
            name: reader.required(&fields, "name")?.value,
            value: reader.required(&fields, "value")?,
        },
        "query" => Auth::Query {
            name: reader.required(&fields, "name")?.value,
            value: reader.required(&fields, "value")?,
        },
        "basic" => Auth::Basic {
            user: reader.required(&fields, "user")?,
            password: fields.get("password").and_then(|node| reader.string(node))?,
        },
        "client_credentials" | "refresh_token" | "service_account" => {
            let token_url = reader.required(&fields, "token_url")?;
            let nobody = Placed { value: String::new(), place: token_url.place.clone() };
            let is_service = kind.value == "service_account";
            let grant = match kind.value.as_str() {
                "refresh_token" => Grant::RefreshToken(reader.required(&fields, "refresh_token")?),
                "service_account" => Grant::ServiceAccount(reader.required(&fields, "service_account")?),
                _ => Grant::ClientCredentials,
            };
            let mut own = |key: &str| {
                if is_service { Some(nobody.clone()) } else { reader.required(&fields, key) }
            };
            let (client_id, client_secret) = (own("client_id")?, own("client_secret")?);
            Auth::OAuth(Box::new(OAuth {
                token_url,
                grant,
                authorize_url: fields.get("authorize_url").and_then(|node| reader.string(node)),
                client_id,
                client_secret,
                basic: flag(reader, &fields, "basic"),
                scope: text(reader, &fields, "scope"),
                header: fields.get("header").and_then(|node| reader.string(node)),
            }))
        }
        "session" => {
            let token_url = reader.required(&fields, "url")?;
            let nobody = Placed { value: String::new(), place: token_url.place.clone() };
            let session = SessionSpec {
                headers: texts(reader, &fields, "headers"),
                token: reader.required(&fields, "token")?.value,
                name: reader.required(&fields, "name")?.value,
            };
            Auth::OAuth(Box::new(OAuth {
                token_url,
                grant: Grant::Session(session),
                authorize_url: None,
                client_id: nobody.clone(),
                client_secret: nobody,
                basic: false,
                scope: String::new(),
                header: None,
            }))
        }
        _ => Auth::None,
    })
}
