//! What a run says at its end: the numbers, and for every broken promise everything that is known of the conversation.

use crate::arguments::Arguments;
use crate::checker::{Violation, recovery};
use crate::evidence::{Delivered, Evidence, What};
use crate::plan::Wish;
use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

/// How many conversations are shown in full.
const SHOWN: usize = 5;

/// How a run went.
pub struct Course {
    /// Its seed.
    pub seed: u64,
    /// How long customers wrote.
    pub wrote: Duration,
    /// How long the program needed for what was left.
    pub settled: Duration,
    /// From begin to end.
    pub took: Duration,
}

/// Prints the numbers.
pub fn numbers(arguments: &Arguments, course: &Course, evidence: &Evidence) {
    let acknowledged = evidence.sent.values().filter(|sent| sent.acknowledged.is_some()).count();
    let repeated: usize = evidence.sent.values().map(|sent| sent.repeated).sum();
    let entries = || evidence.logs.iter().flat_map(|log| &log.entries);
    let ended = |why: &str| {
        entries().filter(|entry| matches!(&entry.what, What::Finished { reason } if reason == why)).count()
    };
    let answers = evidence.logs.iter().flat_map(|log| log.messages());
    let answers = answers.filter(|(_, said)| said.role == "assistant").count();
    let heard: usize = evidence.heard.values().map(Vec::len).sum();
    let harmed = |what: &str| evidence.harms.iter().filter(|harm| harm.what == what).count();
    let rate = acknowledged as f64 / course.wrote.as_secs_f64();
    println!(
        "  seed {}; {}, processes {}; {} customers; {:.0} s, of them {:.0} s writing and {:.1} s for what was left",
        course.seed,
        arguments.store.name(),
        arguments.processes(),
        evidence.logs.len(),
        course.took.as_secs_f64(),
        course.wrote.as_secs_f64(),
        course.settled.as_secs_f64(),
    );
    println!(
        "  messages: {acknowledged} acknowledged, {rate:.1} a second, {repeated} repeats recognised; {answers} answers, {} turns gave way",
        ended("superseded")
    );
    println!(
        "  harm: {} kills, {} stops, {} cuts of the database, {} restarts; {} take-overs by people",
        evidence.deaths.len(),
        harmed("stop"),
        harmed("cut"),
        harmed("restart"),
        evidence.takeovers
    );
    let waits = waits_for_delivery(evidence);
    println!(
        "  deliveries: {} to the gateway and to Meta, after {} ms (middle), {} ms (longest); {} echoes of people",
        evidence.delivered.len(),
        waits.get(waits.len() / 2).unwrap_or(&0),
        waits.last().unwrap_or(&0),
        evidence.echoes.len()
    );
    println!(
        "  effects: {} for {} requests; model: {} requests, {} asked and answered in full before; {heard} messages read from streams",
        evidence.effects.len(),
        evidence.called.len(),
        evidence.asked.len(),
        paid_again(evidence)
    );
    let interrupted = recovery::interrupted(evidence);
    match recovery::middle_and_longest(&interrupted) {
        Some((middle, longest)) => println!(
            "  recovery: {} turns were interrupted and taken up after {middle} ms (middle), {longest} ms (longest)",
            interrupted.len()
        ),
        None => println!("  recovery: no turn was interrupted by a kill"),
    }
}

/// How long after it was written down a message was taken by the gateway, in milliseconds, shortest first.
fn waits_for_delivery(evidence: &Evidence) -> Vec<i64> {
    let messages =
        || evidence.logs.iter().flat_map(|log| log.messages().map(move |said| (log.customer, said)));
    let by_name: HashMap<&str, i64> =
        messages().map(|(_, (entry, said))| (said.id.as_str(), entry.at)).collect();
    // Meta is told words alone.
    let by_words: HashMap<(usize, &str), i64> =
        messages().map(|(customer, (entry, said))| ((customer, said.text.as_str()), entry.at)).collect();
    let written = |delivery: &Delivered| {
        let named = by_name.get(delivery.message.as_str()).copied();
        named.or_else(|| by_words.get(&(delivery.customer, delivery.text.as_str())).copied())
    };
    let waits = evidence.delivered.iter().filter_map(|delivery| Some(delivery.at - written(delivery)?));
    let mut waits: Vec<i64> = waits.collect();
    waits.sort_unstable();
    waits
}

/// How often the model was asked what it had answered in full: its answer was lost before it was written down.
fn paid_again(evidence: &Evidence) -> usize {
    let mut finished: HashMap<(usize, u64), usize> = HashMap::new();
    for asked in evidence.asked.iter().filter(|asked| asked.finished) {
        *finished.entry((asked.customer, asked.transcript)).or_default() += 1;
    }
    finished.values().map(|times| times - 1).sum()
}

/// Prints what is known of every promise that was broken.
pub fn broken(violations: &[Violation], evidence: &Evidence) {
    let mut customers: BTreeSet<usize> = BTreeSet::new();
    for violation in violations {
        let whose = violation.customer.map_or_else(String::new, |customer| format!(" [customer {customer}]"));
        println!("  BROKEN {}{whose}: {}", violation.rule.says(), violation.detail);
        customers.extend(violation.customer);
    }
    for customer in customers.iter().take(SHOWN) {
        conversation(*customer, evidence);
    }
    if customers.len() > SHOWN {
        println!("  … and {} more conversations", customers.len() - SHOWN);
    }
}

fn conversation(customer: usize, evidence: &Evidence) {
    println!("\n  customer {customer}");
    for (word, sent) in evidence.sent.iter().filter(|(_, sent)| sent.customer == customer) {
        let wish = match sent.wish {
            Wish::Visit => "visit",
            Wish::Question => "question",
        };
        println!(
            "    sent {} {word} ({wish}): acknowledged {:?}, new {}, repeats {}",
            clock(sent.first),
            sent.acknowledged.map(clock),
            sent.fresh,
            sent.repeated
        );
    }
    for log in evidence.logs.iter().filter(|log| log.customer == customer) {
        println!("    log of {}; the bot's: {}", log.id, log.is_bots);
        for entry in &log.entries {
            let turn = entry.turn.as_deref().map_or("", |turn| turn.get(turn.len() - 6..).unwrap_or(turn));
            println!("    {:>4} {} {turn:6} {}", entry.seq, clock(entry.at), told(&entry.what));
        }
    }
    for asked in evidence.asked.iter().filter(|asked| asked.customer == customer) {
        println!(
            "    model {} by {} {:016x}: {} {:?}{}",
            clock(asked.at),
            asked.by,
            asked.transcript,
            asked.answer,
            asked.ended.map(clock),
            if asked.finished { "" } else { " unfinished" }
        );
    }
    let is_theirs = |word: &String| evidence.sent.get(word).is_some_and(|sent| sent.customer == customer);
    for called in evidence.called.iter().filter(|called| is_theirs(&called.word)) {
        println!(
            "    vendor {} by {}: {} on {} {:?}",
            clock(called.at),
            called.by,
            called.word,
            called.key,
            called.ended.map(clock)
        );
    }
    for delivery in evidence.delivered.iter().filter(|delivery| delivery.customer == customer) {
        println!(
            "    gateway {}: {} of {} {}, pushed {} times",
            clock(delivery.at),
            delivery.delivery,
            delivery.role,
            delivery.message,
            delivery.posts
        );
    }
    for harm in &evidence.harms {
        let [from, until] = [harm.from, harm.until].map(clock);
        println!("    {} {from} to {until}: {:?}", harm.what, harm.whom);
    }
    for death in &evidence.deaths {
        let [signalled, gone, relieved] = [death.signalled, death.gone, death.relieved].map(clock);
        println!("    kill {signalled} of {}, gone {gone}, relieved {relieved}", death.who);
    }
}

/// Minutes, seconds and milliseconds.
fn clock(moment: i64) -> String {
    format!("{:02}:{:02}.{:03}", moment / 60_000 % 60, moment / 1_000 % 60, moment % 1_000)
}

fn told(what: &What) -> String {
    match what {
        What::Message(said) => format!(
            "{} {}{}: {:?}{}",
            said.role,
            said.id.get(said.id.len().saturating_sub(6)..).unwrap_or(&said.id),
            said.client_id.as_ref().map_or_else(String::new, |id| format!(" ({id})")),
            said.text,
            if said.reply_to.is_empty() { String::new() } else { format!(" to {:?}", said.reply_to) }
        ),
        What::Owner { bot: true } => "the bot's".to_owned(),
        What::Owner { bot: false } => "a person's".to_owned(),
        What::Started => "turn begins".to_owned(),
        What::Finished { reason } => format!("turn ends: {reason}"),
        What::State { closed: true } => "closed".to_owned(),
        What::State { closed: false } => "opened again".to_owned(),
        What::Other(name) => name.clone(),
    }
}
