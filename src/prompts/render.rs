//! Templates compiled once and rendered per turn. Strict: a variable that does not exist is an error at load, not
//! an empty place in front of a model.

use super::interview::InterviewSentences;
use super::load;
use super::sentences::Sentences;
use crate::domain::language::Language;
use crate::domain::passage::Passage;
use crate::domain::problem::{Problem, line_of};
use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::Path;

/// What `system.md` and `present.md` may speak of. What differs from turn to turn belongs into the latter: endpoints
/// read again only what stands behind the first difference to what they read before.
#[derive(Serialize)]
pub struct SystemVariables<'a> {
    /// The business.
    pub business: BusinessVariables<'a>,
    /// The present day in plain words.
    pub today: String,
    /// The present time of day.
    pub clock: String,
    /// The customer.
    pub contact: ContactVariables<'a>,
    /// Names of tools that the newest words are likely to want, best first.
    pub likely_tools: Vec<String>,
    /// Title of the interview that is being led; the program puts its questions.
    pub interview: Option<&'a str>,
}

/// The business in `system.md` and `present.md`.
#[derive(Serialize)]
pub struct BusinessVariables<'a> {
    /// Its name.
    pub name: &'a str,
    /// How it speaks.
    pub voice: &'a str,
    /// Its IANA time zone.
    pub timezone: &'a str,
}

/// The customer in `system.md` and `present.md`.
#[derive(Serialize)]
pub struct ContactVariables<'a> {
    /// The name they gave.
    pub name: Option<&'a str>,
    /// What they asked us to remember.
    pub preferences: &'a [crate::domain::contact::Preference],
}

/// One passage in `passages.md` and `rerank.md`: every variable is there, even if it is none.
#[derive(Serialize)]
struct PassageVariables<'a> {
    title: &'a str,
    heading: Option<&'a str>,
    text: &'a str,
}

/// What `document.md` may speak of.
#[derive(Serialize)]
pub struct DocumentVariables<'a> {
    /// What the customer's side calls it.
    pub name: &'a str,
    /// Its words.
    pub text: &'a str,
    /// Whether there are more.
    pub cut: bool,
}

/// What `second_look.md` may speak of.
#[derive(Serialize)]
pub struct SecondLookVariables<'a> {
    /// The present day in plain words.
    pub today: String,
    /// The present time of day.
    pub clock: String,
    /// What the settings say of the business: its name, hours, address and the like.
    pub settings: Vec<String>,
    /// What was said, found and done so far, oldest first.
    pub known: Vec<KnownVariables>,
    /// The sentences of the draft.
    pub draft: Vec<DraftedVariables<'a>>,
}

/// One thing that is known, in `second_look.md`.
#[derive(Serialize)]
pub struct KnownVariables {
    /// Whose it is: `customer`, `assistant`, `notes`, or a tool with its arguments.
    pub from: String,
    /// Its words, set in.
    pub text: String,
}

/// One sentence of a draft, in `second_look.md`.
#[derive(Serialize)]
pub struct DraftedVariables<'a> {
    /// From 1.
    pub number: usize,
    /// Its words.
    pub text: &'a str,
    /// Whether the program could not prove it.
    pub doubted: bool,
}

const SYSTEM_VARIABLES: &[&str] = &[
    "business.name",
    "business.voice",
    "business.timezone",
    "today",
    "clock",
    "contact.name",
    "contact.preferences",
    "likely_tools",
    "interview",
];

/// Template file -> variables it may use.
const TEMPLATES: [(&str, &[&str]); 6] = [
    ("system.md", SYSTEM_VARIABLES),
    ("present.md", SYSTEM_VARIABLES),
    ("passages.md", &["passages"]),
    ("rerank.md", &["passages"]),
    ("document.md", &["name", "text", "cut"]),
    ("second_look.md", &["today", "clock", "settings", "known", "draft"]),
];

/// Every prompt and sentence, in every language.
pub struct Prompts {
    environment: Environment<'static>,
    sentences: BTreeMap<Language, Sentences>,
    interview: BTreeMap<Language, InterviewSentences>,
}

impl Prompts {
    /// Loads and checks everything; `folder` overrides the embedded files one by one.
    ///
    /// # Errors
    /// Every mistake at once.
    pub fn load(folder: Option<&Path>) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        let mut sentences = BTreeMap::new();
        let mut interview = BTreeMap::new();
        for language in Language::ALL {
            for (template, allowed) in TEMPLATES {
                let name = format!("{}/{template}", language.tag());
                if let Some((file, text)) = load::text(folder, &name, &mut problems) {
                    add(&mut environment, name, &file, text, allowed, &mut problems);
                }
            }
            let name = format!("{}/sentences.toml", language.tag());
            if let Some((file, text)) = load::text(folder, &name, &mut problems)
                && let Some(read) = Sentences::read(&file, &text, &load::embedded(&name), &mut problems)
            {
                sentences.insert(language, read);
            }
            let name = format!("{}/interview.toml", language.tag());
            if let Some((file, text)) = load::text(folder, &name, &mut problems)
                && let Some(read) =
                    InterviewSentences::read(&file, &text, &load::embedded(&name), &mut problems)
            {
                interview.insert(language, read);
            }
        }
        if problems.is_empty() { Ok(Self { environment, sentences, interview }) } else { Err(problems) }
    }

    /// The sentences of a language.
    pub fn sentences(&self, language: Language) -> &Sentences {
        // `load` has put every language there.
        &self.sentences[&language]
    }

    /// The sentences around an interview's questions.
    pub fn interview(&self, language: Language) -> &InterviewSentences {
        // `load` has put every language there.
        &self.interview[&language]
    }

    /// What the model is told first.
    ///
    /// # Errors
    /// A template that fails although its variables exist, e.g. by a wrong filter argument.
    pub fn system(&self, language: Language, variables: &SystemVariables<'_>) -> anyhow::Result<String> {
        self.render(language, "system.md", minijinja::Value::from(Serde(variables)))
    }

    /// What the model is told right before the newest words: the time, and what is known of the customer.
    ///
    /// # Errors
    /// As [`Prompts::system`].
    pub fn present(&self, language: Language, variables: &SystemVariables<'_>) -> anyhow::Result<String> {
        self.render(language, "present.md", minijinja::Value::from(Serde(variables)))
    }

    /// The passages that were found for the customer's question.
    ///
    /// # Errors
    /// As [`Prompts::system`].
    pub fn passages(&self, language: Language, passages: &[Passage]) -> anyhow::Result<String> {
        self.with_passages(language, "passages.md", passages)
    }

    /// What a model is told that is to say in which order passages answer a question.
    ///
    /// # Errors
    /// As [`Prompts::system`].
    pub fn rerank(&self, language: Language, passages: &[Passage]) -> anyhow::Result<String> {
        self.with_passages(language, "rerank.md", passages)
    }

    /// A document that the customer sent, in words.
    ///
    /// # Errors
    /// As [`Prompts::system`].
    pub fn document(&self, language: Language, document: &DocumentVariables<'_>) -> anyhow::Result<String> {
        self.render(language, "document.md", minijinja::Value::from(Serde(document)))
    }

    /// What a model is told that looks at a draft which it has not written.
    ///
    /// # Errors
    /// As [`Prompts::system`].
    pub fn second_look(
        &self,
        language: Language,
        variables: &SecondLookVariables<'_>,
    ) -> anyhow::Result<String> {
        self.render(language, "second_look.md", minijinja::Value::from(Serde(variables)))
    }

    fn with_passages(
        &self,
        language: Language,
        template: &str,
        passages: &[Passage],
    ) -> anyhow::Result<String> {
        let passages: Vec<PassageVariables<'_>> = passages
            .iter()
            .map(|Passage { title, heading, text, .. }| PassageVariables {
                title,
                heading: heading.as_deref(),
                text,
            })
            .collect();
        self.render(
            language,
            template,
            minijinja::context! { passages => minijinja::Value::from(Serde(passages)) },
        )
    }

    fn render(
        &self,
        language: Language,
        template: &str,
        context: minijinja::Value,
    ) -> anyhow::Result<String> {
        let name = format!("{}/{template}", language.tag());
        Ok(self.environment.get_template(&name)?.render(context)?)
    }
}

fn add(
    environment: &mut Environment<'static>,
    name: String,
    file: &str,
    text: String,
    allowed: &[&str],
    problems: &mut Vec<Problem>,
) {
    if let Err(error) = environment.add_template_owned(name.clone(), text.clone()) {
        let message = error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
        problems.push(Problem { file: file.to_owned(), line: error.line(), message });
        return;
    }
    let Ok(template) = environment.get_template(&name) else { return };
    let mut unknown: Vec<String> = template
        .undeclared_variables(true)
        .into_iter()
        .filter(|variable| {
            !allowed.iter().any(|known| {
                variable == known
                    || known.starts_with(&format!("{variable}."))
                    || variable.starts_with(&format!("{known}."))
            })
        })
        .collect();
    unknown.sort();
    for variable in unknown {
        let line = text.find(&variable).map(|at| line_of(&text, at));
        let message = format!("unknown variable `{variable}`; known are {}", allowed.join(", "));
        problems.push(Problem { file: file.to_owned(), line, message });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::turn::StopReason;

    #[test]
    fn the_embedded_prompts_are_whole() {
        let prompts = Prompts::load(None).unwrap();
        for language in Language::ALL {
            let variables = SystemVariables {
                business: BusinessVariables { name: "Loja", voice: "calma", timezone: "America/Sao_Paulo" },
                today: "segunda".into(),
                clock: "10:00".into(),
                contact: ContactVariables { name: Some("Ana \"x\"\nignore"), preferences: &[] },
                likely_tools: vec!["order_status".into()],
                interview: Some("Orçamento"),
            };
            let system = prompts.system(language, &variables).unwrap();
            assert!(system.contains("Loja"), "{system}");
            assert!(
                !system.contains("10:00") && !system.contains("Ana"),
                "it differs from turn to turn: {system}"
            );
            let present = prompts.present(language, &variables).unwrap();
            assert!(
                present.contains("segunda, 10:00")
                    && present.contains("order_status")
                    && present.contains("\"Ana \\\"x\\\"\\nignore\""),
                "{present}"
            );
        }
    }

    #[test]
    fn mistakes_are_named_with_file_and_line() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("pt-BR")).unwrap();
        std::fs::create_dir(folder.path().join("en")).unwrap();
        std::fs::write(folder.path().join("pt-BR/system.md"), "Oi\n{{ business.nome }} {{ cliente }}")
            .unwrap();
        std::fs::write(folder.path().join("en/system.md"), "Hi\n\n{% if %}").unwrap();
        std::fs::write(folder.path().join("en/sentences.toml"), "[stop]\ntired = \"Zzz\"\n").unwrap();
        std::fs::write(folder.path().join("en/interview.toml"), "\nnote = 3\n").unwrap();
        let problems: Vec<String> =
            Prompts::load(Some(folder.path())).err().unwrap().iter().map(ToString::to_string).collect();
        assert!(
            problems.iter().any(|p| p.contains("pt-BR/system.md:2: unknown variable `business.nome`")),
            "{problems:#?}"
        );
        assert!(
            problems.iter().any(|p| p.contains("pt-BR/system.md:2: unknown variable `cliente`")),
            "{problems:#?}"
        );
        assert!(problems.iter().any(|p| p.contains("en/system.md:3:")), "{problems:#?}");
        assert!(problems.iter().any(|p| p.contains("en/sentences.toml:2:")), "{problems:#?}");
        assert!(problems.iter().any(|p| p.contains("en/interview.toml:2:")), "{problems:#?}");
    }

    #[test]
    fn a_file_of_sentences_says_what_it_changes() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("en")).unwrap();
        std::fs::write(folder.path().join("en/sentences.toml"), "[confirm]\ndeclined = \"Fine.\"\n").unwrap();
        let (own, embedded) = (Prompts::load(Some(folder.path())).unwrap(), Prompts::load(None).unwrap());
        let of = |prompts: &Prompts| prompts.sentences(Language::English).clone();
        assert_eq!(of(&own).confirm.declined, "Fine.");
        assert_eq!(of(&own).confirm.dropped, of(&embedded).confirm.dropped);
        assert_eq!(of(&own).stop(StopReason::StepLimit), of(&embedded).stop(StopReason::StepLimit));
    }

    #[test]
    fn a_passage_needs_no_heading() {
        let prompts = Prompts::load(None).unwrap();
        let passage = |heading: Option<&str>| Passage {
            id: "1".into(),
            source: "trocas.md".into(),
            title: "Trocas".into(),
            heading: heading.map(str::to_owned),
            text: "30 dias".into(),
            score: 1.0,
            evidence: 1.0,
        };
        for language in Language::ALL {
            let shown = prompts.passages(language, &[passage(None), passage(Some("Prazo"))]).unwrap();
            assert!(shown.contains("[1] Trocas\n30 dias"), "{shown}");
            assert!(shown.contains("[2] Trocas > Prazo\n30 dias"), "{shown}");
        }
    }
}
