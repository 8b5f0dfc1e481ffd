//! What was not answered becomes a gap, a person's answer becomes a proposal, and an approved proposal is what the next
//! customer is told.

use crate::support::app::{AppOptions, TestApp, calls, says};
use reqwest::Method;
use serde_json::{Value, json};

async fn call(app: &TestApp, method: Method, path: &str, body: Value) -> (u16, Value) {
    let answer = app.door.operator(method, path).json(&body).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

#[tokio::test]
async fn an_answer_of_a_person_becomes_knowledge_once_it_is_approved() {
    let unknown = || says("Não sei dizer se alugamos plantas. Quer falar com uma pessoa?");
    let app = AppOptions::scripted(vec![unknown(), unknown(), says("Alugamos, sim, por R$ 427,00 o dia.")])
        .start()
        .await;
    let (mut ana, mut rui) = (app.talk().await, app.talk().await);
    ana.say("Sou a Ana, ana@example.com. Vocês alugam plantas para casamento?").await;
    rui.say("queria alugar plantas pro casamento da minha irmã").await;
    // As long as a person writes, and with the shop's own telephone in it.
    let details = "Levamos, montamos e buscamos; o transporte já está no preço. ".repeat(10);
    let reply = format!(
        "Oi, Rui! Alugamos, sim, por R$ 431,00 o dia.\n\n{details}\nCombine pelo (11) 95555-0100. Até breve, Rui!"
    );
    rui.operator("reply", json!({"text": reply, "name": "Bia"})).await;

    let (status, body) = call(&app, Method::GET, "/api/v1/gaps", json!({})).await;
    assert_eq!(status, 200);
    let gap = &body["gaps"][0];
    assert_eq!(
        (&gap["count"], &gap["causes"]["abstained"], &gap["causes"]["answered_by_person"]),
        (&json!(2), &json!(2), &json!(1))
    );
    let shown = gap.to_string();
    for private in ["ana@example.com", "Ana", "Rui"] {
        assert!(!shown.contains(private), "{private} is in {shown}");
    }
    let path = format!("/api/v1/gaps/{}/proposals", gap["id"].as_str().unwrap());
    let (status, proposal) =
        call(&app, Method::POST, &path, json!({"question": "Vocês alugam plantas para casamento?"})).await;
    assert_eq!((status, &proposal["state"]), (201, &json!("proposed")));
    let proposed = reply.replace("Oi, Rui!", "Oi!").replace(", Rui!", "!").replace(". \n", ".\n");
    assert_eq!(proposal["answer"], json!(proposed), "the whole answer, and nobody's name");
    let search = "/api/v1/knowledge/search?q=alugam%20plantas%20casamento";
    let found = |body: &Value, words: &str| {
        body["results"].as_array().unwrap().iter().any(|it| it["text"].as_str().unwrap().contains(words))
    };
    let (_, before) = call(&app, Method::GET, search, json!({})).await;
    assert!(!found(&before, "431,00"), "what nobody approved is no knowledge");

    let path = format!("/api/v1/proposals/{}", proposal["id"].as_str().unwrap());
    let approve = format!("{path}/approve");
    let (status, problem) = call(&app, Method::POST, &approve, json!({"answer": " "})).await;
    assert_eq!((status, &problem["field"]), (422, &json!("answer")));
    let worded = proposed.replace("431,00", "427,00");
    let (status, approved) = call(&app, Method::POST, &approve, json!({"answer": worded})).await;
    assert_eq!((status, &approved["state"]), (200, &json!("approved")));
    assert_eq!((&approved["answer"], &approved["question"]), (&json!(worded), &proposal["question"]));
    let (status, again) = call(&app, Method::POST, &format!("{path}/reject"), json!({})).await;
    assert_eq!((status, &again["code"]), (409, &json!("proposal_decided")));
    let (_, after) = call(&app, Method::GET, search, json!({})).await;
    assert!(found(&after, "427,00") && !found(&after, "431,00"), "{after}");

    // The guard lets the price pass only if the entry is what another customer's turn was given.
    let answer = app.talk().await.say("Vocês alugam plantas para casamento?").await;
    assert_eq!(answer.text, "Alugamos, sim, por R$ 427,00 o dia.");
    assert_eq!(answer.sources, ["Vocês alugam plantas para casamento?"]);
    app.end().await;
}

/// The causes of every gap, by its newest question.
async fn causes(app: &TestApp) -> Vec<(String, Value)> {
    let (_, body) = call(app, Method::GET, "/api/v1/gaps", json!({})).await;
    let of =
        |gap: &Value| (gap["examples"][0]["question"].as_str().unwrap().to_owned(), gap["causes"].clone());
    let mut found: Vec<_> = body["gaps"].as_array().unwrap().iter().map(of).collect();
    found.sort_by(|one, other| one.0.cmp(&other.0));
    found
}

#[tokio::test]
async fn every_cause_is_told_apart_and_small_talk_is_none() {
    let mixed = || says("Posso ajudar, sim! A orquídea custa R$ 75,00. Qual é o seu CEP?");
    let app = AppOptions::scripted(vec![
        says("Tudo ótimo por aqui!"),
        says("Depende do tamanho do espaço. Pode me contar mais?"),
        mixed(),
        mixed(),
        says("Não sei dizer se temos estacionamento. Quer falar com uma pessoa?"),
    ])
    .start()
    .await;
    app.talk().await.say("Bom dia, tudo bem por aí?").await;
    app.talk().await.say("Vocês dedetizam formigueiro em telhado?").await;
    let withheld = app.talk().await.say("Quanto custa a orquídea azul importada?").await;
    assert!(!withheld.text.contains("75"), "{withheld:#?}");
    app.talk().await.say("Tem estacionamento para caminhão?").await;
    let cause = |question: &str, cause: &str| (question.to_owned(), json!({cause: 1}));
    assert_eq!(
        causes(&app).await,
        [
            cause("Quanto custa a orquídea azul importada?", "withheld"),
            cause("Tem estacionamento para caminhão?", "abstained"),
            cause("Vocês dedetizam formigueiro em telhado?", "low_evidence"),
        ]
    );
    let (_, body) = call(&app, Method::GET, "/api/v1/gaps?cause=withheld", json!({})).await;
    assert_eq!(body["gaps"].as_array().unwrap().len(), 1);
    app.end().await;
}

#[tokio::test]
async fn an_answer_that_the_customer_corrects_is_a_gap_of_its_question() {
    let sorry = || says("Desculpe. Quer que eu chame uma pessoa da equipe?");
    let app = AppOptions::scripted(vec![
        says("Claro! Qual planta você quer trocar?"),
        sorry(),
        says("Sure! Which plant is it?"),
        says("Sorry. Shall I call somebody from the team?"),
    ])
    .start()
    .await;
    let (mut ana, mut rui) = (app.talk().await, app.talk().await);
    ana.say("Vocês trocam planta que morreu no inverno?").await;
    ana.say("não, isso está errado").await;
    // A person answers the question, and not the word that the answer was wrong.
    ana.operator("reply", json!({"text": "Trocamos em até 30 dias, com a nota fiscal.", "name": "Bia"}))
        .await;
    rui.say("Do you replace plants that froze outside?").await;
    rui.say("That's not right").await;
    let (_, body) = call(&app, Method::GET, "/api/v1/gaps?cause=corrected", json!({})).await;
    let gaps = body["gaps"].as_array().unwrap();
    assert_eq!(gaps.len(), 2, "{body}");
    let mut found: Vec<_> = gaps.iter().map(|gap| gap["examples"][0]["question"].as_str().unwrap()).collect();
    found.sort_unstable();
    assert_eq!(
        found,
        ["Do you replace plants that froze outside?", "Vocês trocam planta que morreu no inverno?"]
    );
    let of_ana = gaps.iter().find(|gap| gap["answers"] != json!([])).unwrap();
    assert_eq!((&of_ana["causes"]["corrected"], &of_ana["count"]), (&json!(1), &json!(1)), "{body}");
    assert_eq!(of_ana["answers"], json!(["Trocamos em até 30 dias, com a nota fiscal."]));
    app.end().await;
}

#[tokio::test]
async fn what_was_answered_is_no_gap() {
    let search = calls([("product_search", json!({"query": "jiboia"}))]);
    let app =
        AppOptions::scripted(vec![search, says("A jiboia custa a partir de R$ 29,90."), says("Por nada!")])
            .start()
            .await;
    let mut talk = app.talk().await;
    talk.say("Quanto custa a jiboia?").await;
    talk.say("Obrigada!").await;
    let (_, body) = call(&app, Method::GET, "/api/v1/gaps", json!({})).await;
    assert_eq!(body["gaps"], json!([]));
    let unknown = "/api/v1/gaps/00000000-0000-7000-8000-000000000000/proposals";
    assert_eq!(call(&app, Method::POST, unknown, json!({})).await.0, 404);
    app.end().await;
}
