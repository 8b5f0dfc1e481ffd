//! A second opinion on the order of what was found: one bounded call to a language model, which may only order what the
//! evidence has let through already. What it says in another way, too late or not at all leaves the order as it was, so
//! that "not found" means the same with it and without. The one place of the knowledge that talks to a model of language.

use crate::domain::clock::Clock;
use crate::domain::language::Language;
use crate::domain::passage::Passage;
use crate::limits::budget::Payer;
use crate::llm::model::{ChatMessage, ChatModel, ChatRequest, Resort, ToolChoice};
use crate::prompts::Prompts;
use jiff::tz::TimeZone;
use std::sync::Arc;
use std::time::Duration;

/// Letters of a passage that are shown: what it is about is said early.
const MOST_LETTERS: usize = 700;

/// Tokens of a list of numbers.
const MOST_TOKENS: u32 = 120;

/// Asks a model for the order of passages.
pub struct Reranker {
    /// Who is asked.
    pub model: Arc<dyn ChatModel>,
    /// Holds what it is told.
    pub prompts: Arc<Prompts>,
    /// For the model's present.
    pub clock: Arc<dyn Clock>,
    /// Of the business.
    pub zone: TimeZone,
    /// Passages that are looked at, the best first.
    pub candidates: usize,
    /// The longest wait for the answer.
    pub timeout: Duration,
}

impl Reranker {
    /// Lets the model order the passages that may be taken for an answer: on the same places as before, and with the
    /// scores of these places, so that scores still fall. The others stay where they are.
    pub async fn reorder(
        &self,
        question: &str,
        language: Language,
        passages: &mut [Passage],
        evident: impl Fn(&Passage) -> bool,
    ) {
        let mut places: Vec<usize> = (0..passages.len()).filter(|at| evident(&passages[*at])).collect();
        places.truncate(self.candidates);
        if places.len() < 2 {
            return;
        }
        let before: Vec<Passage> = places.iter().map(|at| passages[*at].clone()).collect();
        let Some(order) = self.order(question, language, &before).await else { return };
        for (at, from) in places.into_iter().zip(order) {
            let score = passages[at].score;
            passages[at] = Passage { score, ..before[from].clone() };
        }
    }

    /// The order in which the passages should stand; nothing if it is to stay.
    async fn order(&self, question: &str, language: Language, passages: &[Passage]) -> Option<Vec<usize>> {
        let request = self.request(question, language, passages)?;
        let answer = tokio::time::timeout(self.timeout, self.model.answer(&request, &|_| {})).await;
        let (outcome, order) = match answer {
            Ok(Ok(answer)) => match order(&answer.text, passages.len()) {
                Some(order) => ("ordered", Some(order)),
                None => ("unreadable", None),
            },
            Ok(Err(error)) => {
                tracing::warn!(%error, "the passages stay in the order they were found in");
                ("failed", None)
            }
            Err(_late) => ("late", None),
        };
        metrics::counter!("balcao_knowledge_reranks_total", "outcome" => outcome).increment(1);
        order
    }

    fn request(&self, question: &str, language: Language, passages: &[Passage]) -> Option<ChatRequest> {
        let shown: Vec<Passage> = passages.iter().map(beginning).collect();
        let task = match self.prompts.rerank(language, &shown) {
            Ok(task) => task,
            Err(error) => {
                tracing::error!(%error, "the prompt `rerank.md` cannot be filled in");
                return None;
            }
        };
        Some(ChatRequest {
            messages: vec![ChatMessage::System(task), ChatMessage::Customer(question.to_owned())],
            tools: Arc::default(),
            tool_choice: ToolChoice::None,
            passages: Vec::new(),
            pictures: Vec::new(),
            documents: Vec::new(),
            language,
            now: self.clock.now().to_zoned(self.zone.clone()),
            max_output_tokens: MOST_TOKENS,
            step: 1,
            // The built-in one orders nothing better than the search did.
            resort: Resort::Outside,
            // A search does not know for whom it is: the business pays.
            payer: Payer::default(),
        })
    }
}

fn beginning(passage: &Passage) -> Passage {
    let end = passage.text.char_indices().nth(MOST_LETTERS).map_or(passage.text.len(), |(end, _)| end);
    Passage { text: passage.text[..end].to_owned(), ..passage.clone() }
}

/// The order that an answer gives: the last list in it, each number once, those it leaves out behind the others. One
/// number that is none of the passages', and it was not understood.
fn order(answer: &str, count: usize) -> Option<Vec<usize>> {
    let list = match answer.rfind('[') {
        Some(begin) => answer[begin + 1..].split(']').next().unwrap_or_default(),
        None => answer.trim(),
    };
    let mut order: Vec<usize> = Vec::with_capacity(count);
    for number in list.split([',', ';', '>', ' ', '\n']).map(str::trim).filter(|part| !part.is_empty()) {
        let place = number.parse::<usize>().ok()?.checked_sub(1).filter(|place| *place < count)?;
        if !order.contains(&place) {
            order.push(place);
        }
    }
    if order.is_empty() {
        return None;
    }
    let rest: Vec<usize> = (0..count).filter(|place| !order.contains(place)).collect();
    order.extend(rest);
    Some(order)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_read_and_what_it_leaves_out_comes_last() {
        assert_eq!(order("[2, 1, 3]", 3), Some(vec![1, 0, 2]));
        assert_eq!(order("The best is [1] but I would say: [3]", 3), Some(vec![2, 0, 1]));
        assert_eq!(order("3 > 1", 3), Some(vec![2, 0, 1]));
        assert_eq!(order("2,2,2", 2), Some(vec![1, 0]));
    }

    #[test]
    fn what_is_no_order_of_these_passages_is_none() {
        for answer in ["", "[]", "[4]", "[0]", "[1, 9]", "the second one", "[1, dois]", "-1"] {
            assert_eq!(order(answer, 3), None, "{answer}");
        }
    }

    proptest::proptest! {
        #[test]
        fn whatever_is_answered_no_passage_is_lost_or_doubled(answer in "[0-9,\\[\\] a]{0,30}") {
            if let Some(mut places) = order(&answer, 5) {
                places.sort_unstable();
                proptest::prop_assert_eq!(places, vec![0, 1, 2, 3, 4]);
            }
        }
    }
}
