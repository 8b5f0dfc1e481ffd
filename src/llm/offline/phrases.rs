//! What the built-in model says by itself, and the words it takes for small talk: `prompts/offline.toml`.

use crate::domain::language::Language;
use crate::language::fold::words;
use serde::Deserialize;
use std::collections::{BTreeMap, HashSet};
use std::sync::LazyLock;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    hear: BTreeMap<String, HashSet<String>>,
    say: BTreeMap<String, BTreeMap<String, String>>,
}

static FILE: LazyLock<File> = LazyLock::new(|| {
    toml::from_str(include_str!("../../../prompts/offline.toml"))
        .unwrap_or(File { hear: BTreeMap::new(), say: BTreeMap::new() })
});

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
}

impl SmallTalk {
    const ALL: [Self; 7] =
        [Self::Greeting, Self::Thanks, Self::Bye, Self::Laughter, Self::Who, Self::Help, Self::NeverMind];

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
        }
    }
}

/// The small talk that a whole message is, if it is nothing else.
pub fn small_talk(text: &str) -> Option<SmallTalk> {
    let said = words(text);
    if said.is_empty() || said.len() > 12 {
        return None;
    }
    SmallTalk::ALL.into_iter().find(|kind| {
        let known = |list: &str| FILE.hear.get(list);
        let Some(all) = known(kind.name()) else { return false };
        let whole = said.iter().all(|word| all.contains(word));
        match known(&format!("{}_needs", kind.name())) {
            Some(needs) => whole && said.iter().any(|word| needs.contains(word)),
            None => whole,
        }
    })
}

/// Whether `text` begins with a greeting.
pub fn opens_with_greeting(text: &str) -> bool {
    let greetings = FILE.hear.get("greeting_needs");
    words(text).first().is_some_and(|first| greetings.is_some_and(|greetings| greetings.contains(first)))
}

/// Whether `text` wants to know something.
pub fn is_question(text: &str) -> bool {
    let said = format!(" {} ", words(text).join(" "));
    let asks = |list: &str| FILE.hear.get(list).into_iter().flatten();
    text.contains('?')
        || asks("question_openings").any(|opening| said.starts_with(&format!(" {opening} ")))
        || asks("question_words").any(|words| said.contains(&format!(" {words} ")))
}

/// Sentence `name` in `language`; empty if the file has none.
pub fn say(name: &str, language: Language) -> &'static str {
    FILE.say.get(language.tag()).and_then(|sentences| sentences.get(name)).map_or("", String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_says_everything() {
        let file: File = toml::from_str(include_str!("../../../prompts/offline.toml")).unwrap();
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
            assert_eq!(small_talk(text), kind, "{text}");
        }
    }
}
