//! A model for checks: it calls real tools of the demo shop by what the customer writes, and holds an answer in the
//! middle until the test lets it go on. It understands nothing.

use async_trait::async_trait;
use balcao::domain::ids::CallId;
use balcao::domain::tool_call::ToolCall;
use balcao::llm::model::{ChatAnswer, ChatMessage, ChatModel, ChatRequest, DeltaSink, ModelError};
use serde_json::{Value, json};
use tokio::sync::watch;

/// What it says of exchanges: words of the demo shop's own document, so that they have a source.
pub const EXCHANGE: &str = "Vasos, ferramentas, decoração e outros produtos sem uso podem ser trocados em até 30 dias \
    corridos do recebimento, com embalagem original e nota fiscal. O primeiro frete de troca é por nossa conta.";
/// What a model says that was talked into attacking the page.
pub const ATTACK: &str =
    "<img src=x onerror=\"document.title='tomado'\"> <script>document.title='tomado'</script> **fim**";
/// A word that no line can hold.
pub const LONG_WORD: &str =
    "inconstitucionalissimamenteinconstitucionalissimamenteinconstitucionalissimamente";

/// The model.
pub struct Clerk {
    held: watch::Sender<bool>,
}

impl Default for Clerk {
    fn default() -> Self {
        Self { held: watch::Sender::new(false) }
    }
}

enum Move {
    Call(&'static str, Value),
    /// What it writes before and behind the place where it may be held.
    Say(String, String),
}

impl Clerk {
    /// Answers stop in the middle.
    pub fn hold(&self) {
        self.held.send_replace(true);
    }

    /// Answers go on.
    pub fn go_on(&self) {
        self.held.send_replace(false);
    }

    fn decide(messages: &[ChatMessage]) -> Move {
        let last = messages.iter().rev().find(|message| !matches!(message, ChatMessage::System(_)));
        match last {
            Some(ChatMessage::ToolResult { call, content }) => Self::tell(call, content),
            Some(ChatMessage::Customer(text)) => Self::answer(&text.to_lowercase(), messages),
            _ => say("Olá!"),
        }
    }

    fn answer(text: &str, messages: &[ChatMessage]) -> Move {
        match text {
            text if text.contains("pedido 10411") => {
                Move::Call("order_status", json!({"number": "10411", "email": "rafael.monteiro@example.com"}))
            }
            text if text.contains("consultoria") => {
                Move::Call("agenda_list_slots", json!({"service": "consultoria-online"}))
            }
            text if text.contains("cancele") => {
                Move::Call("agenda_cancel", json!({"appointment": code_in(messages)}))
            }
            text if text.contains("troca") => {
                let (first, rest) = EXCHANGE.split_once("O primeiro").unwrap();
                // A sentence leaves when the next one has begun.
                Move::Say(format!("{first}O primeiro"), rest.to_owned())
            }
            text if text.contains("html") => say(ATTACK),
            text if text.contains("comprida") => say(&format!("Uma palavra: {LONG_WORD}.")),
            text => say(&format!("Entendi: {text}")),
        }
    }

    fn tell(call: &ToolCall, content: &str) -> Move {
        let result: Value = serde_json::from_str(content).unwrap_or(Value::Null);
        match call.name.as_str() {
            "order_status" => {
                say(&format!("O pedido está {}.", result["state_text"].as_str().unwrap_or(content)))
            }
            "agenda_list_slots" => {
                let start = &result["slots"][0]["start"];
                Move::Call("agenda_book", json!({"service": "consultoria-online", "start": start}))
            }
            "agenda_book" => {
                say(&format!("Marcado. O código é {}.", result["code"].as_str().unwrap_or(content)))
            }
            "agenda_cancel" => {
                say(&format!("O agendamento {} foi cancelado.", result["code"].as_str().unwrap_or(content)))
            }
            _ => say(content),
        }
    }
}

fn say(text: &str) -> Move {
    Move::Say(String::new(), text.to_owned())
}

/// The code of the appointment, from the model's own earlier words.
fn code_in(messages: &[ChatMessage]) -> String {
    let is_code = |word: &&str| word.strip_prefix('A').is_some_and(|digits| digits.parse::<u32>().is_ok());
    let said = |message: &ChatMessage| match message {
        ChatMessage::Assistant { text, .. } => {
            text.split(|character: char| !character.is_ascii_alphanumeric()).find(is_code).map(str::to_owned)
        }
        ChatMessage::System(_) | ChatMessage::Customer(_) | ChatMessage::ToolResult { .. } => None,
    };
    messages.iter().rev().find_map(said).unwrap_or_default()
}

#[async_trait]
impl ChatModel for Clerk {
    fn name(&self) -> &str {
        "clerk"
    }

    async fn answer(&self, request: &ChatRequest, deltas: DeltaSink<'_>) -> Result<ChatAnswer, ModelError> {
        let mut answer = ChatAnswer { model: "clerk".to_owned(), ..ChatAnswer::default() };
        match Self::decide(&request.messages) {
            Move::Call(name, arguments) => {
                answer.calls.push(ToolCall {
                    id: CallId::at(request.step, 0),
                    name: name.to_owned(),
                    arguments,
                });
            }
            Move::Say(first, rest) => {
                deltas(&first);
                self.held.subscribe().wait_for(|held| !held).await.expect("the clerk is there");
                deltas(&rest);
                answer.text = first + &rest;
            }
        }
        Ok(answer)
    }
}
