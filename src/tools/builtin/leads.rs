//! The program's own tool that passes an interviewed lead on. No model sees it or may call it: what is in it was said
//! by the lead and read by the program.

use super::capability::{Builtin, Capability, Declaration, failure};
use super::identity::has_proven;
use crate::backoffice::crm::Crm;
use crate::backoffice::leads::{self, Lead, Person};
use crate::domain::effect::Effect;
use crate::domain::tool::Risk;
use crate::tools::tool::{Caller, Tool, ToolContext, ToolError, ToolOutput};
use serde_json::json;
use std::sync::Arc;

/// Name of the tool.
pub const SAVE_LEAD: &str = "lead_save";

/// The tools over leads.
pub fn tools(crm: &Arc<dyn Crm>) -> Vec<Arc<dyn Tool>> {
    vec![Builtin::tool(SaveLead(crm.clone()))]
}

struct SaveLead(Arc<dyn Crm>);

impl Capability for SaveLead {
    type Arguments = Lead;

    const DECLARATION: Declaration = Declaration {
        name: SAVE_LEAD,
        description: "Keeps what an interview found out: the person, what they agreed to, the opportunity, a note, what \
                      they like.",
        risk: Risk::Write,
        sources: &[],
        trusted: &[],
    };

    const CALLER: Caller = Caller::Program;

    async fn perform(&self, lead: Lead, context: &ToolContext) -> Result<ToolOutput, ToolError> {
        let person = Person { contact: context.contact, verified: context.verified.clone() };
        let kept = leads::keep(self.0.as_ref(), &person, &lead).await.map_err(failure)?;
        let mut output = ToolOutput::wrote(json!({
            "saved": true,
            "contact": kept.saved.contact.id.to_string(),
            "outcome": kept.outcome(),
            "conflict": kept.is_in_conflict,
            "opportunity": kept.opportunity.as_ref().map(|opportunity| opportunity.id.to_string()),
        }));
        if kept.saved.contact.id != context.contact && has_proven(context, &kept.saved.contact) {
            output.effects.push(Effect::Contact { id: kept.saved.contact.id });
        }
        Ok(output)
    }
}
