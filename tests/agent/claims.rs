//! Replies with their evidence, half of them with one planted false claim: how many of those are caught, and how many true
//! ones are blocked. Each set was written when the rules stood on those before it.

use balcao::agent::guard::{Withheld, judge, judge_after};
use balcao::agent::proof::Proof;
use balcao::agent::second_look::Look;
use balcao::config::business::Business;
use balcao::domain::effect::Effect;
use balcao::domain::event::{Event, EventBody};
use balcao::domain::hours::WeekHours;
use balcao::domain::ids::{CallId, ConversationId, MessageId, TurnId};
use balcao::domain::language::Language;
use balcao::domain::message::{Message, Role};
use balcao::domain::passage::Passage;
use balcao::domain::tool_call::{ToolCall, ToolOutcome};
use balcao::language::sentences::sentences;
use balcao::language::statements::terms_of;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use serde::Deserialize;
use uuid::Uuid;

/// The present in every scene of a set that names no other: a Thursday.
const NOW: &str = "2026-11-26T10:00:00-03:00[America/Sao_Paulo]";

/// In the order in which they were written; the rules were mended with each of them in view.
const SETS: [&str; 16] = [
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
    "twelfth",
    "thirteenth",
    "fourteenth",
    "fifteenth",
    "sixteenth",
];

/// Written when the rules stood on all of the above, in the manner of strong models; nobody mends the rules until they pass. They
/// tell what to expect of replies that nobody has seen. At first sight: 73 % caught and 17 % blocked, 91 and 26, 65 and 55, 80 and 37,
/// 72 and 35; since then some rules were mended that they had shown to be wrong.
const LATER: [&str; 5] = ["seventeenth", "eighteenth", "nineteenth", "twentieth", "twentyfirst"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Set {
    /// Whether its businesses keep other hours than the shop whose settings are used.
    #[serde(default)]
    strangers: bool,
    /// The present in every scene.
    #[serde(default = "thursday")]
    now: Zoned,
    scene: Vec<Scene>,
}

fn thursday() -> Zoned {
    NOW.parse().unwrap()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Scene {
    language: Language,
    #[serde(default)]
    customer: Vec<String>,
    /// What a person of the business wrote.
    #[serde(default)]
    person: Vec<String>,
    #[serde(default)]
    tool: Vec<Tool>,
    #[serde(default)]
    passage: Vec<PassageText>,
    #[serde(rename = "true")]
    honest: Vec<String>,
    #[serde(rename = "false")]
    planted: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Tool {
    name: String,
    title: String,
    #[serde(default)]
    wrote: bool,
    result: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PassageText {
    id: String,
    title: String,
    heading: Option<String>,
    text: String,
}

/// What came of a set.
#[derive(Default)]
struct Score {
    planted: usize,
    caught: usize,
    honest: usize,
    blocked: usize,
    /// The replies that were judged wrongly.
    wrong: Vec<String>,
}

impl Score {
    fn add(&mut self, other: Self) {
        self.planted += other.planted;
        self.caught += other.caught;
        self.honest += other.honest;
        self.blocked += other.blocked;
        self.wrong.extend(other.wrong);
    }

    fn count(&mut self, is_true: bool, reply: &str, withheld: Option<&Withheld>) {
        match (is_true, withheld) {
            (true, first) => {
                self.honest += 1;
                self.blocked += usize::from(first.is_some());
                self.wrong
                    .extend(first.map(|first| format!("  blocked: {reply:?}\n           {}", first.reason)));
            }
            (false, Some(_)) => (self.planted, self.caught) = (self.planted + 1, self.caught + 1),
            (false, None) => {
                self.planted += 1;
                self.wrong.push(format!("  passed:  {reply:?}"));
            }
        }
    }

    fn share_caught(&self) -> f64 {
        self.caught as f64 / self.planted as f64
    }

    fn share_blocked(&self) -> f64 {
        self.blocked as f64 / self.honest as f64
    }

    fn told(&self, name: &str) -> String {
        format!(
            "{name}: caught {} of {} planted ({:.1} %), blocked {} of {} true ({:.1} %)\n{}",
            self.caught,
            self.planted,
            self.share_caught() * 1e2,
            self.blocked,
            self.honest,
            self.share_blocked() * 1e2,
            self.wrong.join("\n")
        )
    }
}

#[derive(Deserialize)]
struct File {
    business: Business,
}

fn message(role: Role, text: &str, now: &Zoned) -> EventBody {
    EventBody::Message(Message::new(MessageId(Uuid::nil()), role, text.to_owned(), now.timestamp()))
}

fn proof_of(scene: &Scene, strangers: bool, now: &Zoned) -> Proof {
    let mut file: File = toml::from_str(include_str!("../../src/config/default/business.toml")).unwrap();
    if strangers {
        file.business.hours = WeekHours::default();
    }
    let turn = TurnId(Uuid::nil());
    let mut bodies: Vec<EventBody> =
        scene.customer.iter().map(|text| message(Role::Customer, text, now)).collect();
    bodies.extend(scene.person.iter().map(|text| message(Role::Human, text, now)));
    let events: Vec<Event> = (1..)
        .zip(bodies)
        .map(|(seq, body)| Event {
            conversation: ConversationId(Uuid::nil()),
            seq,
            turn: None,
            at: Timestamp::UNIX_EPOCH,
            body,
        })
        .collect();
    let mut proof = Proof::of_the_program(&file.business, now, scene.language);
    proof.about = terms_of(&scene.customer.join("\n"), scene.language);
    proof.add_events(&events, turn, now, scene.language);
    proof.ground();
    for passage in &scene.passage {
        let passage = Passage {
            id: passage.id.clone(),
            source: passage.id.clone(),
            title: passage.title.clone(),
            heading: passage.heading.clone(),
            text: passage.text.clone(),
            score: 1.0,
            evidence: 1.0,
        };
        proof.add_passage(&passage, scene.language);
    }
    for (index, tool) in scene.tool.iter().enumerate() {
        let call =
            ToolCall { id: CallId::at(1, index), name: tool.name.clone(), arguments: serde_json::json!({}) };
        let effects = if tool.wrote { vec![Effect::Wrote] } else { Vec::new() };
        let data = serde_json::from_str(&tool.result).unwrap();
        let outcome = ToolOutcome::Done { data, effects, sources: Vec::new(), cut: false };
        proof.add_outcome(&call, &tool.title, &outcome, scene.language);
    }
    assert_eq!(now.time_zone(), &TimeZone::get("America/Sao_Paulo").unwrap());
    proof
}

fn score(text: &str) -> Score {
    let set: Set = toml::from_str(text).unwrap();
    let mut score = Score::default();
    for scene in &set.scene {
        let proof = proof_of(scene, set.strangers, &set.now);
        for (is_true, replies) in [(true, &scene.honest), (false, &scene.planted)] {
            for reply in replies {
                let judged = judge(reply, &proof, scene.language);
                score.count(is_true, reply, judged.withheld.first());
            }
        }
    }
    score
}

#[test]
fn planted_claims_are_caught_and_true_ones_pass() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut all = Score::default();
    let score_of = |name: &str| {
        let file = folder.join(format!("tests/agent/claims/{name}.toml"));
        let score = score(&std::fs::read_to_string(file).unwrap());
        println!("{}", score.told(name));
        score
    };
    SETS.iter().for_each(|name| all.add(score_of(name)));
    let told = all.told("all sets");
    println!("{told}");
    assert!(all.share_caught() >= 0.95 && all.share_blocked() <= 0.03, "{told}");
    let mut later = Score::default();
    LATER.iter().for_each(|name| later.add(score_of(name)));
    let told = later.told("later sets");
    println!("{told}");
    assert!(later.share_caught() >= 0.76 && later.share_blocked() <= 0.19, "{told}");
}

/// What is asked every day. Not counted: how many hours are offered; a rule of one thing told of another; `all` where it says
/// `the first`.
#[test]
fn what_is_asked_every_day_is_told_as_it_is() {
    for (name, text, most_missed) in [
        ("how far an order has come", include_str!("claims/stages.toml"), 0),
        ("the counter's day", include_str!("claims/counter.toml"), 1),
        ("English and Spanish", include_str!("claims/abroad.toml"), 3),
        ("terms, lengths and hours", include_str!("claims/terms.toml"), 0),
    ] {
        let score = score(text);
        let told = score.told(name);
        println!("{told}");
        assert!(score.planted >= 20 && score.planted - score.caught <= most_missed, "{told}");
        assert_eq!(score.blocked, 0, "{told}");
    }
}

/// Plain replies of everyday life, written blind by others. At first sight 67 % were caught and 20 % blocked, 91 % and 19 %, and,
/// with the rules mended in view of those two, 44 % and 16 % of the third: rules made in view of some replies tell little of
/// others that state terms without a number. None of the three measures any more what to expect of replies that nobody has seen.
#[test]
fn plain_replies_of_everyday_life_are_judged_as_they_are() {
    for (name, text, most_missed, most_blocked) in [
        ("plain replies", include_str!("claims/plain_first.toml"), 0, 0),
        ("more plain replies", include_str!("claims/plain_second.toml"), 0, 0),
        ("the third plain replies", include_str!("claims/plain_third.toml"), 36, 4),
    ] {
        let score = score(text);
        let told = score.told(name);
        println!("{told}");
        assert!(score.planted >= 75 && score.planted - score.caught <= most_missed, "{told}");
        assert!(score.honest >= 75 && score.blocked <= most_blocked, "{told}");
    }
}

/// Replies of the kinds that claims are of (money, shares, dates, times, quantities, numbers, stock, deliveries, deeds), four sets
/// of 300, each written blind. The rules that stood before them caught 77, 81, 65 and 77 % and blocked 27, 31, 28 and 28 %. They
/// were mended in view of the first, then of the second, then of the third; when the fourth was first seen they stood at 78 and 27 %
/// on it: mending in view of some replies tells little of others.
#[test]
fn replies_of_the_kinds_that_claims_are_of_are_judged_as_they_are() {
    let mut all = Score::default();
    for (name, text) in [
        ("the first of all kinds", include_str!("claims/kinds_first.toml")),
        ("the second of all kinds", include_str!("claims/kinds_second.toml")),
        ("the third of all kinds", include_str!("claims/kinds_third.toml")),
        ("the fourth of all kinds", include_str!("claims/kinds_fourth.toml")),
    ] {
        let score = score(text);
        println!("{}", score.told(name));
        all.add(score);
    }
    let told = all.told("all kinds");
    assert_eq!((all.planted, all.honest), (600, 600));
    assert!(all.share_caught() >= 0.77 && all.share_blocked() <= 0.19, "{told}");
}

/// Second answers to what was withheld of the fourth of those sets for want of proof, where the writer kept the sentence and showed
/// words of a source for it: those of one who kept what they found true, and of one who kept everything and looked for the words
/// that would get it through. By scene and reply: `5-t2` is the third true reply of the fifth scene.
#[test]
fn what_is_shown_saves_truths_and_hardly_lies() {
    let set: Set = toml::from_str(include_str!("claims/kinds_fourth.toml")).unwrap();
    let passed = |drafts: &str, kind: &str| {
        let drafts: std::collections::BTreeMap<String, String> = serde_json::from_str(drafts).unwrap();
        let drafts: Vec<(&String, &String)> =
            drafts.iter().filter(|(place, _)| place.contains(kind)).collect();
        let passes = |(place, draft): &&(&String, &String)| {
            let scene: usize = place.split('-').next().unwrap().parse().unwrap();
            let scene = &set.scene[scene - 1];
            judge(draft, &proof_of(scene, set.strangers, &set.now), scene.language).withheld.is_empty()
        };
        (drafts.iter().filter(passes).count(), drafts.len())
    };
    let (careful, stubborn) =
        (include_str!("claims/second_careful.json"), include_str!("claims/second_stubborn.json"));
    let (truths, kept) = passed(careful, "-t");
    assert_eq!(passed(careful, "-f").1, 0, "the careful one kept no lie");
    let (lies, insisted) = passed(stubborn, "-f");
    println!("of {kept} truths that were shown {truths} pass, of {insisted} lies {lies}");
    assert!(kept == 36 && truths >= 20, "{truths} of {kept}");
    assert!(insisted == 101 && lies <= 11, "{lies} of {insisted}");
}

/// Two more blind sets of 150, and what a large model of today said of their replies when it was asked with `second_look.md`, each
/// reply by itself: `3-t2` is the second true reply of the third scene. At first sight all lies were caught and 10 % of the truths
/// blocked; then what it shows was understood better, and believed less. By words alone 77 and 36 %.
#[test]
fn a_second_look_finds_what_reading_words_does_not() {
    let (mut alone, mut looked) = (Score::default(), Score::default());
    for (name, set, looks) in [
        ("fifth", include_str!("claims/kinds_fifth.toml"), include_str!("claims/kinds_fifth_looks.json")),
        ("sixth", include_str!("claims/kinds_sixth.toml"), include_str!("claims/kinds_sixth_looks.json")),
    ] {
        let by_words = score(set);
        println!("{}", by_words.told(&format!("the {name} of all kinds, by words alone")));
        alone.add(by_words);
        let set: Set = toml::from_str(set).unwrap();
        let looks: std::collections::BTreeMap<String, String> = serde_json::from_str(looks).unwrap();
        let mut score = Score::default();
        for (number, scene) in (1..).zip(&set.scene) {
            let proof = proof_of(scene, set.strangers, &set.now);
            for (kind, replies) in [("t", &scene.honest), ("f", &scene.planted)] {
                for (place, reply) in (1..).zip(replies) {
                    let Some(answer) = looks.get(&format!("{number}-{kind}{place}")) else { continue };
                    let look = Look::read(answer, sentences(reply).len()).unwrap();
                    let judged = judge_after(reply, &proof, scene.language, &look);
                    score.count(kind == "t", reply, judged.withheld.first());
                }
            }
        }
        println!("{}", score.told(&format!("the {name} of all kinds, looked at twice")));
        looked.add(score);
    }
    let told = format!("{}\n{}", alone.told("by words alone"), looked.told("looked at twice"));
    println!("{told}");
    assert_eq!((looked.planted, looked.honest), (150, 150));
    assert!(alone.share_caught() >= 0.76 && alone.share_blocked() <= 0.37, "{told}");
    assert!(looked.share_caught() >= 0.99 && looked.share_blocked() <= 0.12, "{told}");
}

#[test]
fn what_results_and_documents_say_in_their_own_words_passes() {
    let shop = score(include_str!("claims/shop.toml"));
    assert_eq!(shop.blocked, 0, "{}", shop.told("the shop's tools"));
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("knowledge");
    let mut passages = 0;
    let mut blocked = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|ending| ending != "md") {
            continue;
        }
        let document = std::fs::read_to_string(&path).unwrap();
        for section in document.split("\n## ").skip(1) {
            let (heading, text) = section.split_once('\n').unwrap();
            passages += 1;
            let scene = Scene {
                language: Language::Portuguese,
                customer: Vec::new(),
                person: Vec::new(),
                tool: Vec::new(),
                passage: vec![PassageText {
                    id: passages.to_string(),
                    title: String::new(),
                    heading: Some(heading.to_owned()),
                    text: text.to_owned(),
                }],
                honest: Vec::new(),
                planted: Vec::new(),
            };
            let judged = judge(text, &proof_of(&scene, false, &thursday()), Language::Portuguese);
            blocked.extend(judged.withheld.into_iter().map(|withheld| format!("{heading}: {withheld:?}")));
        }
    }
    assert!(passages > 100, "only {passages} passages");
    // One tells customers how to be handed over, in words that only a hand-over may use.
    assert!(blocked.len() <= 1, "{}", blocked.join("\n"));
}
