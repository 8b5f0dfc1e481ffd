//! Shows the checker forged evidence, each promise broken in one way: it has to find every break, and nothing in
//! evidence of a good run. Goes before every run.

use crate::checker::recovery::FEWEST;
use crate::checker::{Rule, violations};
use crate::evidence::{Asked, Death, Delivered, Echo, Entry, Evidence, Heard, Log, Pushed, Said, Sent, What};
use crate::plan::Wish;
use std::collections::BTreeSet;

/// The customer of the forgeries.
const CUSTOMER: usize = 3;

/// Says which break was missed, if one was.
pub fn every_break_is_found() -> Result<(), String> {
    let good = good();
    let found = violations(&good, 1_000);
    if !found.is_empty() {
        return Err(format!("it finds {found:?} in a good run"));
    }
    for (name, change) in NO_BREAKS {
        let mut changed = good.clone();
        change(&mut changed);
        let found = violations(&changed, 1_000);
        if !found.is_empty() {
            return Err(format!("it finds {found:?} although nothing is wrong when {name}"));
        }
    }
    for (name, rule, forge) in BREAKS {
        let mut forged = good.clone();
        forge(&mut forged);
        let found = violations(&forged, 1_000);
        if !found.iter().any(|violation| violation.rule == *rule) {
            return Err(format!("it does not see that {name}; it finds {found:?}"));
        }
    }
    Ok(())
}

type Forge = fn(&mut Evidence);

const NO_BREAKS: &[(&str, Forge)] = &[
    ("the model notes late that an answer was read, and a kill comes between", |it| {
        let read = Asked { by: "0.3".to_owned(), at: 440, ended: Some(720), ..it.asked[1].clone() };
        it.asked.push(read);
        it.deaths.push(Death { who: "0.3".to_owned(), signalled: 710, gone: 712, relieved: 750 });
    }),
    ("the conversation is on WhatsApp", on_whatsapp),
];

/// The same conversation where messages are pushed by their words.
fn on_whatsapp(it: &mut Evidence) {
    log(it).pushed = Pushed::ByWords;
    for delivery in &mut it.delivered {
        delivery.message.clear();
        delivery.role.clear();
    }
}

const BREAKS: &[(&str, Rule, Forge)] = &[
    ("Meta was given a message twice", Rule::Delivered, |it| {
        on_whatsapp(it);
        it.delivered[0].posts = 2;
    }),
    ("Meta was not given a message", Rule::Delivered, |it| {
        on_whatsapp(it);
        it.delivered.remove(1);
    }),
    ("Meta was given messages the wrong way round", Rule::Delivered, |it| {
        on_whatsapp(it);
        it.delivered.swap(0, 1);
    }),
    ("Meta was given other words", Rule::Delivered, |it| {
        on_whatsapp(it);
        it.delivered[0].text.push('!');
    }),
    ("a message was lost", Rule::Kept, |it| drop_entry(it, 1)),
    ("a message is in the log twice", Rule::Kept, |it| {
        let copy = log(it).entries[0].clone();
        log(it).entries.push(copy);
    }),
    ("a message has two ids", Rule::Kept, |it| _ = sent(it, "bodemifa").ids.insert("other".to_owned())),
    ("a message was new twice", Rule::Kept, |it| sent(it, "bodemifa").fresh = 2),
    ("a message was changed", Rule::Kept, |it| said(it, 1).text = "Nada.".to_owned()),
    ("a message was answered twice", Rule::AnsweredOnce, |it| {
        let again = said(it, 6).reply_to[0].clone();
        said(it, 9).reply_to.insert(0, again);
        said(it, 9).text.push_str(" bodemifa");
    }),
    ("a message was not answered", Rule::AnsweredOnce, |it| said(it, 6).reply_to.truncate(1)),
    ("an answer is to nothing", Rule::AnsweredOnce, |it| said(it, 9).reply_to.clear()),
    ("an answer speaks of something else", Rule::AnsweredOnce, |it| said(it, 9).text = "Oi.".to_owned()),
    ("an answer is an excuse", Rule::AnsweredOnce, |it| {
        entry(it, 10).what = What::Finished { reason: "internal_error".to_owned() };
    }),
    ("a stranger spoke", Rule::AnsweredOnce, |it| _ = it.sent.remove("tulopare")),
    ("a turn never ended", Rule::AnsweredOnce, |it| {
        let seq = i64::try_from(log(it).entries.len()).unwrap() + 1;
        log(it).entries.push(Entry { seq, at: 900, turn: Some("t9".to_owned()), what: What::Started });
    }),
    ("an effect happened twice", Rule::DoneOnce, |it| {
        it.effects.insert("other".to_owned(), "bodemifa".to_owned());
    }),
    ("an effect did not happen", Rule::DoneOnce, |it| it.effects.clear()),
    ("a question had an effect", Rule::DoneOnce, |it| {
        it.effects.insert("other".to_owned(), "galideto".to_owned());
    }),
    ("something was done that nobody asked for", Rule::DoneOnce, |it| {
        it.effects.insert("other".to_owned(), "nonumonu".to_owned());
    }),
    ("the log has a gap", Rule::Ordered, |it| {
        for entry in &mut log(it).entries[4..] {
            entry.seq += 1;
        }
    }),
    ("messages changed places", Rule::Ordered, |it| swap(it, 1, 2)),
    ("an older message was answered later", Rule::Ordered, |it| said(it, 6).reply_to.reverse()),
    ("the history leaves out a message", Rule::Ordered, |it| _ = log(it).shown.pop()),
    ("the bot spoke over a person", Rule::OneOwner, |it| swap(it, 9, 12)),
    ("the owner is somebody else", Rule::OneOwner, |it| log(it).is_bots = false),
    ("a person spoke without taking it", Rule::OneOwner, |it| {
        entry(it, 12).what = What::Other("retrieved".to_owned());
    }),
    ("a stream left out a message", Rule::Heard, |it| _ = heard(it).remove(1)),
    ("a stream told a message twice", Rule::Heard, |it| {
        let again = heard(it)[1].clone();
        heard(it).insert(2, again);
    }),
    ("a stream told messages in another order", Rule::Heard, |it| heard(it).swap(1, 2)),
    ("a stream left out the last message", Rule::Heard, |it| _ = heard(it).pop()),
    ("the gateway was not given a message", Rule::Delivered, |it| _ = it.delivered.pop()),
    ("the gateway was given a message twice", Rule::Delivered, |it| {
        let again = Delivered { delivery: "d4".to_owned(), ..it.delivered[1].clone() };
        it.delivered.push(again);
    }),
    ("the gateway was given messages in another order", Rule::Delivered, |it| it.delivered.swap(0, 1)),
    ("the gateway was given other words", Rule::Delivered, |it| it.delivered[0].text.clear()),
    ("the gateway was given again what it had taken", Rule::Delivered, |it| it.delivered[0].posts = 2),
    ("the gateway was given an echo", Rule::Delivered, |it| {
        let message = id("h2");
        it.delivered.push(Delivered { delivery: "d4".to_owned(), message, ..it.delivered[2].clone() });
    }),
    ("an echo was lost", Rule::Kept, |it| said(it, 14).text = "Nada.".to_owned()),
    ("an echo has two ids", Rule::Kept, |it| {
        it.echoes.values_mut().for_each(|echo| _ = echo.ids.insert("other".to_owned()));
    }),
    ("turns were taken up late", Rule::Recovered, |it| {
        it.asked[1].at = 3_000;
        let death = it.deaths[0].clone();
        it.deaths.extend(vec![death; FEWEST]);
        for entry in &mut log(it).entries[5..] {
            entry.at += 5_000;
        }
    }),
    ("a turn was never taken up", Rule::Recovered, |it| {
        it.asked.truncate(1);
        for entry in &mut log(it).entries {
            entry.at = 0;
        }
    }),
    ("somebody saw something odd", Rule::Sane, |it| it.oddities.push("odd".to_owned())),
];

/// Two messages, the process killed while the model thinks, one answer; one more, and one more answer; then a person
/// takes over, answers a third one and gives the conversation back.
fn good() -> Evidence {
    let mut evidence = Evidence::default();
    for (word, wish, at) in [
        ("bodemifa", Wish::Visit, 100),
        ("galideto", Wish::Question, 120),
        ("tulopare", Wish::Question, 400),
        ("rimovabe", Wish::Visit, 600),
    ] {
        let sent = Sent {
            customer: CUSTOMER,
            wish,
            first: at,
            acknowledged: Some(at + 5),
            ids: BTreeSet::from([id(word)]),
            fresh: 1,
            repeated: 0,
        };
        evidence.sent.insert(word.to_owned(), sent);
    }
    evidence.effects.insert("t1:1".to_owned(), "bodemifa".to_owned());
    let asked = |by: &str, at, ended, finished| Asked {
        customer: CUSTOMER,
        by: by.to_owned(),
        transcript: 1,
        at,
        ended: Some(ended),
        finished,
        answer: String::new(),
    };
    evidence.asked = vec![asked("0.1", 150, 205, false), asked("0.2", 310, 330, true)];
    evidence.deaths = vec![Death { who: "0.1".to_owned(), signalled: 200, gone: 202, relieved: 300 }];
    let turn = |name: &str| Some(name.to_owned());
    let entries = [
        (100, None, from("customer", "bodemifa", &[])),
        (120, None, from("customer", "galideto", &[])),
        (140, turn("t1"), What::Started),
        (320, turn("t1"), What::Other("model_answered".to_owned())),
        (330, turn("t1"), What::Other("tool_finished bodemifa".to_owned())),
        (340, turn("t1"), from("assistant", "a1", &["bodemifa", "galideto"])),
        (340, turn("t1"), What::Finished { reason: "answered".to_owned() }),
        (400, None, from("customer", "tulopare", &[])),
        (450, turn("t2"), from("assistant", "a2", &["tulopare"])),
        (450, turn("t2"), What::Finished { reason: "answered".to_owned() }),
        (600, None, from("customer", "rimovabe", &[])),
        (610, None, What::Owner { bot: false }),
        (610, None, from("human", "h1", &[])),
        (620, None, from("human", "h2", &[])),
        (700, None, What::Owner { bot: true }),
    ];
    let entries: Vec<Entry> =
        (1..).zip(entries).map(|(seq, (at, turn, what))| Entry { seq, at, turn, what }).collect();
    let mut log = Log {
        customer: CUSTOMER,
        id: "c".to_owned(),
        pushed: Pushed::ByName,
        is_bots: true,
        entries,
        shown: Vec::new(),
    };
    log.shown = log.messages().map(|(entry, said)| Heard { seq: entry.seq, id: said.id.clone() }).collect();
    evidence.heard.insert(CUSTOMER, log.shown.clone());
    for (delivery, message) in [("d1", "a1"), ("d2", "a2"), ("d3", "h1")] {
        let (_, said) = log.messages().find(|(_, said)| said.id == id(message)).unwrap();
        evidence.delivered.push(Delivered {
            customer: CUSTOMER,
            delivery: delivery.to_owned(),
            message: said.id.clone(),
            role: said.role.clone(),
            text: said.text.clone(),
            at: 500,
            posts: 1,
        });
    }
    let ids = BTreeSet::from([id("h2")]);
    let echo = Echo { customer: CUSTOMER, text: "h2".to_owned(), acknowledged: true, ids };
    evidence.echoes.insert("echo-1".to_owned(), echo);
    evidence.logs = vec![log];
    evidence
}

fn id(word: &str) -> String {
    format!("id-{word}")
}

fn from(role: &str, word: &str, reply_to: &[&str]) -> What {
    What::Message(Said {
        id: id(word),
        role: role.to_owned(),
        client_id: (role == "customer").then(|| word.to_owned()),
        text: if reply_to.is_empty() { word.to_owned() } else { reply_to.join(" ") },
        reply_to: reply_to.iter().map(|word| id(word)).collect(),
    })
}

fn log(evidence: &mut Evidence) -> &mut Log {
    &mut evidence.logs[0]
}

/// The entry at a place of the log.
fn entry(evidence: &mut Evidence, place: usize) -> &mut Entry {
    &mut log(evidence).entries[place - 1]
}

/// The message at a place of the log.
fn said(evidence: &mut Evidence, place: usize) -> &mut Said {
    match &mut entry(evidence, place).what {
        What::Message(said) => said,
        other => panic!("there is {other:?} at {place}"),
    }
}

fn sent<'e>(evidence: &'e mut Evidence, word: &str) -> &'e mut Sent {
    evidence.sent.get_mut(word).unwrap()
}

fn heard(evidence: &mut Evidence) -> &mut Vec<Heard> {
    evidence.heard.get_mut(&CUSTOMER).unwrap()
}

fn drop_entry(evidence: &mut Evidence, place: usize) {
    log(evidence).entries.remove(place - 1);
}

/// What happened at two places, exchanged.
fn swap(evidence: &mut Evidence, one: usize, other: usize) {
    let entries = &mut log(evidence).entries;
    entries.swap(one - 1, other - 1);
    let (seq, at) = (entries[one - 1].seq, entries[one - 1].at);
    entries[one - 1].seq = entries[other - 1].seq;
    entries[one - 1].at = entries[other - 1].at;
    (entries[other - 1].seq, entries[other - 1].at) = (seq, at);
}
