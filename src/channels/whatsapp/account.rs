//! What Meta says of an account: its token, numbers, subscriptions and templates. It reads answers and judges them; it
//! asks nothing and changes nothing.

use super::template::Template;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

/// How serious a finding is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Verdict {
    /// As it should be.
    Good,
    /// It works, and something should be done.
    Warning,
    /// It does not work.
    Bad,
}

/// Something that was looked at.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    /// How serious it is.
    pub verdict: Verdict,
    /// What was looked at.
    pub subject: String,
    /// What was found, and what to do.
    pub told: String,
}

impl Finding {
    /// As it should be.
    pub fn good(subject: &str, told: impl Into<String>) -> Self {
        Self { verdict: Verdict::Good, subject: subject.to_owned(), told: told.into() }
    }

    /// It works, and something should be done.
    pub fn warning(subject: &str, told: impl Into<String>) -> Self {
        Self { verdict: Verdict::Warning, ..Self::good(subject, told) }
    }

    /// It does not work.
    pub fn bad(subject: &str, told: impl Into<String>) -> Self {
        Self { verdict: Verdict::Bad, ..Self::good(subject, told) }
    }
}

/// What the token must be allowed, and for what.
const SCOPES: [(&str, &str); 2] = [
    ("whatsapp_business_messaging", "to send messages"),
    ("whatsapp_business_management", "to read templates and subscriptions"),
];
/// What the app should be told of, and why.
const FIELDS: [(&str, Verdict, &str); 4] = [
    ("messages", Verdict::Bad, "no message of a customer comes in without it"),
    ("user_preferences", Verdict::Warning, "who wants no more offers is not known without it"),
    ("smb_message_echoes", Verdict::Warning, "a person who answers on the phone is not seen without it"),
    ("message_template_status_update", Verdict::Warning, "a template that is paused is not known without it"),
];
/// A token that ends sooner is worth a word.
const SOON: SignedDuration = SignedDuration::from_hours(14 * 24);

/// The token, as `debug_token` describes it; and the app it belongs to.
pub fn token(answer: &Value, now: Timestamp) -> (Vec<Finding>, Option<String>) {
    let data = &answer["data"];
    let subject = "token";
    if data["is_valid"].as_bool() != Some(true) {
        let why = data["error"]["message"].as_str().unwrap_or("it is invalid or has expired");
        return (vec![Finding::bad(subject, format!("{why}; make a new one for a system user"))], None);
    }
    let mut found = Vec::new();
    let scopes: Vec<&str> =
        data["scopes"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    for (scope, purpose) in SCOPES {
        if !scopes.contains(&scope) {
            found.push(Finding::bad(subject, format!("it lacks `{scope}`, needed {purpose}")));
        }
    }
    // 0 is never.
    let ends = data["expires_at"].as_i64().filter(|seconds| *seconds > 0);
    if let Some(ends) = ends.and_then(|seconds| Timestamp::from_second(seconds).ok())
        && ends.duration_since(now) < SOON
    {
        let told = format!(
            "it ends on {}; make one of a system user, which does not end",
            ends.strftime("%Y-%m-%d")
        );
        found.push(Finding::warning(subject, told));
    }
    if found.is_empty() {
        found.push(Finding::good(subject, "valid, with the scopes that are needed"));
    }
    let app = match &data["app_id"] {
        Value::String(id) => Some(id.clone()),
        Value::Number(id) => Some(id.to_string()),
        _ => None,
    };
    (found, app)
}

/// One of the business's numbers.
pub fn number(id: &str, answer: &Value) -> Vec<Finding> {
    let subject = format!("number {id}");
    let text = |name: &str| answer[name].as_str().unwrap_or_default();
    let mut found = Vec::new();
    match text("quality_rating") {
        "RED" => {
            found.push(Finding::bad(&subject, "its quality is low: send nothing that was not asked for"))
        }
        "YELLOW" => {
            found.push(Finding::warning(&subject, "its quality is falling: send less that was not asked for"))
        }
        _ => {}
    }
    match text("status") {
        "" | "CONNECTED" => {}
        status => {
            found.push(Finding::bad(&subject, format!("its status is {status}; it has to be CONNECTED")))
        }
    }
    match text("name_status") {
        "DECLINED" | "EXPIRED" => found.push(Finding::bad(&subject, "its display name is not approved")),
        "PENDING_REVIEW" => found.push(Finding::warning(&subject, "its display name is being reviewed")),
        _ => {}
    }
    if found.is_empty() {
        let name = text("verified_name");
        let limit = text("whatsapp_business_manager_messaging_limit");
        let limit = if limit.is_empty() { String::new() } else { format!(", limit {limit}") };
        let quality = if text("quality_rating").is_empty() { "UNKNOWN" } else { text("quality_rating") };
        found.push(Finding::good(&subject, format!("“{name}”, quality {quality}{limit}")));
    }
    found
}

/// Whether the account posts to the app at all.
pub fn subscribed(account: &str, answer: &Value, app: Option<&str>) -> Finding {
    let subject = format!("account {account}");
    let apps = answer["data"].as_array().map(Vec::as_slice).unwrap_or_default();
    let ids = apps.iter().filter_map(|known| known["whatsapp_business_api_data"]["id"].as_str());
    let is_ours = app.is_none_or(|app| ids.clone().any(|id| id == app));
    match (apps.is_empty(), is_ours) {
        (false, true) => Finding::good(&subject, "it posts to this app"),
        _ => Finding::bad(
            &subject,
            format!("it does not post to this app: call `POST /{account}/subscribed_apps` with the token"),
        ),
    }
}

/// What the app is told of, and where.
pub fn webhook(answer: &Value) -> (Vec<Finding>, Option<String>) {
    let subject = "webhook";
    let subscriptions = answer["data"].as_array().map(Vec::as_slice).unwrap_or_default();
    let Some(ours) = subscriptions.iter().find(|one| one["object"] == "whatsapp_business_account") else {
        let told =
            "the app has no webhook for WhatsApp: enter its address and `verify_token` in the dashboard";
        return (vec![Finding::bad(subject, told)], None);
    };
    let address = ours["callback_url"].as_str().map(str::to_owned);
    let fields: Vec<&str> =
        ours["fields"].as_array().into_iter().flatten().filter_map(|field| field["name"].as_str()).collect();
    let mut found: Vec<Finding> = FIELDS
        .iter()
        .filter(|(field, ..)| !fields.contains(field))
        .map(|(field, verdict, why)| Finding {
            verdict: *verdict,
            ..Finding::good(subject, format!("the field `{field}` is not subscribed: {why}"))
        })
        .collect();
    if ours["active"].as_bool() == Some(false) {
        found.push(Finding::bad(subject, "it is switched off in the dashboard"));
    }
    if !found.iter().any(|one| one.verdict == Verdict::Bad) {
        found.push(Finding::good(subject, address.clone().unwrap_or_default()));
    }
    (found, address)
}

/// A template as Meta knows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KnownTemplate {
    /// Its name.
    pub name: String,
    /// Its language.
    pub language: String,
    /// `APPROVED`, `PAUSED` …
    pub status: String,
    /// `UTILITY`, `MARKETING` …
    pub category: String,
    /// How many values its words take.
    pub values: usize,
    /// Its words.
    pub body: String,
}

/// The templates of an account.
pub fn templates(answer: &Value) -> Vec<KnownTemplate> {
    let read = |one: &Value| {
        let text = |name: &str| one[name].as_str().unwrap_or_default().to_owned();
        let components = one["components"].as_array().map(Vec::as_slice).unwrap_or_default();
        let body = components.iter().find(|part| part["type"] == "BODY");
        let body = body.and_then(|part| part["text"].as_str()).unwrap_or_default().to_owned();
        KnownTemplate {
            name: text("name"),
            language: text("language"),
            status: text("status"),
            category: text("category"),
            values: variables(&body),
            body,
        }
    };
    answer["data"].as_array().into_iter().flatten().map(read).collect()
}

/// How many different `{{…}}` stand in a text.
fn variables(text: &str) -> usize {
    let mut names: Vec<&str> = text
        .split("{{")
        .skip(1)
        .filter_map(|rest| rest.split_once("}}"))
        .map(|(name, _)| name.trim())
        .collect();
    names.sort_unstable();
    names.dedup();
    names.len()
}

/// Whether a template of the settings can be sent.
pub fn fits(wanted: &Template, known: &[KnownTemplate]) -> Finding {
    let subject = format!("template {} ({})", wanted.name, wanted.language.code);
    let found = known.iter().find(|one| one.name == wanted.name && one.language == wanted.language.code);
    let Some(found) = found else {
        return Finding::bad(&subject, "Meta has none of this name in this language");
    };
    if found.status != "APPROVED" {
        return Finding::bad(&subject, format!("it is {}, not APPROVED", found.status));
    }
    if found.values != wanted.body_values() {
        let told =
            format!("its words take {} values and the settings give {}", found.values, wanted.body_values());
        return Finding::bad(&subject, told);
    }
    if found.category == "MARKETING" {
        let told = "it is billed as marketing and kept from who wants none; ask Meta to file it as utility";
        return Finding::warning(&subject, told);
    }
    Finding::good(&subject, format!("approved, {}", found.category.to_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn now() -> Timestamp {
        "2026-11-24T12:00:00Z".parse().unwrap()
    }

    fn verdicts(found: &[Finding]) -> Vec<Verdict> {
        found.iter().map(|one| one.verdict).collect()
    }

    #[test]
    fn a_token_is_judged_by_what_it_may() {
        let scopes = ["whatsapp_business_messaging", "whatsapp_business_management"];
        let good = json!({"data": {"is_valid": true, "app_id": "42", "scopes": scopes, "expires_at": 0}});
        let (found, app) = token(&good, now());
        assert_eq!((verdicts(&found), app.as_deref()), (vec![Verdict::Good], Some("42")));
        let poor = json!({"data": {"is_valid": true, "app_id": 42, "scopes": ["whatsapp_business_messaging"],
            "expires_at": now().as_second() + 3600}});
        let (found, app) = token(&poor, now());
        assert_eq!((verdicts(&found), app.as_deref()), (vec![Verdict::Bad, Verdict::Warning], Some("42")));
        for bad in [json!({"data": {"is_valid": false}}), json!({})] {
            assert_eq!(verdicts(&token(&bad, now()).0), [Verdict::Bad]);
        }
    }

    #[test]
    fn numbers_subscriptions_and_webhooks_are_judged() {
        let fine = json!({"verified_name": "Loja", "quality_rating": "GREEN", "status": "CONNECTED",
            "whatsapp_business_manager_messaging_limit": "TIER_250"});
        let found = number("1", &fine);
        assert_eq!(found[0].told, "“Loja”, quality GREEN, limit TIER_250");
        let poor = json!({"quality_rating": "RED", "status": "FLAGGED", "name_status": "PENDING_REVIEW"});
        assert_eq!(verdicts(&number("1", &poor)), [Verdict::Bad, Verdict::Bad, Verdict::Warning]);
        let apps = json!({"data": [{"whatsapp_business_api_data": {"id": "42"}}]});
        assert_eq!(subscribed("7", &apps, Some("42")).verdict, Verdict::Good);
        assert_eq!(subscribed("7", &apps, Some("43")).verdict, Verdict::Bad);
        assert_eq!(subscribed("7", &json!({"data": []}), None).verdict, Verdict::Bad);
        let fields: Vec<Value> =
            FIELDS.iter().map(|(name, ..)| json!({"name": name, "version": "v25.0"})).collect();
        let hook = json!({"data": [{"object": "whatsapp_business_account", "active": true,
            "callback_url": "https://loja.example/webhooks/whatsapp", "fields": fields}]});
        let (found, address) = webhook(&hook);
        assert_eq!(verdicts(&found), [Verdict::Good]);
        assert_eq!(address.as_deref(), Some("https://loja.example/webhooks/whatsapp"));
        let deaf = json!({"data": [{"object": "whatsapp_business_account", "fields": []}]});
        assert!(verdicts(&webhook(&deaf).0).contains(&Verdict::Bad));
        assert_eq!(verdicts(&webhook(&json!({"data": []})).0), [Verdict::Bad]);
    }

    #[test]
    fn a_template_has_to_be_there_approved_and_to_take_as_many_values() {
        let known = templates(&json!({"data": [
            {"name": "retomar", "language": "pt_BR", "status": "APPROVED", "category": "UTILITY",
                "components": [{"type": "BODY", "text": "Olá {{1}}, sobre {{2}}: {{1}}"}]},
            {"name": "parado", "language": "pt_BR", "status": "PAUSED", "category": "UTILITY", "components": []},
            {"name": "oferta", "language": "pt_BR", "status": "APPROVED", "category": "MARKETING"}]}));
        assert_eq!(known[0].values, 2);
        let value = |text: &str| json!({"type": "text", "text": text});
        let two = json!({"type": "body", "parameters": [value("a"), value("b")]});
        for (name, components, verdict) in [
            ("retomar", vec![two.clone()], Verdict::Good),
            ("retomar", vec![], Verdict::Bad),
            ("parado", vec![], Verdict::Bad),
            ("oferta", vec![], Verdict::Warning),
            ("nenhum", vec![two], Verdict::Bad),
        ] {
            let wanted = Template::read(name, "pt_BR", &components).unwrap();
            assert_eq!(fits(&wanted, &known).verdict, verdict, "{name}");
        }
    }
}
