//! Models in a row: the next one answers when one cannot. Keeps away from models that are broken, locked or over
//! their quota. It does not retry a model; each link brings that along.

use super::draft::Draft;
use super::link::{Link, count};
use super::model::{ChatAnswer, ChatModel, ChatRequest, DeltaSink, ModelError, ModelErrorKind, Resort};
use super::outage::Outage;
use crate::llm::offline::OfflineModel;
use async_trait::async_trait;
use std::sync::Arc;

/// Models in the order they are tried.
pub struct Chain {
    /// Answers before the others where it is sure.
    lead: Option<Arc<OfflineModel>>,
    links: Vec<Link>,
    outage: Option<Arc<Outage>>,
}

impl Chain {
    /// A chain of `links`.
    pub fn new(links: Vec<Link>) -> Self {
        Self { lead: None, links, outage: None }
    }

    /// The same chain, with the built-in model before it wherever that is sure.
    #[must_use]
    pub fn led_by(self, lead: Arc<OfflineModel>) -> Self {
        Self { lead: Some(lead), ..self }
    }

    /// The same chain, whose models count as away while `outage` is on.
    #[must_use]
    pub fn rehearsing(self, outage: Arc<Outage>) -> Self {
        Self { outage: Some(outage), ..self }
    }

    /// Whether a model stands before the built-in one.
    pub fn has_models(&self) -> bool {
        self.links.iter().any(|link| link.gate.is_some())
    }

    /// The names of the models, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.links.iter().map(|link| link.model.name())
    }

    /// Whether any model would be asked now: one that needs no gate, or whose breaker lets a call through.
    pub fn has_way(&self) -> bool {
        self.links.iter().any(|link| link.gate.as_ref().is_none_or(|gate| gate.breaker.would_permit()))
    }

    /// Asks every model by itself, in order; for a look at whether each works.
    pub async fn answers(&self, request: &ChatRequest) -> Vec<(&str, Result<ChatAnswer, ModelError>)> {
        let mut answers = Vec::new();
        for link in &self.links {
            let draft = Draft::to(&|_| {});
            answers.push((link.model.name(), link.answer(request, &draft, None).await));
        }
        answers
    }
}

#[async_trait]
impl ChatModel for Chain {
    fn name(&self) -> &str {
        "chain"
    }

    async fn answer(&self, request: &ChatRequest, deltas: DeltaSink<'_>) -> Result<ChatAnswer, ModelError> {
        if request.resort != Resort::Outside
            && let Some(lead) = &self.lead
            && let Some(answer) = lead.answer_if_sure(request, deltas)
        {
            count(lead.name(), "answered");
            return Ok(answer);
        }
        let draft = Draft::to(deltas);
        let mut failures = Vec::new();
        let may_answer = |link: &&Link| match request.resort {
            Resort::First => true,
            // What needs no gate is the program's own.
            Resort::Outside => link.gate.is_some(),
            Resort::Last => link.gate.is_none(),
        };
        for link in self.links.iter().filter(may_answer) {
            match link.answer(request, &draft, self.outage.as_deref()).await {
                Ok(answer) => {
                    let stands_in = link.gate.is_none() && !failures.is_empty();
                    return Ok(ChatAnswer { stands_in, ..answer });
                }
                // Another model would not shorten the transcript, nor should it be shopped for consent.
                Err(error) if matches!(error.kind, ModelErrorKind::TooLong | ModelErrorKind::Refused) => {
                    return Err(error);
                }
                Err(error) => {
                    tracing::warn!(model = %error.model, "the model cannot answer: {}", error.detail);
                    failures.push(error);
                }
            }
        }
        // The failure that is worth coming back for, if any. That there were too many requests is all there is to say
        // only if it holds for every model.
        let is_transient = |error: &ModelError| matches!(error.kind, ModelErrorKind::Transient { .. });
        let is_over_quota = |error: &ModelError| {
            matches!(error.kind, ModelErrorKind::OverQuota { .. } | ModelErrorKind::OverBudget)
        };
        let hopeful = failures.iter().position(is_transient);
        let telling = hopeful.or_else(|| failures.iter().rposition(|error| !is_over_quota(error)));
        Err(match telling {
            Some(position) => failures.swap_remove(position),
            None => failures.pop().unwrap_or_else(|| ModelError {
                model: self.name().to_owned(),
                kind: ModelErrorKind::Permanent,
                detail: "the chain holds no such model".into(),
            }),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::clock::ManualClock;
    use crate::limits::breaker::{Breaker, BreakerPolicy};
    use crate::limits::pause::testing::ClockPause;
    use crate::limits::quota::{OutboundQuota, OutboundRates};
    use crate::llm::link::Gate;
    use crate::llm::model::ChatMessage;
    use crate::llm::scripted::testing::{fails, request, says};
    use crate::llm::scripted::{Reply, ScriptedModel};
    use std::time::Duration;

    struct Bench {
        clock: Arc<ManualClock>,
        main: Arc<ScriptedModel>,
        spare: Arc<ScriptedModel>,
        chain: Chain,
    }

    fn bench(main: Vec<Reply>, spare: Vec<Reply>, rates: OutboundRates) -> Bench {
        let clock = Arc::new(ManualClock::at("2026-08-01T12:00:00Z".parse().unwrap()));
        let main = Arc::new(ScriptedModel::new("main", main));
        let spare = Arc::new(ScriptedModel::new("spare", spare));
        let gate = Gate {
            breaker: Breaker::new("main", BreakerPolicy::AFTER_RETRIES, clock.clone()),
            quota: OutboundQuota::new(rates, clock.clone(), ClockPause::new(clock.clone())),
            quota_wait: Duration::ZERO,
        };
        let chain = Chain::new(vec![
            Link { model: main.clone(), gate: Some(gate) },
            Link { model: spare.clone(), gate: None },
        ]);
        Bench { clock, main, spare, chain }
    }

    async fn ask(chain: &Chain) -> Result<String, ModelErrorKind> {
        chain.answer(&request(), &|_| {}).await.map(|answer| answer.model).map_err(|error| error.kind)
    }

    const TRANSIENT: ModelErrorKind = ModelErrorKind::Transient { retry_after: None };

    #[tokio::test]
    async fn falls_to_the_next_model_and_says_who_answered() {
        for kind in [TRANSIENT, ModelErrorKind::Exhausted, ModelErrorKind::Permanent] {
            let bench = bench(vec![fails(kind)], vec![says("oi")], OutboundRates::default());
            assert_eq!(ask(&bench.chain).await, Ok("spare".into()));
        }
        let bench = bench(vec![says("oi")], vec![], OutboundRates::default());
        assert_eq!(ask(&bench.chain).await, Ok("main".into()));
    }

    #[tokio::test]
    async fn the_built_in_model_leads_where_it_is_sure() {
        let Bench { main, chain, .. } = bench(vec![says("oi")], Vec::new(), OutboundRates::default());
        let chain = chain.led_by(Arc::new(OfflineModel::new()));
        let mut asked = request();
        asked.tools =
            Arc::new(vec![crate::llm::repair::testing::tool("order_status", serde_json::json!({}))]);
        asked.messages = vec![ChatMessage::Customer("oi, tudo bem?".into())];
        assert_eq!(
            chain.answer(&asked, &|_| {}).await.unwrap().model,
            "main",
            "small talk is not its strength"
        );
        let call = crate::domain::tool_call::ToolCall {
            id: crate::domain::ids::CallId::at(1, 0),
            name: "order_status".into(),
            arguments: serde_json::json!({}),
        };
        asked.messages.push(ChatMessage::Assistant { text: String::new(), calls: vec![call.clone()] });
        asked.messages.push(ChatMessage::ToolResult { call, content: r#"{"error":"not found"}"#.into() });
        assert_eq!(chain.answer(&asked, &|_| {}).await.unwrap().model, "offline", "results it can tell");
        assert_eq!(main.requests().len(), 1);
    }

    #[tokio::test]
    async fn the_last_resort_is_the_built_in_model() {
        let mut bench = bench(vec![says("main")], Vec::new(), OutboundRates::default());
        bench.chain.links.push(Link { model: Arc::new(OfflineModel::new()), gate: None });
        bench.chain.links.remove(1);
        let request = ChatRequest { resort: Resort::Last, ..request() };
        assert_eq!(bench.chain.answer(&request, &|_| {}).await.unwrap().model, "offline");
        assert!(bench.main.requests().is_empty());
    }

    #[tokio::test]
    async fn does_not_shop_around() {
        for kind in [ModelErrorKind::TooLong, ModelErrorKind::Refused] {
            let bench = bench(vec![fails(kind.clone())], vec![says("oi")], OutboundRates::default());
            assert_eq!(ask(&bench.chain).await, Err(kind));
            assert!(bench.spare.requests().is_empty());
        }
    }

    #[tokio::test]
    async fn leaves_a_broken_model_alone_and_comes_back() {
        let mut replies: Vec<_> = (0..5).map(|_| fails(TRANSIENT)).collect();
        replies.push(says("back"));
        let bench = bench(replies, (0..7).map(|_| says("oi")).collect(), OutboundRates::default());
        for _ in 0..7 {
            assert_eq!(ask(&bench.chain).await, Ok("spare".into()));
        }
        assert_eq!(bench.main.requests().len(), 5, "the breaker is open");
        bench.clock.advance(Duration::from_secs(13));
        assert_eq!(ask(&bench.chain).await, Ok("main".into()));
    }

    #[tokio::test]
    async fn leaves_a_locked_model_alone_at_once() {
        let replies = vec![fails(ModelErrorKind::Exhausted), says("back")];
        let bench = bench(replies, vec![says("1"), says("2")], OutboundRates::default());
        assert_eq!(ask(&bench.chain).await, Ok("spare".into()));
        assert_eq!(ask(&bench.chain).await, Ok("spare".into()));
        assert_eq!(bench.main.requests().len(), 1);
        bench.clock.advance(Duration::from_secs(75));
        assert_eq!(ask(&bench.chain).await, Ok("main".into()));
    }

    #[tokio::test]
    async fn keeps_to_the_quota() {
        let rates = OutboundRates { requests_per_minute: 1, tokens_per_minute: 0 };
        let bench = bench(vec![says("1"), says("2")], vec![says("oi")], rates);
        assert_eq!(ask(&bench.chain).await, Ok("main".into()));
        assert_eq!(ask(&bench.chain).await, Ok("spare".into()));
    }

    #[tokio::test]
    async fn names_the_failure_worth_coming_back_for() {
        let failing =
            bench(vec![fails(TRANSIENT)], vec![fails(ModelErrorKind::Permanent)], OutboundRates::default());
        assert_eq!(ask(&failing.chain).await, Err(TRANSIENT));
        assert_eq!(ask(&Chain::new(Vec::new())).await, Err(ModelErrorKind::Permanent));
    }

    #[tokio::test]
    async fn is_over_quota_only_if_every_model_is() {
        let busy = ModelErrorKind::OverQuota { retry_after: Duration::from_secs(20) };
        let rates = || OutboundRates { requests_per_minute: 1, tokens_per_minute: 0 };
        let both = bench(vec![says("1")], vec![fails(busy.clone()), fails(TRANSIENT)], rates());
        assert_eq!(ask(&both.chain).await, Ok("main".into()));
        assert!(matches!(ask(&both.chain).await, Err(ModelErrorKind::OverQuota { .. })));
        assert_eq!(ask(&both.chain).await, Err(TRANSIENT));
        let exhausted = fails(ModelErrorKind::Exhausted);
        let one = bench(vec![fails(busy.clone())], vec![exhausted, fails(busy)], OutboundRates::default());
        assert_eq!(ask(&one.chain).await, Err(ModelErrorKind::Exhausted));
        // The breaker is open now: whether the endpoint would still mind is not known.
        assert!(matches!(ask(&one.chain).await, Err(ModelErrorKind::Transient { .. })));
    }

    #[tokio::test]
    async fn counts_what_it_does() {
        let recorder = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder();
        let handle = recorder.handle();
        let _here = metrics::set_default_local_recorder(&recorder);
        let spoken = Reply { input_tokens: 7, output_tokens: 3, ..says("oi") };
        let bench =
            bench(vec![fails(ModelErrorKind::Exhausted)], vec![spoken, says("oi")], OutboundRates::default());
        ask(&bench.chain).await.unwrap();
        ask(&bench.chain).await.unwrap();
        let text = handle.render();
        for line in [
            r#"balcao_llm_requests_total{provider="main",outcome="exhausted"} 1"#,
            r#"balcao_llm_requests_total{provider="main",outcome="breaker_open"} 1"#,
            r#"balcao_llm_requests_total{provider="spare",outcome="answered"} 2"#,
            r#"balcao_llm_tokens_total{kind="input"} 7"#,
            r#"balcao_llm_tokens_total{kind="output"} 3"#,
            r#"balcao_breaker_state{target="main"} 2"#,
        ] {
            assert!(text.contains(line), "{line} is not in\n{text}");
        }
    }
}
