//! What an interview leaves to the business's systems: the contact, the chance to sell, the note, what was agreed to.
//! Built from the answers alone; sensitive ones are never in the note.

use super::definition::Definition;
use super::field::{Field, Target};
use super::react::first_name;
use super::say::Voice;
use crate::domain::interview::{
    Answer, AnswerOrigin, ConsentGiven, Given, InterviewState, Temperature, Value, Verdict,
};
use crate::domain::language::Language;
use crate::prompts::sentences::fill;
use serde_json::{Map, Value as Json, json};

/// Click ids that ad networks put into addresses.
const CLICK_IDS: [&str; 6] = ["gclid", "gbraid", "wbraid", "fbclid", "msclkid", "ctwa_clid"];

/// The arguments of `lead_save` for this interview. `metadata` is what the page told of the visit.
pub fn lead(
    voice: &Voice<'_>,
    state: &InterviewState,
    verdict: &Verdict,
    visit: (&str, &Map<String, Json>),
) -> Json {
    let definition = voice.definition;
    let end = definition.end.of(verdict.temperature);
    let by = |target: Target| {
        definition
            .fields
            .iter()
            .filter(move |field| field.saves_to == Some(target))
            .filter_map(|field| Some((field, state.answers.get(&field.id)?)))
    };
    let text = |target: Target| by(target).find_map(|(_, answer)| text_of(answer.given.value()?));
    let mut tags: Vec<String> = by(Target::Tag)
        .filter_map(|(_, answer)| match answer.given.value()? {
            Value::Choices(taken) => Some(taken.clone()),
            _ => None,
        })
        .flatten()
        .collect();
    tags.extend(verdict.segment.clone());
    tags.push(verdict.temperature.as_str().to_owned());
    let mut lead = json!({
        "interview": state.id,
        "tags": &tags,
        "origin": origin(visit),
        "note": note(voice, state, verdict, visit),
    });
    if state.corrections > 0 {
        lead["revision"] = json!(state.corrections);
        lead["retired_tags"] = json!(retired(definition, &tags));
    }
    let name = text(Target::Name);
    for (key, value) in [("name", &name), ("email", &text(Target::Email)), ("phone", &text(Target::Phone))] {
        if let Some(value) = value {
            lead[key] = json!(value);
        }
    }
    if let Some(stage) = &end.stage {
        let title = text(Target::OpportunityTitle).unwrap_or_else(|| {
            let title = fill(&voice.sentences.opportunity, "title", definition.title.get(voice.language));
            fill(&title, "name", name.as_deref().unwrap_or("?"))
        });
        let value = by(Target::OpportunityValue).find_map(|(_, answer)| match answer.given.value()? {
            Value::Money(span) => span.middle(),
            _ => None,
        });
        lead["opportunity"] = json!({"title": title, "value": value, "stage": stage});
        if state.corrections > 0 {
            let ends = [&definition.end.hot, &definition.end.warm, &definition.end.cold];
            let stages: Vec<&String> = ends.into_iter().filter_map(|end| end.stage.as_ref()).collect();
            lead["opportunity"]["stages"] = json!(stages);
        }
    }
    let marketing = by(Target::MarketingConsent).find_map(|(_, answer)| match answer.given.value()? {
        Value::YesNo(agreed) => Some(ConsentGiven {
            version: definition.version.clone(),
            agreed: *agreed,
            words: answer.words.clone(),
            at: answer.at,
        }),
        _ => None,
    });
    for (key, consent) in [("marketing_consent", &marketing), ("consent", &state.consent)] {
        if let Some(consent) = consent {
            lead[key] = json!(consent);
        }
    }
    let preferences: Vec<Json> = by(Target::Preference)
        .filter_map(|(field, answer)| {
            let value = voice.value(field, answer.given.value()?);
            Some(json!({"key": field.id, "value": value}))
        })
        .collect();
    if !preferences.is_empty() {
        lead["preferences"] = json!(preferences);
    }
    lead
}

/// Whether there is somebody to call: the lead said something, did not refuse to be interviewed, and left an address.
pub fn is_reachable(definition: &Definition, state: &InterviewState) -> bool {
    let agreed = match (&definition.consent, &state.consent) {
        (None, _) => true,
        (Some(_), given) => given.as_ref().is_some_and(|given| given.agreed),
    };
    let said =
        |answer: &Answer| matches!(answer.origin, AnswerOrigin::Said(_)) && answer.given.value().is_some();
    let is_address = |field: &&Field| matches!(field.saves_to, Some(Target::Email | Target::Phone));
    let mut addresses = definition.fields.iter().filter(is_address);
    agreed && state.answers.values().any(said) && addresses.any(|field| state.value(&field.id).is_some())
}

/// Every label the interview might have given before, and does not give now.
fn retired(definition: &Definition, tags: &[String]) -> Vec<String> {
    let temperatures = [Temperature::Hot, Temperature::Warm, Temperature::Cold, Temperature::Disqualified];
    let choices = definition.fields.iter().filter(|field| field.saves_to == Some(Target::Tag));
    let choices = choices.flat_map(|field| &field.choices).map(|choice| choice.id.clone());
    let segments = definition.segments.iter().map(|segment| segment.id.clone());
    let all = choices.chain(segments).chain(temperatures.map(|temperature| temperature.as_str().to_owned()));
    all.filter(|tag| !tags.contains(tag)).collect()
}

fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::Text(text) | Value::Name(text) | Value::Email(text) | Value::Phone(text) => Some(text.clone()),
        _ => None,
    }
}

/// Where the lead came from.
fn origin((channel, metadata): (&str, &Map<String, Json>)) -> Json {
    let visit = super::start::Visit::of(metadata);
    let mut origin = json!({"channel": channel});
    for (key, value) in [("page", visit.page), ("campaign", visit.campaign), ("ad", visit.ad)] {
        if let Some(value) = value {
            origin[key] = json!(short(value));
        }
    }
    let clicks: Map<String, Json> = CLICK_IDS
        .into_iter()
        .filter_map(|name| Some((name.to_owned(), json!(short(super::start::told(metadata, name)?)))))
        .collect();
    if !clicks.is_empty() {
        origin["click_ids"] = Json::Object(clicks);
    }
    origin
}

/// What a page says of itself is untrusted, and as long as it likes.
fn short(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(200).collect()
}

/// The same in a line, for systems that have no field for it: `whatsapp · natal · /orcamento`.
fn origin_in_words((channel, metadata): (&str, &Map<String, Json>)) -> String {
    let visit = super::start::Visit::of(metadata);
    let told = [visit.campaign, visit.ad, visit.page].into_iter().flatten().map(short);
    std::iter::once(channel.to_owned()).chain(told).collect::<Vec<_>>().join(" · ")
}

/// The summary for the team: what was said, what it is worth and why, and where the lead came from.
fn note(
    voice: &Voice<'_>,
    state: &InterviewState,
    verdict: &Verdict,
    visit: (&str, &Map<String, Json>),
) -> String {
    let shown = InterviewState {
        answers: state.answers.iter().filter(|(id, _)| !is_sensitive(voice, id)).map(pair).collect(),
        ..state.clone()
    };
    let title = fill(&voice.sentences.note, "title", voice.definition.title.get(voice.language));
    let mut note = format!(
        "{title} (v{})\n{}: {}/100\n{}",
        state.version,
        verdict.temperature.as_str(),
        verdict.score,
        voice.list(&shown).replace("**", ""),
    );
    for reason in &verdict.reasons {
        note.push_str("\n· ");
        note.push_str(reason);
    }
    if !voice.sentences.origin.is_empty() {
        note.push('\n');
        note.push_str(&fill(&voice.sentences.origin, "origin", &origin_in_words(visit)));
    }
    note
}

fn pair((id, answer): (&String, &Answer)) -> (String, Answer) {
    (id.clone(), answer.clone())
}

fn is_sensitive(voice: &Voice<'_>, id: &str) -> bool {
    voice.definition.fields.iter().any(|field: &Field| field.id == id && field.sensitive)
}

/// What the lead reads at the end. `{name}` is the first name, and goes with its comma if there is none.
pub fn farewell(voice: &Voice<'_>, state: &InterviewState, verdict: &Verdict, language: Language) -> String {
    let definition = voice.definition;
    let refused = definition.gates.iter().find(|gate| {
        gate.say.is_some()
            && verdict.reasons.iter().any(|reason| reason.starts_with(&format!("✗ {}", gate.reason)))
    });
    let text = match refused.and_then(|gate| gate.say.as_ref()) {
        Some(say) => say.get(language),
        None => definition.end.of(verdict.temperature).say.get(language),
    };
    let name =
        definition.fields.iter().filter(|field| field.saves_to == Some(Target::Name)).find_map(|field| {
            match state.answers.get(&field.id)?.given {
                Given::Value(Value::Name(ref name)) => Some(first_name(name)),
                _ => None,
            }
        });
    match name {
        Some(name) => fill(text, "name", name),
        None => text.replace(", {name}", "").replace("{name}", "").trim().to_owned(),
    }
}
