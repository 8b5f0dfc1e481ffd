//! Choices as WhatsApp can show them: up to three as buttons, up to ten as a list, else as numbered lines. What does not
//! fit into a title is never cut so that two choices look alike. A choice's id is what it says when it is taken, so that
//! it needs no memory to be understood.

use super::outgoing::{Body, Button, Buttons, Content, Interactive, List, Reply, Row, Section};
use super::split::shortened;
use crate::domain::language::Language;
use crate::domain::message::Button as Choice;
use std::collections::HashSet;

/// Most buttons, and what they hold.
const BUTTONS: usize = 3;
const BUTTON_TITLE: usize = 20;
const BUTTON_ID: usize = 256;
const BUTTON_BODY: usize = 1024;
/// Most rows of a list, and what they hold.
const ROWS: usize = 10;
const ROW_TITLE: usize = 24;
const ROW_DESCRIPTION: usize = 72;
const ROW_ID: usize = 200;
const LIST_BODY: usize = 4096;

/// How ids of choices begin, so that nobody else's id is taken for a customer's words.
const SAYS: &str = "v1|say|";

/// What a customer says who takes the choice of this id; `None` for an id that is not ours.
pub fn said(id: &str) -> Option<&str> {
    id.strip_prefix(SAYS).filter(|value| !value.trim().is_empty())
}

fn id(choice: &Choice) -> String {
    format!("{SAYS}{}", choice.value)
}

/// Words with choices below them, as one message if the choices fit; `None` if they have to be numbered lines.
pub fn tappable(text: &str, choices: &[Choice], language: Language) -> Option<Content> {
    let interactive = buttons(text, choices).or_else(|| list(text, choices, language))?;
    Some(Content::Interactive { interactive })
}

/// Words with the choices as numbered lines below them.
pub fn numbered(text: &str, choices: &[Choice], language: Language) -> String {
    if choices.is_empty() {
        return text.to_owned();
    }
    // A number would be taken for an answer to what was asked.
    if let [only] = choices {
        let label = one_line(&only.label);
        return match language {
            Language::Portuguese => format!("{text}\n\nOu responda: {label}"),
            Language::English => format!("{text}\n\nOr answer: {label}"),
            Language::Spanish => format!("{text}\n\nO responda: {label}"),
        };
    }
    let mut shown = text.trim_end().to_owned();
    shown.push_str("\n\n");
    for (index, choice) in choices.iter().enumerate() {
        shown.push_str(&format!("{}. {}\n", index + 1, one_line(&choice.label)));
    }
    let hint = match language {
        Language::Portuguese => "Responda com o número ou com as palavras.",
        Language::English => "Answer with the number or the words.",
        Language::Spanish => "Responda con el número o con las palabras.",
    };
    format!("{shown}\n{hint}")
}

/// What a customer who answers numbered lines with a number says: the choice's own words.
pub fn numbered_choice<'c>(answer: &str, choices: &'c [Choice]) -> Option<&'c str> {
    let answer = answer.trim().trim_end_matches(['.', ')', '-']).trim_start_matches(['#']);
    let number: usize = answer.parse().ok()?;
    choices.get(number.checked_sub(1)?).map(|choice| choice.value.as_str())
}

fn buttons(text: &str, choices: &[Choice]) -> Option<Interactive> {
    let fits = |choice: &Choice| fits(&one_line(&choice.label), BUTTON_TITLE) && fits(&id(choice), BUTTON_ID);
    if !(1..=BUTTONS).contains(&choices.len())
        || !fits_all(choices, fits)
        || !(1..=BUTTON_BODY).contains(&text.chars().count())
    {
        return None;
    }
    let buttons = choices
        .iter()
        .map(|choice| Button::Reply { reply: Reply { id: id(choice), title: one_line(&choice.label) } })
        .collect();
    Some(Interactive::Button { body: Body { text: text.to_owned() }, action: Buttons { buttons } })
}

fn list(text: &str, choices: &[Choice], language: Language) -> Option<Interactive> {
    // A title that is cut is said in full below it, as far as there is room.
    let fits = |choice: &Choice| {
        let label = one_line(&choice.label);
        fits(&id(choice), ROW_ID) && (fits(&label, ROW_TITLE) || fits(&label, ROW_DESCRIPTION))
    };
    if !(1..=ROWS).contains(&choices.len())
        || !fits_all(choices, fits)
        || !(1..=LIST_BODY).contains(&text.chars().count())
    {
        return None;
    }
    let rows: Vec<Row> = choices
        .iter()
        .map(|choice| {
            let label = one_line(&choice.label);
            let title = shortened(&label, ROW_TITLE);
            let description = (title != label).then_some(label);
            Row { id: id(choice), title, description }
        })
        .collect();
    let titles: HashSet<&str> = rows.iter().map(|row| row.title.as_str()).collect();
    if titles.len() != rows.len() {
        return None;
    }
    let (button, title) = match language {
        Language::Portuguese => ("Ver opções", "Opções"),
        Language::English => ("See options", "Options"),
        Language::Spanish => ("Ver opciones", "Opciones"),
    };
    let sections = vec![Section { title: title.to_owned(), rows }];
    Some(Interactive::List {
        body: Body { text: text.to_owned() },
        action: List { button: button.to_owned(), sections },
    })
}

/// Whether each choice fits and none looks or works like another one.
fn fits_all(choices: &[Choice], fits: impl Fn(&Choice) -> bool) -> bool {
    let labels: HashSet<String> = choices.iter().map(|choice| one_line(&choice.label)).collect();
    let values: HashSet<&str> = choices.iter().map(|choice| choice.value.as_str()).collect();
    choices.iter().all(fits) && labels.len() == choices.len() && values.len() == choices.len()
}

fn fits(text: &str, most: usize) -> bool {
    !text.trim().is_empty() && text.chars().count() <= most
}

fn one_line(label: &str) -> String {
    label.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn choice(label: &str, value: &str) -> Choice {
        Choice { label: label.to_owned(), value: value.to_owned() }
    }

    fn choices(count: usize) -> Vec<Choice> {
        (1..=count).map(|number| choice(&format!("Opção {number}"), &format!("opção {number}"))).collect()
    }

    fn kind(text: &str, choices: &[Choice]) -> &'static str {
        match tappable(text, choices, Language::Portuguese) {
            Some(Content::Interactive { interactive: Interactive::Button { .. } }) => "buttons",
            Some(Content::Interactive { interactive: Interactive::List { .. } }) => "list",
            Some(_) | None => "numbered",
        }
    }

    #[test]
    fn choices_are_shown_in_the_best_way_that_holds_them() {
        for (text, choices, expected) in [
            ("Confirma?", choices(1), "buttons"),
            ("Confirma?", choices(3), "buttons"),
            ("Qual?", choices(4), "list"),
            ("Qual?", choices(10), "list"),
            ("Qual?", choices(11), "numbered"),
            (&"a".repeat(1024), choices(2), "buttons"),
            (&"a".repeat(1025), choices(2), "list"),
            (&"a".repeat(4097), choices(2), "numbered"),
            ("Qual?", vec![choice("Sim, quero agendar agora", "sim")], "list"),
            ("Qual?", vec![choice(&"palavra ".repeat(10), "sim")], "numbered"),
            ("Qual?", vec![choice("Sim", "a"), choice("Sim", "b")], "numbered"),
            ("Qual?", vec![choice("Sim", "a"), choice("Não", "a")], "numbered"),
            ("Qual?", vec![choice("Sim", &"a".repeat(250))], "numbered"),
            ("Qual?", vec![choice(" ", "sim")], "numbered"),
            (
                "Qual?",
                vec![
                    choice("Plano profissional para lojas A", "a"),
                    choice("Plano profissional para lojas B", "b"),
                ],
                "numbered",
            ),
            ("", choices(2), "numbered"),
        ] {
            assert_eq!(kind(text, &choices), expected, "{} characters, {choices:?}", text.len());
        }
    }

    #[test]
    fn buttons_and_lists_read_as_meta_documents_them() {
        let two = [choice("Sim", "sim, confirmo"), choice("Não", "não")];
        let content = tappable("Confirma?", &two, Language::Portuguese).unwrap();
        assert_eq!(
            serde_json::to_value(&content).unwrap(),
            json!({"type": "interactive", "interactive": {"type": "button", "body": {"text": "Confirma?"},
                "action": {"buttons": [
                    {"type": "reply", "reply": {"id": "v1|say|sim, confirmo", "title": "Sim"}},
                    {"type": "reply", "reply": {"id": "v1|say|não", "title": "Não"}}]}}})
        );
        let mut four = choices(3);
        four.push(choice("Ainda não sei, quero ajuda", "não sei"));
        let content = serde_json::to_value(tappable("Qual?", &four, Language::Portuguese).unwrap()).unwrap();
        let action = &content["interactive"]["action"];
        assert_eq!(
            (&content["interactive"]["type"], &action["button"]),
            (&json!("list"), &json!("Ver opções"))
        );
        assert_eq!(
            action["sections"][0]["rows"][3],
            json!({"id": "v1|say|não sei", "title": "Ainda não sei, quero aj…", "description": "Ainda não sei, quero ajuda"})
        );
    }

    #[test]
    fn numbered_lines_are_answered_with_a_number() {
        let two = [choice("Sim", "sim, confirmo"), choice("Não", "não")];
        let shown = numbered("Confirma?", &two, Language::Portuguese);
        assert_eq!(shown, "Confirma?\n\n1. Sim\n2. Não\n\nResponda com o número ou com as palavras.");
        for (answer, expected) in [
            ("1", Some("sim, confirmo")),
            (" 2. ", Some("não")),
            ("2)", Some("não")),
            ("3", None),
            ("0", None),
            ("2 pessoas", None),
            ("sim", None),
        ] {
            assert_eq!(numbered_choice(answer, &two), expected, "{answer}");
        }
        assert_eq!(numbered("Oi", &[], Language::English), "Oi");
        let skip = [choice("Pular", "pular")];
        assert_eq!(numbered("Quantos?", &skip, Language::Portuguese), "Quantos?\n\nOu responda: Pular");
        assert_eq!(said("v1|say|sim, confirmo"), Some("sim, confirmo"));
        assert_eq!((said("agendar_sim"), said("v1|say| ")), (None, None));
    }
}
