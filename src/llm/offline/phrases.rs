//! What the built-in model says by itself, and the words it takes for small talk: `prompts/offline.toml`.

use super::rank::IDLE;
use crate::config::completed::completed;
use crate::domain::language::Language;
use crate::domain::problem::Problem;
use crate::language::fold::{TokenKind, tokens, words};
use crate::language::shorthand::drawn_in;
use serde::Deserialize;
use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, LazyLock};

/// What the file says.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Phrases {
    hear: BTreeMap<String, HashSet<String>>,
    say: BTreeMap<String, BTreeMap<String, String>>,
}

/// The file that comes with the program.
const FILE: &str = include_str!("../../../prompts/offline.toml");

static EMBEDDED: LazyLock<Arc<Phrases>> =
    LazyLock::new(|| Arc::new(toml::from_str(FILE).unwrap_or_default()));

/// Kinds of small talk, in the order they are looked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SmallTalk {
    /// Hello.
    Greeting,
    /// Thank you.
    Thanks,
    /// Goodbye.
    Bye,
    /// Ha ha.
    Laughter,
    /// Who are you?
    Who,
    /// What can you do?
    Help,
    /// Forget it.
    NeverMind,
    /// All right.
    Okay,
}

impl SmallTalk {
    const ALL: [Self; 8] = [
        Self::Greeting,
        Self::Thanks,
        Self::Bye,
        Self::Laughter,
        Self::Who,
        Self::Help,
        Self::NeverMind,
        Self::Okay,
    ];

    /// Its name in the file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Greeting => "greeting",
            Self::Thanks => "thanks",
            Self::Bye => "bye",
            Self::Laughter => "laughter",
            Self::Who => "who",
            Self::Help => "help",
            Self::NeverMind => "never_mind",
            Self::Okay => "okay",
        }
    }
}

impl Phrases {
    /// What comes with the program.
    pub fn embedded() -> Arc<Self> {
        EMBEDDED.clone()
    }

    /// Reads the operator's file; what it leaves out stays as it comes. Whatever is wrong goes to `problems`, and so does what nobody
    /// would ever hear or say.
    pub fn read(file: &str, text: &str, problems: &mut Vec<Problem>) -> Option<Self> {
        let phrases: Self = completed(file, text, FILE, problems)?;
        let mut report = |name: &str, message: String| {
            problems.push(Problem::at_offset(file, text, text.find(name).unwrap_or(0), message));
        };
        for (name, _) in phrases.hear.iter().filter(|(name, _)| !EMBEDDED.hear.contains_key(*name)) {
            report(name, format!("`hear.{name}` is nothing that is listened for"));
        }
        for (tag, said) in &phrases.say {
            let Some(wanted) = EMBEDDED.say.get(tag) else {
                report(&format!("[say.{tag}]"), format!("`{tag}` is none of the languages spoken"));
                continue;
            };
            for (name, _) in said.iter().filter(|(name, _)| !wanted.contains_key(*name)) {
                report(name, format!("`say.{tag}.{name}` is never said"));
            }
        }
        Some(phrases)
    }

    /// The small talk that a whole message is, if it is nothing else.
    pub(super) fn small_talk(&self, text: &str) -> Option<SmallTalk> {
        let said: Vec<String> = words(text).iter().map(|word| drawn_in(word).into_owned()).collect();
        if said.is_empty() || said.len() > 12 {
            return None;
        }
        SmallTalk::ALL.into_iter().find(|kind| {
            let known = |list: &str| self.hear.get(list);
            let Some(all) = known(kind.name()) else { return false };
            let whole = said.iter().all(|word| all.contains(word));
            match known(&format!("{}_needs", kind.name())) {
                Some(needs) => whole && said.iter().any(|word| needs.contains(word)),
                None => whole,
            }
        })
    }

    /// Whether `text` begins with a greeting.
    pub(super) fn opens_with_greeting(&self, text: &str) -> bool {
        let greetings = self.hear.get("greeting_needs");
        words(text).first().is_some_and(|first| greetings.is_some_and(|greetings| greetings.contains(first)))
    }

    /// `Tem samambaia?`, `do you sell ferns`: what `text` names, if it asks whether there is that and nothing else of it.
    pub(super) fn asks_for_presence<'t>(&self, text: &'t str) -> Option<&'t str> {
        let is_in = |list: &str, word: &str| self.hear.get(list).is_some_and(|list| list.contains(word));
        let tokens: Vec<_> = tokens(text).into_iter().filter(|token| token.kind != TokenKind::Mark).collect();
        let is_said_before = |word: &str| IDLE.contains(&word) || is_in("greeting", word);
        let at = tokens.iter().position(|token| !is_said_before(&token.text))?;
        let behind = &text[tokens[at].span.end..];
        let asks_more = tokens[at + 1..].iter().any(|token| is_in("presence_not", &token.text));
        let is_one_question = !behind.trim_end_matches(['?', '!', '.', ' ']).contains(['?', '.', ',']);
        // `Have a nice day`, `tem um vazamento no vaso`: what is no question is one only by who is asked, or in few words.
        let is_asked =
            text.contains('?') || tokens[..at].iter().any(|token| IDLE.contains(&token.text.as_str()));
        let tells = || {
            tokens[at].text == "have"
                || tokens.get(at + 1).is_some_and(|next| is_in("presence_told", &next.text))
        };
        (is_in("presence_verbs", &tokens[at].text) && !asks_more && is_one_question && (is_asked || !tells()))
            .then_some(behind)
    }

    /// The verbs that such questions begin with.
    pub(super) fn presence_verbs(&self) -> Option<&HashSet<String>> {
        self.hear.get("presence_verbs")
    }

    /// Whether `text` wants to know something.
    pub(super) fn is_question(&self, text: &str) -> bool {
        let said = format!(" {} ", words(text).join(" "));
        let asks = |list: &str| self.hear.get(list).into_iter().flatten();
        text.contains('?')
            || asks("question_openings").any(|opening| said.starts_with(&format!(" {opening} ")))
            || asks("question_words").any(|words| said.contains(&format!(" {words} ")))
    }
}

/// The phrases of one language.
#[derive(Clone, Copy)]
pub(super) struct Voice<'a> {
    /// All of them.
    pub phrases: &'a Phrases,
    /// The language that is spoken.
    pub language: Language,
}

impl<'a> Voice<'a> {
    /// Sentence `name`; empty if the file has none.
    pub fn say(self, name: &str) -> &'a str {
        let sentences = self.phrases.say.get(self.language.tag());
        sentences.and_then(|sentences| sentences.get(name)).map_or("", String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_says_everything() {
        let file: Phrases = toml::from_str(include_str!("../../../prompts/offline.toml")).unwrap();
        let names: Vec<_> = file.say["pt-BR"].keys().collect();
        assert!(names.len() > 20);
        for language in Language::ALL {
            assert_eq!(file.say[language.tag()].keys().collect::<Vec<_>>(), names, "{language}");
        }
        for kind in SmallTalk::ALL {
            assert!(file.hear.contains_key(kind.name()), "{kind:?}");
        }
    }

    #[test]
    fn mistakes_of_the_operator_are_named_with_their_lines() {
        let text = include_str!("../../../prompts/offline.toml");
        let read = |text: &str| {
            let mut problems = Vec::new();
            Phrases::read("offline.toml", text, &mut problems);
            problems.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(read(text), Vec::<String>::new());
        let line = |part: &str| 1 + text.lines().position(|line| line.starts_with(part)).unwrap();
        for (right, wrong, told) in [
            ("[hear]", "[hear", format!("offline.toml:{}: ", line("[hear]"))),
            ("[hear]", "[hears]", format!("offline.toml:{}: unknown field `hears`", line("[hear]"))),
            ("\nbye = [", "\nbyes = [", format!("offline.toml:{}: `hear.byes` is nothing", line("bye = ["))),
            ("[say.es]", "[say.fr]", format!("offline.toml:{}: `fr` is none", line("[say.es]"))),
            (
                "\nsteer = \"I see",
                "\nstear = \"I see",
                format!("offline.toml:{}: `say.en.stear` is never", line("steer = \"I see")),
            ),
        ] {
            let problems = read(&text.replacen(right, wrong, 1));
            assert!(problems.iter().any(|problem| problem.starts_with(&told)), "{told}: {problems:#?}");
        }
    }

    #[test]
    fn a_file_says_what_it_changes() {
        let mut problems = Vec::new();
        let read = Phrases::read("offline.toml", "[say.en]\nsteer = \"Ahoy.\"", &mut problems).unwrap();
        assert_eq!(problems, []);
        let said = |phrases: &Phrases, name: &str| phrases.say["en"][name].clone();
        assert_eq!(said(&read, "steer"), "Ahoy.");
        assert_eq!(said(&read, "okay"), said(&EMBEDDED, "okay"));
        assert_eq!(read.small_talk("ok"), Some(SmallTalk::Okay));
    }

    #[test]
    fn only_whole_messages_are_small_talk() {
        for (text, kind) in [
            ("Oi!", Some(SmallTalk::Greeting)),
            ("Bom dia, tudo bem?", Some(SmallTalk::Greeting)),
            ("muito obrigada!!", Some(SmallTalk::Thanks)),
            ("kkkk", Some(SmallTalk::Laughter)),
            ("você é um robô?", Some(SmallTalk::Who)),
            ("o que você faz?", Some(SmallTalk::Help)),
            ("deixa pra lá", Some(SmallTalk::NeverMind)),
            ("oi, cadê meu pedido?", None),
            ("bom dia, quanto custa o vaso", None),
            ("", None),
        ] {
            assert_eq!(EMBEDDED.small_talk(text), kind, "{text}");
        }
    }
}
