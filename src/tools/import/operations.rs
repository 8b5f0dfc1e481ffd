//! The operations of a document: how each is called, what it does, how much harm a call can do.

use super::document::{Document, Found, below};
use super::names::{snake, unique, words};
use super::schema::plain_text;
use crate::declared::near::nearest;
use crate::domain::problem::Problem;
use crate::domain::tool::Risk;
use std::collections::HashSet;

/// The methods that a tool can use.
const METHODS: [&str; 6] = ["get", "head", "post", "put", "patch", "delete"];

/// Words of what is not taken back with a word: money that moves, and things that are gone.
const SENSITIVE: [&str; 33] = [
    "refund",
    "refunds",
    "cancel",
    "cancels",
    "cancellation",
    "payment",
    "payments",
    "pay",
    "payout",
    "payouts",
    "charge",
    "charges",
    "chargeback",
    "capture",
    "transfer",
    "transfers",
    "withdraw",
    "withdrawal",
    "delete",
    "destroy",
    "remove",
    "purge",
    "revoke",
    "terminate",
    "void",
    "reembolso",
    "estorno",
    "cancelar",
    "pagamento",
    "cobranca",
    "excluir",
    "apagar",
    "remover",
];

/// One operation.
#[derive(Clone)]
pub struct Operation<'d> {
    /// The name its tool gets.
    pub name: String,
    /// The id that the document gives it; empty if it gives none.
    pub id: &'d str,
    /// The method, in capitals.
    pub method: String,
    /// The path as it is written.
    pub path: &'d str,
    /// What it does, in one line.
    pub summary: String,
    /// How much harm a call can do.
    pub risk: Risk,
    /// The operation.
    pub found: Found<'d>,
    /// The path it stands under.
    pub item: Found<'d>,
}

impl Operation<'_> {
    /// Method and path, as `--operation` takes them.
    pub fn place(&self) -> String {
        format!("{}:{}", self.method, self.path)
    }

    fn is(&self, wanted: &str) -> bool {
        let (method, path) = wanted.split_once(':').unwrap_or_default();
        self.id == wanted
            || self.name == wanted
            || method.eq_ignore_ascii_case(&self.method) && path.trim() == self.path
    }
}

/// Every operation of the document, its names beginning with `prefix`.
///
/// # Errors
/// Paths that are none, or references to nothing.
pub fn operations<'d>(document: &'d Document, prefix: &str) -> Result<Vec<Operation<'d>>, Vec<Problem>> {
    let Some(paths) = document.root().get("paths").filter(|paths| paths.value.is_object()) else {
        return Err(vec![document.problem("#/paths", "a document without paths describes nothing to call")]);
    };
    let (mut operations, mut problems, mut taken) = (Vec::new(), Vec::new(), HashSet::new());
    for (path, value) in paths.value.as_object().into_iter().flatten() {
        let item = Found { value, pointer: below(&paths.pointer, path) };
        let item = match document.follow(item) {
            Ok(item) => item,
            Err(problem) => {
                problems.push(problem);
                continue;
            }
        };
        for method in METHODS {
            let Some(found) = item.get(method).filter(|found| found.value.is_object()) else { continue };
            let id = found.text("operationId").unwrap_or_default().trim();
            let named = snake(if id.is_empty() { "" } else { id });
            let named = if named.is_empty() { snake(&format!("{method} {path}")) } else { named };
            let named = if prefix.is_empty() { named } else { format!("{prefix}_{named}") };
            let name = unique(&named, |name| taken.contains(name));
            taken.insert(name.clone());
            let said = [found.text("summary"), found.text("description"), item.text("summary")];
            let summary = said.into_iter().flatten().map(str::trim).find(|text| !text.is_empty());
            let summary = plain_text(summary.unwrap_or_default(), 100);
            let risk = risk(method, &[id, path, &summary]);
            let method = method.to_ascii_uppercase();
            operations.push(Operation { name, id, method, path, summary, risk, found, item: item.clone() });
        }
    }
    if operations.is_empty() && problems.is_empty() {
        problems.push(document.problem("#/paths", "there is no operation"));
    }
    if problems.is_empty() { Ok(operations) } else { Err(problems) }
}

/// Those of `operations` that `wanted` names by id, by the tool's name, or as `METHOD:PATH`.
///
/// # Errors
/// The names that none has, with what they were probably meant to be.
pub fn chosen<'d>(
    operations: &[Operation<'d>],
    wanted: &[String],
) -> Result<Vec<Operation<'d>>, Vec<String>> {
    let (mut chosen, mut unknown): (Vec<Operation<'d>>, Vec<String>) = (Vec::new(), Vec::new());
    for name in wanted {
        match operations.iter().find(|operation| operation.is(name.trim())) {
            Some(operation) if chosen.iter().any(|known| known.name == operation.name) => {}
            Some(operation) => chosen.push(operation.clone()),
            None => {
                let ids = operations.iter().map(|operation| operation.id).filter(|id| !id.is_empty());
                let hint = nearest(name, ids).map_or_else(
                    || "without --operation they are listed".to_owned(),
                    |near| format!("did you mean `{near}`?"),
                );
                unknown.push(format!("there is no operation `{name}`; {hint}"));
            }
        }
    }
    if unknown.is_empty() { Ok(chosen) } else { Err(unknown) }
}

fn risk(method: &str, texts: &[&str]) -> Risk {
    let sensitive =
        || texts.iter().flat_map(|text| words(text)).any(|word| SENSITIVE.contains(&word.as_str()));
    match method {
        "get" | "head" => Risk::Read,
        "delete" => Risk::Sensitive,
        _ if sensitive() => Risk::Sensitive,
        _ => Risk::Write,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const API: &str = "
openapi: 3.0.3
paths:
  /orders/{id}:
    summary: One order
    get: {operationId: getOrder}
    delete: {}
    parameters: []
  /orders/{id}/refunds:
    post: {operationId: get_order, summary: 'Gives money back.'}
  /notes:
    post: {operationId: addNote, description: 'Adds a note.'}
";

    #[test]
    fn every_operation_has_a_name_of_its_own_and_a_risk() {
        let document = Document::read("api.yaml", API).map_err(|problem| problem.to_string()).unwrap();
        let found = operations(&document, "shop").unwrap_or_default();
        let told: Vec<(&str, Risk)> =
            found.iter().map(|operation| (operation.name.as_str(), operation.risk)).collect();
        assert_eq!(
            told,
            [
                ("shop_get_order", Risk::Read),
                ("shop_delete_orders_id", Risk::Sensitive),
                ("shop_get_order_2", Risk::Sensitive),
                ("shop_add_note", Risk::Write),
            ]
        );
        assert_eq!(found[0].summary, "One order");
        let wanted = ["getOrder", "delete:/orders/{id}", "shop_add_note", "addNote"].map(str::to_owned);
        assert_eq!(chosen(&found, &wanted).map(|chosen| chosen.len()).ok(), Some(3));
        let unknown = chosen(&found, &["addNotes".to_owned(), "x".to_owned()]).err().unwrap();
        assert_eq!(unknown.len(), 2);
        assert!(unknown[0].contains("did you mean `addNote`?"), "{unknown:?}");
    }
}
