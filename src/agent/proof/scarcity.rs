//! Whether a sentence says that little is left of something, or plenty, and the stock that is told of it says otherwise: `é a
//! última unidade` of thirty. Read off the words in pt, en and es. Pure.

use super::evident::Evident;
use super::ledger::Ledger;
use crate::domain::language::Language;
use crate::language::phrases::{Phrases, spaced};
use crate::language::statements::{Fact, Term, read_sentence};
use std::sync::LazyLock;

/// Of more than so many nobody says that they are the last ones; of fewer nobody says that there are plenty.
const FEW: i64 = 10;
const PLENTY: i64 = 3;

static ONE: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::of(
        "ultima unidade|ultimo exemplar|ultima peca|ultimo par|so resta um|so resta uma|resta so um|resta so uma|so tem um|so tem uma|\
        e o ultimo|e a ultima|last unit|last one|last piece|last pair|only one left|just one left|ultima unidad|ultimo ejemplar|\
        ultima pieza|es el ultimo|es la ultima|solo queda uno|solo queda una|solo nos queda uno|solo nos queda una",
    )
});

static SOME: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::of(
        "ultimas unidades|ultimos exemplares|ultimas pecas|ultimos pares|nas ultimas|poucas unidades|poucas pecas|quase acabando|\
        quase esgotado|quase esgotada|restam poucas|restam poucos|last units|last few|last ones|last pieces|almost gone|\
        almost sold out|running low|nearly gone|few left|ultimos ejemplares|ultimas piezas|pocas unidades|quedan pocas|quedan pocos|\
        quedan las ultimas|quedan los ultimos|casi agotado|casi agotada",
    )
});

static MANY: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::of(
        "estoque de sobra|bastante estoque|muitas unidades|varias unidades|varios pares|varios exemplares|plenty in stock|plenty left|\
        plenty of stock|lots in stock|lots left|muchas unidades|varios ejemplares|varias piezas|de sobra en stock|stock de sobra",
    )
});

/// Whether a sentence tells of how much is left what no stock that is told of the same thing says. `asked` are the terms of what was
/// asked, for a sentence that names nothing.
pub(super) fn misjudges_stock(sentence: &str, asked: &[Term], ledger: &Ledger, language: Language) -> bool {
    // `as últimas 4 unidades`
    let words: String = spaced(sentence)
        .split_inclusive(' ')
        .filter(|word| !word.starts_with(|sign: char| sign.is_ascii_digit()))
        .collect();
    let (one, some, many) = (ONE.are_in(&words), SOME.are_in(&words), MANY.are_in(&words));
    if !(one || some || many) {
        return false;
    }
    let read = read_sentence(sentence, language);
    let stocks: Vec<(Evident<'_>, i64)> = ledger
        .evidence()
        .filter(|evident| evident.origin.is_of_the_house())
        .filter_map(|evident| evident.stock().map(|stock| (evident, stock)))
        .collect();
    let best = [read.terms.as_slice(), asked].into_iter().find_map(|terms| {
        let fits = stocks.iter().map(|(evident, _)| evident.fits(terms)).max().filter(|fits| *fits > 0)?;
        let best = stocks.iter().filter(|(evident, _)| evident.fits(terms) == fits);
        Some(best.map(|(_, stock)| *stock).collect::<Vec<i64>>())
    });
    let Some(best) = best else {
        const SCARCE: [&str; 8] = ["ultim", "last", "low_stock", "low stock", "pouc", "poc", "few", "limit"];
        return !many && stocks.is_empty() && !ledger.house_mentions(&SCARCE);
    };
    // `quedan las últimas 12 latas`
    let told: Vec<i64> = read
        .stated
        .iter()
        .filter_map(|stated| match stated.fact {
            Fact::Count(hundredths, _) => i64::try_from(hundredths / 100).ok(),
            _ => None,
        })
        .collect();
    !best.iter().any(|stock| {
        told.contains(stock)
            || (one && *stock == 1)
            || (some && !one && (1..=FEW).contains(stock) && told.is_empty())
            || (many && *stock >= PLENTY)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::CallId;
    use crate::domain::provenance::Origin;
    use serde_json::json;

    #[test]
    fn what_is_left_is_no_less_and_no_more_than_the_stock() {
        let mut ledger = Ledger::default();
        let data = json!({"products": [
            {"name": "Café Mogiana moído", "stock": 31}, {"name": "Café Cerrado em grãos", "stock": 1},
            {"name": "Café Caparaó", "stock": 4},
        ]});
        let origin = Origin::Tool { call: CallId::at(1, 0), tool: "product_search".to_owned() };
        ledger.add_result(origin, &data.to_string(), "", &data, Language::Portuguese);
        for (sentence, is_wrong) in [
            ("O Mogiana está na última unidade!", true),
            ("O Cerrado está na última unidade!", false),
            ("O Caparaó está nas últimas unidades.", false),
            ("O Mogiana está nas últimas unidades.", true),
            ("Do Caparaó são as últimas 4 unidades.", false),
            ("Do Caparaó são as últimas 2 unidades.", true),
            ("Do Cerrado temos várias unidades.", true),
            ("Do Mogiana temos várias unidades.", false),
            ("O Mogiana está em estoque.", false),
        ] {
            assert_eq!(misjudges_stock(sentence, &[], &ledger, Language::Portuguese), is_wrong, "{sentence}");
        }
        assert!(misjudges_stock("É a última unidade!", &[], &Ledger::default(), Language::Portuguese));
    }
}
