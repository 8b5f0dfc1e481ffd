//! Sends through an Evolution API: one attempt each. What it cannot carry as Meta does is words. Its errors hold no words,
//! numbers or keys.

use super::envelope::NOWHERE;
use crate::channels::whatsapp::address::PhoneNumberId;
use crate::channels::whatsapp::client::{FileError, Sent};
use crate::channels::whatsapp::errors::GraphError;
use crate::channels::whatsapp::line::{Line, Manner};
use crate::channels::whatsapp::outgoing::{Outgoing, Receipt};
use crate::channels::whatsapp::upload::Upload;
use crate::config::secret::Secret;
use crate::config::whatsapp::EvolutionSettings;
use crate::limits::net::{Allowance, client_builder, guard_url};
use anyhow::Context;
use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;
use reqwest::{Client, Response, Url};
use serde_json::{Value, json};
use std::time::Duration;

/// Meta's number for a kind of message that is not carried.
const NOT_CARRIED: i64 = 131_051;
/// Most bytes of an answer that are read.
const ANSWER_BYTES: usize = 256 * 1024;

/// Where the Evolution API is, and with what it is asked.
pub struct EvolutionClient {
    http: Client,
    base: Url,
    instance: String,
    key: Secret,
}

impl EvolutionClient {
    /// A client that gives up on an answer after `timeout`. The address is the operator's own word.
    ///
    /// # Errors
    /// An address that is none, or that must not be called.
    pub fn new(settings: &EvolutionSettings, timeout: Duration) -> anyhow::Result<Self> {
        let base: Url = settings.base_url.trim().trim_end_matches('/').parse()?;
        let allowance = Allowance::Hosts(base.host_str().map(str::to_owned).into_iter().collect());
        guard_url(&base, &allowance)?;
        let http = client_builder(&allowance).timeout(timeout).build().context("no HTTPS on this machine")?;
        let instance = settings.instance.trim().to_owned();
        Ok(Self { http, base, instance, key: settings.api_key.clone() })
    }

    async fn post(&self, folder: &str, verb: &str, body: &Value) -> Result<Response, reqwest::Error> {
        let url = self.at(folder, verb);
        self.http.post(url).header("apikey", self.key.expose()).json(body).send().await
    }

    fn at(&self, folder: &str, verb: &str) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend([folder, verb, &self.instance]);
        }
        url
    }
}

#[async_trait]
impl Line for EvolutionClient {
    fn manner(&self) -> Manner {
        Manner::Plain
    }

    async fn send(&self, _number: &PhoneNumberId, outgoing: &Outgoing<'_>) -> Sent {
        let Some((verb, body)) = request(&json!(outgoing)) else {
            return Sent::Refused {
                error: GraphError { code: NOT_CARRIED, ..GraphError::default() },
                after: None,
            };
        };
        match self.post("message", verb, &body).await {
            Ok(response) => meaning(response).await,
            // Without a connection nothing was sent.
            Err(error) if error.is_connect() => {
                Sent::NotTaken { after: None, error: "the Evolution API cannot be reached".to_owned() }
            }
            Err(_) => Sent::InDoubt { error: "the Evolution API did not answer".to_owned() },
        }
    }

    /// Asked of it in base64: the address in a message of WhatsApp Web is of no use by itself.
    async fn file(
        &self,
        _number: &PhoneNumberId,
        media: &str,
        most: u64,
        timeout: Duration,
    ) -> Result<Vec<u8>, FileError> {
        let away = |why: &str| FileError::Away(why.to_owned());
        let body = json!({"message": {"key": {"id": media}}, "convertToMp4": false});
        let url = self.at("chat", "getBase64FromMediaMessage");
        let post = self.http.post(url).header("apikey", self.key.expose()).timeout(timeout).json(&body);
        let mut response = post.send().await.map_err(|_| away("the Evolution API cannot be reached"))?;
        let status = response.status();
        let told = format!("the Evolution API answered {}", status.as_u16());
        if !status.is_success() {
            return Err(match status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
                true => FileError::Away(told),
                false => FileError::Refused(told),
            });
        }
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        // Base64 is a third longer.
        let limit = (most / 3).saturating_mul(4).saturating_add(ANSWER_BYTES);
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|_| away("the download broke off"))? {
            body.extend_from_slice(&chunk);
            if body.len() > limit {
                return Err(FileError::Refused("the file is too large".to_owned()));
            }
        }
        let answer: Value = serde_json::from_slice(&body).map_err(|_| away("it answered no JSON"))?;
        let written = answer["base64"].as_str().unwrap_or_default();
        let written = written.rsplit_once("base64,").map_or(written, |(_, written)| written);
        let bytes = STANDARD.decode(written.trim()).unwrap_or_default();
        match bytes.len() {
            0 => Err(FileError::Refused("it does not have the file".to_owned())),
            size if size > most => Err(FileError::Refused("the file is too large".to_owned())),
            _ => Ok(bytes),
        }
    }

    /// It keeps no files of ours.
    async fn upload(&self, _number: &PhoneNumberId, _upload: &Upload) -> Result<String, FileError> {
        Err(FileError::Refused(
            "an Evolution API takes files by their address: send it with a `link`".to_owned(),
        ))
    }

    /// It is told neither: both need the customer's address, which a receipt does not have.
    async fn receipt(&self, _number: &PhoneNumberId, _receipt: &Receipt<'_>) -> Result<(), String> {
        Ok(())
    }
}

/// The verb and the body for a message that is written for Meta.
fn request(message: &Value) -> Option<(&'static str, Value)> {
    let to = match (message["to"].as_str(), message["recipient"].as_str()) {
        (Some(phone), _) => phone.trim_start_matches('+').to_owned(),
        (None, Some(user)) => format!("{}@lid", user.strip_prefix(NOWHERE)?),
        (None, None) => return None,
    };
    let kind = message["type"].as_str()?;
    let mut body = match kind {
        "text" => json!({"number": to, "text": message["text"]["body"],
            "linkPreview": message["text"]["preview_url"]}),
        "image" | "video" | "document" => {
            let file = &message[kind];
            json!({"number": to, "mediatype": kind, "media": file["link"].as_str()?,
                "caption": file["caption"], "fileName": file["filename"]})
        }
        "audio" => json!({"number": to, "audio": message["audio"]["link"].as_str()?}),
        _ => return None,
    };
    if let Some(quoted) = message["context"]["message_id"].as_str() {
        body["quoted"] = json!({"key": {"id": quoted}});
    }
    let verb = match kind {
        "text" => "sendText",
        "audio" => "sendWhatsAppAudio",
        _ => "sendMedia",
    };
    Some((verb, body))
}

/// What became of an attempt.
async fn meaning(mut response: Response) -> Sent {
    let status = response.status();
    let told = format!("the Evolution API answered {}", status.as_u16());
    let mut body = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        body.extend_from_slice(&chunk);
        if body.len() > ANSWER_BYTES {
            break;
        }
    }
    if status.is_success() {
        let answer: Value = serde_json::from_slice(&body).unwrap_or_default();
        return match answer["key"]["id"].as_str().filter(|id| !id.is_empty() && id.len() <= 512) {
            Some(id) => Sent::Taken { wamid: id.to_owned(), held: None },
            None => Sent::InDoubt { error: format!("{told} and did not name the message") },
        };
    }
    match status {
        StatusCode::TOO_MANY_REQUESTS => Sent::NotTaken { after: None, error: told },
        // Whoever fails may have sent it all the same.
        failed if failed.is_server_error() => Sent::InDoubt { error: told },
        refused => Sent::Refused { error: refusal(refused), after: None },
    }
}

/// A refusal in Meta's numbers: the key is wrong, or the message is.
fn refusal(status: StatusCode) -> GraphError {
    let code = match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => 190,
        StatusCode::NOT_FOUND => 33,
        other => -i64::from(other.as_u16()),
    };
    GraphError { code, ..GraphError::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_for_meta_is_put_as_it_is_wanted() {
        for (message, expected) in [
            (
                json!({"to": "+5511987650001", "type": "text", "text": {"body": "Oi", "preview_url": false}, "context": {"message_id": "A"}}),
                Some((
                    "sendText",
                    json!({"number": "5511987650001", "text": "Oi", "linkPreview": false, "quoted": {"key": {"id": "A"}}}),
                )),
            ),
            (
                json!({"recipient": "ZZ.11122233344455", "type": "text", "text": {"body": "Oi", "preview_url": true}}),
                Some((
                    "sendText",
                    json!({"number": "11122233344455@lid", "text": "Oi", "linkPreview": true}),
                )),
            ),
            (
                json!({"to": "+5511987650001", "type": "image", "image": {"link": "https://exemplo.com.br/a.jpg"}}),
                Some((
                    "sendMedia",
                    json!({"number": "5511987650001", "mediatype": "image", "media": "https://exemplo.com.br/a.jpg", "caption": null, "fileName": null}),
                )),
            ),
            (json!({"to": "+5511987650001", "type": "image", "image": {"id": "1"}}), None),
            (json!({"to": "+5511987650001", "type": "template", "template": {}}), None),
            (json!({"recipient": "BR.1", "type": "text", "text": {"body": "Oi"}}), None),
        ] {
            assert_eq!(request(&message), expected, "{message}");
        }
    }
}
