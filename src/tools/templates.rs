//! Checks the sentences of tool files when they are loaded, so that a slip in a template is found by the operator
//! and not by a customer. Rendering is the work of whoever says them.

use crate::declared::reader::{Placed, Texts};
use crate::domain::problem::{Problem, line_of};
use minijinja::{Environment, ErrorKind, UndefinedBehavior, Value};

/// Filters that whoever says a result provides beside minijinja's own.
const FILTERS: [&str; 3] = ["money", "date", "datetime"];

/// The faults of every language of a text.
pub fn check_texts(texts: &Texts) -> Vec<Problem> {
    texts.by_language.values().filter_map(check_text).collect()
}

/// The fault of one template: bad syntax, or a filter that nobody provides.
fn check_text(text: &Placed<String>) -> Option<Problem> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    for filter in FILTERS {
        environment.add_filter(filter, |value: Value| value);
    }
    let mut place = text.place.clone();
    if let Err(error) = environment.template_from_str(&text.value) {
        place.line += error.line().unwrap_or(1).saturating_sub(1);
        let detail = error.detail().unwrap_or("bad template");
        return Some(place.problem(format!("template: {}: {detail}", error.kind())));
    }
    let (offset, name) = filters(&text.value).into_iter().find(|(_, name)| !exists(&environment, name))?;
    place.line += line_of(&text.value, offset) - 1;
    Some(place.problem(format!("template: there is no filter `{name}`; ours are {}", FILTERS.join(", "))))
}

/// The filters a template uses, with their places. Engines find a missing filter only when they come by it.
fn filters(template: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut rest = 0;
    while let Some(open) = template[rest..].find("{{").into_iter().chain(template[rest..].find("{%")).min() {
        let start = rest + open + 2;
        let end = template[start..].find(['}', '%']).map_or(template.len(), |length| start + length);
        let mut quote = None;
        for (index, character) in template[start..end].char_indices() {
            match (quote, character) {
                (Some(open), _) if open == character => quote = None,
                (Some(_), _) => {}
                (None, '\'' | '"') => quote = Some(character),
                (None, '|') => {
                    let behind = template[start + index + 1..end].trim_start();
                    let name_end =
                        behind.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(behind.len());
                    found.push((start + index, &behind[..name_end]));
                }
                (None, _) => {}
            }
        }
        rest = end;
    }
    found
}

fn exists(environment: &Environment<'_>, filter: &str) -> bool {
    match environment.render_str(&format!("{{{{ 1 | {filter} }}}}"), ()) {
        Ok(_) => true,
        Err(error) => error.kind() != ErrorKind::UnknownFilter,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::declared::reader::Place;

    fn problem(template: &str) -> Option<String> {
        let place = Place { file: "tools/x.toml".into(), line: 10 };
        check_text(&Placed { value: template.into(), place }).map(|problem| problem.to_string())
    }

    #[test]
    fn names_the_line_inside_the_template() {
        assert_eq!(problem("Olá {{ result.name }}, {{ result.price | money }}"), None);
        let broken = problem("Olá\n{% if result.name %}\noi").unwrap();
        assert!(broken.starts_with("tools/x.toml:11: template:"), "{broken}");
        assert_eq!(
            problem("{{ 'a | b' }}\n{{ result.total | currency }}").unwrap(),
            "tools/x.toml:11: template: there is no filter `currency`; ours are money, date, datetime"
        );
    }
}
