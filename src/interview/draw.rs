//! An interview as a picture: the text of a Mermaid flowchart, which Markdown viewers and <https://mermaid.live> draw. It shows
//! what can follow what; which question comes next in a conversation is worked out by `plan`.

use super::condition::{Condition, Test};
use super::definition::{Definition, End, Route, Start};
use super::field::Field;
use crate::domain::interview::Temperature;
use crate::domain::language::Language;
use std::fmt::Write;

/// Most letters of a text in the picture.
const MOST_CHARS: usize = 140;
/// Most examples of what begins it.
const EXAMPLES: usize = 3;

/// The flowchart, in the words that customers of this language read; a line each for nodes and arrows.
pub fn draw(definition: &Definition, language: Language) -> String {
    let picture = Picture { definition, language };
    let lines = [picture.beginning(), picture.questions(), picture.outcomes()].concat();
    let mut text = String::from("flowchart TD\n");
    for line in lines {
        // Writing to a text does not fail.
        let _ = writeln!(text, "    {line}");
    }
    text
}

struct Picture<'d> {
    definition: &'d Definition,
    language: Language,
}

impl Picture<'_> {
    fn beginning(&self) -> Vec<String> {
        let Definition { title, purpose, consent, start, .. } = self.definition;
        let mut lines = vec![
            format!("start([{}])", label(&[title.get(self.language), &begun_by(start)])),
            format!("purpose[{}]", label(&[purpose.text.get(self.language)])),
            "start --> purpose".to_owned(),
        ];
        match consent {
            Some(consent) => {
                lines.push(format!("consent{{{}}}", label(&[consent.ask.get(self.language)])));
                lines.push(format!("declined([{}])", label(&[consent.declined.get(self.language)])));
                lines.push("purpose --> consent".to_owned());
                lines.push(format!("consent -->|{}| declined", label(&["no"])));
                lines.push(format!("consent -->|{}| questions", label(&["yes"])));
            }
            None => lines.push("purpose --> questions".to_owned()),
        }
        lines
    }

    fn questions(&self) -> Vec<String> {
        let Definition { fields, budget, summary, .. } = self.definition;
        let head = format!("at most {budget} questions, the most telling first; what is known is not asked");
        let mut lines = vec![format!("subgraph questions [{}]", label(&[&head]))];
        for (place, field) in fields.iter().enumerate() {
            lines.push(format!("field{place}[{}]", label(&[field.ask.get(self.language), &marks(field)])));
        }
        for (place, field) in fields.iter().enumerate() {
            for condition in &field.when {
                let Some(asked) = self.place(&condition.field) else { continue };
                lines.push(format!("field{asked} -->|{}| field{place}", label(&[&tested(&condition.test)])));
            }
            for after in field.after.iter().filter_map(|id| self.place(id)) {
                lines.push(format!("field{after} -.->|{}| field{place}", label(&["then"])));
            }
        }
        lines.push("end".to_owned());
        let next = if *summary { "summary" } else { "score" };
        lines.push(format!("questions --> {next}"));
        if *summary {
            lines.push(format!("summary[{}]", label(&["everything is shown, and may be corrected"])));
            lines.push("summary --> score".to_owned());
        }
        lines
    }

    fn outcomes(&self) -> Vec<String> {
        let Definition { score, gates, routes, end, .. } = self.definition;
        let mut lines = vec![format!("score{{{}}}", label(&["score"]))];
        for gate in gates {
            lines.push(format!("score -->|{}| disqualified", label(&[&gate.reason])));
        }
        let from = [
            (Temperature::Hot, format!("{} points and more", score.hot)),
            (Temperature::Warm, format!("{} points and more", score.warm)),
            (Temperature::Cold, "fewer".to_owned()),
        ];
        for (temperature, points) in &from {
            lines.push(format!("score -->|{}| {}", label(&[points]), temperature.as_str()));
        }
        let mut ends = from.map(|(temperature, _)| temperature).to_vec();
        if !gates.is_empty() {
            ends.push(Temperature::Disqualified);
        }
        for temperature in ends {
            let own = end.of(temperature);
            let shown = [temperature.as_str(), own.say.get(self.language), &follows(own)];
            lines.push(format!("{}([{}])", temperature.as_str(), label(&shown)));
        }
        for (place, route) in routes.iter().enumerate() {
            let people: Vec<&str> = route.people.iter().map(|person| person.name.as_str()).collect();
            lines.push(format!("route{place}[[{}]]", label(&[&route.id, &people.join(", ")])));
            for temperature in [Temperature::Hot, Temperature::Warm, Temperature::Cold] {
                if route.temperatures.is_empty() || route.temperatures.contains(&temperature) {
                    let arrow =
                        format!("{} -->|{}| route{place}", temperature.as_str(), label(&[&taken(route)]));
                    lines.push(arrow);
                }
            }
        }
        lines
    }

    fn place(&self, id: &str) -> Option<usize> {
        self.definition.fields.iter().position(|field| field.id == id)
    }
}

/// What begins it.
fn begun_by(start: &Start) -> String {
    let said = start.intents.iter().take(EXAMPLES).map(|intent| format!("“{intent}”"));
    let mut ways: Vec<String> = said.collect();
    for (kind, names) in [
        ("word", &start.keywords),
        ("page", &start.pages),
        ("campaign", &start.campaigns),
        ("ad", &start.ads),
    ] {
        ways.extend(names.iter().take(EXAMPLES).map(|name| format!("{kind} {name}")));
    }
    ways.join(", ")
}

/// What else there is to a question.
fn marks(field: &Field) -> String {
    let mut marks = vec![field.id.clone()];
    if field.required {
        marks.push("required".to_owned());
    }
    if field.sensitive {
        marks.push("sensitive".to_owned());
    }
    let most = field.most_points();
    if most > 0 {
        marks.push(format!("up to {most} points"));
    }
    marks.join(", ")
}

/// What an answer has to be, in words.
fn tested(test: &Test) -> String {
    let Test { is, is_not, at_least, at_most, within_days, yes, given, begins } = test;
    let mut parts = Vec::new();
    if !is.is_empty() {
        parts.push(is.join(" or "));
    }
    if !is_not.is_empty() {
        parts.push(format!("not {}", is_not.join(" or ")));
    }
    parts.extend(at_least.map(|least| format!("at least {least}")));
    parts.extend(at_most.map(|most| format!("at most {most}")));
    parts.extend(within_days.map(|days| format!("within {days} days")));
    parts.extend(yes.map(|yes| if yes { "yes" } else { "no" }.to_owned()));
    parts.extend(given.map(|given| if given { "answered" } else { "not answered" }.to_owned()));
    if !begins.is_empty() {
        parts.push(format!("begins with {}", begins.join(" or ")));
    }
    parts.join(", ")
}

/// Which leads a route takes, beyond how warm they are.
fn taken(route: &Route) -> String {
    let conditions = route.when.iter().map(|Condition { field, test }| format!("{field}: {}", tested(test)));
    let parts: Vec<String> = route.segments.iter().cloned().chain(conditions).collect();
    if parts.is_empty() { "all".to_owned() } else { parts.join(", ") }
}

/// What happens at an end.
fn follows(end: &End) -> String {
    let mut parts = Vec::new();
    if end.book {
        parts.push("times are offered".to_owned());
    }
    parts.extend(end.stage.iter().map(|stage| format!("opportunity: {stage}")));
    parts.extend(end.nurture.iter().map(|list| format!("list: {list}")));
    parts.join(", ")
}

/// Lines of a node's text, as Mermaid takes them: quoted, without what would be read as markup.
fn label(lines: &[&str]) -> String {
    let shown = lines.iter().filter(|line| !line.is_empty()).map(|line| {
        let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
        let mut short: String = line.chars().take(MOST_CHARS).collect();
        if short.len() < line.len() {
            short.push('…');
        }
        short.chars().fold(String::new(), |mut safe, letter| {
            match letter {
                '"' => safe.push_str("#quot;"),
                '#' => safe.push_str("#35;"),
                '<' => safe.push_str("#lt;"),
                '>' => safe.push_str("#gt;"),
                '&' => safe.push_str("#amp;"),
                '`' => safe.push('\''),
                other => safe.push(other),
            }
            safe
        })
    });
    format!("\"{}\"", shown.collect::<Vec<_>>().join("<br/>"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interview::library::Interviews;

    #[test]
    fn a_text_is_no_markup() {
        assert_eq!(
            label(&["a \"b\"\n<i>#1</i> & `c`", ""]),
            "\"a #quot;b#quot; #lt;i#gt;#35;1#lt;/i#gt; #amp; 'c'\""
        );
        let long = label(&[&"é".repeat(MOST_CHARS + 1)]);
        assert_eq!(long, format!("\"{}…\"", "é".repeat(MOST_CHARS)));
    }

    #[test]
    fn every_field_end_and_route_is_drawn_and_arrows_lead_somewhere() {
        let names = ["projeto".to_owned()];
        let interviews = Interviews::load(None, &names).unwrap();
        for definition in interviews.iter() {
            let drawn = draw(definition, Language::Portuguese);
            for field in &definition.fields {
                assert!(
                    drawn.contains(&label(&[field.ask.get(Language::Portuguese), &marks(field)])),
                    "{}",
                    field.id
                );
            }
            for route in &definition.routes {
                assert!(drawn.contains(&format!("[[\"{}<br/>", route.id)), "{drawn}");
            }
            let nodes: Vec<&str> = drawn
                .lines()
                .filter_map(|line| {
                    let line = line.trim().trim_start_matches("subgraph ");
                    line.split(['(', '[', '{', ' ']).next().filter(|_| !line.contains("->"))
                })
                .collect();
            for line in drawn.lines().filter(|line| line.contains("->")) {
                let ends = line.split_whitespace();
                let (from, to) = (ends.clone().next().unwrap(), ends.last().unwrap());
                assert!(nodes.contains(&from) && nodes.contains(&to), "{line}");
            }
        }
    }
}
