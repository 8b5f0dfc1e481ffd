//! What a model shows for a claim of which its words do not tell what it rests on: the words of a source, and how it is computed
//! from them. The words have to stand in the source as they are shown, and to say the claim, or the numbers that it is computed
//! from. A model that is asked only says where to look; nothing is believed of it. Pure.

use super::bind::{Binder, Place};
use super::equal::{number_of, says};
use super::evident::Evident;
use super::formulas::{Formula, numbers_in};
use super::ledger::Ledger;
use crate::domain::provenance::Origin;
use crate::language::fold::fold;
use crate::language::numbers::find_quantities;
use crate::language::statements::{Fact, Kind, Stated, Term, names_a_day, read_sentence, terms_of};

/// What a line begins with that is for the guard and not for the customer.
pub const MARK: &str = "@@";
/// What stands between the pieces of a quotation.
const BETWEEN: [&str; 2] = ["…", "..."];
/// Most lines of one draft, and most characters of one.
const MOST: usize = 24;
const LONGEST: usize = 1_000;
/// Fewer letters and digits are words of any source.
const SHORTEST: usize = 4;
/// Ten-thousandths, which numbers are kept in, of a centavo.
const CENT: u64 = 100;
/// Numbers are written in ten-thousandths.
const PARTS: u64 = 10_000;

/// What a model shows for one claim.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Citation {
    /// The claim, in the words of the draft.
    claim: String,
    /// Words of one source or several.
    quotes: Vec<String>,
    /// How the claim is computed from them.
    formula: Option<String>,
}

/// A draft without the lines that are for the guard, and what they show: `@@ claim | words of a source | calculation`.
pub fn citations_in(draft: &str) -> (String, Vec<Citation>) {
    if !draft.contains(MARK) {
        return (draft.to_owned(), Vec::new());
    }
    let is_shown = |line: &&str| line.trim_start().starts_with(MARK);
    let said: Vec<&str> = draft.lines().filter(|line| !is_shown(line)).collect();
    let citations = draft.lines().filter(is_shown).take(MOST).filter_map(citation).collect();
    (said.join("\n").trim_end().to_owned(), citations)
}

fn citation(line: &str) -> Option<Citation> {
    let line = line.trim().strip_prefix(MARK).filter(|line| line.chars().count() <= LONGEST)?;
    // A line of a table is quoted with its marks.
    let (claim, rest) = line.split_once('|')?;
    let (quoted, formula) = match rest.rsplit_once('|') {
        Some((quoted, formula)) if Formula::read(formula).is_some() => (quoted, Some(formula.to_owned())),
        _ => (rest, None),
    };
    let mut quotes = vec![quoted.trim()];
    for mark in BETWEEN {
        quotes = quotes.into_iter().flat_map(|quote| quote.split(mark)).collect();
    }
    let quotes = quotes.into_iter().map(bare).filter(|quote| !quote.is_empty()).map(str::to_owned).collect();
    Some(Citation { claim: claim.trim().to_owned(), quotes, formula })
}

/// Without the marks that models put around what they quote.
fn bare(quote: &str) -> &str {
    quote.trim().trim_matches(['“', '”', '«', '»', '`', '\'']).trim()
}

impl Binder {
    /// The source of a claim, if the model shows words of it that say the claim.
    pub(super) fn cited(&self, stated: &Stated, place: &Place<'_>) -> Option<Origin> {
        let is_of_it = |citation: &&Citation| {
            let mut places = place.sentence.match_indices(citation.claim.as_str());
            !citation.claim.is_empty()
                && places.any(|(at, claim)| at < stated.span.end && stated.span.start < at + claim.len())
        };
        self.citations.iter().filter(is_of_it).find_map(|citation| self.proven(citation, stated, place))
    }

    fn proven(&self, citation: &Citation, stated: &Stated, place: &Place<'_>) -> Option<Origin> {
        let quoted = place.ledger.quoted(&citation.quotes)?;
        let says = |(origin, quote): &&(&Origin, &str)| match &citation.formula {
            Some(formula) => self.comes_to(formula, &quoted, stated, place),
            // Pieces of several lines together say what none of them says.
            None => {
                is_long_enough(&plain(quote))
                    && quote_says(origin, quote, stated.fact, place)
                    && self.is_about(quote, stated, place)
            }
        };
        quoted.iter().find(says).map(|(origin, _)| (*origin).clone())
    }

    /// Whether words of a source are of what the sentence, the one before it or the question is about.
    fn is_about(&self, quote: &str, stated: &Stated, place: &Place<'_>) -> bool {
        let whole = &read_sentence(place.sentence, place.language).terms;
        let quoted: Vec<Term> = terms_of(&quote.replace(['_', '"'], " "), place.language);
        let is_named = |term: &Term| {
            [stated.near.as_slice(), whole, &self.carried, place.about]
                .iter()
                .any(|terms| terms.contains(term))
        };
        quoted.iter().any(|term| !names_a_day(*term) && is_named(term))
    }

    /// Whether a calculation comes to an amount, a share or a measure that is claimed, and is one of amounts that are told, each
    /// so often, or such a share of it, as is told. A code or a day is never computed.
    fn comes_to(
        &self,
        formula: &str,
        quoted: &[(&Origin, &str)],
        stated: &Stated,
        place: &Place<'_>,
    ) -> bool {
        let Some(formula) = Formula::read(formula) else { return false };
        let claimed: Vec<u64> =
            number_of(stated.fact).into_iter().flatten().filter(|number| *number > 0).collect();
        let is_claimed = |number: u64| claimed.iter().any(|claimed| number.abs_diff(*claimed) <= CENT);
        let mut told: Vec<u64> = quoted.iter().flat_map(|(_, quote)| numbers_in(quote)).collect();
        let words = |text: &str| {
            let counted = find_quantities(text, place.language).into_iter();
            counted
                .filter_map(|found| u64::try_from(found.value).ok()?.checked_mul(PARTS))
                .collect::<Vec<_>>()
        };
        for (_, said) in place.ledger.customers_words() {
            told.extend(numbers_in(said));
            told.extend(words(said));
        }
        told.extend(words(place.sentence));
        let bound = self.amounts.iter().filter_map(|cents| u64::try_from(*cents).ok()?.checked_mul(CENT));
        let mut amounts: Vec<u64> = bound.collect();
        let amount = |evident: Evident<'_>| u64::try_from(evident.amount()?).ok()?.checked_mul(CENT);
        for (origin, quote) in quoted {
            amounts.extend(shown(origin, quote, place).evidence().filter_map(amount));
        }
        let said = place.ledger.evidence().filter(|evident| !evident.origin.is_of_the_house());
        amounts.extend(said.filter_map(amount));
        told.extend(&amounts);
        told.extend(self.shares.iter().map(|share| u64::from(*share) * CENT));
        let is_told = |number: u64| told.contains(&number);
        let is_of_money = |number: u64| amounts.contains(&number);
        let fits = match stated.fact.kind() {
            Kind::Money => formula.is_sum_of(is_of_money),
            Kind::Count | Kind::Length => formula.is_product(),
            _ => false,
        };
        fits && formula.numbers().iter().all(|number| is_told(*number) && !claimed.contains(number))
            && formula.value().is_some_and(is_claimed)
    }
}

/// Words of a source, as evidence by themselves.
fn shown(origin: &Origin, quote: &str, place: &Place<'_>) -> Ledger {
    let mut shown = Ledger::new(place.ledger.zone().clone(), place.ledger.today());
    shown.add_text(origin.clone(), quote, "", place.language);
    let as_record = [format!("{{{quote}}}"), quote.to_owned()];
    if let Some(data) = as_record.iter().find_map(|text| serde_json::from_str(text).ok()) {
        shown.add_result(origin.clone(), quote, "", &data, place.language);
    }
    shown
}

/// Whether words of a source say what is claimed.
fn quote_says(origin: &Origin, quote: &str, claim: Fact, place: &Place<'_>) -> bool {
    // A length may be told by a number whose unit stands elsewhere.
    let is_measured =
        matches!(claim.kind(), Kind::Money | Kind::Percent | Kind::Length | Kind::Count | Kind::Number);
    let numbers = || {
        let told = numbers_in(quote);
        number_of(claim).into_iter().flatten().any(|claimed| claimed > 0 && told.contains(&claimed))
    };
    let shown = shown(origin, quote, place);
    let says_so = shown.evidence().any(|evident| says(claim, &evident, &shown));
    says_so || (is_measured && numbers())
}

/// The letters, digits and marks of amounts of a text, for one text in another.
pub(super) fn plain(text: &str) -> String {
    fold(text).chars().filter(|sign| sign.is_alphanumeric() || matches!(sign, '%' | ',' | '.')).collect()
}

/// Whether there is enough of a quotation to find it by.
pub(super) fn is_long_enough(plain: &str) -> bool {
    plain.chars().filter(|sign| sign.is_alphanumeric()).count() >= SHORTEST
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::guard::judge;
    use crate::agent::proof::Proof;
    use crate::domain::ids::CallId;
    use crate::domain::language::Language;
    use serde_json::json;

    fn proof() -> Proof {
        let mut proof = Proof::default();
        let data = json!({"cakes": [
            {"flavor": "Brigadeiro", "price_per_kg": 75.5}, {"flavor": "Cenoura", "price_per_kg": 58.0},
        ], "serves_per_kg": 10});
        let origin = Origin::Tool { call: CallId::at(1, 0), tool: "menu".to_owned() };
        proof.ledger.add_result(origin, &data.to_string(), "", &data, Language::Portuguese);
        let passage = Origin::Passage { id: "bolos".to_owned() };
        let text = "Sinal de 50%. Retirada no domingo até as 12h. Taxa de entrega: R$ 15,00.";
        proof.ledger.add_text(passage, text, "Encomendas", Language::Portuguese);
        let customer = Origin::Customer { message: crate::domain::ids::MessageId(uuid::Uuid::nil()) };
        proof.ledger.add_text(customer, "um bolo para 20 pessoas, e por R$ 9,90?", "", Language::Portuguese);
        proof
    }

    #[test]
    fn what_is_shown_has_to_stand_there_and_to_say_it() {
        let said = "Para 20 pessoas o bolo é de 2 kg.";
        let shown = |line: &str| judge(&format!("{said}\n@@ {line}"), &proof(), Language::Portuguese);
        assert_eq!(judge(said, &proof(), Language::Portuguese).withheld.len(), 1, "words alone do not tell");
        let judged = shown("2 kg | \"serves_per_kg\":10 | 20 / 10");
        assert_eq!((judged.text.as_str(), judged.withheld.len()), (said, 0));
        assert!(matches!(judged.bindings.last().unwrap().origin, Origin::Tool { .. }));
        for line in [
            // Not in any source, of the customer's words, too short, another result, another claim, numbers of nobody.
            "2 kg | \"serves_per_kg\":12 | 24 / 12",
            "2 kg | um bolo para 20 pessoas | 20 / 10",
            "2 kg | 10 | 20 / 10",
            "2 kg | \"serves_per_kg\":10 | 30 / 10",
            "3 kg | \"serves_per_kg\":10 | 20 / 10",
            "2 kg | \"serves_per_kg\":10 | 2 × 1",
            "2 kg | \"serves_per_kg\":10",
            "2 kg | \"serves_per_kg\":10 | 20 / 0",
            "2 kg",
            "",
        ] {
            let judged = shown(line);
            assert_eq!((judged.text.as_str(), judged.withheld.len()), ("", 1), "{line}");
        }
    }

    #[test]
    fn what_is_shown_is_about_what_is_said_and_never_the_customers_own_word() {
        let withheld = |draft: &str| judge(draft, &proof(), Language::Portuguese).withheld.len();
        assert_eq!(withheld("A limpeza custa R$ 9,90.\n@@ R$ 9,90 | e por R$ 9,90?"), 1);
        assert_eq!(withheld("O frete para Marte é R$ 99,00.\n@@ R$ 99,00 | Taxa de entrega: R$ 15,00."), 1);
        // Deeds and states are told by results alone.
        assert_eq!(withheld("Cancelei o seu pedido.\n@@ pedido | Sinal de 50%."), 1);
    }

    #[test]
    fn lines_for_the_guard_are_no_words_of_the_answer() {
        let (text, shown) = citations_in("Oi!\n@@ a | b\n  @@ c | | Ashford | £8 | | 2 × 4 = 8\n@@\nTchau!");
        assert_eq!(text, "Oi!\nTchau!");
        assert_eq!(shown.len(), 2);
        assert_eq!(shown[1].quotes, ["| Ashford | £8 |"]);
        assert_eq!(citations_in("me@@exemplo").0, "me@@exemplo");
        let endless = "@@ a | b\n".repeat(1_000) + &format!("@@ a | {}", "b".repeat(10_000));
        assert_eq!(citations_in(&endless).1.len(), MOST);
    }
}
