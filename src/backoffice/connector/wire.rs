//! One call over the network: within quota and breaker and time, no redirects, no private addresses, an answer of
//! bounded size. It judges by the status and by what the connector's file says of answers, and repeats nothing that
//! may have happened.

use super::auth::Authorizer;
use super::fault::Fault;
use super::health::Change;
use super::health_book::HealthBook;
use super::judge::Judge;
use super::pack::{Meaning, Repeat, ToldQuota};
use super::points::{Points, Price, Taken};
use super::told::Told;
use crate::declared::projection::parse_body;
use crate::declared::request::Filled;
use crate::domain::clock::Clock;
use crate::limits::alerts::Alerts;
use crate::limits::backoff::Backoff;
use crate::limits::breaker::Breaker;
use crate::limits::net::{Allowance, forbidden_in, guard_url, read_at_most};
use crate::limits::pause::Pause;
use crate::limits::quota::OutboundQuota;
use reqwest::header::HeaderMap;
use reqwest::{Client, StatusCode};
use serde_json::Value;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Most bytes of an answer.
const LARGEST_ANSWER: usize = 8 * 1024 * 1024;
/// How often a call is made at most.
const ATTEMPTS: u32 = 3;
/// How long a customer waits for a quota, or for a vendor that asks for patience.
const PATIENCE: Duration = Duration::from_secs(5);
/// Waits between attempts.
const BACKOFF: Backoff = Backoff { first: Duration::from_millis(200), longest: Duration::from_secs(2) };

/// What came back.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Status.
    pub status: StatusCode,
    /// Headers.
    pub headers: HeaderMap,
    /// The body as JSON, or as text if it is none.
    pub body: Value,
}

/// What all calls of one connector have in common.
pub struct Wire {
    /// Name of the connector, for logs and alerts.
    pub name: String,
    /// The guarded client.
    pub client: Client,
    /// Which private addresses may be called.
    pub allowance: Allowance,
    /// Shared by all its calls.
    pub breaker: Breaker,
    /// What the vendor lets pass.
    pub quota: OutboundQuota,
    /// How long one attempt may take.
    pub timeout: Duration,
    /// What answers mean.
    pub judge: Judge,
    /// How calls are authorised.
    pub authorizer: Authorizer,
    /// Time and jitter.
    pub clock: Arc<dyn Clock>,
    /// Waiting.
    pub pause: Arc<dyn Pause>,
    /// Where it is told that credentials do not hold.
    pub alerts: Arc<Alerts>,
    /// How the vendor says how many calls are left, if it does.
    pub told_quota: Option<ToldQuota>,
    /// What it has said of that, and until when it asked to be left alone.
    pub told: Mutex<Told>,
    /// The vendor's points, if it counts them.
    pub points: Option<Points>,
    /// How it does.
    pub health: HealthBook,
}

/// What an attempt takes of the vendor's quotas.
#[derive(Clone, Copy)]
pub struct Charge<'c> {
    /// Units of the whole connector's.
    pub cost: u32,
    /// The endpoint's own, if it has one.
    pub own: Option<&'c OutboundQuota>,
    /// What it costs of the vendor's points.
    pub price: &'c Price,
}

/// What a call is made for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Purpose {
    /// To know something: what was lost on the way is as if nobody had asked.
    Look,
    /// To change something: what was lost on the way may have been done.
    Effect,
}

/// What one attempt came to.
enum Attempt {
    Judged(Meaning, Answer),
    /// It certainly did not arrive.
    NotSent,
    /// It may have arrived.
    Lost,
}

impl Wire {
    /// Makes a call until it is answered or nothing more can be done.
    ///
    /// # Errors
    /// [`Fault`]; what may have happened is `Unknown`.
    pub async fn exchange(
        &self,
        filled: &Filled,
        repeat: Repeat,
        purpose: Purpose,
        charge: Charge<'_>,
    ) -> Result<Answer, Fault> {
        let began = Instant::now();
        let mut may_have_arrived = false;
        let outcome = self.until_answered(filled, repeat, charge, &mut may_have_arrived).await;
        let outcome = match outcome {
            Err(fault) if may_have_arrived && purpose == Purpose::Effect && !settles(repeat, &fault) => {
                Err(Fault::Unknown)
            }
            outcome => outcome,
        };
        let word = outcome.as_ref().map_or_else(Fault::as_str, |_| "done");
        metrics::counter!("balcao_connector_calls_total", "connector" => self.name.clone(), "outcome" => word)
            .increment(1);
        metrics::histogram!("balcao_connector_seconds", "connector" => self.name.clone())
            .record(began.elapsed().as_secs_f64());
        let change = self.health.saw(outcome.as_ref().err(), began.elapsed());
        let pattern = format!("the pattern of calls of {}", self.subject());
        match change {
            Some(Change::Unusual(text)) => self.alerts.down(&pattern, &text),
            Some(Change::Usual) => self.alerts.over(&pattern, "is as usual again"),
            None => {}
        }
        outcome
    }

    /// The call, as often as it may be made; whether any attempt may have arrived without an answer is told apart.
    async fn until_answered(
        &self,
        filled: &Filled,
        repeat: Repeat,
        charge: Charge<'_>,
        may_have_arrived: &mut bool,
    ) -> Result<Answer, Fault> {
        let mut renewed = false;
        let mut attempt = 1;
        loop {
            let wait = match self.attempt(filled, charge).await? {
                Attempt::Judged(Meaning::Done, answer) => {
                    self.alerts.back(&self.subject());
                    return Ok(answer);
                }
                Attempt::Judged(Meaning::Unauthorized, answer) => {
                    if !renewed && self.authorizer.renew(self).await? {
                        renewed = true;
                        continue;
                    }
                    self.log(&answer, "credentials refused");
                    let text = "the system refuses the credentials it was set up with; renew them";
                    self.alerts.down(&self.subject(), text);
                    return Err(Fault::Unauthorized);
                }
                Attempt::Judged(Meaning::Limited, answer) => {
                    self.log(&answer, "too many calls");
                    let asked = self.told().refused(&answer.headers, self.clock.now());
                    if attempt >= ATTEMPTS || asked > PATIENCE {
                        return Err(Fault::Limited);
                    }
                    asked
                }
                Attempt::Judged(
                    meaning @ (Meaning::Missing | Meaning::Conflict | Meaning::Rejected),
                    answer,
                ) => {
                    self.log(&answer, "refused");
                    return Err(match meaning {
                        Meaning::Missing => Fault::Missing,
                        Meaning::Conflict => Fault::Conflict,
                        _ => Fault::Rejected,
                    });
                }
                Attempt::Judged(Meaning::Failing, answer) => {
                    self.log(&answer, "a fault of the system's own");
                    *may_have_arrived = true;
                    Duration::ZERO
                }
                Attempt::Lost => {
                    *may_have_arrived = true;
                    Duration::ZERO
                }
                Attempt::NotSent => Duration::ZERO,
            };
            let safe = repeat != Repeat::Never || !*may_have_arrived;
            if !safe || attempt >= ATTEMPTS {
                return Err(Fault::Away);
            }
            attempt += 1;
            self.pause.pause(wait.max(BACKOFF.wait(attempt, self.clock.random()))).await;
        }
    }

    async fn attempt(&self, filled: &Filled, charge: Charge<'_>) -> Result<Attempt, Fault> {
        self.rested().await?;
        if let Some(own) = charge.own {
            own.until_ready_within(PATIENCE, 0).await.map_err(|_| Fault::Limited)?;
        }
        self.quota.until_ready_within(PATIENCE, charge.cost).await.map_err(|_| Fault::Limited)?;
        let mut filled = filled.clone();
        self.authorizer.apply(&mut filled, self).await?;
        guard_url(&filled.url, &self.allowance).map_err(|error| self.refused(&error.to_string()))?;
        let _taken = self.paid(charge.price).await?;
        let permit = self.breaker.permit().map_err(|_| Fault::Away)?;
        let outcome = match self.send(&filled).await {
            Ok(answer) => {
                if let Some(quota) = &self.told_quota {
                    self.told().heed(quota, &answer.headers, self.clock.now());
                }
                if let Some(points) = &self.points {
                    points.heed(&answer.body, charge.price, self.clock.now());
                }
                let meaning = self.judge.meaning(answer.status, &answer.body);
                match meaning {
                    Meaning::Failing => permit.failed(),
                    _ => permit.succeeded(),
                }
                Attempt::Judged(meaning, answer)
            }
            Err(error) => {
                if let Some(forbidden) = forbidden_in(&error) {
                    return Err(self.refused(&forbidden.to_string()));
                }
                permit.failed();
                let what = match () {
                    () if error.is_connect() => "it cannot be reached",
                    () if error.is_timeout() => "it did not answer in time",
                    () => "the connection broke off",
                };
                // The URL is left out: some vendors want the token in it.
                tracing::warn!(connector = %self.name, what, "a vendor's system gave no answer");
                if error.is_connect() { Attempt::NotSent } else { Attempt::Lost }
            }
        };
        Ok(outcome)
    }

    /// Sends once, and takes the answer in.
    pub(super) async fn send(&self, filled: &Filled) -> reqwest::Result<Answer> {
        let mut request = self
            .client
            .request(filled.method.clone(), filled.url.clone())
            .headers(filled.headers.clone())
            .timeout(self.timeout);
        if let Some(body) = &filled.body {
            request = request.body(body.clone());
        }
        let response = request.send().await?;
        let (status, headers) = (response.status(), response.headers().clone());
        let (bytes, cut_off) = read_at_most(response, LARGEST_ANSWER).await?;
        Ok(Answer { status, headers, body: parse_body(&bytes, cut_off) })
    }

    fn refused(&self, reason: &str) -> Fault {
        tracing::error!(connector = %self.name, reason, "the address of a connector may not be called");
        Fault::Broken("the system may not be called as it is set up".to_owned())
    }

    fn subject(&self) -> String {
        format!("connector {}", self.name)
    }

    /// The vendor's own words go to the log, short and without what they repeat of ours beyond their message.
    fn log(&self, answer: &Answer, what: &str) {
        let said = self.judge.message(&answer.body);
        let status = answer.status.as_u16();
        tracing::warn!(connector = %self.name, status, said, what, "a vendor's system refuses a call");
    }

    /// What the vendor has said of its quota.
    pub fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the points that a call costs, and waits until there are so many.
    ///
    /// # Errors
    /// `Limited` if that is longer than anybody waits; `Away` without a wait if the call would not be made.
    async fn paid(&self, price: &Price) -> Result<Option<Taken<'_>>, Fault> {
        let Some(points) = &self.points else { return Ok(None) };
        if !self.breaker.would_permit() {
            return Err(Fault::Away);
        }
        let (taken, wait) = points.take(price, self.clock.now());
        if wait > PATIENCE {
            return Err(Fault::Limited);
        }
        if wait > Duration::ZERO {
            self.pause.pause(wait).await;
        }
        Ok(Some(taken))
    }

    /// Waits while the vendor wants to be left alone.
    ///
    /// # Errors
    /// `Limited` if that is longer than anybody waits.
    async fn rested(&self) -> Result<(), Fault> {
        let rest = self.told().rest_left(self.clock.now());
        match rest {
            Some(rest) if rest > PATIENCE => Err(Fault::Limited),
            Some(rest) => {
                self.pause.pause(rest).await;
                Ok(())
            }
            None => Ok(()),
        }
    }
}

/// Whether a refusal says how things stand although an attempt before it was lost: what comes to the same however often it
/// is done is refused for what is there now. With a key, a refusal may be of the second attempt alone.
fn settles(repeat: Repeat, fault: &Fault) -> bool {
    match fault {
        Fault::Missing | Fault::Conflict | Fault::Rejected => repeat == Repeat::Always,
        Fault::Limited | Fault::Away | Fault::Unknown | Fault::Unauthorized | Fault::Broken(_) => false,
    }
}
