//! Puts the tools of a running program together: built-in ones, narrowed by `tools/*.toml`, and the operator's own
//! from `tools/custom/*.toml`. Every fault of every file is reported at once. It reads files and calls nobody.

use super::http_spec::{self, Call};
use super::registry::{Narrowed, Registry};
use super::spec::Narrowing;
use super::spec_toml;
use super::sql::SqlTool;
use super::tool::Tool;
use crate::declared::near::nearest;
use crate::declared::reader::{LARGEST_FILE, Place};
use crate::domain::problem::Problem;
use crate::tools::http::{HttpTool, HttpTools};
use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::Path;
use std::sync::Arc;

/// The built-in domain files: what the operator's `tools/` folder is laid above.
const BUILT_IN: [(&str, &str); 7] = [
    ("catalog.toml", include_str!("../../tools/catalog.toml")),
    ("agenda.toml", include_str!("../../tools/agenda.toml")),
    ("tickets.toml", include_str!("../../tools/tickets.toml")),
    ("crm.toml", include_str!("../../tools/crm.toml")),
    ("knowledge.toml", include_str!("../../tools/knowledge.toml")),
    ("people.toml", include_str!("../../tools/people.toml")),
    ("payments.toml", include_str!("../../tools/payments.toml")),
];

/// What customers write when they want a tool; nothing else stands in that file.
const EXAMPLES: (&str, &str) = ("examples.toml", include_str!("../../tools/examples.toml"));

/// Loads the registry: `builtin` narrowed by the files of `folder` (`tools/` of the working directory), and the
/// operator's own tools of its folder `custom`.
///
/// # Errors
/// Everything that is wrong in any file, in the order of the files.
pub fn load(builtin: Vec<Arc<dyn Tool>>, folder: &Path, http: &HttpTools) -> Result<Registry, Vec<Problem>> {
    let mut problems = Vec::new();
    let (narrowings, described) = narrowings(folder, &mut problems);
    let mut tools = narrow(builtin, &narrowings, &described, &mut problems);
    let mut places: HashMap<String, Place> = HashMap::new();
    for declared in custom(folder, &mut problems) {
        let place = declared.place.clone();
        let name = declared.spec.name.clone();
        if tools.iter().any(|tool: &Arc<dyn Tool>| tool.spec().name == name) {
            let first = places.get(&name).map_or_else(
                || "a built-in tool".to_owned(),
                |first| format!("{}:{}", first.file, first.line),
            );
            problems.push(place.problem(format!("the name `{name}` is taken by {first}")));
            continue;
        }
        let made = match &declared.call {
            Call::Http(_) => HttpTool::new(declared, http).map(|tool| Arc::new(tool) as Arc<dyn Tool>),
            Call::Sql(_) => {
                SqlTool::new(declared, &http.databases).map(|tool| Arc::new(tool) as Arc<dyn Tool>)
            }
        };
        match made {
            Ok(tool) => {
                places.insert(name, place);
                tools.push(tool);
            }
            Err(found) => problems.extend(found),
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    Registry::new(tools).map_err(|faults| {
        faults
            .into_iter()
            .map(|(name, fault)| Problem::in_file("tools", format!("`{name}`: {fault}")))
            .collect()
    })
}

/// Every narrowing by tool: the built-in files, the operator's of the same name laid above, and the operator's own.
/// Beside them the tools that the built-in files describe.
fn narrowings(folder: &Path, problems: &mut Vec<Problem>) -> (HashMap<String, Narrowing>, HashSet<String>) {
    let mut files: Vec<(String, Vec<Narrowing>)> = Vec::new();
    let mut described = HashSet::new();
    for (name, source) in BUILT_IN.into_iter().chain([EXAMPLES]) {
        let (read, found) = spec_toml::read(&format!("tools/{name} (built in)"), source);
        problems.extend(found);
        described.extend(read.iter().map(|narrowing| narrowing.name.value.clone()));
        files.push((name.to_owned(), read));
    }
    for (name, shown, source) in toml_files(folder, problems) {
        let (over, found) = spec_toml::read(&shown, &source);
        problems.extend(found);
        match files.iter_mut().find(|(file, _)| *file == name) {
            Some((file, own)) if file == EXAMPLES.0 => add_examples(own, over, problems),
            Some((_, own)) => overlay(own, over),
            None => files.push((name, over)),
        }
    }
    let heard = files.iter().position(|(file, _)| file == EXAMPLES.0).map(|place| files.remove(place).1);
    let mut by_tool: HashMap<String, Narrowing> = HashMap::new();
    for narrowing in files.into_iter().flat_map(|(_, narrowings)| narrowings) {
        let name = narrowing.name.value.clone();
        if let Some(first) = by_tool.get(&name) {
            let Place { file, line } = &first.name.place;
            let message = format!(
                "`{name}` is already described in {file}:{line}; use a file of that name to change it"
            );
            problems.push(narrowing.name.place.problem(message));
        } else {
            by_tool.insert(name, narrowing);
        }
    }
    for narrowing in heard.into_iter().flatten() {
        // Those that a domain file names go before these.
        match by_tool.get_mut(&narrowing.name.value) {
            Some(own) => own.examples = own.examples.take().or(narrowing.examples),
            None => drop(by_tool.insert(narrowing.name.value.clone(), narrowing)),
        }
    }
    (by_tool, described)
}

/// Adds the operator's examples to those that come with the program.
fn add_examples(own: &mut Vec<Narrowing>, more: Vec<Narrowing>, problems: &mut Vec<Problem>) {
    for narrowing in more {
        if !narrowing.has_only_examples() {
            problems.push(narrowing.name.place.problem("only `examples` stand in this file".to_owned()));
        }
        match own.iter_mut().find(|known| known.name.value == narrowing.name.value) {
            Some(known) => match (&mut known.examples, narrowing.examples) {
                (Some(known), Some(more)) => known.value.extend(more.value),
                (_, None) => {}
                (none @ None, more) => *none = more,
            },
            None => own.push(narrowing),
        }
    }
}

fn overlay(own: &mut Vec<Narrowing>, over: Vec<Narrowing>) {
    for narrowing in over {
        match own.iter_mut().find(|known| known.name.value == narrowing.name.value) {
            Some(known) => known.overlay(narrowing),
            None => own.push(narrowing),
        }
    }
}

fn narrow(
    builtin: Vec<Arc<dyn Tool>>,
    narrowings: &HashMap<String, Narrowing>,
    described: &HashSet<String>,
    problems: &mut Vec<Problem>,
) -> Vec<Arc<dyn Tool>> {
    let known: Vec<String> = builtin.iter().map(|tool| tool.spec().name.clone()).collect();
    // Some built-in tools are only there with a connector, wherever their words stand.
    let is_ours = |narrowing: &Narrowing| described.contains(&narrowing.name.value);
    let mut unknown: Vec<&Narrowing> = narrowings
        .values()
        .filter(|narrowing| !known.contains(&narrowing.name.value) && !is_ours(narrowing))
        .collect();
    unknown.sort_by(|left, right| left.name.value.cmp(&right.name.value));
    for narrowing in unknown {
        let name = &narrowing.name;
        let hint = nearest(&name.value, known.iter().map(String::as_str)).map_or_else(
            || "your own tools belong into tools/custom/".to_owned(),
            |near| format!("did you mean `{near}`?"),
        );
        problems.push(name.place.problem(format!("there is no tool `{}`; {hint}", name.value)));
    }
    builtin
        .into_iter()
        .filter_map(|tool| match narrowings.get(&tool.spec().name) {
            None => Some(tool),
            Some(narrowing) => {
                let narrowed = narrowing.apply(tool.spec(), problems);
                narrowed.enabled.then(|| Arc::new(Narrowed::new(tool, narrowed)) as Arc<dyn Tool>)
            }
        })
        .collect()
}

fn custom(folder: &Path, problems: &mut Vec<Problem>) -> Vec<http_spec::Declared> {
    let custom = folder.join("custom");
    let mut declared = Vec::new();
    for (_, shown, source) in toml_files(&custom, problems) {
        let (read, found) = http_spec::read(&shown, &source, &custom);
        problems.extend(found);
        declared.extend(read);
    }
    declared
}

/// The TOML files of a folder by name: file name, path as shown, text. A folder that is not there has none.
fn toml_files(folder: &Path, problems: &mut Vec<Problem>) -> Vec<(String, String, String)> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<_> = entries.filter_map(Result::ok).map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "toml") && path.is_file());
    paths.sort();
    let mut files = Vec::with_capacity(paths.len());
    for path in paths {
        let shown = path.display().to_string();
        match read_bounded(&path) {
            Ok(source) => {
                let name =
                    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
                files.push((name, shown, source));
            }
            Err(message) => problems.push(Problem::in_file(shown, message)),
        }
    }
    files
}

/// The text of a file an operator wrote.
pub fn read_bounded(path: &Path) -> Result<String, String> {
    match fs::metadata(path) {
        Ok(about) if about.len() > LARGEST_FILE => return Err(format!("larger than {LARGEST_FILE} bytes")),
        Ok(_) => {}
        Err(error) => return Err(format!("cannot be read: {error}")),
    }
    fs::read_to_string(path).map_err(|error| format!("cannot be read: {error}"))
}
