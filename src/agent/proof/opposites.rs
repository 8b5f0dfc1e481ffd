//! Whether a clause denies what the house says, or says what the house denies, whatever its verb: two clauses that name the same
//! things, one of them with a `não`. Pure; contradictions of one verb are in `policies.rs`.

use super::fields::{lists, words_of};
use super::parts::{named, parts_of, split_clauses};
use super::senses::{Sense, are_kin, sense_of};
use crate::domain::language::Language;
use crate::language::fold::{fold, words};
use crate::language::memo::Memo;
use crate::language::phrases::{Phrases, spaced};
use crate::language::sentences::sentences;
use serde_json::Value;
use std::collections::{BTreeSet, HashSet};
use std::sync::{Arc, LazyLock};

/// Longest text of a record that names things.
const LONGEST_NAME: usize = 80;
/// What a field is called that says whether its record is to be had.
const STOCK: &str = "available disponivel disponible stock estoque livre libre vago ok success exito qty quantity seats vagas";
/// Most records of one result that are read.
const MOST_RECORDS: usize = 64;

static READ: LazyLock<Memo<Vec<Mention>>> = LazyLock::new(Memo::default);
static RECORDS: LazyLock<Memo<Vec<Mention>>> = LazyLock::new(Memo::default);

/// The things that one clause names together.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mention {
    things: BTreeSet<String>,
    is_denied: bool,
    /// Whether it says what the house does: `não alugamos`.
    is_the_houses: bool,
    /// What it says is lacking, if only that: `sem uso`.
    core: BTreeSet<String>,
    /// Whether the name of a field says it: `viene_armada: false`.
    is_a_flag: bool,
    /// Whether it names an amount, and says of nothing that it is free.
    has_a_price: bool,
}

/// What is not known, would be if, or has not happened yet: no denial of what the house does.
static OPEN: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::of(
        "nao sei|nao consigo|nao consegui|nao encontrei|nao achei|nao localizei|nao posso|nao tenho|i don t|i can t|i couldn t|\
        i cannot|no se|no encontre|no puedo|no tengo|ainda|yet|todavia|aun|se|if|si|caso|quando|when|cuando|unless|foi|foram|was|\
        were|fue|has been|have been|se preocupe|preocupes|worry|problema|problem|esqueca|forget|olvides|hoje|today|hoy|agora|now|\
        momento|moment|seu pedido|your order|tu pedido",
    )
});

/// What a title names is to be had.
pub(super) fn mention_of_title(title: &str, language: Language) -> Arc<Vec<Mention>> {
    static TITLES: LazyLock<Memo<Vec<Mention>>> = LazyLock::new(Memo::default);
    TITLES.of(title, language, || {
        let things = things_of(title, language);
        if things.is_empty() { Vec::new() } else { vec![Mention::named(things)] }
    })
}

/// What a text says, clause by clause.
pub(super) fn mentions_in(text: &str, language: Language) -> Arc<Vec<Mention>> {
    READ.of(text, language, || {
        let text = text.replace("**", "");
        let told = sentences(&text).into_iter().filter(|sentence| !sentence.trim_end().ends_with('?'));
        told.flat_map(split_clauses).flat_map(|clause| of_clause(clause, language)).collect()
    })
}

/// The records of a result, which is `written` like this, by a tool that is `called` so: what is listed there is to be had,
/// unless the record says that it is not.
pub(super) fn mentions_of_records(
    written: &str,
    called: &str,
    data: &Value,
    language: Language,
) -> Arc<Vec<Mention>> {
    RECORDS.of(&format!("{called}\n{written}"), language, || {
        let around: BTreeSet<String> = things_of(called, language);
        let mut found = Vec::new();
        read_records(data, &around, language, &mut found);
        found
    })
}

fn read_records(data: &Value, around: &BTreeSet<String>, language: Language, found: &mut Vec<Mention>) {
    match data {
        Value::Object(fields) if found.len() < MOST_RECORDS => {
            let mut things = around.clone();
            let mut is_lacking = false;
            for (key, value) in fields {
                let key = words_of(key);
                let is_of_stock = key.iter().any(|word| lists(STOCK, word));
                match value {
                    Value::String(text) if text.len() <= LONGEST_NAME && !text.is_empty() => {
                        things.extend(things_of(text, language));
                        things.extend(things_of(&key.join(" "), language));
                    }
                    Value::Array(elements) => {
                        let texts = elements.iter().filter_map(Value::as_str);
                        things.extend(texts.flat_map(|text| things_of(text, language)));
                    }
                    Value::Bool(told) => {
                        is_lacking |= is_of_stock && !told;
                        found.extend(Mention::of_flag(&key, *told, language));
                    }
                    Value::Number(number) => is_lacking |= is_of_stock && number.as_f64() == Some(0.0),
                    _ => {}
                }
            }
            if !is_lacking {
                let mention = Mention::named(things.clone());
                found.push(mention);
            }
            fields.values().for_each(|value| read_records(value, &things, language, found));
        }
        Value::Array(elements) => {
            elements.iter().for_each(|element| read_records(element, around, language, found))
        }
        _ => {}
    }
}

fn things_of(text: &str, language: Language) -> BTreeSet<String> {
    named(&words(text), language).into_iter().collect()
}

/// What a source says in a clause: what its parts affirm is said together.
fn of_clause(clause: &str, language: Language) -> Vec<Mention> {
    let (mut denied, told): (Vec<_>, Vec<_>) =
        of_parts(clause, language).into_iter().partition(|mention| mention.is_denied);
    denied.extend(told.into_iter().reduce(|mut all, part| {
        all.things.extend(part.things);
        all.is_the_houses |= part.is_the_houses;
        all
    }));
    denied
}

/// What each part of a clause says: one that names little is said of what was named first.
fn of_parts(clause: &str, language: Language) -> Vec<Mention> {
    const FREE: [&str; 8] =
        ["gratis", "gratuit", "free", "isen", "cortesia", "sem custo", "sin cost", "exempt"];
    let folded = fold(clause);
    let has_a_price = clause.contains(['$', '€', '£']) && !FREE.iter().any(|word| folded.contains(word));
    let mut found = Vec::new();
    let mut subject = Vec::new();
    for part in parts_of(clause) {
        let is_the_houses = part.iter().any(|word| is_of_the_house(word));
        let (kept, lacked) = without_what_is_lacking(&part);
        let things = contents(&kept, language);
        let is_denied = is_negative(&part, language);
        let of_whom = if is_denied && things.len() < 2 { subject.clone() } else { Vec::new() };
        let named = things.iter().cloned().chain(of_whom).collect();
        found.push(Mention {
            things: named,
            is_denied,
            is_the_houses,
            core: BTreeSet::new(),
            is_a_flag: false,
            has_a_price,
        });
        if subject.is_empty() {
            subject.clone_from(&things);
        }
        let lacked = contents(&lacked, language);
        if !lacked.is_empty() {
            let named = lacked.iter().chain(&subject).cloned().collect();
            let core = lacked.into_iter().collect();
            found.push(Mention {
                things: named,
                is_denied: true,
                is_the_houses,
                core,
                is_a_flag: false,
                has_a_price: false,
            });
        }
    }
    found.retain(|mention| !mention.things.is_empty());
    found
}

/// The words of a part without what stands behind a `sem`, and those.
fn without_what_is_lacking(part: &[String]) -> (Vec<String>, Vec<String>) {
    const REACH: usize = 3;
    match part.iter().position(|word| matches!(word.as_str(), "sem" | "sin" | "without")) {
        Some(at) => {
            let end = (at + 1 + REACH).min(part.len());
            ([&part[..at], &part[end..]].concat(), part[at + 1..end].to_vec())
        }
        None => (part.to_vec(), Vec::new()),
    }
}

/// The things that words name beside their predicates.
fn contents(words: &[String], language: Language) -> Vec<String> {
    static PLACES: LazyLock<HashSet<&'static str>> =
        LazyLock::new(|| WHERE.split_ascii_whitespace().collect());
    const WHERE: &str = "loja tienda store shop clinica clinic hotel local escola escuela school casa opcao option opcion infelizmente \
        lamentablemente unfortunately sorry desculpe claro dra site aqui here aca servico service servicio atendimento";
    let kept = words.iter().filter(|word| {
        !word.starts_with("inclu")
            && sense_of(word).is_none_or(|(sense, _)| sense == Sense::Refunded)
            && !PLACES.contains(word.as_str())
    });
    named(&kept.cloned().collect::<Vec<_>>(), language)
}

fn is_negative(part: &[String], language: Language) -> bool {
    part.iter().any(|word| {
        matches!(
            word.as_str(),
            "nao"
                | "not"
                | "nunca"
                | "never"
                | "nem"
                | "non"
                | "t"
                | "cannot"
                | "nenhum"
                | "nenhuma"
                | "ningun"
                | "ninguna"
                | "tampoco"
        ) || (word == "no" && language != Language::Portuguese)
    })
}

/// `alugamos`, `we`: what the house says of itself.
fn is_of_the_house(word: &str) -> bool {
    let is_offered = matches!(
        sense_of(word),
        Some((
            Sense::Had | Sense::Accepted | Sense::Made | Sense::Sent | Sense::Delivered | Sense::Rented,
            _
        ))
    );
    // What can be is said of things as well.
    let can_be = matches!(word, "can" | "cannot" | "possible" | "possivel" | "posible")
        || word.starts_with("pod")
        || word.starts_with("pued");
    (word.len() > 4 && word.ends_with("mos") && !matches!(word, "vamos" | "somos" | "mesmos" | "mismos"))
        || word == "we"
        || word.starts_with("inclu")
        || (is_offered && !can_be)
}

/// Whether a sentence says the opposite of what is `known`.
pub(super) fn is_opposed(sentence: &str, known: &[Arc<Vec<Mention>>], language: Language) -> bool {
    statements_of(sentence, language).iter().any(|clause| {
        let Statement { says_free, is_of_inclusion, .. } = *clause;
        clause.claims.iter().any(|claim| {
            let covers = |other: &&Mention| claim.is_covered_by(other);
            let mut same = known
                .iter()
                .flat_map(|known| known.iter())
                .filter(|other| other.is_denied == claim.is_denied);
            let mut opposite = known
                .iter()
                .flat_map(|known| known.iter())
                .filter(|other| other.is_denied != claim.is_denied && !other.is_a_flag)
                .filter(|other| (!says_free || other.has_a_price) && !(is_of_inclusion && other.has_a_price));
            let is_flagged = known.iter().flat_map(|known| known.iter()).any(|other| {
                other.is_a_flag && other.is_denied != claim.is_denied && other.things.is_subset(&claim.things)
            });
            // `não cobramos matrícula` of what has a price; otherwise a denial is of what the house does.
            let may_be = if claim.is_denied { says_free || claim.is_the_houses } else { claim.is_the_houses };
            let is_opposed = may_be
                && opposite.any(|other| {
                    // `a piscina não é aquecida` is of nothing else.
                    let is_of_this = || other.is_the_houses || other.things.len() == claim.things.len();
                    covers(&other) && (claim.is_denied || is_of_this())
                })
                && !same.any(|other| covers(&other) && !other.is_a_flag);
            is_flagged || is_opposed
        })
    })
}

/// What a clause of a reply states.
struct Statement {
    claims: Vec<Mention>,
    /// Whether it says that something costs nothing.
    says_free: bool,
    /// What is not included may well have a price.
    is_of_inclusion: bool,
}

/// What a sentence of a reply states, but for what it leaves open.
fn statements_of(sentence: &str, language: Language) -> Arc<Vec<Statement>> {
    // A draft is judged sentence by sentence, and whole once more.
    static READ: LazyLock<Memo<Vec<Statement>>> = LazyLock::new(Memo::default);
    READ.of(sentence, language, || {
        // In Spanish `se` is no condition.
        let words = |clause: &str| match language {
            Language::Spanish => spaced(clause).replace(" se ", " "),
            Language::Portuguese | Language::English => spaced(clause),
        };
        let clauses = split_clauses(sentence).filter(|clause| !OPEN.are_in(&words(clause)));
        let statement = |clause: &str| Statement {
            claims: of_parts(clause, language),
            says_free: charges_nothing(clause),
            is_of_inclusion: fold(clause).contains("inclu"),
        };
        clauses.map(statement).collect()
    })
}

/// `não cobramos`, `we don't charge`.
fn charges_nothing(clause: &str) -> bool {
    words(clause).iter().any(|word| matches!(sense_of(word), Some((Sense::Charged, _))))
}

impl Mention {
    /// What a field says whose name is a statement of its own: `viene_armada`.
    fn of_flag(key: &[String], told: bool, language: Language) -> Option<Self> {
        let things: BTreeSet<String> = contents(key, language).into_iter().collect();
        let flag = Self { is_denied: !told, is_a_flag: true, is_the_houses: false, ..Self::named(things) };
        (flag.things.len() > 1).then_some(flag)
    }

    /// Things that are to be had.
    fn named(things: BTreeSet<String>) -> Self {
        Self {
            things,
            is_denied: false,
            is_the_houses: true,
            core: BTreeSet::new(),
            is_a_flag: false,
            has_a_price: false,
        }
    }

    /// Whether `other` names all that this names.
    fn is_covered_by(&self, other: &Self) -> bool {
        let is_of_its_core =
            other.core.is_empty() || other.core.iter().any(|lacked| self.things.contains(lacked));
        is_of_its_core && self.things.iter().all(|one| other.things.iter().any(|other| are_kin(one, other)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_clause_is_opposed_by_one_that_names_the_same() {
        use Language::{English, Portuguese, Spanish};
        for (language, told, claim, is_opposed_to) in [
            (Portuguese, "Gatos são atendidos na caixa de transporte.", "Não atendemos gatos.", true),
            (Portuguese, "Não aplicamos vacinas.", "Aplicamos vacinas também.", true),
            (Portuguese, "Não aplicamos vacinas.", "Não aplicamos vacinas aqui.", false),
            (Portuguese, "Temos aulas de terça a sábado.", "Não temos aula aos domingos.", false),
            (Portuguese, "A piscina não é aquecida.", "Temos piscina aquecida.", true),
            (Portuguese, "A piscina não é aquecida.", "Temos piscina.", false),
            (Portuguese, "Matrícula: R$ 60,00.", "Não cobramos matrícula.", true),
            (Portuguese, "Matrícula isenta de R$ 60,00 em janeiro.", "Não cobramos matrícula.", false),
            (Portuguese, "No Pix há 5% de desconto.", "Não damos desconto no Pix.", true),
            (English, "Breakfast: $14 per person.", "Breakfast isn't included.", false),
            (Portuguese, "Produtos podem ser trocados, sem uso.", "Não trocamos produtos.", true),
            (English, "Parking is free for patients.", "There's no parking at the clinic.", true),
            (
                English,
                "We make gluten-free cakes on order.",
                "Unfortunately we don't make gluten-free cakes.",
                true,
            ),
            (English, "Orders are packed within a day.", "Your order hasn't been packed yet.", false),
            (Spanish, "Sala de máquinas, piscina y sauna.", "No tenemos piscina.", true),
        ] {
            let known = [mentions_in(told, language)];
            assert_eq!(is_opposed(claim, &known, language), is_opposed_to, "{told} / {claim}");
        }
    }

    #[test]
    fn what_a_record_or_a_title_names_is_to_be_had() {
        let data = json!({"destino": "Córdoba", "costo": "$ 4.200"});
        let known = [mentions_of_records(&data.to_string(), "cotizar envío", &data, Language::Spanish)];
        assert!(is_opposed("No hacemos envíos a Córdoba.", &known, Language::Spanish));
        assert!(!is_opposed("No hacemos envíos a Rosario.", &known, Language::Spanish));
        let known = [mention_of_title("Depilación láser", Language::Spanish)];
        assert!(is_opposed("No hacemos depilación láser.", &known, Language::Spanish));
        let flagged = json!({"nombre": "Silla", "viene_armada": false, "garantia": "2 años"});
        let known = [mentions_of_records(&flagged.to_string(), "", &flagged, Language::Spanish)];
        for (claim, opposed) in [
            ("Viene armada.", true),
            ("No viene armada.", false),
            ("La silla no tiene garantía.", true),
            ("La silla tiene garantía.", false),
        ] {
            assert_eq!(is_opposed(claim, &known, Language::Spanish), opposed, "{claim}");
        }
        let kept = json!({"deposit_refundable": false});
        let known = [mentions_of_records(&kept.to_string(), "", &kept, Language::English)];
        assert!(is_opposed("The deposit is refundable.", &known, Language::English));
        assert!(!is_opposed("The deposit is non-refundable.", &known, Language::English));
        let taken = json!({"quarto": "Chalé", "livre": false});
        let known = [mentions_of_records(&taken.to_string(), "", &taken, Language::Portuguese)];
        assert!(!is_opposed("Não temos o Chalé.", &known, Language::Portuguese));
    }
}
