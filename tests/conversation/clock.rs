//! The machine's clock is set back and forth while customers write: nobody waits until it has caught up.

use crate::support::app::{AppOptions, TUESDAY, says};
use crate::support::clock::LeapingClock;
use balcao::llm::scripted::Reply;
use std::time::{Duration, Instant};

/// Nobody waits longer, whatever the clock shows.
const SOON: Duration = Duration::from_secs(20);

#[tokio::test]
async fn a_clock_that_leaps_keeps_nobody_waiting() {
    let clock = LeapingClock::at(TUESDAY);
    let replies = (0..5).map(|_| says("Tudo ótimo! Como posso ajudar?")).collect();
    let app = AppOptions::scripted(replies).at(clock.clone()).start().await;
    let mut talk = app.talk().await;
    for minutes in [0, -180, 240, -1_440, 60] {
        clock.set_off(minutes);
        let began = Instant::now();
        talk.say("Oi, tudo bem?").await;
        assert!(began.elapsed() < SOON, "{minutes} minutes off: {:?}", began.elapsed());
    }
    assert_eq!(talk.said_by("assistant").await.len(), 5);
    app.end().await;
}

#[tokio::test]
async fn what_waits_when_the_clock_is_set_back_is_answered() {
    let clock = LeapingClock::at(TUESDAY);
    let app = AppOptions::scripted(vec![says("Olá!"), says("Olá de novo!")])
        .at(clock.clone())
        .with(|settings| settings.channels.web.quiet_ms = 1_500)
        .start()
        .await;
    let mut talk = app.talk().await;
    let began = Instant::now();
    talk.send("Oi, tudo bem?").await;
    clock.set_off(-180);
    assert_eq!(talk.answer().await.text, "Olá!");
    talk.say("E agora?").await;
    assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
    app.end().await;
}

#[tokio::test]
async fn a_turn_that_runs_when_the_clock_leaps_forward_answers_once() {
    let clock = LeapingClock::at(TUESDAY);
    let slow = || Reply { delay_ms: 3_000, ..says("Tudo ótimo! Como posso ajudar?") };
    // Its claim has run out by the clock: whoever takes it up may have to ask the model again.
    let app = AppOptions::scripted(vec![slow(), slow()]).at(clock.clone()).start().await;
    let mut talk = app.talk().await;
    talk.send("Oi, tudo bem?").await;
    while app.model().requests().is_empty() {
        tokio::task::yield_now().await;
    }
    clock.set_off(120);
    talk.answer().await;
    assert_eq!(talk.said_by("assistant").await.len(), 1);
    if app.model().remaining() > 0 {
        talk.say("E agora?").await;
    }
    app.end().await;
}
