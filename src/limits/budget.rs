//! What models may cost: bounds in money for one turn, one conversation, one person and the whole business. What a call may
//! cost at most is taken before it is made, and what it did not cost is given back behind it, so that no number of calls at
//! once goes beyond a bound, in however many processes. Says what a place that keeps accounts has to offer; keeps none.

use super::alerts::Alerts;
use crate::domain::clock::Clock;
use crate::domain::ids::{ContactId, ConversationId, TurnId};
use async_trait::async_trait;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan, Zoned};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Bounds in millionths of the currency; none is without bound.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Bounds {
    /// Of one turn.
    pub turn: Option<u64>,
    /// Of one conversation in a day.
    pub conversation: Option<u64>,
    /// Of one person in a day, in whatever conversations.
    pub contact: Option<u64>,
    /// Of all together in a day.
    pub day: Option<u64>,
    /// Of all together in a month.
    pub month: Option<u64>,
}

impl Bounds {
    /// Whether there is any.
    pub fn are_set(self) -> bool {
        self != Self::default()
    }
}

/// For whom a model is asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Payer {
    /// The turn.
    pub turn: Option<TurnId>,
    /// Its conversation.
    pub conversation: Option<ConversationId>,
    /// The person.
    pub contact: Option<ContactId>,
}

/// Whose money it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Scope {
    /// The business's month.
    Month,
    /// Its day.
    Day,
    /// One person's day.
    Contact,
    /// One conversation's.
    Conversation,
    /// One turn's.
    Turn,
}

impl Scope {
    /// The label of metrics, and the key of `[llm.budget]`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Month => "month",
            Self::Day => "day",
            Self::Contact => "contact_day",
            Self::Conversation => "conversation_day",
            Self::Turn => "turn",
        }
    }
}

/// An account, and what it may come to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Account {
    /// Whose.
    pub scope: Scope,
    /// What it is kept under.
    pub name: String,
    /// In millionths of the currency.
    pub most: u64,
    /// When it can be forgotten.
    pub ends_at: Timestamp,
}

/// What came of asking for money.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Asked {
    /// It was taken from every account, which come to this now.
    Taken(Vec<u64>),
    /// Nothing was taken: this account would have come to more than it may.
    Over(usize),
}

/// Nobody can say: the place that keeps the accounts is away.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("what models have cost cannot be looked up: {0}")]
pub struct BookAway(pub String);

/// Keeps accounts for every process.
#[async_trait]
pub trait SpendBook: Send + Sync {
    /// Takes `micros` from every account, or from none.
    ///
    /// # Errors
    /// [`BookAway`]; then nobody knows whether it was taken.
    async fn take(&self, accounts: &[Account], micros: u64, now: Timestamp) -> Result<Asked, BookAway>;

    /// Puts what was spent in the place of what was taken.
    ///
    /// # Errors
    /// [`BookAway`]; then what was taken may count as spent.
    async fn settle(&self, accounts: &[Account], taken: u64, spent: u64) -> Result<(), BookAway>;

    /// What an account has come to.
    ///
    /// # Errors
    /// [`BookAway`].
    async fn spent(&self, account: &Account) -> Result<u64, BookAway>;
}

/// Why a model is not asked.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NoMoney {
    /// One of the bounds is reached.
    #[error("`{}` of [llm.budget] has too little left for another call", .0.as_str())]
    Over(Scope),
    /// Without the accounts nothing is spent.
    #[error(transparent)]
    Away(#[from] BookAway),
}

/// Money that was taken for one call.
#[must_use = "what was not spent has to be given back"]
#[derive(Debug)]
pub struct Reserved {
    accounts: Vec<Account>,
    micros: u64,
}

/// The bounds, and what has come of them.
pub struct Budget {
    bounds: Bounds,
    book: Arc<dyn SpendBook>,
    clock: Arc<dyn Clock>,
    /// Whose days and months count.
    zone: TimeZone,
    alerts: Arc<Alerts>,
    /// Which account the operator was told of last, by what was told.
    told: Mutex<BTreeMap<(Scope, Told), String>>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Told {
    MostOfIt,
    AllOfIt,
}

/// So many hundredths of a bound are most of it: the operator still has time to think.
const MOST_OF_IT: u64 = 80;

impl Budget {
    /// A budget kept to in `zone`.
    pub fn new(
        bounds: Bounds,
        book: Arc<dyn SpendBook>,
        clock: Arc<dyn Clock>,
        zone: TimeZone,
        alerts: Arc<Alerts>,
    ) -> Self {
        Self { bounds, book, clock, zone, alerts, told: Mutex::default() }
    }

    /// Takes `micros` for a call that may cost so much.
    ///
    /// # Errors
    /// [`NoMoney`]: the call must not be made.
    pub async fn reserve(&self, payer: &Payer, micros: u64) -> Result<Reserved, NoMoney> {
        let now = self.clock.now();
        let accounts = accounts(self.bounds, payer, &now.to_zoned(self.zone.clone()));
        match self.book.take(&accounts, micros, now).await? {
            Asked::Taken(totals) => {
                for (account, total) in accounts.iter().zip(totals) {
                    self.begins_anew(account);
                    if total.saturating_mul(100) >= account.most.saturating_mul(MOST_OF_IT) {
                        self.most_is_gone(account);
                    }
                }
                Ok(Reserved { accounts, micros })
            }
            Asked::Over(place) => {
                let scope = accounts.get(place).map_or(Scope::Turn, |account| account.scope);
                metrics::counter!("balcao_llm_over_budget_total", "scope" => scope.as_str()).increment(1);
                if let Some(account) = accounts.get(place) {
                    self.is_gone(account);
                }
                Err(NoMoney::Over(scope))
            }
        }
    }

    /// Puts what a call cost in the place of what was taken for it. Should that fail, all that was taken counts as spent:
    /// a bound is never passed by an account that is away.
    pub async fn settle(&self, reserved: Reserved, spent: u64) {
        let Reserved { accounts, micros } = reserved;
        if let Err(error) = self.book.settle(&accounts, micros, spent).await {
            tracing::warn!(error = %error, "what a model has cost could not be written down; it counts as the most it may have");
        }
    }

    /// The business's own accounts as they stand: which, its bound, what it has come to.
    ///
    /// # Errors
    /// [`BookAway`].
    pub async fn standing(&self) -> Result<Vec<(Scope, u64, u64)>, BookAway> {
        let mut standing = Vec::new();
        let now = self.clock.now().to_zoned(self.zone.clone());
        for account in accounts(self.bounds, &Payer::default(), &now) {
            standing.push((account.scope, account.most, self.book.spent(&account).await?));
        }
        Ok(standing)
    }

    /// Whether something has to be told of an account: once, and of the business's own alone. A stranger who uses up their
    /// own share is no news.
    fn is_news(&self, account: &Account, told: Told) -> bool {
        let is_ours = matches!(account.scope, Scope::Day | Scope::Month);
        let mut known = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        is_ours && known.insert((account.scope, told), account.name.clone()).as_ref() != Some(&account.name)
    }

    fn is_gone(&self, account: &Account) {
        if self.is_news(account, Told::AllOfIt) {
            let text = format!(
                "`{}` of [llm.budget] has too little left for another call: only the built-in model answers until {}",
                account.scope.as_str(),
                account.ends_at.to_zoned(self.zone.clone()).strftime("%Y-%m-%d %H:%M"),
            );
            self.alerts.down(&subject(account.scope), &text);
        }
    }

    fn most_is_gone(&self, account: &Account) {
        if self.is_news(account, Told::MostOfIt) {
            let text = format!(
                "{MOST_OF_IT} % of `{}` in [llm.budget] is used up or bespoken; behind it only the built-in model answers",
                account.scope.as_str(),
            );
            self.alerts.waiting(&subject(account.scope), &text);
        }
    }

    fn begins_anew(&self, account: &Account) {
        let mut known = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let place = (account.scope, Told::AllOfIt);
        if known.get(&place).is_some_and(|before| *before != account.name) {
            known.remove(&place);
            self.alerts.over(&subject(account.scope), "begins anew");
        }
    }
}

fn subject(scope: Scope) -> String {
    format!("llm budget {}", scope.as_str())
}

/// The accounts that a call is paid from, the largest first: whoever takes from several takes in this order.
fn accounts(bounds: Bounds, payer: &Payer, now: &Zoned) -> Vec<Account> {
    let today = now.date();
    let midnight = begins(today.checked_add(1.day()), now);
    let next_month = begins(today.last_of_month().checked_add(1.day()), now);
    let soon = now.timestamp().saturating_add(SignedDuration::from_hours(24)).unwrap_or(Timestamp::MAX);
    let contact = payer.contact.map(|id| format!("contact {id} {today}"));
    let conversation = payer.conversation.map(|id| format!("conversation {id} {today}"));
    let month = format!("business {:04}-{:02}", today.year(), today.month());
    [
        (Scope::Month, bounds.month, Some(month), next_month),
        (Scope::Day, bounds.day, Some(format!("business {today}")), midnight),
        (Scope::Contact, bounds.contact, contact, midnight),
        (Scope::Conversation, bounds.conversation, conversation, midnight),
        (Scope::Turn, bounds.turn, payer.turn.map(|id| format!("turn {id}")), soon),
    ]
    .into_iter()
    .filter_map(|(scope, most, name, ends_at)| Some(Account { scope, name: name?, most: most?, ends_at }))
    .collect()
}

fn begins(day: Result<Date, jiff::Error>, now: &Zoned) -> Timestamp {
    let midnight = day.and_then(|day| day.to_zoned(now.time_zone().clone()));
    midnight.map_or(Timestamp::MAX, |midnight| midnight.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::clock::ManualClock;
    use uuid::Uuid;

    /// Accounts in memory.
    #[derive(Default)]
    struct Book(Mutex<BTreeMap<String, u64>>);

    #[async_trait]
    impl SpendBook for Book {
        async fn take(&self, accounts: &[Account], micros: u64, _: Timestamp) -> Result<Asked, BookAway> {
            let mut book = self.0.lock().unwrap();
            let total = |account: &Account| book.get(&account.name).copied().unwrap_or(0) + micros;
            let totals: Vec<u64> = accounts.iter().map(total).collect();
            if let Some(over) =
                accounts.iter().zip(&totals).position(|(account, total)| *total > account.most)
            {
                return Ok(Asked::Over(over));
            }
            book.extend(accounts.iter().map(|account| account.name.clone()).zip(totals.clone()));
            Ok(Asked::Taken(totals))
        }

        async fn settle(&self, accounts: &[Account], taken: u64, spent: u64) -> Result<(), BookAway> {
            let mut book = self.0.lock().unwrap();
            for account in accounts {
                let total = book.get_mut(&account.name).unwrap();
                *total = *total - taken + spent;
            }
            Ok(())
        }

        async fn spent(&self, account: &Account) -> Result<u64, BookAway> {
            Ok(self.0.lock().unwrap().get(&account.name).copied().unwrap_or(0))
        }
    }

    fn somebody(number: u128) -> Payer {
        Payer {
            turn: Some(TurnId(Uuid::from_u128(number))),
            conversation: Some(ConversationId(Uuid::from_u128(number))),
            contact: Some(ContactId(Uuid::from_u128(number))),
        }
    }

    fn budget(bounds: Bounds, clock: &Arc<ManualClock>) -> Budget {
        let zone = TimeZone::get("America/Sao_Paulo").unwrap();
        let alerts = Arc::new(Alerts::logged(clock.clone()));
        Budget::new(bounds, Arc::new(Book::default()), clock.clone(), zone, alerts)
    }

    fn clock() -> Arc<ManualClock> {
        Arc::new(ManualClock::at("2026-11-30T15:00:00-03:00".parse().unwrap()))
    }

    #[tokio::test]
    async fn each_scope_has_its_own_bound() {
        for (bounds, scope) in [
            (Bounds { turn: Some(100), ..Bounds::default() }, Scope::Turn),
            (Bounds { conversation: Some(100), ..Bounds::default() }, Scope::Conversation),
            (Bounds { contact: Some(100), ..Bounds::default() }, Scope::Contact),
            (Bounds { day: Some(100), ..Bounds::default() }, Scope::Day),
            (Bounds { month: Some(100), ..Bounds::default() }, Scope::Month),
        ] {
            let budget = budget(bounds, &clock());
            let reserved = budget.reserve(&somebody(1), 100).await.unwrap();
            assert_eq!(budget.reserve(&somebody(1), 1).await.unwrap_err(), NoMoney::Over(scope));
            budget.settle(reserved, 40).await;
            let reserved = budget.reserve(&somebody(1), 60).await.unwrap();
            budget.settle(reserved, 60).await;
            let other = budget.reserve(&somebody(2), 1).await;
            let is_shared = matches!(scope, Scope::Day | Scope::Month);
            assert_eq!(other.is_err(), is_shared, "{scope:?}: somebody else has a share of their own");
        }
    }

    #[tokio::test]
    async fn a_day_and_a_month_end_with_the_business() {
        let clock = clock();
        let budget = budget(Bounds { day: Some(10), month: Some(15), ..Bounds::default() }, &clock);
        let reserve = async |micros| budget.reserve(&Payer::default(), micros).await.map(drop);
        reserve(10).await.unwrap();
        assert_eq!(reserve(1).await, Err(NoMoney::Over(Scope::Day)));
        assert_eq!(budget.alerts.known_down(), ["llm budget day"]);
        // Still the same day in São Paulo, though not by the clock of the world.
        clock.set("2026-12-01T02:59:59Z".parse().unwrap());
        assert_eq!(reserve(1).await, Err(NoMoney::Over(Scope::Day)));
        clock.set("2026-12-01T03:00:00Z".parse().unwrap());
        reserve(10).await.unwrap();
        assert_eq!(budget.alerts.known_down(), Vec::<String>::new(), "a new day");
        assert_eq!(budget.standing().await.unwrap(), [(Scope::Month, 15, 10), (Scope::Day, 10, 10)]);
        clock.set("2026-12-02T03:00:00Z".parse().unwrap());
        assert_eq!(reserve(6).await, Err(NoMoney::Over(Scope::Month)));
    }
}
