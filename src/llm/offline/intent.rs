//! What the customer wants now, and the answer to it: a call, a question, a result said, a passage, or plain words.

mod introduction;
mod presence;
mod wish;

use super::Opinion;
use super::arguments::{Sources, fill, missing};
use super::choice::{list_of, pick};
use super::dialogue::Dialogue;
use super::names::wish_in;
use super::passages;
use super::phrases::{Phrases, SmallTalk, Voice};
use super::rank::{CLEARLY, Ranked, Ranker, content_words};
use super::say;
use crate::domain::ids::CallId;
use crate::domain::language::Language;
use crate::domain::tool::{Risk, ToolSpec};
use crate::domain::tool_call::ToolCall;
use crate::language::yes_no::{YesNo, read_yes_no};
use crate::llm::model::{ChatAnswer, ChatRequest, ToolChoice};
use serde_json::Value;
use wish::Wish;

/// The tool that calls a person, if there is one.
const HAND_OFF: &str = "hand_off";

/// The answer to `request`.
pub fn answer(request: &ChatRequest, ranker: &Ranker, phrases: &Phrases) -> ChatAnswer {
    let dialogue = Dialogue::of(&request.messages);
    let language = request.language;
    let mind = Mind { request, ranker, dialogue: &dialogue, language, voice: Voice { phrases, language } };
    if request.tool_choice == ToolChoice::None {
        return mind.without_calls();
    }
    if dialogue.fresh_results().is_empty() { mind.to_the_customer() } else { mind.after_results() }
}

/// The answer to `request`, if there is more to say than small talk or that nothing was understood.
pub fn answer_if_sure(request: &ChatRequest, ranker: &Ranker, phrases: &Phrases) -> Option<ChatAnswer> {
    let dialogue = Dialogue::of(&request.messages);
    let language = request.language;
    let mind = Mind { request, ranker, dialogue: &dialogue, language, voice: Voice { phrases, language } };
    mind.is_sure().then(|| answer(request, ranker, phrases))
}

/// What the answer to `request` comes to, if there is more to it than telling what is known.
pub fn opinion(request: &ChatRequest, ranker: &Ranker, phrases: &Phrases) -> Option<Opinion> {
    let dialogue = Dialogue::of(&request.messages);
    let language = request.language;
    let mind = Mind { request, ranker, dialogue: &dialogue, language, voice: Voice { phrases, language } };
    // Who has answered by a document has looked as well.
    if mind.dialogue.customer().next().is_some_and(|text| mind.may_be_of_documents(text)) {
        return None;
    }
    let answer = mind.is_sure().then(|| answer(request, ranker, phrases))?;
    let Some(call) = answer.calls.into_iter().next() else {
        return mind.open_question(&answer.text).map(|_| Opinion::Ask);
    };
    let changes = mind.tool(&call.name).is_some_and(|place| mind.tools()[place].risk != Risk::Read);
    Some(Opinion::Call { tool: call.name, changes, clearly: mind.is_clear() })
}

fn words(text: String) -> ChatAnswer {
    ChatAnswer { text, ..ChatAnswer::default() }
}

fn at_a_loss(text: String) -> ChatAnswer {
    ChatAnswer { text, at_a_loss: true, ..ChatAnswer::default() }
}

struct Mind<'a> {
    request: &'a ChatRequest,
    ranker: &'a Ranker,
    dialogue: &'a Dialogue,
    language: Language,
    voice: Voice<'a>,
}

impl<'a> Mind<'a> {
    fn tools(&self) -> &'a [ToolSpec] {
        &self.request.tools
    }

    fn tool(&self, name: &str) -> Option<usize> {
        self.tools().iter().position(|tool| tool.name == name)
    }

    /// Whether results have to be said, or the customer's words want a tool or are answered by a passage.
    fn is_sure(&self) -> bool {
        if !self.dialogue.fresh_results().is_empty() {
            return true;
        }
        let turns = self.dialogue.turns();
        let Some((before, text)) = turns.last() else { return false };
        let is_talk = self.voice.phrases.small_talk(text).is_some() && self.open_question(before).is_none();
        !is_talk
            && (self.wish().is_some()
                || self.introduction(None, text).is_some()
                || passages::answer(text, &self.request.passages, self.voice).is_some())
    }

    /// Whether little else can be meant than what is wished.
    fn is_clear(&self) -> bool {
        let text = self.dialogue.customer().next().unwrap_or_default();
        self.wish().is_some_and(|wish| wish.picked || wish.asked.is_some()) || self.strength(text) >= CLEARLY
    }

    /// Results came in: go on if they open the way, else say them.
    fn after_results(&self) -> ChatAnswer {
        let fresh = self.dialogue.fresh_results();
        if let Some((call, value)) = fresh.last()
            && value.get("error").is_none()
            && fresh.len() < 4
            && let Some(next) = self.refined(call, value).or_else(|| self.after_introduction(call))
        {
            return next;
        }
        if let Some((call, value)) = fresh.last()
            && let Some(passage) = self.instead_of_a_list(call, value)
        {
            return passage;
        }
        words(self.said_results())
    }

    fn said_results(&self) -> String {
        let fresh = self.dialogue.fresh_results();
        // Of several results the last one is what the steps led to; errors before it were overcome.
        let Some((call, value)) = fresh.last() else { return String::new() };
        let tool = self.tool(&call.name).and_then(|place| self.tools().get(place));
        say::outcome(tool, call, value, self.voice)
    }

    /// A list came back from which the customer's words already pick: the same tool again, with the pick.
    fn refined(&self, call: &ToolCall, value: &Value) -> Option<ChatAnswer> {
        let place = self.tool(&call.name)?;
        let tool = self.tools().get(place)?;
        let properties = tool.parameters.get("properties")?.as_object()?;
        let (name, schema) = properties.iter().find(|(name, schema)| {
            schema.get("x-balcao-choice-of").and_then(Value::as_str) == Some(call.name.as_str())
                && call.arguments.get(name.as_str()).is_none()
        })?;
        let (items, field) = list_of(value, schema.get("x-balcao-choice")?.as_str()?)?;
        let wish = self.wish()?;
        let picked = wish
            .episode
            .iter()
            .find_map(|text| pick(text, items, &field, &self.request.now, self.language))?;
        let mut arguments = call.arguments.clone();
        arguments.as_object_mut()?.insert(name.clone(), items.get(picked)?.get(&field)?.clone());
        Some(self.call(tool, arguments))
    }

    fn call(&self, tool: &ToolSpec, arguments: Value) -> ChatAnswer {
        let call = ToolCall { id: CallId::at(self.request.step, 0), name: tool.name.clone(), arguments };
        ChatAnswer { calls: vec![call], ..ChatAnswer::default() }
    }

    /// The customer spoke last.
    fn to_the_customer(&self) -> ChatAnswer {
        let turns = self.dialogue.turns();
        let Some((before, text)) = turns.last() else {
            return words(self.voice.say("unread").to_owned());
        };
        if content_words(text, self.language).is_empty() && text.chars().all(|c| !c.is_alphanumeric()) {
            return words(self.voice.say("unread").to_owned());
        }
        if before.trim_end().ends_with('?')
            && let Some(answer) = self.to_a_question(before, text)
        {
            return answer;
        }
        let talk = self.voice.phrases.small_talk(text);
        if let Some(talk) = talk
            && self.open_question(before).is_none()
        {
            return words(self.small_talk(talk));
        }
        if talk == Some(SmallTalk::NeverMind) {
            return words(self.voice.say("never_mind").to_owned());
        }
        let wish = self.wish();
        if let Some(wish) = &wish
            && wish.asked.is_none()
            && !wish.picked
            && self.asks_whether_there_is(text) == Some(wish.tool)
        {
            return self.pursue(wish);
        }
        let strength = self.strength(text);
        let passage = passages::answer(text, &self.request.passages, self.voice);
        match (wish, passage) {
            (Some(wish), Some(passage))
                if wish.asked.is_none() && !wish.picked && self.only_asks(&wish, text) =>
            {
                words(passage)
            }
            (Some(wish), passage)
                if wish.asked.is_some()
                    || wish.picked
                    || passage.is_none()
                    || self.outweighs(&wish, text, strength) =>
            {
                self.introduction(Some(&wish), text).unwrap_or_else(|| self.pursue(&wish))
            }
            (_, Some(passage)) => words(passage),
            (Some(wish), None) => self.pursue(&wish),
            (None, None) => self.introduction(None, text).unwrap_or_else(|| self.lost()),
        }
    }

    /// Whether `text` asks what would be, and the tool would change what is.
    fn only_asks(&self, wish: &Wish, text: &str) -> bool {
        is_hypothetical(text) && self.tools().get(wish.tool).is_some_and(|tool| tool.risk != Risk::Read)
    }

    /// Whether the tool is the better answer than the best passage. Who asks may want to know how things are done; then a
    /// change needs a clearer wish than a look-up, which knows how things stand now.
    fn outweighs(&self, wish: &Wish, text: &str, strength: f32) -> bool {
        if !self.voice.phrases.is_question(text) {
            return true;
        }
        let evidence = passages::best(&self.request.passages).map_or(0.0, |passage| passage.evidence);
        let changes = self.tools().get(wish.tool).is_some_and(|tool| tool.risk != Risk::Read);
        strength >= CLEARLY && strength >= evidence - if changes { 0.15 } else { 0.4 }
    }

    /// A yes or no to what the bot offered.
    fn to_a_question(&self, before: &str, text: &str) -> Option<ChatAnswer> {
        let answer = read_yes_no(text)?;
        let offer = before.rsplit(['.', '!', '\n']).next().unwrap_or(before);
        let offers_person =
            ["pessoa", "persona", "someone from the team", "person"].iter().any(|word| offer.contains(word));
        match answer {
            YesNo::Yes if offers_person => {
                let tool = self.tools().get(self.tool(HAND_OFF)?)?;
                Some(self.call(tool, serde_json::json!({})))
            }
            YesNo::Yes if self.open_question(before).is_some() => None,
            YesNo::Yes => Some(words(self.voice.say("yes_to_what").to_owned())),
            YesNo::No => Some(words(self.voice.say("no_more").to_owned())),
        }
    }

    fn small_talk(&self, talk: SmallTalk) -> String {
        let name = match talk {
            SmallTalk::Greeting if self.dialogue.bot_has_spoken() => "greeting_again",
            talk => talk.name(),
        };
        self.voice.say(name).replace("{abilities}", &self.abilities())
    }

    fn lost(&self) -> ChatAnswer {
        let text = self.dialogue.customer().next().unwrap_or_default();
        if self.voice.phrases.opens_with_greeting(text) && !self.voice.phrases.is_question(text) {
            return words(self.small_talk(SmallTalk::Greeting));
        }
        // The first time it is said what can be done; then a person is offered.
        let steer = self.voice.say("steer");
        let opening = steer.split('{').next().unwrap_or(steer);
        let steered = self.dialogue.turns().iter().any(|(before, _)| before.starts_with(opening));
        if self.voice.phrases.is_question(text) || steered {
            return at_a_loss(self.voice.say("unknown").to_owned());
        }
        at_a_loss(steer.replace("{abilities}", &self.abilities()))
    }

    /// What can be done, in the tools' plain names.
    fn abilities(&self) -> String {
        let mut titles: Vec<&str> = Vec::new();
        for tool in self.tools() {
            let domain = tool.name.split('_').next().unwrap_or_default();
            let known = titles.len();
            let seen = self.tools().iter().take_while(|other| other.name != tool.name).any(|other| {
                other.name.split('_').next() == Some(domain) && !other.words.examples.is_empty()
            });
            if let Some(title) = tool.title.get(self.language).filter(|title| !title.is_empty())
                && !seen
                && tool.name != HAND_OFF
                && !tool.words.examples.is_empty()
                && known < 5
            {
                titles.push(title);
            }
        }
        match titles.split_last() {
            Some((last, rest)) if !rest.is_empty() => {
                format!("{}{}{last}", rest.join(", "), self.voice.say("and"))
            }
            _ => titles.concat(),
        }
    }

    /// Tools that `text` wants, best first. Who the customer is says nothing of what they want.
    fn rank(&self, text: &str) -> Vec<Ranked> {
        self.ranker.rank(&wish_in(text))
    }

    /// How clearly `text` wants any tool.
    fn strength(&self, text: &str) -> f32 {
        self.rank(text).first().map_or(0.0, |ranked| ranked.score)
    }

    /// The tool and parameter that the bot's words `before` asked for.
    fn open_question(&self, before: &str) -> Option<(usize, &'a str)> {
        let mut found: Option<(usize, &'a str, usize)> = None;
        for (place, tool) in self.tools().iter().enumerate() {
            for (name, ask) in &tool.words.ask {
                if let Some(text) = ask.get(self.language)
                    && before.contains(text)
                    && found.is_none_or(|(_, _, length)| text.len() > length)
                {
                    found = Some((place, name, text.len()));
                }
            }
        }
        found.map(|(place, name, _)| (place, name))
    }

    /// Calls the tool, or asks for what it still needs.
    fn pursue(&self, wish: &Wish) -> ChatAnswer {
        let Some(tool) = self.tools().get(wish.tool) else {
            return self.lost();
        };
        let sources = Sources {
            dialogue: self.dialogue,
            episode: &wish.episode,
            asked: wish.asked.as_deref(),
            ranker: self.ranker,
            place: wish.tool,
            now: &self.request.now,
            language: self.language,
        };
        let filled = fill(tool, &sources);
        match missing(tool, &filled) {
            None => self.call(tool, Value::Object(filled)),
            Some(name) => words(self.ask(tool, name)),
        }
    }

    fn ask(&self, tool: &ToolSpec, name: &str) -> String {
        match tool.words.ask.get(name).and_then(|ask| ask.get(self.language)) {
            Some(ask) => ask.to_owned(),
            None => self.voice.say("need").replace("{label}", &tool.label(name, self.language)),
        }
    }

    /// Words alone: the turn may make no more calls.
    fn without_calls(&self) -> ChatAnswer {
        if !self.dialogue.fresh_results().is_empty() {
            return words(self.said_results());
        }
        let text = self.dialogue.customer().next().unwrap_or_default();
        passages::answer(text, &self.request.passages, self.voice).map_or_else(|| self.lost(), words)
    }
}

/// Whether `text` asks what would be if something were: "e se o vaso chegar quebrado?".
pub fn is_hypothetical(text: &str) -> bool {
    let said = crate::language::fold::words(text).join(" ");
    let opens = |opening: &&str| said.starts_with(*opening);
    text.contains('?')
        && ["e se ", "se ", "e caso ", "caso ", "what if ", "if ", "and if ", "y si ", "si "]
            .iter()
            .any(opens)
}
