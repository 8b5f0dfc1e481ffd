//! What a model shows for a claim of which its words do not tell what it rests on: the words of a source, and how it is computed
//! from them. The words have to stand in the source as they are shown, and to say the claim, or the numbers that it is computed
//! from. A model that is asked only says where to look; nothing is believed of it. Pure.

use super::bind::{Binder, Place};
use super::equal::{number_of, says, tells};
use super::evident::Evident;
use super::formulas::{CENT, Formula, PARTS, in_parts, numbers_in};
use super::ledger::Ledger;
use super::result::What;
use crate::domain::provenance::Origin;
use crate::language::fold::fold;
use crate::language::numbers::find_quantities;
use crate::language::statements::{Fact, Kind, Stated, THING, Term, names_a_day, read_sentence, terms_of};

/// What a line begins with that is for the guard and not for the customer.
pub const MARK: &str = "@@";
/// What stands between the pieces of a quotation.
const BETWEEN: [&str; 2] = ["…", "..."];
/// Most lines of one draft, and most characters of one.
const MOST: usize = 24;
const LONGEST: usize = 1_000;
/// Most pieces of one quotation.
const MOST_PIECES: usize = 8;
/// Fewer letters and digits are words of any source.
const SHORTEST: usize = 4;

/// What a model shows for one claim.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Citation {
    /// The claim, in the words of the draft.
    pub(super) claim: String,
    /// Words of one source or several.
    pub(super) quotes: Vec<String>,
    /// How the claim is computed from them.
    pub(super) formula: Option<String>,
    /// Whether a model shows it that did not write the draft, and had no objection to the sentence.
    pub(super) is_vouched: bool,
}

impl Citation {
    /// The same, shown by a model that did not write the draft.
    pub fn vouched_for(self) -> Self {
        Self { is_vouched: true, ..self }
    }
}

/// A draft without the lines that are for the guard, and what they show: `@@ claim | words of a source | calculation`.
pub fn citations_in(draft: &str) -> (String, Vec<Citation>) {
    if !is_marked(draft) {
        return (draft.to_owned(), Vec::new());
    }
    let (mut said, mut citations) = (Vec::new(), Vec::new());
    for line in draft.lines() {
        let Some((words, shown)) = divided(line) else {
            said.push(line);
            continue;
        };
        if !words.is_empty() {
            said.push(words);
        }
        citations.extend((citations.len() < MOST).then(|| citation(shown)).flatten());
    }
    // Marks of a block that has nothing in it any more.
    let said = said.join("\n").replace("```\n```", "");
    (said.trim_end().to_owned(), citations)
}

/// Whether a text has words that are for the guard.
pub fn is_marked(text: &str) -> bool {
    text.contains(MARK) && text.lines().any(|line| divided(line).is_some())
}

/// The words of a line that are the customer's, and those behind them that are for the guard: at its beginning, where a list or
/// a quotation may begin too, or behind a blank.
fn divided(line: &str) -> Option<(&str, &str)> {
    let (at, _) = line.match_indices(MARK).find(|(at, _)| {
        line[..*at]
            .chars()
            .next_back()
            .is_none_or(|sign| sign.is_whitespace() || matches!(sign, '`' | '>' | '*' | '-'))
    })?;
    let (before, shown) = line.split_at(at);
    let is_only_marks = before.chars().all(|sign| !sign.is_alphabetic());
    Some((if is_only_marks { "" } else { before.trim_end() }, shown.strip_prefix(MARK)?))
}

fn citation(line: &str) -> Option<Citation> {
    let line = line.trim().trim_end_matches('`');
    // A line of a table is quoted with its marks.
    let (claim, rest) = line.split_once('|').filter(|_| line.chars().count() <= LONGEST)?;
    let (quoted, formula) = match rest.rsplit_once('|') {
        Some((quoted, formula)) if Formula::read(formula).is_some() => (quoted, Some(formula.to_owned())),
        _ => (rest, None),
    };
    let mut quotes = vec![quoted.trim()];
    for mark in BETWEEN {
        quotes = quotes.into_iter().flat_map(|quote| quote.split(mark)).collect();
    }
    let quotes: Vec<String> =
        quotes.into_iter().map(bare).filter(|quote| !quote.is_empty()).map(str::to_owned).collect();
    (quotes.len() <= MOST_PIECES).then(|| Citation {
        claim: claim.trim().to_owned(),
        quotes,
        formula,
        is_vouched: false,
    })
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
        // What a tool found was looked for; what a passage says may be of anything.
        let is_about = quoted.iter().any(|(origin, quote)| {
            matches!(origin, Origin::Tool { .. }) || self.is_about(quote, stated, place)
        });
        let says = |(origin, quote): &&(&Origin, &str)| match &citation.formula {
            Some(formula) => is_about && self.comes_to(formula, &quoted, stated, place),
            // Pieces of several lines together say what none of them says.
            None => {
                is_long_enough(&plain(quote))
                    && quote_says(origin, quote, stated.fact, place)
                    && self.is_about(quote, stated, place)
            }
        };
        let found = quoted.iter().find(says).map(|(origin, _)| (*origin).clone());
        found
            .or_else(|| citation.is_vouched.then(|| self.vouched(citation, &quoted, stated, place)).flatten())
    }

    /// Whether words of a source are of what the sentence, the one before it or the question is about.
    pub(super) fn is_about(&self, quote: &str, stated: &Stated, place: &Place<'_>) -> bool {
        let whole = &read_sentence(place.sentence, place.language).terms;
        let quoted: Vec<Term> = terms_of(&quote.replace(['_', '"'], " "), place.language);
        let is_named = |term: &Term| {
            [stated.near.as_slice(), whole, &self.carried, place.about]
                .iter()
                .any(|terms| terms.contains(term))
        };
        quoted.iter().any(|term| !names_a_day(*term) && is_named(term))
    }

    /// Whether a calculation comes to an amount or a measure that is claimed: amounts that are added up, each so often, or such a
    /// share of it, as is told. One of them at least is the house's, and every share. A code or a day is never computed.
    fn comes_to(
        &self,
        formula: &str,
        quoted: &[(&Origin, &str)],
        stated: &Stated,
        place: &Place<'_>,
    ) -> bool {
        let Some(formula) = Formula::read(formula) else { return false };
        let is_claimed = tells(stated.fact);
        let amount = |evident: Evident<'_>| in_parts(evident.amount()?);
        let quoted_numbers: Vec<u64> = quoted.iter().flat_map(|(_, quote)| numbers_in(quote)).collect();
        let mut house: Vec<u64> = self.amounts.iter().filter_map(|cents| in_parts(*cents)).collect();
        let mut shares: Vec<u64> = self.shares.iter().map(|share| u64::from(*share) * CENT).collect();
        for (origin, quote) in quoted {
            let shown = shown(origin, quote, place);
            house.extend(shown.evidence().filter_map(amount));
            shares.extend(
                shown.evidence().filter_map(|evident| evident.share()).map(|share| u64::from(share) * CENT),
            );
        }
        let theirs = place.ledger.evidence().filter(|evident| !evident.origin.is_of_the_house());
        let theirs: Vec<u64> = theirs.filter_map(amount).collect();
        let mut counts = quoted_numbers.clone();
        let words = |text: &str| {
            let counted = find_quantities(text, place.language).into_iter();
            counted
                .filter_map(|found| u64::try_from(found.value).ok()?.checked_mul(PARTS))
                .collect::<Vec<_>>()
        };
        for (_, said) in place.ledger.customers_words() {
            counts.extend(numbers_in(said).into_iter().filter(|number| number.is_multiple_of(PARTS)));
            counts.extend(words(said));
        }
        counts.extend(words(place.sentence));
        let is_amount = |number: u64| house.contains(&number) || theirs.contains(&number);
        let is_told = |number: u64, is_share: bool| match is_share {
            true => shares.contains(&number),
            false => is_amount(number) || counts.contains(&number),
        };
        let fits = match stated.fact.kind() {
            Kind::Money => {
                formula.is_sum_of(is_amount)
                    && formula.numbers().iter().any(|(number, _)| house.contains(number))
            }
            Kind::Count | Kind::Length => {
                formula.is_product()
                    && formula.numbers().iter().any(|(number, _)| quoted_numbers.contains(number))
            }
            _ => false,
        };
        fits && formula
            .numbers()
            .iter()
            .all(|(number, is_share)| is_told(*number, *is_share) && !is_claimed(*number))
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
    let shown = shown(origin, quote, place);
    if shown.evidence().any(|evident| says(claim, &evident, &shown)) {
        return true;
    }
    // A number whose unit stands elsewhere, in the head of its column; none that has one of its own.
    let is_measured =
        matches!(claim.kind(), Kind::Money | Kind::Percent | Kind::Length | Kind::Count | Kind::Number);
    let mut told = numbers_in(quote);
    for evident in shown.evidence() {
        if let What::Fact(fact) = evident.what
            && !matches!(fact, Fact::Number(_) | Fact::Count(_, THING))
        {
            let own = number_of(fact);
            told.retain(|number| !own.contains(&Some(*number)));
        }
    }
    is_measured
        && number_of(claim).into_iter().flatten().any(|claimed| claimed > 0 && told.contains(&claimed))
}

/// The words, numbers and marks of amounts of a text with one blank between them, for one text in another.
pub(super) fn plain(text: &str) -> String {
    let kept = |sign: char| sign.is_alphanumeric() || matches!(sign, '%' | ',' | '.');
    let folded = fold(text);
    folded.split(|sign: char| !kept(sign)).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Where `wanted` ends in `written`, both plain, as whole words and numbers: `469` does not stand in `4690`, nor `R$ 1` in `R$ 1,50`.
pub(super) fn end_of(wanted: &str, written: &str) -> Option<usize> {
    let wanted = wanted.trim_matches([',', '.', ' ']);
    let goes_on = |text: &str| {
        let mut signs = text.chars();
        match signs.next() {
            Some(sign) if sign.is_alphanumeric() => true,
            Some(',' | '.') => signs.next().is_some_and(|sign| sign.is_ascii_digit()),
            _ => false,
        }
    };
    let stands = |(at, _): &(usize, &str)| {
        let before: String = written[..*at].chars().rev().take(2).collect();
        !goes_on(&before) && !goes_on(&written[at + wanted.len()..])
    };
    if wanted.is_empty() {
        return None;
    }
    written.match_indices(wanted).find(stands).map(|(at, _)| at + wanted.len())
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
        for (said, shown) in [
            // Numbers that are cut, and those that are of another measure.
            ("O quilo sai por R$ 75,00.", "R$ 75,00 | \"price_per_kg\":75"),
            ("A taxa de entrega é R$ 1,00.", "R$ 1,00 | Taxa de entrega: R$ 1"),
            ("O sinal é de R$ 50,00.", "R$ 50,00 | Sinal de 50%"),
            ("A entrega leva 15 dias.", "15 dias | Taxa de entrega: R$ 15,00"),
            // Amounts of the customer's alone, a share of nobody's, a rounding that is none, a code.
            ("Os 2 bolos saem por R$ 19,80.", "R$ 19,80 | Taxa de entrega: R$ 15,00 | 2 × 9,90"),
            ("O brigadeiro sai por R$ 22,65.", "R$ 22,65 | \"price_per_kg\":75.5 | 75,50 × 30%"),
            ("O brigadeiro sai por R$ 75,51.", "R$ 75,51 | \"price_per_kg\":75.5 | 1 × 75,50"),
            ("O pedido de bolos é o BX-7555.", "BX-7555 | \"price_per_kg\":75.5 | 75,50 × 100"),
        ] {
            assert_eq!(withheld(&format!("{said}\n@@ {shown}")), 1, "{said}");
        }
        assert_eq!(
            withheld(
                "Com o sinal fica R$ 75,50.\n@@ R$ 75,50 | \"price_per_kg\":75.5 … Sinal de 50% | 2 × 75,50 × 50%"
            ),
            0
        );
        // A sum that is written out needs amounts that somebody told.
        assert_eq!(withheld("As 4 velas dão 4 × 8 = R$ 32,00."), 1);
        // Deeds and states are told by results alone.
        assert_eq!(withheld("Cancelei o seu pedido.\n@@ pedido | Sinal de 50%."), 1);
    }

    #[test]
    fn lines_for_the_guard_are_no_words_of_the_answer() {
        let (text, shown) = citations_in("Oi!\n@@ a | b\n  @@ c | | Ashford | £8 | | 2 × 4 = 8\n@@\nTchau!");
        assert_eq!(text, "Oi!\nTchau!");
        assert_eq!(shown.len(), 2, "{shown:?}");
        assert_eq!(shown[1].quotes, ["| Ashford | £8 |"]);
        assert_eq!(citations_in("me@@exemplo").0, "me@@exemplo");
        for draft in [
            "O frete é R$ 15,00. @@ R$ 15,00 | Taxa de entrega: R$ 15,00",
            "O frete é R$ 15,00.\n- @@ R$ 15,00 | Taxa de entrega: R$ 15,00",
            "O frete é R$ 15,00.\n> @@ R$ 15,00 | Taxa",
            "O frete é R$ 15,00.\n```\n@@ R$ 15,00 | Taxa\n```",
            "O frete é R$ 15,00.\n1. `@@ R$ 15,00 | Taxa`",
        ] {
            assert!(is_marked(draft));
            assert_eq!(citations_in(draft).0, "O frete é R$ 15,00.", "{draft}");
        }
        let endless = "@@ a | b\n".repeat(1_000) + &format!("@@ a | {}", "b".repeat(10_000));
        assert_eq!(citations_in(&endless).1.len(), MOST);
    }
}
