//! What the built-in model makes of customers' first words over the demo shop: four sets of 240 messages in three languages,
//! each written without a look at the tools' examples, and the reaction that is right. The score is printed; run with
//! `--nocapture` to see it.
//!
//! The first two were looked at while the model was made. When it stood, the third was seen, and 146 were taken as they were
//! meant, and at last the fourth, and 146 were. The messages of the first two about payments name tools that are not here.
#![expect(clippy::print_stderr, reason = "the score should be seen")]

use crate::knowledge::calibration::demo;
use crate::tools::support::registry;
use balcao::agent::house::told_by_settings;
use balcao::config::business::Business;
use balcao::config::settings::Settings;
use balcao::domain::language::Language;
use balcao::domain::passage::Asked;
use balcao::domain::tool::ToolSpec;
use balcao::knowledge::search::KnowledgeBase;
use balcao::llm::model::{ChatMessage, ChatModel, ChatRequest, ToolChoice};
use balcao::llm::offline::OfflineModel;
use jiff::civil::date;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Passages that a turn is answered from.
const PASSAGES: usize = 6;

/// Which document an entry of the questions and answers is about.
const FAQ: &str = "faq001 horarios-e-endereco faq002 horarios-e-endereco faq003 horarios-e-endereco faq004 estacionamento \
    faq005 trocas-e-devolucoes faq006 trocas-e-devolucoes faq007 trocas-e-devolucoes faq008 trocas-e-devolucoes \
    faq009 garantia-das-plantas faq010 garantia-das-plantas faq011 formas-de-pagamento faq012 formas-de-pagamento \
    faq013 formas-de-pagamento faq014 prazos-e-frete faq015 prazos-e-frete faq016 prazos-e-frete faq017 prazos-e-frete \
    faq018 retirada-na-loja faq019 retirada-na-loja faq020 acompanhar-e-cancelar-pedido faq021 acompanhar-e-cancelar-pedido \
    faq022 acompanhar-e-cancelar-pedido faq023 presentes-e-embalagem faq024 presentes-e-embalagem faq025 presentes-e-embalagem \
    faq026 cupons-de-desconto faq027 cupons-de-desconto faq028 programa-de-fidelidade faq029 assinatura-mensal \
    faq030 consultoria-de-jardinagem faq031 jardim-vertical faq032 oficinas faq033 replantio-e-troca-de-vaso \
    faq034 agendamento-e-remarcacao faq035 pets-e-plantas-toxicas faq036 pets-e-plantas-toxicas faq037 luz faq038 regas \
    faq039 cuidados-orquidea faq040 pragas faq041 nota-fiscal faq042 empresas faq043 privacidade-e-lgpd \
    faq044 falar-com-uma-pessoa settings horarios-e-endereco";

/// How the model took a message.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Reaction {
    /// It calls one of these tools, or asks for what one of them needs.
    Tool(Vec<String>),
    /// It quotes a document.
    Document(String),
    /// It greets, thanks, or says who it is.
    Talk,
    /// It says that it does not know.
    Lost,
}

struct Bench {
    model: OfflineModel,
    tools: Arc<Vec<ToolSpec>>,
    knowledge: KnowledgeBase,
    phrases: toml::Table,
    business: Business,
}

impl Bench {
    async fn reaction(&self, text: &str, language: Language) -> Reaction {
        let asked = Asked { text: text.to_owned(), before: Vec::new(), language };
        let mut passages = self.knowledge.look_up(&asked, PASSAGES).await.unwrap().passages;
        let now = date(2026, 11, 23).at(10, 0, 0, 0).in_tz("America/Sao_Paulo").unwrap();
        let told = told_by_settings(text, &passages, &self.business, &now, language);
        passages.splice(0..0, told);
        let request = ChatRequest {
            messages: vec![ChatMessage::Customer(text.to_owned())],
            tools: self.tools.clone(),
            tool_choice: ToolChoice::Auto,
            passages: passages.clone(),
            pictures: Vec::new(),
            documents: Vec::new(),
            language,
            now,
            max_output_tokens: 500,
            step: 1,
            resort: balcao::llm::model::Resort::First,
            payer: balcao::limits::budget::Payer::default(),
        };
        let answer = self.model.answer(&request, &|_| {}).await.unwrap();
        if let Some(call) = answer.calls.first() {
            return Reaction::Tool(vec![call.name.clone()]);
        }
        let asks = |tool: &&ToolSpec| {
            let mut asks = tool.words.ask.values().filter_map(|ask| ask.get(language));
            asks.any(|ask| ask == answer.text)
        };
        let asking: Vec<String> = self.tools.iter().filter(asks).map(|tool| tool.name.clone()).collect();
        if !asking.is_empty() {
            return Reaction::Tool(asking);
        }
        if answer.at_a_loss {
            return Reaction::Lost;
        }
        let phrases = self.phrases["say"][language.tag()].as_table().unwrap();
        let is_talk = phrases.values().filter_map(toml::Value::as_str).any(|phrase| {
            let opening = phrase.split('{').next().unwrap_or_default();
            answer.text.starts_with(opening) && !opening.is_empty()
        });
        if is_talk {
            return Reaction::Talk;
        }
        let evident = passages.iter().max_by(|one, other| {
            one.evidence.total_cmp(&other.evidence).then(one.score.total_cmp(&other.score))
        });
        Reaction::Document(evident.map(|passage| passage.source.clone()).unwrap_or_default())
    }
}

/// Whether it is one of the reactions that `label` names: `doc:NAME`, `tool:NAME`, `talk`, `unknown`, joined with `|`.
fn is_right(reaction: &Reaction, label: &str) -> bool {
    let mut kind = "";
    label.split('|').any(|part| {
        let (own, name) = part.split_once(':').unwrap_or(("", part));
        kind = if own.is_empty() { kind } else { own };
        match (reaction, kind, name) {
            (Reaction::Talk, _, "talk") | (Reaction::Lost, _, "unknown") => true,
            (Reaction::Tool(tools), "tool", name) => tools.iter().any(|tool| tool == name),
            (Reaction::Document(source), "doc", name) => document(source) == name,
            _ => false,
        }
    })
}

/// The document that a source is, or is about.
fn document(source: &str) -> &str {
    let mut entries = FAQ.split_ascii_whitespace();
    while let (Some(entry), Some(document)) = (entries.next(), entries.next()) {
        if entry == source {
            return document;
        }
    }
    source.trim_end_matches(".md")
}

#[derive(Default)]
struct Score {
    all: usize,
    right: usize,
    /// Told that it does not know, or what it can do, where there was something to do.
    lost: usize,
}

/// How many messages there are, and of how many the reaction is right.
async fn measure(name: &str, lines: &str) -> (usize, usize) {
    let (_folder, knowledge) = demo();
    let bench = Bench {
        model: OfflineModel::new(),
        tools: registry().specs(),
        knowledge,
        phrases: toml::from_str(include_str!("../../prompts/offline.toml")).unwrap(),
        business: Settings::load(None, &Vec::new()).unwrap().business,
    };
    let mut scores: BTreeMap<&str, Score> = BTreeMap::new();
    for line in lines.lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        let [language, label, text] = fields[..] else { panic!("three columns: {line}") };
        let reaction = bench.reaction(text, language.parse().unwrap()).await;
        let kind = label.split([':', '|']).next().unwrap();
        let score = scores.entry(kind).or_default();
        score.all += 1;
        if is_right(&reaction, label) {
            score.right += 1;
            continue;
        }
        score.lost += usize::from(reaction == Reaction::Lost);
        eprintln!("  {label}: {text:?}\n      {reaction:?}");
    }
    let of = |count: fn(&Score) -> usize| scores.values().map(count).sum::<usize>();
    let (all, right, lost) = (of(|score| score.all), of(|score| score.right), of(|score| score.lost));
    for (kind, score) in &scores {
        eprintln!("{name} {kind:7} right {} of {}, at a loss {}", score.right, score.all, score.lost);
    }
    eprintln!("{name}: right {right} of {all}, at a loss {lost}, something else {}", all - right - lost);
    (all, right)
}

#[tokio::test]
async fn first_words_are_taken_as_they_are_meant() {
    for (name, lines, least) in [
        ("first", include_str!("first_messages/first.tsv"), 175),
        ("second", include_str!("first_messages/second.tsv"), 148),
        ("third", include_str!("first_messages/third.tsv"), 153),
        ("fourth", include_str!("first_messages/fourth.tsv"), 142),
    ] {
        let (all, right) = measure(name, lines).await;
        assert!(all == 240 && right >= least, "{right} of {all}");
    }
}
