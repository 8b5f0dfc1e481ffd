//! Every documented kind of message, as Meta tells it and as it is said here.

use super::*;
use serde_json::{Value, json};

fn read(message: Value) -> Said {
    said(&Content::of(&message), Language::Portuguese)
}

#[test]
fn every_kind_has_words() {
    for (message, words) in [
        (json!({"type": "text", "text": {"body": "Quero um orçamento"}}), "Quero um orçamento"),
        (
            json!({"type": "image", "image": {"caption": "fachada", "mime_type": "image/jpeg", "sha256": "q1w2e3=", "id": "4440001"}}),
            "fachada\n[imagem]",
        ),
        (json!({"type": "image", "image": {"mime_type": "image/jpeg", "id": 4_440_001}}), "[imagem]"),
        (
            json!({"type": "video", "video": {"caption": "tour", "mime_type": "video/mp4", "id": "4440002"}}),
            "tour\n[vídeo]",
        ),
        (
            json!({"type": "document", "document": {"caption": "proposta", "filename": "proposta]\n.pdf", "mime_type": "application/pdf", "id": "4440003"}}),
            "proposta\n[documento: proposta) .pdf]",
        ),
        (
            json!({"type": "audio", "audio": {"mime_type": "audio/ogg; codecs=opus", "id": "4440004", "voice": true}}),
            "[mensagem de voz]",
        ),
        (
            json!({"type": "audio", "audio": {"mime_type": "audio/mpeg", "id": "4440004", "voice": false}}),
            "[áudio]",
        ),
        (
            json!({"type": "sticker", "sticker": {"mime_type": "image/webp", "id": "4440005", "animated": false}}),
            "[figurinha]",
        ),
        (
            json!({"type": "location", "location": {"latitude": -23.5611, "longitude": "-46.6559", "name": "Loja Paulista", "address": "Av. Exemplo, 100"}}),
            "[localização: Loja Paulista, Av. Exemplo, 100 (-23.56110, -46.65590)]",
        ),
        (
            json!({"type": "location", "location": {"latitude": -23.5611, "longitude": -46.6559}}),
            "[localização: -23.56110, -46.65590]",
        ),
        (
            json!({"type": "contacts", "contacts": [{"name": {"formatted_name": "Rui Lima"}, "phones": [{"phone": "+55 21 98888-0002", "wa_id": "5521988880002"}], "emails": [{"email": "rui@exemplo.com.br"}], "org": {"company": "Lima SA"}, "birthday": "1980-01-31", "origin": "other"}, {}]}),
            "[contato: Rui Lima, Lima SA, +55 21 98888-0002, rui@exemplo.com.br, nascimento 1980-01-31]\n[contato: ]",
        ),
        (
            json!({"type": "contacts", "contacts": [{"phones": [{"wa_id": "5521988880002"}], "origin": "contact_request"}]}),
            "[telefone do cliente: 5521988880002]",
        ),
        (
            json!({"type": "interactive", "interactive": {"type": "button_reply", "button_reply": {"id": "agendar_sim", "title": "Sim, agendar"}}}),
            "Sim, agendar",
        ),
        (
            json!({"type": "interactive", "interactive": {"type": "list_reply", "list_reply": {"id": "plano_pro", "title": "Plano Pro", "description": "R$ 99/mês"}}}),
            "Plano Pro",
        ),
        (
            json!({"type": "interactive", "interactive": {"type": "nfm_reply", "nfm_reply": {"name": "flow", "body": "Sent", "response_json": "{\"flow_token\":\"tk1\",\"cidade\":\"Campinas\",\"dias\":[\"seg\",\"ter\"],\"aceito\":true}"}}}),
            "[formulário preenchido]\ncidade: Campinas\ndias: seg, ter\naceito: true",
        ),
        (
            json!({"type": "interactive", "interactive": {"type": "nfm_reply", "nfm_reply": {"response_json": "no json"}}}),
            "[formulário preenchido]",
        ),
        (
            json!({"type": "interactive", "interactive": {"type": "call_permission_reply", "call_permission_reply": {"response": "accept"}}}),
            "[mensagem que não aparece aqui: call_permission_reply]",
        ),
        (json!({"type": "interactive"}), "[mensagem que não aparece aqui: interactive]"),
        (
            json!({"type": "button", "button": {"payload": "STOP_PROMO", "text": "Não quero mais"}}),
            "Não quero mais",
        ),
        (
            json!({"type": "reaction", "reaction": {"message_id": "wamid.NOSSA013=", "emoji": "👍"}}),
            "[reagiu com 👍]",
        ),
        (json!({"type": "reaction", "reaction": {"message_id": "wamid.NOSSA013="}}), "[retirou a reação]"),
        (
            json!({"type": "reaction", "reaction": {"message_id": "wamid.NOSSA013=", "emoji": ""}}),
            "[retirou a reação]",
        ),
        (
            json!({"type": "order", "order": {"catalog_id": "800100", "text": "entregar hoje", "product_items": [{"product_retailer_id": "SKU-7", "quantity": 2, "item_price": 49.9, "currency": "BRL"}, {"product_retailer_id": "SKU-8", "quantity": "1", "item_price": 50}]}}),
            "entregar hoje\n[pedido: 2 × SKU-7 (BRL 49.90); 1 × SKU-8 (50.00)]",
        ),
        (
            json!({"type": "unsupported", "errors": [{"code": 131_051, "title": "Message type unknown"}], "unsupported": {"type": "poll_creation"}}),
            "[mensagem que não aparece aqui: poll_creation]",
        ),
        (json!({"type": "unsupported"}), "[mensagem que não aparece aqui: unsupported]"),
        (json!({"type": "hologram", "hologram": {"type": "x"}}), "[mensagem que não aparece aqui: hologram]"),
        (json!({}), "[mensagem que não aparece aqui]"),
        (json!({"type": 7, "7": []}), "[mensagem que não aparece aqui: 7]"),
        (
            json!({"type": "edit", "edit": {"original_message_id": "wamid.EXEMPLO001=", "message": {"type": "text", "text": {"body": "corrigido"}}}}),
            "[corrigiu a mensagem]\ncorrigido",
        ),
        (
            json!({"type": "revoke", "revoke": {"original_message_id": "wamid.EXEMPLO001="}}),
            "[apagou uma mensagem]",
        ),
        (json!({"type": "request_welcome"}), "[abriu a conversa]"),
        // What is there but empty, or of another kind, is not seen.
        (json!({"type": "text", "text": {"body": " "}}), "[mensagem que não aparece aqui: text]"),
        (json!({"type": "text", "text": "oi"}), "[mensagem que não aparece aqui: text]"),
        (json!({"type": "image", "image": {"caption": "sem id"}}), "[mensagem que não aparece aqui: image]"),
        (
            json!({"type": "order", "order": {"product_items": "nothing"}}),
            "[mensagem que não aparece aqui: order]",
        ),
        (json!({"type": "contacts", "contacts": {}}), "[mensagem que não aparece aqui: contacts]"),
    ] {
        assert_eq!(read(message.clone()).text, words, "{message}");
    }
}

#[test]
fn a_file_stays_with_its_words() {
    let voice = json!({"type": "audio", "audio": {"mime_type": "audio/ogg; codecs=opus", "sha256": "q1w2e3=", "id": "4440004", "voice": true}});
    let expected = Media {
        kind: MediaKind::Voice,
        id: "4440004".to_owned(),
        mime_type: "audio/ogg; codecs=opus".to_owned(),
        sha256: Some("q1w2e3=".to_owned()),
        file_name: None,
        file: None,
    };
    assert_eq!(read(voice).media, [expected]);
    assert_eq!(read(json!({"type": "text", "text": {"body": "oi"}})).media, []);
}

#[test]
fn whoever_is_edited_for_ever_is_not_seen() {
    let mut message = json!({"type": "text", "text": {"body": "fim"}});
    for _ in 0..40 {
        message = json!({"type": "edit", "edit": {"original_message_id": "1", "message": message}});
    }
    assert_eq!(read(message).text, "[corrigiu a mensagem]\n[mensagem que não aparece aqui: edit]");
}

#[test]
fn marks_are_in_the_language_of_the_conversation() {
    let voice = Content::of(&json!({"type": "audio", "audio": {"id": "1", "voice": true}}));
    assert_eq!(said(&voice, Language::English).text, "[voice message]");
    assert_eq!(said(&voice, Language::Spanish).text, "[mensaje de voz]");
}
