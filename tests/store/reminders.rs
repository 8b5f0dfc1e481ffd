//! What customers are to be reminded of: the newest plan of a record counts, one process at a time tells, what is told is
//! gone.

use super::support::{Bench, LEASE, on_every_store};
use balcao::domain::ids::ConversationId;
use balcao::store::reminders::{Reminded, Reminder, ReminderPlan};
use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};

on_every_store!(multi_thread:
    a_reminder_is_claimed_when_it_is_due_and_gone_when_it_is_told,
    the_newest_plan_of_a_record_counts,
    those_who_claim_reminders_together_share,
    a_claim_from_before_the_clock_was_set_back_holds_nobody,
);

fn hours(bench: &Bench, hours: i64) -> Timestamp {
    bench.now() + SignedDuration::from_hours(hours)
}

fn plan(
    conversation: ConversationId,
    number: &str,
    stands_at: Timestamp,
    due_at: &[Timestamp],
) -> ReminderPlan {
    ReminderPlan {
        conversation,
        record: Reminded::Appointment,
        number: number.to_owned(),
        stands_at,
        due_at: due_at.to_vec(),
    }
}

async fn claim(bench: &Bench, now: Timestamp) -> Vec<Reminder> {
    bench.stores.reminders.claim(now, now + LEASE, 20).await.unwrap()
}

async fn a_reminder_is_claimed_when_it_is_due_and_gone_when_it_is_told(bench: Bench) {
    let conversation = bench.opened().await.id;
    let (early, late, start) = (hours(&bench, 1), hours(&bench, 5), hours(&bench, 6));
    bench.stores.reminders.plan(&plan(conversation, "A1", start, &[late, early])).await.unwrap();
    let payment = ReminderPlan {
        record: Reminded::Payment,
        ..plan(conversation, "A1", bench.now(), &[hours(&bench, 2)])
    };
    bench.stores.reminders.plan(&payment).await.unwrap();
    assert_eq!(claim(&bench, early - SignedDuration::from_secs(1)).await, []);
    let expected = Reminder {
        conversation,
        record: Reminded::Appointment,
        number: "A1".to_owned(),
        stands_at: start,
        due_at: early,
    };
    assert_eq!(claim(&bench, early).await, std::slice::from_ref(&expected));
    assert_eq!(claim(&bench, early).await, [], "somebody is at it");
    let bench = bench.restart().await;
    // Whoever had claimed it is gone.
    let again = early + LEASE;
    assert_eq!(claim(&bench, again).await, std::slice::from_ref(&expected));
    bench.stores.reminders.settle(&expected).await.unwrap();
    let left = claim(&bench, start + LEASE).await;
    let left: Vec<(Reminded, Timestamp)> = left.iter().map(|one| (one.record, one.due_at)).collect();
    assert_eq!(left, [(Reminded::Payment, payment.due_at[0]), (Reminded::Appointment, late)]);
}

async fn the_newest_plan_of_a_record_counts(bench: Bench) {
    let conversation = bench.opened().await.id;
    let store = &bench.stores.reminders;
    store
        .plan(&plan(conversation, "A1", hours(&bench, 9), &[hours(&bench, 1), hours(&bench, 2)]))
        .await
        .unwrap();
    store.plan(&plan(conversation, "A2", hours(&bench, 9), &[hours(&bench, 1)])).await.unwrap();
    // The appointment is moved, and moved again to where nobody is reminded any more.
    store.plan(&plan(conversation, "A1", hours(&bench, 8), &[hours(&bench, 3)])).await.unwrap();
    let all: Vec<(String, Timestamp)> =
        claim(&bench, hours(&bench, 4)).await.into_iter().map(|one| (one.number, one.stands_at)).collect();
    assert_eq!(all, [("A2".to_owned(), hours(&bench, 9)), ("A1".to_owned(), hours(&bench, 8))]);
    store.plan(&plan(conversation, "A1", hours(&bench, 5), &[])).await.unwrap();
    let left: Vec<String> =
        claim(&bench, hours(&bench, 4) + LEASE).await.into_iter().map(|one| one.number).collect();
    assert_eq!(left, ["A2"]);
}

async fn those_who_claim_reminders_together_share(bench: Bench) {
    let conversation = bench.opened().await.id;
    for number in 0..40 {
        let plan = plan(conversation, &format!("A{number}"), hours(&bench, 2), &[hours(&bench, 1)]);
        bench.stores.reminders.plan(&plan).await.unwrap();
    }
    let claims = join_all((0..4).map(|_| claim(&bench, hours(&bench, 1)))).await;
    let mut claimed: Vec<String> = claims.into_iter().flatten().map(|one| one.number).collect();
    let count = claimed.len();
    claimed.sort_unstable();
    claimed.dedup();
    assert_eq!((count, claimed.len()), (40, 40), "each once");
}

async fn a_claim_from_before_the_clock_was_set_back_holds_nobody(bench: Bench) {
    let conversation = bench.opened().await.id;
    let due = hours(&bench, -1);
    bench.stores.reminders.plan(&plan(conversation, "A1", hours(&bench, 9), &[due])).await.unwrap();
    assert_eq!(claim(&bench, hours(&bench, 3)).await.len(), 1);
    assert_eq!(claim(&bench, bench.now()).await.len(), 1, "the clock shows three hours less now");
}
