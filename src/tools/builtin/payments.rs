//! Paying for an order. The amount is the order's own; nothing a model or a customer says changes it. As everywhere,
//! the number and the e-mail on file both have to fit.

use super::capability::{Builtin, Capability, Declaration, failure};
use super::identity::{not_verified, proof, same_email};
use super::orders::plain_number;
use super::words::{moment, pick};
use crate::backoffice::BackofficeError;
use crate::backoffice::catalog::Catalog;
use crate::backoffice::payments::{Charge, ChargeStatus, NewCharge, Payments, Way};
use crate::domain::catalog::{Order, OrderStatus};
use crate::domain::language::Language;
use crate::domain::tool::{ParamSource, Risk};
use crate::tools::tool::{Tool, ToolContext, ToolError, ToolOutput};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// The tools over payments.
pub fn tools(payments: &Arc<dyn Payments>, catalog: &Arc<dyn Catalog>) -> Vec<Arc<dyn Tool>> {
    let till = Till { payments: payments.clone(), catalog: catalog.clone() };
    vec![Builtin::tool(Request(till.clone())), Builtin::tool(Status(till))]
}

#[derive(Clone)]
struct Till {
    payments: Arc<dyn Payments>,
    catalog: Arc<dyn Catalog>,
}

impl Till {
    /// The order, if the e-mail is the one on file.
    async fn order(&self, number: &str, email: &str) -> Result<Order, ToolError> {
        let found = match self.catalog.order(&plain_number(number)).await {
            Ok(order) => Some(order),
            Err(BackofficeError::NotFound { .. } | BackofficeError::Invalid { .. }) => None,
            Err(error) => return Err(failure(error)),
        };
        let on_file = found.as_ref().map_or("nobody@invalid", |order| order.email.as_str());
        let fits = same_email(email, on_file);
        found.filter(|_| fits).ok_or_else(|| not_verified("order"))
    }
}

/// How the customer wants to pay.
#[derive(Deserialize, JsonSchema, Clone, Copy)]
#[serde(rename_all = "snake_case")]
enum Method {
    Pix,
    Link,
}

struct Request(Till);

#[derive(Deserialize, JsonSchema)]
struct RequestArguments {
    /// Number of the order.
    #[schemars(length(min = 1, max = 40), extend("x-balcao-kind" = "order_number"))]
    number: String,
    /// E-mail the order was placed with.
    #[schemars(length(min = 3, max = 254), extend("x-balcao-kind" = "email"))]
    email: String,
    /// A Pix code to copy, or a link to a page with other ways to pay; Pix if left out.
    method: Option<Method>,
}

impl Capability for Request {
    type Arguments = RequestArguments;

    const DECLARATION: Declaration = Declaration {
        name: "payment_request",
        description: "Gives a Pix code or a payment link for an order that waits for its payment. The amount is the \
                      order's; never state another one. Needs the order number and the e-mail it was placed with.",
        risk: Risk::Write,
        sources: &[
            ("number", ParamSource::Said),
            ("email", ParamSource::Said),
            ("method", ParamSource::Model),
        ],
        trusted: &["number", "pix_code", "link"],
    };

    async fn perform(
        &self,
        arguments: Self::Arguments,
        context: &ToolContext,
    ) -> Result<ToolOutput, ToolError> {
        let order = self.0.order(&arguments.number, &arguments.email).await?;
        if order.status != OrderStatus::AwaitingPayment {
            return Err(ToolError::refused(format!(
                "order {} is not waiting for a payment: it is {}",
                order.number,
                order.status.as_str()
            )));
        }
        let request = NewCharge {
            reference: order.number.clone(),
            amount: order.total,
            description: format!("Pedido {}", order.number),
            way: match arguments.method.unwrap_or(Method::Pix) {
                Method::Pix => Way::Pix,
                Method::Link => Way::Link,
            },
            email: order.email.clone(),
        };
        let charge = self.0.payments.charge(&context.effect_key(), request).await.map_err(failure)?;
        let mut output = ToolOutput::wrote(told(&order, &charge, context));
        output.effects.extend(proof(&arguments.email, order.contact, context));
        Ok(output)
    }
}

struct Status(Till);

#[derive(Deserialize, JsonSchema)]
struct StatusArguments {
    /// Number of the order.
    #[schemars(length(min = 1, max = 40), extend("x-balcao-kind" = "order_number"))]
    number: String,
    /// E-mail the order was placed with.
    #[schemars(length(min = 3, max = 254), extend("x-balcao-kind" = "email"))]
    email: String,
}

impl Capability for Status {
    type Arguments = StatusArguments;

    const DECLARATION: Declaration = Declaration {
        name: "payment_status",
        description: "Tells whether an order was paid, as the payment system has it. Needs the order number and the \
                      e-mail it was placed with.",
        risk: Risk::Read,
        sources: &[("number", ParamSource::Said), ("email", ParamSource::Said)],
        trusted: &["number"],
    };

    async fn perform(
        &self,
        arguments: Self::Arguments,
        context: &ToolContext,
    ) -> Result<ToolOutput, ToolError> {
        let order = self.0.order(&arguments.number, &arguments.email).await?;
        let charges = self.0.payments.charges(&order.number).await.map_err(failure)?;
        // What was paid counts, whatever was tried after it.
        let paid = charges.iter().find(|charge| charge.status == ChargeStatus::Approved);
        let data = match paid.or(charges.first()) {
            Some(charge) => told(&order, charge, context),
            None => json!({"number": order.number, "state": "none",
                "state_text": pick(["sem pagamento iniciado", "no payment begun", "sin pago iniciado"], context.language)}),
        };
        Ok(ToolOutput { effects: proof(&arguments.email, order.contact, context), ..ToolOutput::data(data) })
    }
}

fn told(order: &Order, charge: &Charge, context: &ToolContext) -> Value {
    let until = charge.expires_at.map(|end| end.to_zoned(context.now.time_zone().clone()));
    let mut told = json!({
        "number": order.number,
        "amount": charge.amount.to_string(),
        "amount_cents": charge.amount.0,
        "state": charge.status.as_str(),
        "state_text": state(charge.status, context.language),
        "pix_code": charge.pix_code,
        "link": charge.link,
        "valid_until": until.map(|until| moment(&until, context.language)),
    });
    if let Some(object) = told.as_object_mut() {
        object.retain(|_, value| !value.is_null());
    }
    told
}

fn state(status: ChargeStatus, language: Language) -> &'static str {
    match status {
        ChargeStatus::Pending => {
            pick(["aguardando pagamento", "waiting for payment", "a la espera del pago"], language)
        }
        ChargeStatus::Approved => pick(["pago", "paid", "pagado"], language),
        ChargeStatus::Failed => pick(["não concluído", "not completed", "no concluido"], language),
        ChargeStatus::Refunded => pick(["devolvido", "refunded", "reembolsado"], language),
    }
}
