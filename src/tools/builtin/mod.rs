//! The tools that come with the program, one file a domain. Their order here is their order in every prompt.

pub mod agenda;
mod amounts;
pub mod capability;
pub mod catalog;
pub mod crm;
mod identity;
pub mod interviews;
pub mod knowledge;
pub mod leads;
pub mod orders;
pub mod payments;
pub mod people;
pub mod tickets;
mod times;
pub(crate) mod words;

use crate::backoffice::Backoffice;
use crate::tools::tool::Tool;
use knowledge::KnowledgeSearch;
use std::sync::Arc;

/// Every built-in tool, in the order models see them.
pub fn all(backoffice: &Backoffice, knowledge: &Arc<dyn KnowledgeSearch>) -> Vec<Arc<dyn Tool>> {
    let mut tools = orders::tools(&backoffice.catalog);
    if let Some(payments) = &backoffice.payments {
        tools.extend(payments::tools(payments, &backoffice.catalog));
    }
    tools.extend(catalog::tools(backoffice));
    tools.extend(agenda::tools(&backoffice.agenda));
    tools.extend(tickets::tools(&backoffice.tickets, &backoffice.crm));
    tools.extend(crm::tools(&backoffice.crm));
    tools.extend(knowledge::tools(knowledge));
    tools.extend(people::tools(backoffice));
    tools.extend(leads::tools(&backoffice.crm));
    tools
}
