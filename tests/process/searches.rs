//! What an operator sees of searches: whether something is not in the knowledge or is cut off too tightly, and that what
//! is not for customers, or not for today, is found in no way.

use super::documents::PRICE;
use super::support::{Place, Process, stdout};
use crate::support::talk::Talk;
use reqwest::Method;
use serde_json::Value;

const EVIDENT: &str = "Vocês alugam bicicletas?";
/// The document speaks of some of it.
const PARTLY: &str = "Vocês alugam bicicletas elétricas dobráveis importadas?";
const NOTHING: &str = "Foguete interplanetário?";

async fn search(server: &Process, query: &str) -> Vec<Value> {
    let path = "/api/v1/knowledge/search";
    let found = server.door.operator(Method::GET, path).query(&[("q", query)]).send().await.unwrap();
    assert_eq!(found.status(), 200);
    found.json::<Value>().await.unwrap()["results"].as_array().unwrap().clone()
}

async fn metrics(server: &Process) -> String {
    server.door.operator(Method::GET, "/metrics").send().await.unwrap().text().await.unwrap()
}

/// How often a search came to `outcome`.
fn came_to(metrics: &str, outcome: &str) -> usize {
    let sample = format!("balcao_knowledge_searches_total{{outcome=\"{outcome}\"}} ");
    let line = metrics.lines().find_map(|line| line.strip_prefix(&sample));
    line.map_or(0, |count| count.parse().unwrap())
}

fn number(metrics: &str, name: &str) -> f64 {
    let value = metrics.lines().find_map(|line| line.strip_prefix(&format!("{name} ")));
    value.unwrap_or_else(|| panic!("{name} is not in\n{metrics}")).parse().unwrap()
}

/// What the journal says of the last search of a conversation.
async fn journalled(talk: &Talk) -> Value {
    let detail = talk.detail().await;
    detail["turns"].as_array().unwrap().last().unwrap()["evidence"][0].clone()
}

#[tokio::test]
async fn not_known_and_cut_too_tight_look_different() {
    let mut place = Place::empty().file("knowledge/bicicletas.md", PRICE);
    let server = place.serve().await;
    assert_eq!(came_to(&metrics(&server).await, "evident"), 0, "the program's own looks are not counted");
    let evidence = search(&server, PARTLY).await[0]["evidence"].as_f64().unwrap();
    assert!((0.1..0.45).contains(&evidence), "{evidence} is no part");
    search(&server, EVIDENT).await;
    assert!(search(&server, NOTHING).await.is_empty());
    let told = metrics(&server).await;
    let counted = ["evident", "just_below_threshold", "below_threshold", "nothing"];
    assert_eq!(counted.map(|outcome| came_to(&told, outcome)), [1, 0, 1, 1], "{told}");
    assert_eq!(number(&told, "balcao_knowledge_evidence_threshold"), 0.5);
    let bucket = |name: &str| number(&told, name) as u64;
    assert_eq!(bucket("balcao_knowledge_hits_bucket{le=\"0\"}"), 1);
    assert_eq!(bucket("balcao_knowledge_hits_count"), 3);
    assert_eq!(bucket("balcao_knowledge_top_evidence_bucket{le=\"0.5\"}"), 2);
    assert_eq!(bucket("balcao_knowledge_top_evidence_count"), 3);
    assert!(server.terminate().await.0.success());

    // The same search against a threshold that is a little too high.
    let threshold = evidence * 1.1;
    place.set("BALCAO__KNOWLEDGE__EVIDENCE_THRESHOLD", &format!("{threshold:.4}"));
    let server = place.serve().await;
    let mut talk = server.talk().await;
    talk.say(PARTLY).await;
    let told = journalled(&talk).await;
    let about = |name: &str| told[name].as_f64().unwrap();
    assert_eq!((&told["hits"], told["passages"].as_array().unwrap().len()), (&1.into(), 0), "{told}");
    assert!((about("top") - evidence).abs() < 0.001, "{told}");
    assert!((about("threshold") - threshold).abs() < 0.001, "{told}");
    assert_eq!(came_to(&metrics(&server).await, "just_below_threshold"), 1);
    talk.say(NOTHING).await;
    assert_eq!(journalled(&talk).await["hits"], 0);
    assert!(server.terminate().await.0.success());
}

#[tokio::test]
async fn what_is_not_for_today_or_not_for_customers_is_found_in_no_way() {
    let about = |terms: &str, fact: &str| {
        format!(
            "---\n{terms}---\n# Aula de tricô\n\n## Onde fica a aula de tricô?\n\nA aula de tricô {fact}.\n"
        )
    };
    let hidden = [
        ("vencida.md", about("valid_until: 2020-01-31\n", "ficava no terraço"), "no terraço"),
        ("futura.md", about("valid_from: 2099-01-01\n", "ficará no mezanino"), "no mezanino"),
        ("interna.md", about("audience: equipe\n", "fica no depósito"), "no depósito"),
    ];
    let question = "Onde fica a aula de tricô?";
    let mut place = Place::empty().file("knowledge/hoje.md", &about("", "fica no subsolo"));
    for (name, text, _) in &hidden {
        place = place.file(&format!("knowledge/{name}"), text);
    }
    let holds = |text: &str| {
        assert!(text.contains("no subsolo"), "what holds is found: {text}");
        for (name, _, fact) in &hidden {
            assert!(!text.contains(fact) && !text.contains(name), "{name} shines through: {text}");
        }
    };
    let offline = place.run(&["search", question, "--limit", "10"], "").await;
    holds(&stdout(&offline));
    let server = place.serve().await;
    let listed = super::documents::documents(&server.door, "").await;
    assert_eq!(listed.len(), 4, "all of them are indexed: {listed:?}");
    let through = place.run(&["search", question, "--limit", "10"], "").await;
    assert_eq!(stdout(&through), stdout(&offline));
    holds(&Value::from(search(&server, question).await).to_string());
    let rank = server.door.operator(Method::POST, "/api/v1/knowledge/rank");
    let ranked: Value =
        rank.json(&serde_json::json!({"query": question})).send().await.unwrap().json().await.unwrap();
    assert_eq!(ranked["ranked"], serde_json::json!(["hoje.md"]));
    let mut talk = server.talk().await;
    let answer = talk.say(question).await;
    holds(&answer.text);
    holds(&journalled(&talk).await["passages"].to_string());
    assert!(server.terminate().await.0.success());
    // For those it is meant for, it is there.
    place.set("BALCAO__KNOWLEDGE__AUDIENCES", "equipe");
    let staff = stdout(&place.run(&["search", question, "--limit", "10"], "").await);
    assert!(
        staff.contains("no depósito") && staff.contains("no subsolo") && !staff.contains("no terraço"),
        "{staff}"
    );
}
