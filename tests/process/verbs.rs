//! The command line as its users and their programs know it.

use super::support::{Place, stderr, stdout};
use crate::support::fake_openai::FakeOpenAi;
use serde_json::{Value, json};

#[tokio::test]
async fn a_piped_chat_gives_one_block_a_message() {
    let place = Place::new().await;
    let output = place
        .run(&["chat"], "Qual o horário de funcionamento?\n\n   \nVocês alugam plantas para casamento?\n")
        .await;
    assert!(output.status.success(), "{output:?}");
    let said = stdout(&output);
    let blocks: Vec<&str> = said.trim_end().split("\n\n").filter(|block| !block.trim().is_empty()).collect();
    assert_eq!(blocks.len(), 2, "{said}");
    assert!(blocks[0].contains("9h"), "{said}");
}

#[tokio::test]
async fn a_chat_beside_a_running_server_goes_through_it() {
    let place = Place::new().await;
    let server = place.serve().await;
    let output = place.run(&["chat"], "oi\n").await;
    assert!(output.status.success() && !stdout(&output).trim().is_empty(), "{output:?}");
    assert!(server.terminate().await.0.success());
}

#[tokio::test]
async fn the_inventory_says_who_is_given_what_and_shows_no_secret() {
    let settings = "[llm]\napi_key = \"sk-1\"\n[llm.endpoints.spare]\nbase_url = \"https://llm.example.com/v1\"\n\
                    [backoffice]\ncrm = \"hubspot\"\ntickets = \"redmine\"\n[connectors.hubspot]\naccess_token = \"sk-2\"\n\
                    [connectors.redmine]\nbase_url = \"https://redmine.example.com\"\nproject_id = \"loja\"\napi_key = \"sk-3\"\n\
                    [databases.erp]\nurl = \"postgres://ana:sk-4@db.example.com/erp\"\n\
                    [alerts]\nwebhook_url = \"https://alerts.example.com/sk-6\"\n";
    let tool = "[[tool]]\nname = \"find_address\"\ndescription = \"x\"\nrisk = \"write\"\n\
                [tool.parameters]\ntype = \"object\"\nrequired = [\"cep\"]\nproperties.cep = { type = \"string\" }\n\
                [tool.http]\nurl = \"https://viacep.example.com/{{ args.cep }}?key=sk-5\"\n";
    let mut place = Place::empty().file("balcao.toml", settings).file("tools/custom/cep.toml", tool);
    place.set("BALCAO__LLM__CHAIN", "openai,openai@spare:small,offline");
    let output = place.run(&["inventory", "--json"], "").await;
    assert!(output.status.success(), "{output:?}");
    let told: Value = serde_json::from_str(&stdout(&output)).unwrap();
    let rows = |part: &str| -> Vec<String> {
        let rows = told[part].as_array().unwrap().iter();
        rows.map(|row| format!("{} {}", row["name"], row["place"]).replace('"', "")).collect()
    };
    assert!(rows("kept").iter().any(|row| row == "database data/balcao.db"), "{told:#}");
    for given in [
        "openai@spare:small llm.example.com",
        "crm hubspot",
        "tickets redmine at redmine.example.com",
        "tool find_address viacep.example.com",
        "alerts alerts.example.com",
    ] {
        assert!(rows("given").iter().any(|row| row == given), "{given} is not in {told:#}");
    }
    let alerts = told["given"].as_array().unwrap().iter().find(|row| row["name"] == "alerts").unwrap();
    assert_eq!(alerts["personal"], true, "leads are posted there by name");
    assert!(rows("read").iter().any(|row| row == "database erp db.example.com"), "{told:#}");
    let asked =
        |by: &str| told["asked"].as_array().unwrap().iter().find(|asked| asked["by"] == by).unwrap().clone();
    let interview = asked("interview projeto");
    assert_eq!(
        (&interview["legal_basis"], &interview["goes_to"]),
        (
            &json!("pre_contract"),
            &json!([
                "database",
                "openai:gpt-4.1-mini (model)",
                "openai@spare:small (model)",
                "hubspot (crm)",
                "alerts.example.com (alerts)"
            ])
        )
    );
    assert!(
        interview["values"]
            .as_array()
            .unwrap()
            .iter()
            .any(|value| value["id"] == "email" && value["saved_as"] == "email")
    );
    assert_eq!(
        asked("tool find_address")["goes_to"],
        json!([
            "database",
            "openai:gpt-4.1-mini (model)",
            "openai@spare:small (model)",
            "viacep.example.com"
        ])
    );
    let text = place.run(&["inventory"], "").await;
    let text = stdout(&text);
    assert!(text.contains("Given to others\n") && text.contains("(model), redmine (tickets)"), "{text}");
    assert!(!text.contains("sk-") && !told.to_string().contains("sk-"), "{text}");
}

/// Broken files of an operator, and where `check` has to find the fault.
const BROKEN: [(&str, &str, &str); 11] = [
    ("balcao.toml", "[turn]\nmax_steps = \"many\"\n", "balcao.toml:2"),
    ("balcao.toml", "[turn]\nmax_stepz = 3\n", "balcao.toml:2"),
    ("balcao.toml", "[backoffice]\ndemo = true\ncrm = \"hubspt\"\n", "balcao.toml:3: `backoffice.crm`"),
    (
        "balcao.toml",
        "[backoffice]\ncrm = \"hubspot\"\n[connectors.hubspot]\npipeline = \"sales\"\n",
        "balcao.toml:3: `connectors.hubspot.access_token`",
    ),
    (
        "balcao.toml",
        "[backoffice.agenda_rules]\nmax_days_ahead = 0\n",
        "balcao.toml:2: `backoffice.agenda_rules.max_days_ahead`",
    ),
    ("tools/agenda.toml", "[agenda_book]\ntitle = = 3\n", "tools/agenda.toml:2"),
    (
        "tools/custom/a.toml",
        "[[tool]]\nname = \"x\"\ndescription = \"x\"\nrisk = \"read\"\nparameters = { type = \"objekt\" }\n[tool.http]\nurl = \"https://example.com\"\n",
        "tools/custom/a.toml:5",
    ),
    (
        "tools/custom/a.toml",
        "[[tool]]\nname = \"x\"\ndescription = \"x\"\nrisk = \"read\"\n[tool.http]\nurl = \"https://example.com\"\n[[tool]]\nname = \"x\"\ndescription = \"x\"\nrisk = \"read\"\n[tool.http]\nurl = \"https://example.com\"\n",
        "tools/custom/a.toml:",
    ),
    ("prompts/offline.toml", "[say.en]\nbye = \"Bye!\"\n[heard]\n", "prompts/offline.toml:3"),
    ("prompts/pt-BR/system.md", "Olá.\nVocê trabalha na {{ business.naem }}.\n", "prompts/pt-BR/system.md:2"),
    ("knowledge/x.jsonl", "{\"id\": \"a\", \"text\": \"b\"}\n{\"id\": 1\n", "knowledge/x.jsonl:2"),
];

#[tokio::test]
async fn check_names_file_and_line_and_serve_refuses_with_the_same_words() {
    for (path, text, wanted) in BROKEN {
        let place = Place::empty().file(path, text);
        let check = place.run(&["check"], "").await;
        assert_eq!(check.status.code(), Some(1), "{path}: {check:?}");
        let told = stdout(&check);
        let problem = told
            .lines()
            .find(|line| line.contains(wanted))
            .unwrap_or_else(|| panic!("{wanted} is not in {told:?}"));
        if path.starts_with("knowledge") {
            continue; // A document that cannot be read does not keep the counter closed.
        }
        let serve = place.run(&["serve", "--listen", "127.0.0.1:0"], "").await;
        assert_eq!(serve.status.code(), Some(1), "{path}: {serve:?}");
        let refused = String::from_utf8_lossy(&serve.stderr).into_owned();
        assert!(refused.contains(problem), "{problem:?} is not in {refused:?}");
    }
}

#[tokio::test]
async fn check_names_every_problem_at_once() {
    let place = Place::empty()
        .file("tools/agenda.toml", "[agenda_bok]\ntitle = \"x\"\n")
        .file("prompts/pt-BR/system.md", "{{ nothing }}\n");
    let told = stdout(&place.run(&["check"], "").await);
    assert!(told.contains("tools/agenda.toml:1") && told.contains("prompts/pt-BR/system.md:1"), "{told}");
    let fine = Place::empty().run(&["check"], "").await;
    assert!(fine.status.success(), "{fine:?}");
    assert!(!Place::empty().path("data").exists());
}

#[tokio::test]
async fn tools_are_listed_as_the_model_sees_them() {
    let output = Place::empty().run(&["tools", "--json"], "").await;
    let listed: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    let names: Vec<&str> = listed
        .iter()
        .map(|tool| tool["name"].as_str().or(tool["function"]["name"].as_str()).unwrap())
        .collect();
    for name in ["order_status", "agenda_book", "ticket_create", "hand_off", "knowledge_search"] {
        assert!(names.contains(&name), "{names:?}");
    }
    assert!(listed.iter().all(|tool| tool["risk"].is_string() && tool["limits"].is_object()));
}

/// Searches and ingests alike, with a server on the folder and without.
async fn finds_and_ingests(place: &Place) {
    let found =
        stdout(&place.run(&["search", "direito de arrependimento", "--json", "--limit", "3"], "").await);
    let lines: Vec<Value> = found.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!((1..=3).contains(&lines.len()), "{found}");
    for (line, rank) in lines.iter().zip(1..) {
        assert_eq!(line["rank"], rank);
        for field in ["id", "source", "text"] {
            assert!(line[field].is_string(), "{line}");
        }
        assert!(line["score"].is_number() && line.get("heading").is_some(), "{line}");
    }
    assert!(lines[0]["source"].as_str().unwrap().contains("trocas"), "{found}");

    std::fs::write(
        place.path("queries.jsonl"),
        "{\"id\": 1, \"query\": \"rega\"}\n\n{\"id\": \"b\", \"query\": \"frete\"}\n",
    )
    .unwrap();
    let ranked = stdout(&place.run(&["search", "--batch", "queries.jsonl"], "").await);
    let ranked: Vec<Value> = ranked.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((&ranked[0]["id"], &ranked[1]["id"]), (&serde_json::json!(1), &serde_json::json!("b")));
    assert!(ranked.iter().all(|line| !line["ranked"].as_array().unwrap().is_empty()), "{ranked:?}");

    std::fs::write(
        place.path("docs.jsonl"),
        "{\"id\": \"zebra-7\", \"text\": \"As zebras da loja comem alface.\"}\n",
    )
    .unwrap();
    let ingested = place.run(&["ingest", "docs.jsonl"], "").await;
    assert!(ingested.status.success() && stdout(&ingested).contains("added 1"), "{ingested:?}");
    let found = stdout(&place.run(&["search", "zebras", "--json"], "").await);
    assert_eq!(
        serde_json::from_str::<Value>(found.lines().next().unwrap()).unwrap()["source"],
        "zebra-7",
        "{found}"
    );
    let missing = place.run(&["ingest", "nothing-here.md"], "").await;
    assert_eq!(missing.status.code(), Some(1), "{missing:?}");
}

#[tokio::test]
async fn search_and_ingest_alone() {
    finds_and_ingests(&Place::new().await).await;
}

#[tokio::test]
async fn search_and_ingest_beside_a_running_server() {
    let place = Place::new().await;
    let server = place.serve().await;
    finds_and_ingests(&place).await;
    assert!(server.terminate().await.0.success());
}

#[tokio::test]
async fn a_search_says_the_same_beside_a_running_server() {
    let mut place = Place::empty();
    // So many passages speak of watering, those of one document equally well, that the documents that come up depend
    // on how many passages are looked at.
    for number in 0..150 {
        let section = |part: usize| {
            let extra = "folha verde ".repeat(number % 40);
            format!("## Rega {part}\nRegue a planta {number} com {part} copos de água. {extra}\n\n")
        };
        let text: String = (1..9).map(section).collect();
        place = place.file(&format!("docs/d{number:03}.md"), &format!("# Planta {number}\n\n{text}"));
    }
    let long = "quero saber da rega ".repeat(10_000);
    let queries =
        [json!("rega"), json!("água da planta 77"), json!(""), json!("  ?"), json!(long), json!("xyzzy")];
    let lines: String =
        queries.iter().map(|query| format!("{}\n", json!({"id": [1], "query": query}))).collect();
    let place = place.file("queries.jsonl", &format!("\u{feff}{lines}"));
    let ingested = place.run(&["ingest", "docs"], "").await;
    assert!(stdout(&ingested).contains("added 150"), "{ingested:?}");
    let searches = [
        &["search", "--batch", "queries.jsonl"][..],
        &["search", "rega da planta 3", "--json", "--limit", "700"],
        &["search", "folha", "--limit", "0"],
        &["search", " ", "--json"],
        &["search", "planta 9"],
    ];
    let run = async || {
        let mut said = Vec::new();
        for search in searches {
            let output = place.run(search, "").await;
            assert!(output.status.success(), "{search:?}: {output:?}");
            said.push(stdout(&output));
        }
        said
    };
    let alone = run().await;
    let ranked: Vec<Value> = alone[0].lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(ranked.len(), queries.len());
    let documents = ranked[0]["ranked"].as_array().unwrap().len();
    assert!((20..100).contains(&documents), "{documents} documents");
    assert_eq!(ranked[2], json!({"id": [1], "ranked": []}));
    assert_eq!(alone[1].lines().count(), 700);
    let server = place.serve().await;
    for (beside, alone) in run().await.iter().zip(&alone) {
        assert_eq!(beside, alone);
    }
    assert!(server.terminate().await.0.success());
}

#[tokio::test]
async fn a_second_server_on_the_folder_is_told_apart() {
    let place = Place::new().await;
    let server = place.serve().await;
    let second = place.run(&["serve", "--listen", "127.0.0.1:0"], "").await;
    assert_eq!(second.status.code(), Some(1), "{second:?}");
    let mut talk = server.talk().await;
    talk.say("oi").await;
    let healthy = place.run(&["healthcheck"], "").await;
    assert!(healthy.status.success(), "{healthy:?}");
    assert!(server.terminate().await.0.success());
    let gone = place.run(&["healthcheck"], "").await;
    assert_eq!(gone.status.code(), Some(1));
}

#[tokio::test]
async fn an_outage_is_rehearsed_beside_a_running_server() {
    let endpoint = FakeOpenAi::start([]).await;
    let mut place = Place::new().await.with_model(&endpoint);
    place.set("BALCAO__LLM__CHAIN", "openai,offline");
    let drill = ["drill", "--model-down", "1s"];
    let alone = place.run(&drill, "").await;
    assert!(!alone.status.success() && stderr(&alone).contains("no server runs"), "{alone:?}");
    let server = place.serve().await;
    let output = place.run(&drill, "").await;
    assert!(output.status.success() && stdout(&output).contains("The rehearsal is over"), "{output:?}");
    assert!(server.terminate().await.0.success());
}

#[tokio::test]
async fn an_address_for_alerts_that_must_not_be_called_is_refused_and_not_printed() {
    let place =
        Place::empty().file("balcao.toml", "[alerts]\nwebhook_url = \"http://10.0.0.1/hooks/s3cret\"\n");
    let check = place.run(&["check"], "").await;
    let serve = place.run(&["serve", "--listen", "127.0.0.1:0"], "").await;
    for (output, told) in [(&check, stdout(&check)), (&serve, stderr(&serve))] {
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        assert!(told.contains("alerts.webhook_url") && !told.contains("s3cret"), "{told}");
    }
}

#[tokio::test]
async fn check_says_what_an_interview_wants_to_know_and_no_tool_tells() {
    let with = |lookup: &str| {
        include_str!("../../prompts/interviews/projeto.toml").replacen(
            "id = \"email\"\n",
            &format!("id = \"email\"\nlookup = [\"{lookup}\"]\n"),
            1,
        )
    };
    for (lookup, wanted) in [
        ("company_lookup.email", "there is no tool `company_lookup`"),
        ("crm_find_contact.name", "`crm_find_contact` declares no trusted result field `name`"),
    ] {
        let place = Place::empty().file("prompts/interviews/projeto.toml", &with(lookup));
        let output = place.run(&["check"], "").await;
        let told = stdout(&output);
        assert_eq!(output.status.code(), Some(1), "{told}");
        assert!(told.contains("interview `projeto`, field `email`") && told.contains(wanted), "{told}");
    }
}

#[tokio::test]
async fn check_says_what_an_enabled_relay_lacks_and_shows_no_secret() {
    let mut place = Place::empty().file("balcao.toml", "[channels.relay]\nenabled = true\nurl = \"\"\n");
    let told = stdout(&place.run(&["check"], "").await);
    for wanted in ["balcao.toml:3: `channels.relay.url`", "balcao.toml:1: `channels.relay.secrets`"] {
        assert!(told.contains(wanted), "{wanted}: {told}");
    }
    let good = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    place.set("BALCAO__CHANNELS__RELAY__URL", "https://gateway.example/t0ken");
    place.set("BALCAO__CHANNELS__RELAY__SECRETS", &format!("{good},whsec_c2hvcnQ="));
    let told = stdout(&place.run(&["check"], "").await);
    assert!(told.contains("channels.relay.secrets: secret number 2 has fewer than 16 bytes"), "{told}");
    assert!(!told.contains("c2hvcnQ") && !told.contains("t0ken"), "{told}");
    place.set("BALCAO__CHANNELS__RELAY__SECRETS", good);
    let fine = place.run(&["check"], "").await;
    assert!(fine.status.success(), "{fine:?}");
    place.set("BALCAO__CHANNELS__RELAY__URL", "http://10.0.0.1/t0ken");
    let serve = place.run(&["serve", "--listen", "127.0.0.1:0"], "").await;
    let told = stderr(&serve);
    assert!(told.contains("channels.relay.url") && told.contains("allowed_hosts"), "{told}");
    assert!(!serve.status.success() && !told.contains("t0ken"), "{told}");
}
