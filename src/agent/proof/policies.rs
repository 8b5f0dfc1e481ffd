//! What the house does and does not do, and how a customer's affair stands, as sentences say it: `aceitamos Pix`, `não precisa
//! de sinal`, `your code has expired`. Only a contradiction is seen here: what nobody says either way is not for this file to
//! judge. Pure.

use super::parts::{is_labelled, named, parts_of, split_clauses};
use super::senses::{Sense, are_kin, is_a_fee, is_one_of_its_kind, sense_of};
use crate::domain::language::Language;
use crate::language::fold::words;
use crate::language::memo::Memo;
use crate::language::sentences::sentences;
use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

/// Words on either side of the verb that may be its object.
const REACH: usize = 8;
/// Words behind the verb that may be what it is said of before all: `deixar caução`.
const HEADS: usize = 2;
/// How far before a verb its `não` may stand.
const BEFORE: usize = 2;
/// A clause of no more words that begins with `no` needs no verb to deny.
const SHORTEST_CLAUSE: usize = 6;

static READ: LazyLock<Memo<Vec<Policy>>> = LazyLock::new(Memo::default);

/// One thing that is said to be so or not so.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Policy {
    pub(super) sense: Sense,
    pub(super) is_denied: bool,
    /// What it is said of, and with what.
    pub(super) objects: BTreeSet<String>,
    /// Those of them that it is said of before all: the first behind the verb, the name of a field.
    pub(super) heads: BTreeSet<String>,
    /// Those that stand behind the verb.
    pub(super) behind: BTreeSet<String>,
    /// Whether a record or a person says it of this customer's affair.
    pub(super) is_recorded: bool,
    /// Whether a preposition says it: `sem fidelidade` is said of nothing else.
    pub(super) is_aside: bool,
    /// The numbers it names, and the bounds in which it is so: `até 5 anos`.
    pub(super) numbers: Vec<u64>,
    pub(super) bounds: (Option<u64>, Option<u64>),
}

/// What `text` says.
pub fn policies_in(text: &str, language: Language) -> Arc<Vec<Policy>> {
    READ.of(text, language, || {
        let text = text.replace("**", "");
        let mut found = Vec::new();
        let mut asked: Option<&str> = None;
        for sentence in sentences(&text) {
            // A document asks itself, and answers with a yes or a no.
            if sentence.trim_end().ends_with('?') {
                asked = Some(sentence);
                continue;
            }
            if let Some((question, agrees)) = asked.take().zip(answer(sentence)) {
                let main = read_sentence(question, language).next();
                found.extend(main.map(|policy| Policy { is_denied: !agrees, ..policy }));
            }
            found.extend(read_sentence(sentence, language));
        }
        found
    })
}

/// The same of what a person of the business said to this customer.
pub fn policies_of_person(text: &str, language: Language) -> Arc<Vec<Policy>> {
    let said = policies_in(text, language);
    Arc::new(said.iter().map(|policy| Policy { is_recorded: true, ..policy.clone() }).collect())
}

/// Whether a sentence answers yes or no.
fn answer(sentence: &str) -> Option<bool> {
    match words(sentence).first().map(String::as_str) {
        Some("no" | "nao") => Some(false),
        Some("sim" | "yes" | "si") => Some(true),
        Some(_) | None => None,
    }
}

/// Whether what is known says the opposite of one of `claimed`, and nothing says the same.
pub fn is_contradicted(claimed: &[Policy], known: &[Arc<Vec<Policy>>]) -> bool {
    // `com café` is said in passing.
    claimed.iter().filter(|claim| !claim.is_aside || claim.is_denied).any(|claim| {
        let best = |is_denied: bool| {
            let of_sense = known
                .iter()
                .flat_map(|known| known.iter())
                .filter(|other| other.is_denied == is_denied && claim.is_like(other));
            of_sense.map(|other| claim.shared_with(other)).max().unwrap_or(0)
        };
        best(!claim.is_denied) > best(claim.is_denied)
    })
}

impl Policy {
    /// Whether `other` is of the same: what can be done is also offered, where both are named alike.
    fn is_like(&self, other: &Self) -> bool {
        let are_offers =
            || [self, other].iter().all(|policy| matches!(policy.sense, Sense::Had | Sense::Accepted));
        // `es necesario pedir cita`, `sin cita previa`
        let is_of_nothing_else = || self.objects.len() == self.heads.len();
        if self.sense == Sense::Needed && !self.is_denied && other.is_aside && other.is_denied {
            return is_of_nothing_else() && self.heads.iter().any(|head| other.heads.contains(head));
        }
        // `deposito: 300` is asked for.
        let is_asked = |sense: Sense| matches!(sense, Sense::Had | Sense::Needed | Sense::Charged);
        if self.sense != other.sense
            && self.is_denied
            && other.is_recorded
            && is_asked(self.sense)
            && is_asked(other.sense)
        {
            let said_of = if self.heads.is_empty() { &self.objects } else { &self.heads };
            return said_of.iter().any(|thing| other.heads.contains(thing));
        }
        // `cobramos taxa de rolha`, `sem taxa de rolha`
        if self.sense == Sense::Charged && other.sense == Sense::Had && other.is_denied {
            return !self.heads.is_empty() && self.heads.is_subset(&other.heads);
        }
        let are_alike = || self.heads.iter().filter(|head| other.heads.contains(*head)).count() == HEADS;
        self.sense == other.sense || (are_offers() && are_alike())
    }

    /// How well what `other` says is said of the same.
    fn shared_with(&self, other: &Self) -> usize {
        let shared: usize = self
            .objects
            .iter()
            .filter(|one| other.objects.iter().any(|other| are_kin(one, other)))
            // What stands behind the verb tells more than what it is said of.
            .map(|one| 1 + usize::from(is_one_of_its_kind(one)) + usize::from(self.behind.contains(one)))
            .sum();
        // `taxa de rolha`: which of the fees it is.
        let names = |heads: &BTreeSet<String>, objects: &BTreeSet<String>| {
            let mut telling = heads.iter().filter(|head| heads.len() < HEADS || !is_a_fee(head));
            telling.any(|head| objects.iter().any(|object| are_kin(head, object)))
        };
        // `até 5 anos` says nothing of who is 8.
        let (least, most) = other.bounds;
        let is_outside = |number: &u64| {
            least.is_some_and(|least| *number < least) || most.is_some_and(|most| *number > most)
        };
        if !self.numbers.is_empty() && self.numbers.iter().all(is_outside) {
            return 0;
        }
        // Whatever the customer's affair is called: it is the one that is spoken of.
        if self.sense.is_a_state() && other.is_recorded {
            return shared + 1;
        }
        if self.sense.says_all() && self.objects.is_empty() {
            return 1;
        }
        if self.sense == Sense::All {
            return usize::from(names(&self.heads, &other.heads));
        }
        // A verb with other objects says nothing of these.
        let said_of = if other.is_aside { &other.heads } else { &other.objects };
        let is_of_its_head = self.heads.is_empty() || names(&self.heads, said_of);
        // Who pays stands before the verb.
        let is_of_who_pays = self.sense == Sense::Charged && shared > HEADS;
        if is_of_its_head || is_of_who_pays { shared } else { 0 }
    }
}

fn read_sentence(sentence: &str, language: Language) -> impl Iterator<Item = Policy> {
    split_clauses(sentence).flat_map(move |clause| read_clause(clause, language))
}

/// What one clause says, predicate by predicate. It falls into parts at its commas and its `e`: a part without a predicate goes
/// on with what the one before it lists, and one without a subject is said of what was named before it.
fn read_clause(clause: &str, language: Language) -> Vec<Policy> {
    let parts = parts_of(clause);
    // `Mensal – R$ 139,90 por mês, sem fidelidade`
    let label =
        parts.first().filter(|_| is_labelled(clause)).map(|part| named(part, language)).unwrap_or_default();
    // `Sem o atestado, a taxa precisa ser paga`, and not `Sin cita previa, por orden de llegada`
    let is_condition = parts.iter().skip(1).any(|part| !predicates_in(part, false, language).is_empty());
    let mut found = Vec::new();
    for (place, part) in parts.iter().enumerate() {
        let predicates = predicates_in(part, place == 0 && is_condition, language);
        for (at, sense, is_opposite) in &predicates {
            let last =
                predicates.iter().rev().find(|(other, ..)| other < at).map_or(0, |(other, ..)| other + 1);
            let end =
                predicates.iter().find(|(other, ..)| other > at).map_or(part.len(), |(other, ..)| *other);
            let mut before = named(&part[last..*at], language);
            if before.is_empty() {
                let mut earlier = parts[..place].iter().rev().map(|part| named(part, language));
                before = earlier.find(|part| !part.is_empty()).unwrap_or_default();
            }
            let mut behind = named(&part[at + 1..end], language);
            let goes_on =
                parts[place + 1..].iter().take_while(|part| predicates_in(part, false, language).is_empty());
            let is_alone = is_verb_alone(part, *at);
            let mut items = Vec::new();
            if is_alone {
                before.clear();
            } else if end == part.len() {
                items.extend(goes_on.map(|part| named(part, language)).filter(|item| !item.is_empty()));
                behind.extend(items.iter().flatten().cloned());
            }
            behind.truncate(REACH);
            let is_without = matches!(part[*at].as_str(), "sem" | "sin" | "without");
            let is_denied = is_without || is_denied(part, *at, language) != *is_opposite;
            // What a share or an amount is charged of is proven by itself.
            if *sense == Sense::Charged && clause.contains(['$', '€', '£', '%']) {
                continue;
            }
            let heads = behind.iter().take(HEADS).cloned().collect();
            let before = before.into_iter().rev().take(REACH);
            let behind: BTreeSet<String> = behind.into_iter().collect();
            let objects = label.iter().cloned().chain(before).chain(behind.iter().cloned()).collect();
            let is_aside = is_without || matches!(part[*at].as_str(), "com" | "con" | "with");
            let policy = Policy {
                sense: *sense,
                is_denied,
                objects,
                heads,
                behind,
                is_recorded: false,
                is_aside,
                numbers: numbers_in(part),
                bounds: bounds_in(part),
            };
            // `Pix, cartão e dinheiro`: each of them by itself.
            found.extend(items.into_iter().filter(|_| !is_aside).map(|item| {
                let heads = item.iter().take(HEADS).cloned().collect();
                let behind: BTreeSet<String> = item.into_iter().collect();
                Policy { objects: behind.clone(), heads, behind, ..policy.clone() }
            }));
            found.push(policy);
        }
        found.extend(bare_denial(part, language).filter(|_| predicates.is_empty()));
    }
    found.retain(|policy| policy.sense.is_a_state() || policy.sense.says_all() || !policy.objects.is_empty());
    found
}

/// Whether a part says nothing but its verb: `Não parcelamos`.
fn is_verb_alone(part: &[String], at: usize) -> bool {
    const SMALL: &str =
        "nao no not we don t do sim yes si infelizmente unfortunately lamentablemente nos sorry";
    let is_small = |word: &String| SMALL.split(' ').any(|small| small == word);
    part.iter().enumerate().all(|(place, word)| place == at || is_small(word))
}

/// Where the predicates of a part stand, what they say, and whether they say its opposite.
fn predicates_in(part: &[String], opens: bool, language: Language) -> Vec<(usize, Sense, bool)> {
    let of_word = |at: usize| match (part[at].as_str(), language) {
        // `sem fidelidade`, `com fidelidade`
        ("sem" | "sin" | "without", _) => names_a_thing(part, at, opens).then_some((Sense::Had, true)),
        ("com", Language::Portuguese) | ("con", Language::Spanish) | ("with", Language::English) => {
            names_a_thing(part, at, opens).then_some((Sense::Had, false))
        }
        // `it has to be given`, `hay que pagar`
        ("has" | "have" | "tem" | "temos" | "tiene" | "tienes" | "tienen" | "hay", _)
            if part.get(at + 1).is_some_and(|next| matches!(next.as_str(), "to" | "que")) =>
        {
            Some((Sense::Needed, false))
        }
        // `You may bring`, and not `in May`
        ("may", Language::English)
            if at > 0 && !matches!(part[at - 1].as_str(), "in" | "on" | "of" | "by" | "since") =>
        {
            Some((Sense::Accepted, false))
        }
        (word, _) => sense_of(word),
    };
    (0..part.len())
        .filter_map(|at| of_word(at).map(|(sense, is_opposite)| (at, sense, is_opposite)))
        .filter(|(at, sense, is_opposite)| says_so(*sense, *is_opposite, part, *at))
        .collect()
}

/// The numbers that a part names.
fn numbers_in(part: &[String]) -> Vec<u64> {
    part.iter().filter_map(|word| word.parse().ok()).collect()
}

/// From what number on something is so, and up to what: `de 6 a 11 anos`, `até 5 anos`, `under 6`.
fn bounds_in(part: &[String]) -> (Option<u64>, Option<u64>) {
    let behind = |list: &str| {
        let at = part.iter().position(|word| list.split(' ').any(|one| one == word))?;
        part[at + 1..].iter().take(2).find_map(|word| word.parse().ok())
    };
    let stretch = part.windows(3).find_map(|run| match (run[0].parse(), run[1].as_str(), run[2].parse()) {
        (Ok(least), "a" | "to" | "ate" | "al", Ok(most)) => Some((Some(least), Some(most))),
        _ => None,
    });
    stretch.unwrap_or_else(|| {
        (
            behind("partir over above acima mayores maiores desde"),
            behind("ate hasta under below menores up to"),
        )
    })
}

/// Whether the preposition at `at` says what something has or lacks: `sem pagar`, `sem custo`, `com menos de 24 horas` and
/// `Sem o atestado, …` do not.
fn names_a_thing(part: &[String], at: usize, opens: bool) -> bool {
    const OTHERS: &str = "menos mais mas more less than ate hasta up to custo costo coste cost juros interes interest o a os as el la los \
         las the problema problemas problem duvida duda doubt";
    let Some(next) = part.get(at + 1) else { return false };
    // A clause that begins with `Sem o atestado` says on what condition.
    let is_first = opens && at == 0;
    let is_without = matches!(part[at].as_str(), "sem" | "sin" | "without");
    let is_of_a_verb = !is_without && part[..at].iter().any(|word| sense_of(word).is_some());
    let names_more = OTHERS.split_ascii_whitespace().any(|other| other == next)
        || next.starts_with(|sign: char| sign.is_ascii_digit())
        || ["ar", "er", "ir", "ing"].iter().any(|ending| next.ends_with(ending));
    !(is_first || is_of_a_verb || names_more)
}

fn is_none(word: &str, language: Language) -> bool {
    matches!(word, "nenhum" | "nenhuma" | "ningun" | "ninguna")
        || (word == "no" && language != Language::Portuguese)
}

fn is_denied(part: &[String], at: usize, language: Language) -> bool {
    let denies = |word: &String| {
        is_none(word, language)
            || matches!(
                word.as_str(),
                "nao" | "not" | "nunca" | "never" | "nem" | "t" | "non" | "sem" | "sin" | "without"
            )
    };
    // `no se te cobra`: small words between them do not count.
    const SMALL: &str = "se te le les me nos lo la lhe lhes es e is be been sera ser esta are was";
    let counts = |word: &&String| !SMALL.split(' ').any(|small| small == word.as_str());
    let behind = part.get(at + 1).map_or("", String::as_str);
    part[..at].iter().rev().filter(counts).take(BEFORE).any(denies)
        // `No previous exams are needed`, `we have no parking`, `can't be returned`
        || part.first().is_some_and(|word| is_none(word, language))
        || is_none(behind, language)
        || matches!(behind, "t" | "not")
}

/// Whether the word at `at` says that it is so: `pago na retirada` and `un pago` tell of no payment, one of a part is not the
/// whole, and `no tiene costo` says that it is free, which is proven by itself.
fn says_so(sense: Sense, is_opposite: bool, part: &[String], at: usize) -> bool {
    const DONE: &str = "esta estao ja ya todo toda tudo been fully already all foi fue hasn haven has have was were quedo ficou";
    const PARTS: &str =
        "sinal senal deposit deposito metade mitad half parte part entrada parcela cuota taxa";
    const COSTS: &str =
        "custo custos costo coste cost costs cobranca cargo charge charges juros interes interest";
    let has = |list: &str, words: &[String]| words.iter().any(|word| list.split(' ').any(|one| one == word));
    match sense {
        Sense::Paid if is_opposite => true,
        Sense::Paid => {
            has(DONE, &part[at.saturating_sub(3)..at])
                && !has(PARTS, part)
                && !part.iter().any(|word| word.starts_with(|sign: char| sign.is_ascii_digit()))
        }
        // `a valid ID`
        Sense::Valid => {
            !at.checked_sub(1).is_some_and(|last| has("a an um uma un una com con with", &part[last..at]))
        }
        // `at no charge`
        Sense::Charged if part[at].starts_with("charge") => !at
            .checked_sub(1)
            .is_some_and(|last| has("no of any extra a the additional free", &part[last..at])),
        Sense::Had => !part[at + 1..].iter().take(2).any(|word| has(COSTS, std::slice::from_ref(word))),
        _ => true,
    }
}

/// `No final exam`: what a document says without a verb. `No deposit for bikes` denies the deposit.
fn bare_denial(part: &[String], language: Language) -> Option<Policy> {
    const ENDS: &str = "for in at on of with de para por en con em com";
    let (first, behind) = part.split_first()?;
    if !is_none(first, language) || part.len() > SHORTEST_CLAUSE {
        return None;
    }
    let ends = |word: &&String| !ENDS.split(' ').any(|end| end == word.as_str());
    let behind: Vec<String> = behind.iter().take_while(ends).cloned().collect();
    let behind = named(&behind, language);
    let heads = behind.first().cloned().into_iter().collect();
    let objects = behind.into_iter().collect();
    Some(Policy {
        sense: Sense::Had,
        is_denied: true,
        objects,
        heads,
        behind: BTreeSet::new(),
        is_recorded: false,
        is_aside: false,
        numbers: Vec::new(),
        bounds: (None, None),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::proof::flags::policies_of_flags;

    #[test]
    fn flags_are_policies() {
        let data = serde_json::json!({"nome": "Losartana", "exige_receita": true, "entrega": {"bairro": "Lapa", "atende": false}});
        let known = [policies_of_flags(&data.to_string(), &data, Language::Portuguese)];
        for (claim, contradicted) in [
            ("A losartana não precisa de receita.", true),
            ("A losartana exige receita.", false),
            ("Atendemos a Lapa.", true),
            ("Não atendemos a Lapa.", false),
            ("Não precisa de senha.", false),
        ] {
            let claimed = policies_in(claim, Language::Portuguese);
            assert_eq!(is_contradicted(&claimed, &known), contradicted, "{claim}");
        }
    }

    #[test]
    fn only_a_contradiction_is_one() {
        let known = [policies_in(
            "Aceitamos cartão, Pix e vale-refeição. Não aceitamos cheque. A loja tem estacionamento. Dogs are welcome.",
            Language::Portuguese,
        )];
        for (claim, contradicted) in [
            ("Aceitamos Pix.", false),
            ("Não aceitamos Pix.", true),
            ("Aceitamos cheque.", true),
            ("Não aceitamos cheque.", false),
            ("Não aceitamos criptomoedas.", false),
            ("Não temos estacionamento.", true),
            ("Temos estacionamento, sim.", false),
            ("Não temos vagas hoje.", false),
        ] {
            let claimed = policies_in(claim, Language::Portuguese);
            assert_eq!(is_contradicted(&claimed, &known), contradicted, "{claim}");
        }
    }

    #[test]
    fn clauses_are_compared_part_by_part() {
        use Language::{English, Portuguese, Spanish};
        for (language, told, claim, contradicted) in [
            (
                Portuguese,
                "Para confirmar, pedimos um sinal de 50%.",
                "Fica R$ 184,00 e não precisa de sinal, você paga tudo na retirada.",
                true,
            ),
            (Portuguese, "É exigida caução de R$ 200,00.", "Não é preciso deixar caução.", true),
            (
                Portuguese,
                "Mensal – R$ 139,90 por mês, sem fidelidade. Anual – R$ 99,90 por mês, com fidelidade de 12 meses.",
                "O plano anual fica em R$ 99,90 por mês e não tem fidelidade.",
                true,
            ),
            (
                Portuguese,
                "Mensal – R$ 139,90 por mês, sem fidelidade. Anual – R$ 99,90 por mês, com fidelidade de 12 meses.",
                "O plano mensal não tem fidelidade.",
                false,
            ),
            (
                Portuguese,
                "Atendemos os convênios Amil e Odontoprev. Não atendemos SulAmérica.",
                "Aceitamos sim o convênio SulAmérica.",
                true,
            ),
            (
                Portuguese,
                "Crianças de até 5 anos não pagam.",
                "Para crianças de 4 anos cobramos meia diária.",
                true,
            ),
            (
                Portuguese,
                "Crianças de até 5 anos não pagam.",
                "Para crianças de 8 anos cobramos meia diária.",
                false,
            ),
            (
                English,
                "Sofas can be returned within 30 days. Custom-made items cannot be returned.",
                "Sofas can't be returned.",
                true,
            ),
            (English, "Do I need a mat? No, mats are available.", "You'll need to bring a mat.", true),
            (English, "Do I need a mat? No, mats are available.", "No need to bring a mat.", false),
            (Portuguese, "Parcelamos em até 10x.", "Não parcelamos, só à vista.", true),
            (Portuguese, "Entregamos de terça a domingo.", "Na segunda não entregamos.", false),
            (
                Portuguese,
                "Aceitamos Pix e cartão. Não aceitamos dinheiro.",
                "Aceitamos Pix, cartão e também dinheiro.",
                true,
            ),
            (Portuguese, "Não aceitamos dinheiro.", "Aceitamos Pix e cartão.", false),
            (English, "You may bring your own lights.", "You can't bring your own lights.", true),
            (
                English,
                "Your card is valid until June. Expired IDs are refused.",
                "You need a valid ID.",
                false,
            ),
            (Portuguese, "Não é necessária senha.", "Você tem que criar uma senha.", true),
            (Spanish, "Se admiten efectivo y tarjeta.", "No se puede pagar con tarjeta.", true),
            (Spanish, "Sin cita previa, por orden de llegada.", "Es necesario pedir cita.", true),
            (Portuguese, "Sem o atestado, a taxa precisa ser paga.", "É necessário o atestado.", false),
            (Spanish, "Se puede pagar en 3 plazos sin intereses.", "No ofrecemos pago a plazos.", true),
            (Spanish, "No toda la carta es apta para celíacos.", "Toda nuestra carta es sin gluten.", true),
            (Spanish, "Es necesario traer el carnet.", "No hace falta traer el carnet.", true),
            (
                Spanish,
                "Durante el bloqueo no se cobra la mensualidad.",
                "Mientras dure no se te cobra la mensualidad.",
                false,
            ),
        ] {
            let claimed = policies_in(claim, language);
            let known = [policies_in(told, language)];
            assert_eq!(is_contradicted(&claimed, &known), contradicted, "{told} / {claim}");
        }
        let found = [policies_of_person("We found your grey jacket at our branch.", English)];
        let claimed = policies_in("Unfortunately your grey jacket hasn't been found yet.", English);
        assert!(is_contradicted(&claimed, &found));
    }
}
