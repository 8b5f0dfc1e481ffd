//! What an operator does to documents of a shop that is open: changes a price, uploads, removes, and asks what is wrong.

use super::support::{Place, Process, stdout};
use crate::support::talk::Door;
use reqwest::Method;
use serde_json::Value;
use std::fs;
use std::time::{Duration, Instant};

pub(super) const PRICE: &str =
    "# Bicicletas\n\n## Vocês alugam bicicletas?\n\nSim, o aluguel de bicicletas custa R$ 12 por hora.\n";

fn place() -> Place {
    Place::empty()
        .file("knowledge/bicicletas.md", PRICE)
        .file("knowledge/frete.md", "# Frete\n\nO frete custa R$ 15.\n")
}

pub(super) async fn documents(door: &Door, query: &str) -> Vec<Value> {
    let path = format!("/api/v1/knowledge/documents{query}");
    let answer = door.operator(Method::GET, &path).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    answer.json::<Value>().await.unwrap()["documents"].as_array().unwrap().clone()
}

/// A change is seen at the second look, some two seconds after it was made, and indexed. The rest is for a machine that does
/// other things: looks become rarer where they take long.
const SECONDS: Duration = Duration::from_secs(20);

/// Waits until a search finds it, then asks in the chat; how long that took.
pub(super) async fn answered(server: &Process, question: &str, wanted: &str) -> Duration {
    let began = Instant::now();
    let search = || server.door.operator(Method::GET, "/api/v1/knowledge/search").query(&[("q", question)]);
    loop {
        let found: Value = search().send().await.unwrap().json().await.unwrap();
        if found["results"][0]["text"].as_str().is_some_and(|text| text.contains(wanted)) {
            break;
        }
        assert!(began.elapsed() < SECONDS, "it still finds {found}");
    }
    let answer = server.talk().await.say(question).await;
    assert!(answer.text.contains(wanted), "{answer:#?}");
    began.elapsed()
}

#[tokio::test]
async fn a_price_changed_in_a_file_is_right_in_the_chat() {
    let place = place();
    let server = place.serve().await;
    let question = "Vocês alugam bicicletas?";
    answered(&server, question, "R$ 12").await;
    let mut talk = server.talk().await;
    assert!(talk.say(question).await.text.contains("R$ 12"));
    fs::write(place.path("knowledge/bicicletas.md"), PRICE.replace("12", "14")).unwrap();
    let took = answered(&server, question, "R$ 14").await;
    println!("a changed price was right in the chat after {took:?}");
    let again = talk.say(question).await;
    assert!(again.text.contains("R$ 14") && !again.text.contains("R$ 12"), "{again:#?}");
    let before = documents(&server.door, "").await;
    assert_eq!(before.len(), 2);
    fs::remove_file(place.path("knowledge/frete.md")).unwrap();
    let began = Instant::now();
    while documents(&server.door, "").await.len() > 1 {
        assert!(began.elapsed() < SECONDS);
    }
    assert!(server.terminate().await.0.success());
}

#[tokio::test]
async fn what_changed_while_the_shop_was_closed_is_seen_when_it_opens() {
    let place = place();
    let server = place.serve().await;
    answered(&server, "Vocês alugam bicicletas?", "R$ 12").await;
    assert!(server.terminate().await.0.success());
    fs::write(place.path("knowledge/bicicletas.md"), PRICE.replace("12", "16")).unwrap();
    let server = place.serve().await;
    answered(&server, "Vocês alugam bicicletas?", "R$ 16").await;
}

#[tokio::test]
async fn documents_are_uploaded_replaced_listed_and_removed() {
    let place = place();
    let server = place.serve().await;
    let upload = async |name: &str, body: Vec<u8>| {
        let path = format!("/api/v1/knowledge/documents?name={name}&owner=Ana&valid_until=2099-12-31");
        let answer = server.door.operator(Method::POST, &path).body(body).send().await.unwrap();
        (answer.status().as_u16(), answer.json::<Value>().await.unwrap())
    };
    let faq = "pergunta,resposta\nVocês dão aula de tricô?,\"Sim, na rua de trás.\"\nAceita pet?,\n";
    let (status, uploaded) = upload("faq.csv", faq.into()).await;
    assert_eq!(status, 201, "{uploaded}");
    let found = uploaded["documents"].as_array().unwrap();
    assert_eq!(found.len(), 2, "{uploaded}");
    assert_eq!(
        (&found[0]["status"], &found[0]["line"], &found[0]["owner"]),
        (&"indexed".into(), &2.into(), &"Ana".into())
    );
    assert_eq!((&found[1]["status"], &found[1]["line"]), (&"failed".into(), &3.into()));
    answered(&server, "Vocês dão aula de tricô?", "na rua de trás").await;
    let (status, _) =
        upload("faq.csv", "pergunta,resposta\nVocês dão aula de tricô?,\"Sim, no subsolo.\"\n".into()).await;
    assert_eq!(status, 200);
    answered(&server, "Vocês dão aula de tricô?", "no subsolo").await;
    // What cannot be read is refused, and what was there before stays.
    let (status, problem) = upload("faq.csv", "%PDF-1.7".into()).await;
    assert_eq!((status, &problem["code"]), (422, &"unreadable_document".into()));
    assert!(problem["detail"].as_str().unwrap().contains("a PDF"), "{problem}");
    for (name, field) in [("..%2Fx.md", "name"), ("x.exe", "name")] {
        let (status, problem) = upload(name, "x".into()).await;
        assert_eq!((status, &problem["field"]), (422, &field.into()), "{problem}");
    }
    answered(&server, "Vocês dão aula de tricô?", "no subsolo").await;
    let all = documents(&server.door, "").await;
    let id = |origin: &str| {
        all.iter().find(|it| it["origin"] == origin).unwrap()["id"].as_str().unwrap().to_owned()
    };
    let remove = async |id: String| {
        let path = format!("/api/v1/knowledge/documents/{id}");
        server.door.operator(Method::DELETE, &path).send().await.unwrap().status().as_u16()
    };
    assert_eq!(remove(id("frete.md")).await, 409);
    assert_eq!(remove(id("uploads/faq.csv")).await, 204);
    assert_eq!(remove(id("uploads/faq.csv")).await, 404);
    assert_eq!(documents(&server.door, "").await.len(), 2);
    assert!(!place.path("data/uploads/faq.csv").exists());
}

/// A form as a browser writes it.
fn form(parts: &[(&str, Option<&str>, &str)]) -> (String, Vec<u8>) {
    let boundary = "----WebKitFormBoundaryq7Xk2";
    let mut body = String::new();
    for (name, file, content) in parts {
        body.push_str(&format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\""));
        if let Some(file) = file {
            body.push_str(&format!("; filename=\"{file}\"\r\nContent-Type: application/octet-stream"));
        }
        body.push_str(&format!("\r\n\r\n{content}\r\n"));
    }
    body.push_str(&format!("--{boundary}--\r\n"));
    (format!("multipart/form-data; boundary={boundary}"), body.into_bytes())
}

#[tokio::test]
async fn a_browsers_form_brings_a_document_too() {
    let place = place();
    let server = place.serve().await;
    let send = async |query: &str, parts: &[(&str, Option<&str>, &str)]| {
        let (kind, body) = form(parts);
        let path = format!("/api/v1/knowledge/documents{query}");
        let request = server.door.operator(Method::POST, &path).header("content-type", kind).body(body);
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.json::<Value>().await.unwrap())
    };
    let text = "# Tricô\n\n## Vocês dão aula de tricô?\n\nSim, às terças.\n";
    let file = ("file", Some("C:\\docs\\tricô.md"), text);
    let (status, uploaded) = send("", &[("owner", None, "Ana"), ("language", None, ""), file]).await;
    assert_eq!(status, 201, "{uploaded}");
    let document = &uploaded["documents"][0];
    assert_eq!((&document["origin"], &document["owner"]), (&"uploads/tricô.md".into(), &"Ana".into()));
    answered(&server, "Vocês dão aula de tricô?", "às terças").await;
    let (status, _) =
        send("?name=tric%C3%B4.md", &[("file", Some("x.md"), &text.replace("terças", "quartas"))]).await;
    assert_eq!(status, 200, "the name in the address counts");
    answered(&server, "Vocês dão aula de tricô?", "às quartas").await;
    let refused = [
        (vec![("owner", None, "Ana")], "file"),
        (vec![file, file], "file"),
        (vec![file, ("valid_until", None, "amanhã")], "valid_until"),
        (vec![file, ("valid_untill", None, "2030-01-01")], "valid_untill"),
        (vec![("file", Some("x.exe"), "x")], "name"),
        (vec![("file", None, "x")], "name"),
    ];
    for (parts, field) in refused {
        let (status, problem) = send("", &parts).await;
        assert_eq!((status, &problem["field"]), (422, &field.into()), "{problem}");
    }
    let large = "x".repeat(51 << 20);
    let (status, problem) = send("", &[("file", Some("x.pdf"), &large)]).await;
    assert_eq!((status, &problem["code"]), (413, &"body_too_large".into()));
    let (kind, body) = form(&[file]);
    let half = body[..body.len() / 2].to_vec();
    let path = "/api/v1/knowledge/documents";
    let broken =
        server.door.operator(Method::POST, path).header("content-type", kind).body(half).send().await;
    assert_eq!(broken.unwrap().status(), 422);
    assert_eq!(documents(&server.door, "").await.len(), 3);
    assert!(server.terminate().await.0.success());
}

#[tokio::test]
async fn what_is_wrong_with_documents_is_told_everywhere() {
    let place = place()
        .file(
            "knowledge/oferta.md",
            "---\nvalid_until: 2020-01-31\nowner: Ana\n---\n# Oferta\n\nVasos em oferta.\n",
        )
        .file(
            "knowledge/faq.csv",
            "pergunta,resposta\nQuanto custa o frete?,O frete custa R$ 18.\nSem resposta?,\n",
        )
        .file("knowledge/velho.doc", "x");
    let check = place.run(&["check"], "").await;
    let told = stdout(&check);
    assert_eq!(check.status.code(), Some(1), "{told}");
    for line in [
        "knowledge/faq.csv:3: a question or its answer is missing in this row",
        "knowledge/velho.doc: nobody here reads this format; save it as PDF or .docx",
        "note: knowledge/oferta.md:5: `oferta.md` expired on 2020-01-31 and is not used; Ana answers for it",
        "note: knowledge/faq.csv:2: conflicting price: “O frete custa R$ 18.” (under “Quanto custa o frete?”), \
         but “O frete custa R$ 15.” in knowledge/frete.md:3",
        "2 problems",
    ] {
        assert!(told.lines().any(|it| it == line), "{line:?} is not in {told}");
    }
    assert!(!place.path("data").exists());
    let ingest = place.run(&["ingest"], "").await;
    let said = stdout(&ingest);
    assert_eq!(ingest.status.code(), Some(1), "{said}");
    assert!(said.starts_with("added 4, changed 0, unchanged 0, removed 0, failed 2\n"), "{said}");
    let notes = |told: &str| -> Vec<String> {
        told.lines().filter(|line| line.starts_with("note: ")).map(str::to_owned).collect()
    };
    assert_eq!(notes(&said), notes(&told), "what `check` notes, `ingest` does");
    let server = place.serve().await;
    let through = place.run(&["ingest"], "").await;
    assert_eq!(through.status.code(), Some(1), "{through:?}");
    assert_eq!(notes(&stdout(&through)), notes(&told), "and so it does through a running server");
    assert_eq!(documents(&server.door, "?status=failed").await.len(), 2);
    assert_eq!(documents(&server.door, "?status=expired").await[0]["source"], "oferta.md");
    let conflicts = server.door.operator(Method::GET, "/api/v1/knowledge/conflicts").send().await.unwrap();
    let conflicts: Value = conflicts.json().await.unwrap();
    assert_eq!(conflicts["conflicts"].as_array().unwrap().len(), 1, "{conflicts}");
    assert_eq!(conflicts["conflicts"][0]["other"]["line"], 3);
}

#[tokio::test]
async fn who_uploads_what_contradicts_or_no_longer_holds_is_told() {
    let place = place();
    let server = place.serve().await;
    let notes = async |name: &str, text: &str| -> Vec<String> {
        let path = format!("/api/v1/knowledge/documents?name={name}");
        let body = text.to_owned();
        let answer = server.door.operator(Method::POST, &path).body(body).send().await.unwrap();
        let answer: Value = answer.json().await.unwrap();
        let notes = answer["notes"].as_array().unwrap_or_else(|| panic!("{answer}"));
        notes.iter().map(|note| note.as_str().unwrap().to_owned()).collect()
    };
    let conflict = notes("novo.md", "# Frete\n\nO frete custa R$ 18.\n").await;
    assert_eq!(conflict.len(), 1, "{conflict:?}");
    let told = &conflict[0];
    assert!(told.contains("conflicting price") && told.contains("R$ 18") && told.contains("R$ 15"), "{told}");
    let expired =
        notes("natal.md", "---\nvalid_until: 2020-01-31\n---\n# Natal\n\nFechado no Natal.\n").await;
    assert_eq!(expired.len(), 1, "only what has to do with it: {expired:?}");
    assert!(expired[0].contains("expired on 2020-01-31"), "{expired:?}");
    assert!(notes("novo.md", "# Frete\n\nO frete custa R$ 15.\n").await.is_empty());
    assert!(server.terminate().await.0.success());
}

#[tokio::test]
async fn an_index_of_named_paths_stays_one() {
    let place = place().file("so-isto.jsonl", "{\"id\":\"a\",\"text\":\"Só isto vale.\"}\n");
    let server = place.serve().await;
    let ingest = place.run(&["ingest", "so-isto.jsonl"], "").await;
    assert!(ingest.status.success(), "{ingest:?}");
    let path = "/api/v1/knowledge/documents?name=x.md";
    let refused = server.door.operator(Method::POST, path).body("# X\n\nY.").send().await.unwrap();
    assert_eq!(refused.status(), 409);
    fs::write(
        place.path("so-isto.jsonl"),
        "{\"id\":\"a\",\"text\":\"Só isto.\"}\n{\"id\":\"b\",\"text\":\"E isto.\"}\n",
    )
    .unwrap();
    let began = Instant::now();
    while documents(&server.door, "").await.len() < 2 {
        assert!(began.elapsed() < SECONDS);
    }
    assert_eq!(documents(&server.door, "").await[1]["source"], "b");
}
