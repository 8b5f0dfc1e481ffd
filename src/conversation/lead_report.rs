//! What the interviews of a business come to, by name and version: how many begin, end, break off and where, what they
//! cost the lead, how good the answers are, how many qualify and book. Counts; decides nothing.

use super::leads::Definitions;
use crate::domain::interview::{EndReason, InterviewState, Manner, Standing};
use crate::store::error::StoreError;
use crate::store::interviews::{InterviewFilter, InterviewStore};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What the program is less sure of than this has not been confirmed.
const SURE: u8 = 60;
/// How many interviews are read at once.
const PAGE: u32 = 200;
/// Most interviews that are counted: the newest.
const MOST: usize = 100_000;
/// A lead that does not come back within so many days has left, where the definition is gone.
const RESUME_DAYS: u32 = 30;

/// What one version of one interview comes to.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct VersionReport {
    /// Name of the definition.
    pub name: String,
    /// Its version.
    pub version: String,
    /// How many began.
    pub started: u64,
    /// How many came to their end: completed or disqualified.
    pub completed: u64,
    /// How many are led now, or paused.
    pub open: u64,
    /// How many the lead declined.
    pub declined: u64,
    /// How many went to a person before their end.
    pub handed_off: u64,
    /// How many the lead left, by the question that was open: a field, or `consent`, `summary`, `booking`, `start`.
    pub abandoned: BTreeMap<String, u64>,
    /// Questions a lead was asked, on average, in completed interviews.
    pub questions_per_lead: Option<f64>,
    /// Minutes from begin to end, on average, of completed interviews.
    pub minutes: Option<f64>,
    /// How many of the fields that were asked for have a value the program is sure of, 0 to 1.
    pub data_quality: Option<f64>,
    /// How many of the completed are qualified, 0 to 1.
    pub qualified_rate: Option<f64>,
    /// How many of the completed booked a call, 0 to 1.
    pub booked_rate: Option<f64>,
}

/// Sums on the way to a report.
#[derive(Default)]
struct Sums {
    report: VersionReport,
    questions: u64,
    seconds: i64,
    asked: u64,
    good: u64,
    qualified: u64,
    booked: u64,
}

/// The report over the interviews that began at or after `since`, by name and version.
///
/// # Errors
/// If the database does not answer.
pub async fn report(
    store: &dyn InterviewStore,
    definitions: &Definitions,
    since: Option<Timestamp>,
    now: Timestamp,
) -> Result<Vec<VersionReport>, StoreError> {
    let mut sums: BTreeMap<(String, String), Sums> = BTreeMap::new();
    let mut filter = InterviewFilter { since, limit: PAGE, ..InterviewFilter::default() };
    let mut read = 0;
    loop {
        let page = store.list(&filter).await?;
        read += page.items.len();
        for record in page.items {
            let state = record.state;
            let days =
                definitions(&state.name, &state.version).map_or(RESUME_DAYS, |known| known.resume_days);
            let key = (state.name.clone(), state.version.clone());
            sums.entry(key).or_default().count(&state, days, now);
        }
        match page.next {
            Some(next) if read < MOST => filter.cursor = Some(next),
            _ => break,
        }
    }
    let reports = sums.into_iter().map(|((name, version), sums)| sums.report(name, version));
    Ok(reports.collect())
}

impl Sums {
    fn count(&mut self, state: &InterviewState, resume_days: u32, now: Timestamp) {
        let report = &mut self.report;
        report.started += 1;
        let asked: BTreeSet<&String> = state.asked.iter().flat_map(|question| &question.fields).collect();
        let sure = |field: &&&String| {
            state
                .answers
                .get(**field)
                .is_some_and(|answer| answer.given.value().is_some() && answer.confidence >= SURE)
        };
        self.good += asked.iter().filter(sure).count() as u64;
        self.asked += asked.len() as u64;
        let limit = SignedDuration::from_hours(24 * i64::from(resume_days));
        let left = || now.duration_since(state.updated_at) > limit;
        match state.standing {
            Standing::Ended(EndReason::Completed | EndReason::Disqualified) => {
                report.completed += 1;
                self.questions += state.spent() as u64;
                self.seconds += state.updated_at.duration_since(state.started_at).as_secs();
                self.qualified += u64::from(state.verdict.as_ref().is_some_and(|verdict| verdict.qualified));
                self.booked += u64::from(state.booked.is_some());
            }
            Standing::Ended(EndReason::Declined) => report.declined += 1,
            Standing::Ended(EndReason::HandedOff) => report.handed_off += 1,
            Standing::Ended(EndReason::Abandoned) => self.left(state),
            Standing::Running | Standing::Paused if left() => self.left(state),
            Standing::Running | Standing::Paused => report.open += 1,
        }
    }

    fn left(&mut self, state: &InterviewState) {
        let question = state.asked.last();
        let place = match question {
            None => "start".to_owned(),
            Some(question) => match (question.fields.first(), question.manner) {
                (Some(field), _) => field.clone(),
                (None, Manner::Consent) => "consent".to_owned(),
                (None, Manner::Summary) => "summary".to_owned(),
                (None, Manner::Ask | Manner::Again | Manner::Confirm | Manner::Correct) => "start".to_owned(),
            },
        };
        *self.report.abandoned.entry(place).or_default() += 1;
    }

    fn report(self, name: String, version: String) -> VersionReport {
        let completed = self.report.completed;
        VersionReport {
            name,
            version,
            questions_per_lead: share(self.questions, completed),
            minutes: (completed > 0).then(|| rounded(self.seconds as f64 / 60.0 / completed as f64)),
            data_quality: share(self.good, self.asked),
            qualified_rate: share(self.qualified, completed),
            booked_rate: share(self.booked, completed),
            ..self.report
        }
    }
}

fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| rounded(part as f64 / whole as f64))
}

fn rounded(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}
