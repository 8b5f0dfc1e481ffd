//! What an operator sees of searches: whether something is not in the knowledge or is cut off too tightly.

use super::documents::PRICE;
use super::support::{Place, Process};
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
