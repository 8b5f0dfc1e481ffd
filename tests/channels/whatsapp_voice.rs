//! Voice messages: fetched from Meta, looked at, written down, and answered as words; or a sentence that asks to write.

use crate::support::app::{AppOptions, TestApp, says};
use crate::support::fake_ears::FakeEars;
use crate::support::meta::{Customer, FakeMeta, Posting};
use balcao::config::secret::Secret;
use balcao::llm::scripted::Reply;
use serde_json::{Value, json};

const SOUND: &[u8] = b"OggS\0\x02 opus";

async fn behind(meta: &FakeMeta, ears: Option<&FakeEars>, replies: Vec<Reply>) -> TestApp {
    let options = AppOptions::scripted(replies).with(|settings| {
        meta.set(&mut settings.channels.whatsapp);
        if let Some(ears) = ears {
            settings.transcription.model = "whisper-1".to_owned();
            settings.transcription.base_url.clone_from(&ears.base_url);
            settings.transcription.api_key = Secret::new("chave");
        }
    });
    let app = options.start().await;
    meta.knows(&app);
    app
}

fn voice(media: &str) -> Value {
    let audio =
        json!({"id": media, "mime_type": "audio/ogg; codecs=opus", "sha256": "q1w2e3=", "voice": true});
    json!({"type": "audio", "audio": audio})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_voice_message_is_answered_as_words() {
    let meta = FakeMeta::start([]).await;
    let ears = FakeEars::start(Ok("oi, vocês abrem no sábado?")).await;
    let app = behind(&meta, Some(&ears), vec![says("Olá! Como posso ajudar?")]).await;
    meta.keeps("4440004", SOUND, 1);
    meta.posts(&[Customer::ana().says("wamid.1", &voice("4440004"))], Posting::Tripled).await;
    meta.taken(1).await;
    let asked = ears.asked();
    assert_eq!(asked.len(), 1, "listened to once, however often it is posted");
    assert_eq!((asked[0].bytes.as_slice(), asked[0].file_name.as_str()), (SOUND, "voice.ogg"));
    assert_eq!(
        (asked[0].fields["model"].as_str(), asked[0].fields["language"].as_str()),
        ("whisper-1", "pt")
    );
    assert_eq!(asked[0].authorization, "Bearer chave");
    let told = format!("{:?}", app.model().requests().pop().unwrap().messages);
    assert!(told.contains("oi, vocês abrem no sábado?") && told.contains("[mensagem de voz]"), "{told}");
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_cannot_be_heard_is_asked_to_write() {
    for (ears, bytes) in [
        // Nobody listens; nobody there; no sound at all, whatever it is called.
        (None, SOUND),
        (Some(FakeEars::start(Err(500)).await), SOUND),
        (Some(FakeEars::start(Ok("nada")).await), &b"MZ\x90\0 this program"[..]),
    ] {
        let meta = FakeMeta::start([]).await;
        let app = behind(&meta, ears.as_ref(), vec![]).await;
        meta.keeps("4440004", bytes, 0);
        meta.tells(Customer::ana().says("wamid.1", &voice("4440004"))).await;
        let told = meta.texts(1).await.remove(0);
        assert!(told.contains("Pode me escrever"), "{told}");
        if bytes != SOUND {
            assert_eq!(ears.unwrap().asked(), [], "an executable goes nowhere");
        }
        app.end().await;
    }
}
