//! Everything random of a run, decided before it begins and from the seed alone: who writes what and when, who writes
//! it twice, who takes over, and what goes wrong. It does nothing.

use crate::arguments::{Arguments, Kind, Store};
use crate::wire::Cut;
use rand::rngs::StdRng;
use rand::seq::{IndexedRandom, SliceRandom};
use rand::{Rng, SeedableRng};
use std::collections::HashMap;
use std::time::Duration;

/// What a customer wants with a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wish {
    /// Something done, once.
    Visit,
    /// An answer.
    Question,
}

/// Whether a message is sent more than once.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Repeat {
    /// It is not.
    Never,
    /// Once more, after it was acknowledged and so much time.
    Later(Duration),
    /// Twice at the same moment, to different processes if there are several.
    AtOnce,
}

/// A message to write.
#[derive(Clone, Debug)]
pub struct Message {
    /// The word that no other message has. It is also the id that the customer's side gives it.
    pub word: String,
    /// What is wanted.
    pub wish: Wish,
    /// Pause before it.
    pub before: Duration,
    /// Whether it comes again.
    pub repeat: Repeat,
}

impl Message {
    /// The words of the message.
    pub fn text(&self) -> String {
        match self.wish {
            Wish::Visit => format!("Registre a visita {}, por favor.", self.word),
            Wish::Question => format!("Você pode ver se anda tudo certo com {}?", self.word),
        }
    }
}

/// Messages written in a row, and the pause behind them: often shorter than an answer takes.
#[derive(Clone, Debug)]
pub struct Burst {
    /// The messages.
    pub messages: Vec<Message>,
    /// The pause.
    pub then: Duration,
}

/// How a person comes into a conversation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Entrance {
    /// Takes it without a word.
    Takes,
    /// Answers.
    Answers,
}

/// How a person leaves it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Exit {
    /// Gives it back to the bot.
    Returns,
    /// Ends the conversation.
    Closes,
    /// Keeps it.
    Keeps,
}

/// A person who comes into a conversation.
#[derive(Clone, Debug)]
pub struct Person {
    /// Behind so many bursts, the first being 1.
    pub burst: usize,
    /// So long behind that burst: while the bot is at it, as a rule.
    pub after: Duration,
    /// How.
    pub entrance: Entrance,
    /// Pauses before further answers.
    pub answers: Vec<Duration>,
    /// Whether the answers are written on another device, if the customer's way knows any.
    pub elsewhere: bool,
    /// Pause before leaving.
    pub stays: Duration,
    /// How it ends.
    pub exit: Exit,
}

/// How a customer writes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Way {
    /// On the web.
    Web,
    /// By the gateway.
    Relay,
    /// On WhatsApp.
    WhatsApp,
}

/// A customer.
#[derive(Clone, Debug)]
pub struct Customer {
    /// How.
    pub way: Way,
    /// When the first burst begins.
    pub starts: Duration,
    /// What is written.
    pub bursts: Vec<Burst>,
    /// Whether the event stream is read, too.
    pub listens: bool,
    /// Who takes over, if somebody does; they may get into each other's way.
    pub people: Vec<Person>,
}

/// What goes wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Harm {
    /// A process is killed and started again at once.
    Kill(usize),
    /// All are.
    KillAll,
    /// A process stands still for so long.
    Stop(usize, Duration),
    /// A process cannot reach its database for so long.
    Cut(usize, Cut, Duration),
    /// None can.
    CutAll(Cut, Duration),
    /// One after the other is told to stop and started again.
    Restart,
}

/// Something that goes wrong, so long after what went wrong before.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    /// The pause before.
    pub after: Duration,
    /// What.
    pub harm: Harm,
}

/// The whole run.
pub struct Plan {
    /// The seed.
    pub seed: u64,
    /// Customers by number.
    pub customers: Vec<Customer>,
    /// What goes wrong, in order.
    pub faults: Vec<Fault>,
    /// Whose a word is, and what is wanted with it.
    words: HashMap<String, (usize, Wish)>,
}

impl Plan {
    /// The plan of a seed.
    pub fn of(arguments: &Arguments, seed: u64) -> Self {
        let mut dice = Dice { random: StdRng::seed_from_u64(seed), words: HashMap::new() };
        let count = arguments.customers();
        let window = Duration::from_secs_f64(arguments.messages as f64 / arguments.rate);
        let customers = (0..count)
            .map(|number| {
                // The remainder is spread over the first ones.
                let messages = arguments.messages / count + usize::from(number < arguments.messages % count);
                dice.customer(number, messages, window, arguments)
            })
            .collect();
        let faults = dice.faults(arguments, window);
        Self { seed, customers, faults, words: dice.words }
    }

    /// Whose the words of `text` are that the plan knows, and what is wanted with them, in order.
    pub fn words_in<'t>(&self, text: &'t str) -> Vec<(&'t str, usize, Wish)> {
        let words = text.split(|character: char| !character.is_alphabetic());
        words
            .filter_map(|word| self.words.get(word).map(|(customer, wish)| (word, *customer, *wish)))
            .collect()
    }

    /// Dice of their own for whoever plays the part `part` of customer `number`.
    pub fn dice(&self, part: u64, number: usize) -> StdRng {
        StdRng::seed_from_u64(self.seed ^ (part << 48) ^ (number as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15))
    }
}

struct Dice {
    random: StdRng,
    words: HashMap<String, (usize, Wish)>,
}

impl Dice {
    fn ms(&mut self, range: std::ops::Range<u64>) -> Duration {
        Duration::from_millis(self.random.random_range(range))
    }

    fn chance(&mut self, percent: u32) -> bool {
        self.random.random_ratio(percent, 100)
    }

    fn customer(
        &mut self,
        number: usize,
        messages: usize,
        window: Duration,
        arguments: &Arguments,
    ) -> Customer {
        let way = match self.random.random_range(0..100) {
            drawn if drawn < arguments.relay => Way::Relay,
            drawn if drawn < arguments.relay + arguments.whatsapp => Way::WhatsApp,
            _ => Way::Web,
        };
        let mut bursts = Vec::new();
        let mut left = messages;
        let mut length = Duration::ZERO;
        while left > 0 {
            let count = left.min(self.random.random_range(1..=4));
            let burst = self.burst(number, count);
            left -= burst.messages.len();
            length += burst.then + burst.messages.iter().map(|message| message.before).sum::<Duration>();
            bursts.push(burst);
        }
        let latest = window.saturating_sub(length).max(Duration::from_millis(1));
        let starts = latest.mul_f64(self.random.random());
        let visits = if self.chance(arguments.people) { self.random.random_range(1..=3) } else { 0 };
        let people = (0..visits).map(|_| self.person(bursts.len())).collect();
        Customer { way, starts, bursts, listens: self.chance(40), people }
    }

    fn burst(&mut self, customer: usize, count: usize) -> Burst {
        let messages = (0..count).map(|place| self.message(customer, place)).collect();
        // Half of the customers write on while the bot is at it.
        let then = if self.chance(50) { self.ms(50..900) } else { self.ms(900..4_000) };
        Burst { messages, then }
    }

    fn message(&mut self, customer: usize, place: usize) -> Message {
        let wish = if self.chance(45) { Wish::Visit } else { Wish::Question };
        let word = self.word(customer, wish);
        let before = match place {
            0 => Duration::ZERO,
            _ if self.chance(50) => Duration::ZERO,
            _ => self.ms(20..700),
        };
        let repeat = match self.random.random_range(0..100) {
            0..10 => Repeat::Later(self.ms(0..3_000)),
            10..15 => Repeat::AtOnce,
            _ => Repeat::Never,
        };
        Message { word, wish, before, repeat }
    }

    /// A word nobody else says, without digits, which would have to be proven, and without a meaning.
    fn word(&mut self, customer: usize, wish: Wish) -> String {
        const CONSONANTS: [char; 12] = ['b', 'd', 'f', 'g', 'j', 'l', 'm', 'n', 'p', 'r', 't', 'v'];
        const VOWELS: [char; 5] = ['a', 'e', 'i', 'o', 'u'];
        loop {
            let mut word = String::new();
            for _ in 0..4 {
                word.extend(CONSONANTS.choose(&mut self.random));
                word.extend(VOWELS.choose(&mut self.random));
            }
            if !self.words.contains_key(&word) {
                self.words.insert(word.clone(), (customer, wish));
                return word;
            }
        }
    }

    fn person(&mut self, bursts: usize) -> Person {
        let answers = (0..self.random.random_range(0..3)).map(|_| self.ms(100..1_500)).collect();
        Person {
            burst: self.random.random_range(1..=bursts),
            after: self.ms(50..1_200),
            entrance: if self.chance(50) { Entrance::Takes } else { Entrance::Answers },
            answers,
            elsewhere: self.chance(50),
            stays: self.ms(100..3_000),
            exit: match self.random.random_range(0..10) {
                0..7 => Exit::Returns,
                7..9 => Exit::Keeps,
                _ => Exit::Closes,
            },
        }
    }

    /// More than fit into the window: what is left over when nobody writes any more does not happen. They are dealt
    /// from packs, so that a short run, too, has some of everything.
    fn faults(&mut self, arguments: &Arguments, window: Duration) -> Vec<Fault> {
        let mut faults = Vec::new();
        let mut length = Duration::ZERO;
        while length < window * 2 {
            let pack = self.pack(arguments);
            if pack.is_empty() {
                break;
            }
            for harm in pack {
                let after = self.ms(1_500..4_500);
                length += after;
                faults.push(Fault { after, harm });
            }
        }
        faults
    }

    fn pack(&mut self, arguments: &Arguments) -> Vec<Harm> {
        let processes = arguments.processes();
        let mut any = || self.random.random_range(0..processes);
        let kills = [any(), any(), any()].map(|process| (Kind::Kill, Harm::Kill(process)));
        let (stopped, cut, frozen) = ([any(), any()], any(), any());
        let mut pack = vec![
            (Kind::Restart, Harm::Restart),
            (Kind::Stop, Harm::Stop(stopped[0], self.ms(1_000..4_000))),
            (Kind::Stop, Harm::Stop(stopped[1], self.ms(1_000..4_000))),
        ];
        pack.extend(kills);
        if arguments.store == Store::Postgres {
            pack.push((Kind::Cut, Harm::Cut(cut, Cut::Severed, self.ms(1_000..5_000))));
            pack.push((Kind::Cut, Harm::Cut(frozen, Cut::Frozen, self.ms(1_000..5_000))));
            let how = if self.chance(50) { Cut::Severed } else { Cut::Frozen };
            pack.push((Kind::Cut, Harm::CutAll(how, self.ms(1_000..5_000))));
        }
        if processes > 1 {
            pack.push((Kind::Kill, Harm::KillAll));
        }
        pack.retain(|(kind, _)| arguments.does(*kind));
        pack.shuffle(&mut self.random);
        pack.into_iter().map(|(_, harm)| harm).collect()
    }
}
