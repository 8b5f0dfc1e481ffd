//! The verbs that do one thing and end, and what the settings and the environment do to them.

use super::support::{Place, stderr, stdout};
use crate::support::fake_embeddings::{FakeEmbeddings, Fault};
use crate::support::fake_openai::{FakeOpenAi, error, says};
use crate::support::smtp::{PASSWORD, Smtp, USER};
use reqwest::{Client, Method, StatusCode};

#[tokio::test]
async fn keys_are_made_listed_used_and_revoked_beside_a_running_server() {
    let place = Place::new().await;
    let server = place.serve().await;
    let call = async |key: &str| {
        let url = format!("{}/api/v1/tools", server.door.base);
        let client = Client::builder().no_proxy().build().unwrap();
        client.request(Method::GET, url).bearer_auth(key).send().await.unwrap().status()
    };
    let made = place.run(&["keys", "create", "ana", "--scope", "operator"], "").await;
    assert!(made.status.success(), "{made:?}");
    let key = stdout(&made).trim().to_owned();
    assert!(key.starts_with("balcao_") && key.len() > 40, "{key}");
    assert_eq!(call(&key).await, StatusCode::OK);
    let taken = place.run(&["keys", "create", "ana"], "").await;
    assert_eq!(taken.status.code(), Some(1));
    assert!(stderr(&taken).contains("there is a key `ana` already"), "{taken:?}");
    let unknown = place.run(&["keys", "create", "bia", "--scope", "queen"], "").await;
    assert_eq!(unknown.status.code(), Some(1));
    assert!(stderr(&unknown).contains("unknown scope `queen`"), "{unknown:?}");

    let listed = stdout(&place.run(&["keys", "list"], "").await);
    let ana =
        listed.lines().find(|line| line.starts_with("ana\toperator\t")).unwrap_or_else(|| panic!("{listed}"));
    assert!(ana.contains("last used") && !listed.contains(&key), "{listed}");
    let revoked = place.run(&["keys", "revoke", "ana"], "").await;
    assert!(revoked.status.success(), "{revoked:?}");
    assert_eq!(call(&key).await, StatusCode::UNAUTHORIZED);
    let again = place.run(&["keys", "revoke", "ana"], "").await;
    assert_eq!(again.status.code(), Some(1));
    assert!(server.terminate().await.0.success());
}

#[tokio::test]
async fn the_database_is_made_by_migrate_and_a_second_time_left_alone() {
    let place = Place::empty();
    for _ in 0..2 {
        let done = place.run(&["migrate"], "").await;
        assert!(done.status.success() && place.path("data/balcao.db").exists(), "{done:?}");
    }
    let elsewhere = place.run(&["migrate", "--data", "other"], "").await;
    assert!(elsewhere.status.success() && place.path("other/balcao.db").exists(), "{elsewhere:?}");
}

#[tokio::test]
async fn what_config_prints_is_a_settings_file() {
    let printed = stdout(&Place::empty().run(&["config"], "").await);
    for section in ["[business]", "[llm]", "[turn]", "[knowledge]", "[backoffice]", "[limits]", "[store]"] {
        assert!(printed.lines().any(|line| line == section), "{section} is not in {printed}");
    }
    let place = Place::empty().file("shop.toml", &printed);
    let checked = place.run(&["check", "--config", "shop.toml"], "").await;
    assert!(checked.status.success(), "{checked:?}");
}

#[tokio::test]
async fn a_settings_file_that_is_named_has_to_be_there() {
    for verb in [&["check"][..], &["serve", "--listen", "127.0.0.1:0"]] {
        let output = Place::empty().run(&[verb, &["--config", "gone.toml"]].concat(), "").await;
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        assert!(stderr(&output).contains("there is no settings file gone.toml"), "{output:?}");
    }
}

#[tokio::test]
async fn the_version_is_the_packages() {
    let output = Place::empty().run(&["--version"], "").await;
    assert!(output.status.success());
    assert_eq!(stdout(&output), format!("balcao {}\n", env!("CARGO_PKG_VERSION")));
}

#[tokio::test]
async fn rows_come_in_and_go_out_as_files() {
    let place = Place::empty().file(
        "produtos.csv",
        "sku,name,category,description,price,weight_g,stock\nCAC-1,Cacto,Plantas,Vive bem no sol.,19.90,300,7\n",
    );
    let imported = place.run(&["import", "produtos.csv"], "").await;
    assert!(imported.status.success() && stdout(&imported).contains("products.csv: 1 rows"), "{imported:?}");
    let exported = stdout(&place.run(&["export", "products"], "").await);
    assert!(exported.contains("CAC-1,Cacto,Plantas"), "{exported}");
    let all = place.run(&["export", "all", "--output", "out"], "").await;
    assert!(all.status.success(), "{all:?}");
    assert_eq!(std::fs::read_to_string(place.path("out/products.csv")).unwrap(), exported);

    let bad = place.file("bad.csv", "sku,name,price,stock\nX-1,Vaso,caro,1\n");
    let refused = bad.run(&["import", "bad.csv", "--kind", "products"], "").await;
    assert_eq!(refused.status.code(), Some(1), "{refused:?}");
    let told = stdout(&refused);
    assert!(told.contains("bad.csv:2") && told.contains("nothing was imported"), "{told}");
}

#[tokio::test]
async fn tools_as_text_say_risk_parameters_and_limits() {
    let output = Place::empty().run(&["tools"], "").await;
    assert!(output.status.success(), "{output:?}");
    let told = stdout(&output);
    let (_, order) = told.split_once("order_status (read; ").unwrap_or_else(|| panic!("{told}"));
    let order: Vec<&str> = order.lines().skip(1).take_while(|line| line.starts_with("    ")).collect();
    assert!(order.iter().any(|line| line.starts_with("    - ")), "{order:#?}");
    let limits = "    limits: 10 s; 8 calls an answer; 2 equal calls a turn; 12000 characters of the result";
    assert_eq!(order.last(), Some(&limits), "{order:#?}");
}

#[tokio::test]
async fn check_online_asks_every_model_of_the_chain_once() {
    let main = FakeOpenAi::start([says("ok")]).await;
    let spare = FakeOpenAi::start([error(401, "invalid_api_key", "Incorrect API key provided")]).await;
    let mut place = Place::empty();
    place.set("OPENAI_BASE_URL", main.base_url());
    place.set("OPENAI_API_KEY", "key");
    place.set("BALCAO__LLM__ENDPOINTS__SPARE__BASE_URL", spare.base_url());
    place.set("BALCAO__LLM__CHAIN", "openai, openai@spare:small, offline");
    let output = place.run(&["check", "--online"], "").await;
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let told = stdout(&output);
    for line in ["the model `openai:gpt-4.1-mini` answers", "the model `offline` answers", "1 problem"] {
        assert!(told.lines().any(|said| said == line), "{line} is not in {told}");
    }
    assert!(told.contains("llm.chain: model `openai@spare:small`: "), "{told}");
    assert_eq!((main.asked().len(), spare.asked().len()), (1, 1));
    let offline = place.run(&["check"], "").await;
    assert!(offline.status.success(), "nobody is asked unless told so: {offline:?}");
}

#[tokio::test]
async fn check_online_says_good_day_to_the_mail_server_and_sends_nothing() {
    let smtp = Smtp::start().await;
    let mut place = Place::empty();
    place.set("BALCAO__EMAIL__SMTP_URL", &format!("{}?tls=none", smtp.url));
    place.set("BALCAO__EMAIL__FROM", "avisos@example.com");
    place.set("BALCAO__EMAIL__USER", USER);
    place.set("BALCAO__EMAIL__PASSWORD", PASSWORD);
    place.set("BALCAO__LIMITS__ALLOWED_HOSTS", "127.0.0.1");
    let output = place.run(&["check", "--online"], "").await;
    assert!(output.status.success(), "{output:?}");
    assert!(stdout(&output).contains("the mail server answers and takes the credentials"), "{output:?}");
    place.set("BALCAO__EMAIL__PASSWORD", "outra");
    let output = place.run(&["check", "--online"], "").await;
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(stdout(&output).contains("email.smtp_url: the mail server refuses"), "{output:?}");
    assert!(!stdout(&output).contains("outra"), "no password in what is told: {output:?}");
    smtp.set_busy(true);
    assert_eq!(place.run(&["check", "--online"], "").await.status.code(), Some(1));
    assert!(smtp.mails().is_empty());
}

#[tokio::test]
async fn check_online_asks_the_embedding_model_once_and_says_what_it_answered() {
    let near = FakeEmbeddings::start(8, []).await;
    let mut place = Place::empty();
    place.set("BALCAO__LLM__ENDPOINTS__NEAR__BASE_URL", near.base_url());
    place.set("BALCAO__EMBEDDINGS__MODEL", "openai@near:small");
    let output = place.run(&["check", "--online"], "").await;
    let told = stdout(&output);
    assert!(output.status.success(), "{output:?}");
    assert!(told.contains("the embedding model `openai@near:small` answers with 8 numbers"), "{told}");
    assert_eq!(near.asked().len(), 1);
    assert!(!place.path("data").exists(), "a check keeps nothing");
    place.set("BALCAO__EMBEDDINGS__DIMENSION", "9");
    let output = place.run(&["check", "--online"], "").await;
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stdout(&output).contains("embeddings.model: ") && stdout(&output).contains("dimension is 9"),
        "{output:?}"
    );
    let silent = FakeEmbeddings::start(8, (0..9).map(|_| Fault::Status(401, ("x", "y"), "{}"))).await;
    place.set("BALCAO__LLM__ENDPOINTS__NEAR__BASE_URL", silent.base_url());
    let output = place.run(&["check", "--online"], "").await;
    assert_eq!(output.status.code(), Some(1));
    assert!(stdout(&output).contains("embeddings.model: "), "{output:?}");
    let none = stdout(&Place::empty().run(&["check", "--online"], "").await);
    assert!(none.contains("there is no embedding model: search goes by words alone"), "{none}");
}

#[tokio::test]
async fn a_key_may_lie_in_a_file() {
    let endpoint = FakeOpenAi::start([says("ok")]).await;
    let mut place = Place::empty().file("secrets/openai", "sk-from-a-file\n");
    place.set("OPENAI_BASE_URL", endpoint.base_url());
    place.set("OPENAI_API_KEY_FILE", place.path("secrets/openai").to_str().unwrap().to_owned().as_str());
    let output = place.run(&["check", "--online"], "").await;
    assert!(output.status.success(), "{output:?}");
    assert_eq!(endpoint.asked()[0].authorization.as_deref(), Some("Bearer sk-from-a-file"));
}
