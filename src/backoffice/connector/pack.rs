//! A connector's file as it was read: where the vendor stands, how calls are authorised, what may be done and how an
//! answer is understood. Nothing is compiled here; `read.rs` fills it in and `connector.rs` makes it work.

use super::contract::{Capability, Need, OPERATIONS};
use crate::declared::reader::{Place, Placed};
use crate::domain::tool::Localized;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Duration;

/// `tools/connectors/NAME.toml`
#[derive(Clone, Debug)]
pub struct Pack {
    /// The name it is chosen by: the file's.
    pub name: String,
    /// Where the file begins.
    pub place: Place,
    /// The vendor's name as people know it.
    pub title: String,
    /// Where the vendor documents its API.
    pub documentation: String,
    /// What every operation's path is put behind; a template over `setting` and `version`.
    pub base_url: Placed<String>,
    /// Version of the vendor's API, if a path or header names it.
    pub version: String,
    /// Credentials and settings by name.
    pub settings: BTreeMap<String, SettingSpec>,
    /// How calls are authorised; where a vendor has several ways, the first whose settings the operator has given.
    pub auth: Vec<AuthChoice>,
    /// Headers of every call.
    pub headers: Vec<(String, Placed<String>)>,
    /// What the vendor lets pass.
    pub quota: Quota,
    /// How amounts stand in answers.
    pub money: MoneyUnit,
    /// How long one attempt may take.
    pub timeout: Duration,
    /// JMESPath to the vendor's own words about a refusal, for the operator's log.
    pub message: Option<Placed<String>>,
    /// What particular answers mean, where the status alone misleads. The first that fits counts.
    pub faults: Vec<FaultRule>,
    /// What can be done, by the names of the contract.
    pub operations: BTreeMap<String, Vec<Step>>,
    /// What the vendor posts of its own accord, if it does.
    pub webhook: Option<WebhookSpec>,
    /// The version of the file: the first digits of its hash, for the journal.
    pub revision: String,
}

impl Pack {
    /// What it can stand for.
    pub fn capabilities(&self) -> Vec<Capability> {
        let has = |capability: &Capability| {
            OPERATIONS
                .iter()
                .filter(|operation| operation.capability == *capability && operation.need == Need::Required)
                .all(|operation| self.operations.contains_key(operation.name))
        };
        Capability::ALL.into_iter().filter(has).collect()
    }
}

/// One credential or setting.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SettingSpec {
    /// What it is and where the operator finds it.
    pub about: Localized,
    /// Whether it must not be seen.
    pub secret: bool,
    /// Whether it is only a part of the vendor's address, which an address of the operator's own replaces.
    pub address: bool,
    /// What holds if the operator gives none; without it, one must be given.
    pub default: Option<String>,
}

/// One way to authorise calls.
#[derive(Clone, PartialEq, Debug)]
pub struct AuthChoice {
    /// Settings that the operator has to give for it.
    pub needs: Vec<String>,
    /// The way.
    pub auth: Auth,
}

/// How calls are authorised. Texts are templates over `setting`.
#[derive(Clone, PartialEq, Debug)]
pub enum Auth {
    /// Not at all, or by headers that the file names itself.
    None,
    /// A header.
    Header {
        /// Its name.
        name: String,
        /// Its value.
        value: Placed<String>,
    },
    /// User and password (RFC 7617).
    Basic {
        /// User.
        user: Placed<String>,
        /// Password.
        password: Placed<String>,
    },
    /// A query parameter, which is kept out of every log.
    Query {
        /// Its name.
        name: String,
        /// Its value.
        value: Placed<String>,
    },
    /// A bearer token that an OAuth 2.0 server gives and that ends.
    OAuth(Box<OAuth>),
}

/// How a token is asked for.
#[derive(Clone, PartialEq, Debug)]
pub struct OAuth {
    /// Where.
    pub token_url: Placed<String>,
    /// By which right.
    pub grant: Grant,
    /// Where a person lets the program in, for the first refresh token (RFC 6749 §4.1).
    pub authorize_url: Option<Placed<String>>,
    /// Client id.
    pub client_id: Placed<String>,
    /// Client secret.
    pub client_secret: Placed<String>,
    /// Whether id and secret go into a Basic header instead of the form.
    pub basic: bool,
    /// Scope; none is asked for if empty.
    pub scope: String,
    /// The header that carries the token as it is; `Authorization: Bearer` if none is named.
    pub header: Option<Placed<String>>,
}

/// By which right a token is asked for.
#[derive(Clone, PartialEq, Debug)]
pub enum Grant {
    /// The client's own (RFC 6749 §4.4).
    ClientCredentials,
    /// A refresh token (RFC 6749 §6), rotating or not; the operator gives the first one.
    RefreshToken(Placed<String>),
    /// A JWT signed with a service account's key (RFC 7523 §2.1); the key file's JSON is given.
    ServiceAccount(Placed<String>),
    /// A session that is opened with a call of its own, and lasts until the vendor refuses it.
    Session(SessionSpec),
}

/// How a session is opened and carried.
#[derive(Clone, PartialEq, Debug)]
pub struct SessionSpec {
    /// Headers of the call (a GET) that opens it.
    pub headers: Vec<(String, Placed<String>)>,
    /// The member of the answer that holds its token.
    pub token: String,
    /// The header that carries the token.
    pub name: String,
}

/// What the vendor lets pass in a minute; 0 is without bound.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Quota {
    /// Calls.
    pub requests: u32,
    /// Units, where calls differ in cost.
    pub units: u32,
    /// How the vendor itself says what is left, if it does.
    pub told: Option<ToldQuota>,
    /// How it says that of points, of which calls cost differently many.
    pub points: Option<PointPaths>,
}

/// Where an answer's body tells of the vendor's points, each a JMESPath.
#[derive(Clone, PartialEq, Debug)]
pub struct PointPaths {
    /// How many are left.
    pub left: Placed<String>,
    /// How many there ever are.
    pub most: Placed<String>,
    /// How many there are more in a second.
    pub refills: Placed<String>,
    /// How many the call cost.
    pub cost: Placed<String>,
}

/// Headers of answers by which a vendor says how many calls are left.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ToldQuota {
    /// How many are left.
    pub remaining: String,
    /// When there are more; a minute later if no header says it.
    pub reset: Option<String>,
    /// How it says that.
    pub reset_in: ResetIn,
}

/// How a vendor says when there are more calls.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum ResetIn {
    /// In so many seconds.
    #[default]
    Seconds,
    /// In so many milliseconds.
    Milliseconds,
    /// At so many seconds since 1970.
    Epoch,
}

/// How amounts stand in answers.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum MoneyUnit {
    /// `12.5` or `"12.50"`.
    #[default]
    Decimal,
    /// `1250`
    Cents,
}

/// What a particular answer means.
#[derive(Clone, PartialEq, Debug)]
pub struct FaultRule {
    /// Status it comes with; any if `None`.
    pub status: Option<u16>,
    /// JMESPath over the body that must be true (not null, not false, not empty).
    pub when: Option<Placed<String>>,
    /// What it means.
    pub means: Meaning,
}

/// What an answer means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Meaning {
    /// It was done.
    Done,
    /// There is no such thing.
    Missing,
    /// Too many calls: nothing was done.
    Limited,
    /// The present state does not allow it: nothing was done.
    Conflict,
    /// The values are not accepted: nothing was done.
    Rejected,
    /// The credentials do not hold: nothing was done.
    Unauthorized,
    /// The vendor has a fault of its own: whether anything was done is not known.
    Failing,
}

/// One call of an operation.
#[derive(Clone, Debug)]
pub struct Step {
    /// What later calls name its result: `steps.NAME`.
    pub name: String,
    /// The call is left out, with the result null, unless this expression is true.
    pub when: Option<Placed<String>>,
    /// The method.
    pub method: String,
    /// What stands behind the base; a template.
    pub path: Placed<String>,
    /// Headers beside those of every call.
    pub headers: Vec<(String, Placed<String>)>,
    /// Query parameters.
    pub query: Vec<(String, Placed<Value>)>,
    /// Body.
    pub body: Option<Placed<Value>>,
    /// When it may be sent again although it may have arrived.
    pub repeat: Repeat,
    /// Header that carries the key under which the vendor does something once.
    pub idempotency_header: Option<String>,
    /// Units of the quota.
    pub cost: u32,
    /// Calls of this endpoint in a minute, where it has a bound of its own; 0 for none.
    pub requests: u32,
    /// What makes the result out of the answer.
    pub result: Option<Placed<String>>,
    /// Our words by the vendor's, for fields of the result.
    pub words: BTreeMap<String, BTreeMap<String, String>>,
    /// How more pages are asked for.
    pub pages: Option<Pages>,
}

/// `[webhook]`: what the vendor posts of its own accord. Texts are templates over the post.
#[derive(Clone, PartialEq, Debug)]
pub struct WebhookSpec {
    /// How it is known that the vendor posts.
    pub proof: Proof,
    /// The vendor's id of an event, the same when it is posted again.
    pub id: Option<Placed<String>>,
    /// What posts mean. Every one that fits counts.
    pub events: Vec<WebhookEvent>,
}

/// How it is known that the vendor posts.
#[derive(Clone, PartialEq, Debug)]
pub enum Proof {
    /// HMAC-SHA256 with a secret that both know.
    Signed {
        /// The header with the signature.
        header: String,
        /// Which part of it, where it is `name=value,name=value`.
        part: Option<String>,
        /// How it begins.
        prefix: String,
        /// How its bytes are written.
        encoding: Encoding,
        /// What is signed.
        over: Placed<String>,
    },
    /// The secret itself.
    Shared {
        /// Where it is presented.
        value: Placed<String>,
    },
}

/// How bytes are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Encoding {
    /// Hexadecimal.
    Hex,
    /// Base64.
    Base64,
}

/// What a post means.
#[derive(Clone, PartialEq, Debug)]
pub struct WebhookEvent {
    /// Only if this expression is true.
    pub when: Option<Placed<String>>,
    /// What became of what.
    pub means: NewsKind,
    /// The record's key.
    pub key: Placed<String>,
}

/// What a vendor may report.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NewsKind {
    /// An order is in another state.
    OrderChanged,
    /// A payment is.
    PaymentChanged,
    /// The team has answered a ticket.
    TicketAnswered,
    /// An appointment was moved, or taken out.
    AppointmentChanged,
}

/// When a call may be sent again although it may have arrived.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Repeat {
    /// Always: it only reads, or it brings about a state.
    Always,
    /// With the same key: the vendor does it once.
    Key,
    /// Never.
    Never,
}

/// How more pages are asked for.
#[derive(Clone, PartialEq, Debug)]
pub struct Pages {
    /// How `page` goes on.
    pub next: NextPage,
    /// JMESPath over the body that is true while more pages come; a guess by their items if left out.
    pub more: Option<Placed<String>>,
    /// Most pages that are read.
    pub most: u32,
}

/// How `page` goes on.
#[derive(Clone, PartialEq, Debug)]
pub enum NextPage {
    /// It is what this JMESPath finds in the body; nothing on the last page.
    Found(Placed<String>),
    /// It counts up from this, until a page has no items.
    Counted(u32),
}
