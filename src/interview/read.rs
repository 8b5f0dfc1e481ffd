//! Reads `prompts/interviews/*.toml` and says everything that is wrong with it, with its line: what has no such
//! shape, what names nothing, what can never be reached and what would go round in a circle.

use super::condition::{Condition, Test};
use super::definition::{Definition, Ends, LegalBasis, Text};
use super::field::{Field, Kind, Target};
use super::places::{Places, Step};
use crate::domain::interview::Temperature;
use crate::domain::language::Language;
use crate::domain::problem::Problem;
use std::collections::{HashMap, HashSet};
use std::path::Path;

/// Most questions anybody answers.
const LARGEST_BUDGET: usize = 20;
/// Most fields of an interview.
const MOST_FIELDS: usize = 40;
/// Largest file that is read.
const LARGEST_FILE: usize = 262_144;

/// The definition that `source`, the text of `file`, holds.
///
/// # Errors
/// Everything that is wrong with it.
pub fn read(file: &str, source: &str) -> Result<Definition, Vec<Problem>> {
    if source.len() > LARGEST_FILE {
        return Err(vec![Problem::in_file(file, format!("is larger than {} KiB", LARGEST_FILE / 1024))]);
    }
    let mut definition: Definition = toml::from_str(source).map_err(|error| {
        let offset = error.span().map_or(0, |span| span.start);
        vec![Problem::at_offset(file, source, offset, error.message())]
    })?;
    if definition.name.is_empty() {
        let stem = Path::new(file).file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        definition.name = stem.split('@').next().unwrap_or(stem).to_owned();
    }
    let mut check = Check { definition: &definition, places: Places::of(file, source) };
    check.whole();
    let problems = check.places.finish();
    if problems.is_empty() { Ok(definition) } else { Err(problems) }
}

/// What is wrong with files that are good each by itself: two of one name and version, shares that come to nothing.
pub fn together(definitions: &[(String, Definition)]) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut seen: HashMap<(&str, &str), &str> = HashMap::new();
    for (file, definition) in definitions {
        let key = (definition.name.as_str(), definition.version.as_str());
        if let Some(other) = seen.insert(key, file) {
            let message = format!(
                "interview `{}` has version `{}` in `{other}` too: versions side by side need names of their own",
                key.0, key.1
            );
            problems.push(Problem::in_file(file, message));
        }
        let shared: u32 =
            definitions.iter().filter(|(_, other)| other.name == key.0).map(|(_, other)| other.share).sum();
        if shared == 0 {
            problems
                .push(Problem::in_file(file, "`share` of all versions together is 0: nobody would get it"));
        }
    }
    problems
}

/// The JSON Schema of a definition, for editors.
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(Definition).to_value()
}

struct Check<'a> {
    definition: &'a Definition,
    places: Places<'a>,
}

impl Check<'_> {
    fn whole(&mut self) {
        self.top();
        self.fields();
        self.references();
        self.circles();
        self.reach();
        self.law();
        self.ends();
    }

    fn fault(&mut self, path: &[Step<'_>], message: impl Into<String>) {
        self.places.fault(path, message);
    }

    fn top(&mut self) {
        let definition = self.definition;
        let required = definition.fields.iter().filter(|field| field.required).count();
        if definition.fields.is_empty() || definition.fields.len() > MOST_FIELDS {
            self.fault(&[Step::Key("field")], format!("there have to be 1 to {MOST_FIELDS} fields"));
        }
        if !(1..=LARGEST_BUDGET).contains(&definition.budget) {
            self.fault(&[Step::Key("budget")], format!("has to be 1 to {LARGEST_BUDGET} questions"));
        } else if definition.budget < required {
            let message = format!("is smaller than the {required} required fields");
            self.fault(&[Step::Key("budget")], message);
        }
        let start = &definition.start;
        let none = start.intents.is_empty()
            && start.keywords.is_empty()
            && start.pages.is_empty()
            && start.campaigns.is_empty()
            && start.ads.is_empty()
            && !start.tool
            && !start.operator;
        if none {
            self.fault(&[Step::Key("start")], "nothing would ever start it");
        }
        self.text(&[Step::Key("title")], &definition.title);
        self.text(&[Step::Key("purpose"), Step::Key("text")], &definition.purpose.text);
        if let Some(consent) = &definition.consent {
            self.text(&[Step::Key("consent"), Step::Key("ask")], &consent.ask);
            self.text(&[Step::Key("consent"), Step::Key("declined")], &consent.declined);
        }
    }

    /// A text has to be there in the language that stands in for the others.
    fn text(&mut self, path: &[Step<'_>], text: &Text) {
        match text {
            Text::Same(text) if text.trim().is_empty() => self.fault(path, "is empty"),
            Text::Same(_) => {}
            Text::ByLanguage(texts) => {
                for (tag, text) in texts {
                    if !Language::ALL.iter().any(|language| language.tag() == tag) {
                        self.fault(path, format!("`{tag}` is no language of ours; use pt-BR, en, es"));
                    } else if text.trim().is_empty() {
                        self.fault(path, format!("is empty in {tag}"));
                    }
                }
                if !texts.contains_key(Language::default().tag()) {
                    self.fault(path, "is missing in pt-BR");
                }
            }
        }
    }

    fn fields(&mut self) {
        let mut seen = HashSet::new();
        for (at, field) in self.definition.fields.iter().enumerate() {
            let here = [Step::Key("field"), Step::At(at)];
            let mut fault = |key: &str, message: String| {
                self.places.fault(&[here[0], here[1], Step::Key(key)], message);
            };
            if !seen.insert(&field.id) {
                fault("id", format!("`{}` is there twice", field.id));
            }
            let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
            if field.id.is_empty() || !field.id.chars().all(plain) {
                fault("id", format!("`{}`: use small letters, digits and `_`", field.id));
            }
            if field.kind == Kind::Choice && field.choices.len() < 2 {
                fault("choice", format!("`{}` needs two choices or more", field.id));
            }
            let yes_or_no = |id: &str| matches!(id, "yes" | "no");
            match field.kind {
                Kind::Choice => {}
                // Words of the operator's own for yes and no.
                Kind::YesNo if field.choices.iter().all(|choice| yes_or_no(&choice.id)) => {}
                Kind::YesNo => fault("choice", "the choices of a yes_no field are `yes` and `no`".to_owned()),
                _ if field.choices.is_empty() => {}
                _ => fault("choice", format!("`{}` is no `choice` field and takes none", field.id)),
            }
            let told = field.choices.iter().any(|choice| !choice.visits.is_empty());
            if told && (field.kind != Kind::Choice || field.sensitive) {
                let message =
                    format!("`{}`: only choices that are not sensitive are told by `visits`", field.id);
                fault("choice", message);
            }
            let mut choices = HashSet::new();
            for choice in &field.choices {
                if !choices.insert(&choice.id) {
                    fault("choice", format!("choice `{}` is there twice", choice.id));
                }
            }
            if let (Some(min), Some(max)) = (field.min, field.max)
                && min > max
            {
                fault("min", format!("{min} is more than `max`, {max}"));
            }
            if (field.min.is_some() || field.max.is_some())
                && !matches!(field.kind, Kind::Money | Kind::Number | Kind::People)
            {
                fault("min", "`min` and `max` are for money, number and people".to_owned());
            }
            for lookup in &field.lookup {
                let (tool, path) = lookup.split_once('.').unwrap_or_default();
                if tool.is_empty() || path.split('.').any(str::is_empty) {
                    fault(
                        "lookup",
                        format!("`{lookup}`: write the tool and the place in its result, `tool.path`"),
                    );
                }
            }
            let fits = match field.saves_to {
                None | Some(Target::Note | Target::Preference | Target::OpportunityTitle) => true,
                Some(Target::Name) => field.kind == Kind::Name,
                Some(Target::Email) => field.kind == Kind::Email,
                Some(Target::Phone) => field.kind == Kind::Phone,
                Some(Target::Tag) => field.kind == Kind::Choice,
                Some(Target::OpportunityValue) => field.kind == Kind::Money,
                Some(Target::MarketingConsent) => field.kind == Kind::YesNo,
            };
            if !fits {
                fault("saves_to", "does not hold that kind of answer".to_owned());
            }
            for (key, text) in [("ask", &field.ask), ("label", &field.label), ("reason", &field.reason)] {
                self.text(&[here[0], here[1], Step::Key(key)], text);
            }
        }
    }

    fn field(&self, id: &str) -> Option<&Field> {
        self.definition.fields.iter().find(|field| field.id == id)
    }

    /// Everything that names a field or a choice.
    fn references(&mut self) {
        let definition = self.definition;
        for (at, field) in definition.fields.iter().enumerate() {
            let path = |key| [Step::Key("field"), Step::At(at), Step::Key(key)];
            self.conditions(&path("when"), &field.when);
            for before in &field.after {
                if self.field(before).is_none() {
                    self.fault(&path("after"), format!("there is no field `{before}`"));
                }
            }
            if let Some(with) = &field.with {
                match self.field(with) {
                    None => self.fault(&path("with"), format!("there is no field `{with}`")),
                    Some(_) if field.ask_with.is_none() => {
                        self.fault(&path("with"), "needs `ask_with`, the question for both");
                    }
                    Some(_) => {}
                }
            }
            for (rule, points) in field.points.iter().enumerate() {
                let place = [Step::Key("field"), Step::At(at), Step::Key("points"), Step::At(rule)];
                self.test(&place, field, &points.test);
            }
        }
        for (list, whens) in [
            ("bonus", definition.bonuses.iter().map(|bonus| &bonus.when).collect::<Vec<_>>()),
            ("gate", definition.gates.iter().map(|gate| &gate.when).collect()),
            ("segment", definition.segments.iter().map(|segment| &segment.when).collect()),
            ("route", definition.routes.iter().map(|route| &route.when).collect()),
        ] {
            for (at, when) in whens.into_iter().enumerate() {
                self.conditions(&[Step::Key(list), Step::At(at), Step::Key("when")], when);
                if when.is_empty() && matches!(list, "bonus" | "gate") {
                    self.fault(
                        &[Step::Key(list), Step::At(at)],
                        "has no condition: it would hold for everybody",
                    );
                }
            }
        }
        for (at, route) in definition.routes.iter().enumerate() {
            for segment in &route.segments {
                if !definition.segments.iter().any(|known| known.id == *segment) {
                    let path = [Step::Key("route"), Step::At(at), Step::Key("segments")];
                    self.fault(&path, format!("there is no segment `{segment}`"));
                }
            }
            if route.people.is_empty() {
                self.fault(
                    &[Step::Key("route"), Step::At(at), Step::Key("people")],
                    "nobody takes this route",
                );
            }
        }
    }

    fn conditions(&mut self, path: &[Step<'_>], conditions: &[Condition]) {
        for (at, condition) in conditions.iter().enumerate() {
            let here: Vec<Step<'_>> = path.iter().copied().chain([Step::At(at)]).collect();
            let definition = self.definition;
            match definition.fields.iter().find(|field| field.id == condition.field) {
                None => self.fault(&here, format!("there is no field `{}`", condition.field)),
                Some(field) => self.test(&here, field, &condition.test),
            }
        }
    }

    fn test(&mut self, path: &[Step<'_>], field: &Field, test: &Test) {
        let Test { is, is_not, at_least, at_most, within_days, yes, given: _, begins } = test;
        for choice in is.iter().chain(is_not) {
            if field.choice(choice).is_none() {
                self.fault(path, format!("`{}` has no choice `{choice}`", field.id));
            }
        }
        let counted = matches!(field.kind, Kind::Money | Kind::Number | Kind::People);
        for (there, fits, what) in [
            (
                at_least.is_some() || at_most.is_some(),
                counted,
                "`at_least` and `at_most` are for money, number and people",
            ),
            (within_days.is_some(), field.kind == Kind::Deadline, "`within_days` is for a deadline"),
            (yes.is_some(), field.kind == Kind::YesNo, "`yes` is for a yes_no field"),
            (!begins.is_empty(), !counted && field.kind != Kind::Choice, "`begins` is for text"),
        ] {
            if there && !fits {
                self.fault(path, format!("{what}; `{}` is none", field.id));
            }
        }
        if *test == Test::default() {
            self.fault(
                path,
                "tests nothing: it would hold for every answer; write `given = true` if you mean that",
            );
        }
    }

    /// Fields that wait for each other would never be asked.
    fn circles(&mut self) {
        let definition = self.definition;
        for (at, field) in definition.fields.iter().enumerate() {
            let mut waiting: Vec<&str> = vec![&field.id];
            let mut reached: HashSet<&str> = HashSet::new();
            while let Some(id) = waiting.pop() {
                let Some(next) = definition.fields.iter().find(|next| next.id == id) else { continue };
                let before = next.after.iter().chain(next.when.iter().map(|condition| &condition.field));
                waiting.extend(before.map(String::as_str).filter(|before| reached.insert(before)));
            }
            if reached.contains(field.id.as_str()) {
                let message = format!("`{}` waits for itself, by `after` and `when`", field.id);
                self.fault(&[Step::Key("field"), Step::At(at)], message);
            }
        }
    }

    /// Thresholds that nobody could reach.
    fn reach(&mut self) {
        let definition = self.definition;
        let fields: i32 = definition.fields.iter().map(Field::most_points).sum();
        let most = fields + definition.bonuses.iter().map(|bonus| bonus.points.max(0)).sum::<i32>();
        let score = definition.score;
        if score.warm >= score.hot {
            self.fault(&[Step::Key("score")], "`warm` has to be less than `hot`");
        }
        for (key, threshold) in [("hot", score.hot), ("warm", score.warm)] {
            if threshold > most || threshold > 100 {
                let most = most.min(100);
                let message = format!("nobody reaches {threshold}: all points together come to {most}");
                self.fault(&[Step::Key("score"), Step::Key(key)], message);
            }
        }
        if score.qualified == Temperature::Disqualified {
            self.fault(&[Step::Key("score"), Step::Key("qualified")], "has to be cold, warm or hot");
        }
    }

    fn law(&mut self) {
        let definition = self.definition;
        if definition.consent.is_some() {
            return;
        }
        if definition.purpose.legal_basis == LegalBasis::Consent {
            let message = "rests on consent, and there is no [consent]";
            self.fault(&[Step::Key("purpose"), Step::Key("legal_basis")], message);
        }
        for (at, field) in definition.fields.iter().enumerate().filter(|(_, field)| field.sensitive) {
            let message = format!("`{}` is sensitive and would never be asked without [consent]", field.id);
            self.fault(&[Step::Key("field"), Step::At(at), Step::Key("sensitive")], message);
        }
    }

    fn ends(&mut self) {
        let definition = self.definition;
        let Ends { hot, warm, cold, disqualified } = &definition.end;
        let booked = definition.routes.iter().any(|route| route.service.is_some());
        for (key, end) in [("hot", hot), ("warm", warm), ("cold", cold), ("disqualified", disqualified)] {
            self.text(&[Step::Key("end"), Step::Key(key), Step::Key("say")], &end.say);
            if end.book && !booked {
                let path = [Step::Key("end"), Step::Key(key), Step::Key("book")];
                self.fault(&path, "a call is offered, and no route names the `service` it is booked as");
            }
        }
    }
}
