//! How far something has come, as a sentence tells it without a participle: it waits for its payment, it is being prepared, it
//! is on its way, it has arrived. Whoever says one of these denies what would come behind it. Read off the words in pt, en and
//! es.

use super::acts::Acts;
use super::deeds::{By, Deed};

/// What arrives.
const PARCELS: &str = "pedido encomenda pacote compra produto mercadoria order package parcel item items purchase paquete envio";
const PAYMENT: &[&str] = &["pagament", "payment", "pago", "pix", "boleto"];

/// The deeds that stages tell of or deny.
pub(super) fn stages_in(words: &[&str]) -> Vec<Deed> {
    let mut found = Vec::new();
    for at in 0..words.len() {
        let word = words[at];
        let next = |places: usize| words.get(at + places).copied().unwrap_or_default();
        let before = |places: usize| at.checked_sub(places).map_or("", |place| words[place]);
        let is_of_payment = |word: &str| PAYMENT.iter().any(|noun| word.starts_with(noun));
        let is_condition = (1..=6).any(|places| {
            matches!(before(places), "se" | "if" | "si" | "quando" | "when" | "cuando" | "assim")
        });
        if is_condition {
            continue;
        }
        // `está aguardando pagamento`, `awaiting your payment`
        if matches!(word, "aguardando" | "esperando" | "awaiting")
            && (1..=3).any(|places| is_of_payment(next(places)))
        {
            found.push(denied(Acts::PAY));
        }
        // `recebemos o pagamento`, `your payment was received`
        let receives = matches!(word, "recebemos" | "recibimos" | "received" | "recebido" | "recibido");
        let is_near = (1..=4).any(|places| is_of_payment(next(places)) || is_of_payment(before(places)));
        let is_denied = (1..=4)
            .any(|places| matches!(before(places), "nao" | "not" | "no" | "never" | "haven't" | "hasn't"));
        if receives && is_near {
            found.push(Deed { acts: Acts::PAY, root: String::new(), by: By::Anyone, is_denied });
        }
        // `está em separação`, `is being prepared`
        let is_stage = |word: &str| {
            [
                "separacao",
                "preparo",
                "preparacao",
                "producao",
                "preparation",
                "production",
                "preparacion",
                "produccion",
            ]
            .contains(&word)
        };
        let stays = |places: usize| {
            matches!(before(places), "esta" | "estao" | "is" | "still" | "ainda" | "sigue" | "continua")
        };
        // `está en reparación`, `still being repaired`
        let is_mended = (matches!(word, "em" | "in" | "en")
            && ["conserto", "reparo", "manutencao", "revisao", "repair", "reparacion", "revision"]
                .contains(&next(1))
            && stays(1))
            || (matches!(word, "being" | "sendo" | "siendo")
                && ["repair", "fix", "servic", "consert", "repar", "revis"]
                    .iter()
                    .any(|verb| next(1).starts_with(verb)));
        if is_mended {
            found.push(denied(Acts::READY));
        }
        let is_prepared = (matches!(word, "em" | "in" | "en") && is_stage(next(1)) && stays(1))
            || (word == "being" && matches!(next(1), "prepared" | "packed" | "produced"))
            || (word == "sendo"
                && ["separad", "preparad", "produzid"].iter().any(|verb| next(1).starts_with(verb)));
        if is_prepared {
            found.push(denied(Acts::SEND.and(Acts::DELIVER).and(Acts::READY)));
        }
        // `está a caminho`: it has not come.
        let is_under_way = (matches!((word, next(1)), ("a", "caminho") | ("en", "camino")) && stays(1))
            || (matches!(word, "on") && matches!(next(1), "its" | "the") && next(2) == "way");
        let is_parcel = |word: &str| PARCELS.split(' ').any(|parcel| parcel == word);
        if is_under_way && (1..=6).any(|places| is_parcel(before(places))) {
            found.push(denied(Acts::DELIVER));
        }
        let arrives = matches!(word, "chegou" | "llego")
            || (word == "arrived" && (1..=3).any(|places| matches!(before(places), "has" | "have")));
        // `seu pedido 10421 já chegou`: between the parcel and its arrival stands nothing that could arrive.
        let subject = (1..=5).map(before).find(|word| {
            !matches!(*word, "has" | "have" | "ja" | "ya" | "already" | "just" | "acabou")
                && word.bytes().any(|byte| !byte.is_ascii_digit())
        });
        if arrives && subject.is_some_and(is_parcel) {
            found.push(Deed { acts: Acts::DELIVER, root: String::new(), by: By::Anyone, is_denied });
        }
    }
    found
}

/// Beginnings by which other words call what happened to a thing: `foi ocupado`, `slot taken`.
pub(super) fn called_alike(root: &str) -> &'static [&'static str] {
    const ALIKE: [&[&str]; 3] = [
        &["ocup", "tomad", "taken", "book", "reserv", "unavail", "indisp", "lotad", "full"],
        &["passad", "repass", "encamin", "forward", "transfer", "deriv", "escal", "handoff", "handed"],
        &["consert", "repar", "fix", "mend", "arregl"],
    ];
    ALIKE
        .iter()
        .find(|beginnings| beginnings.iter().any(|beginning| root.starts_with(beginning)))
        .copied()
        .unwrap_or_default()
}

fn denied(acts: Acts) -> Deed {
    Deed { acts, root: String::new(), by: By::Anyone, is_denied: true }
}

/// `está a caminho`, `saiu para entrega`, `on its way`.
pub(super) fn is_on_the_way(words: &[&str], at: usize) -> Option<Acts> {
    let before = |places: usize| at.checked_sub(places).map_or("", |place| words[place]);
    let next = words.get(at + 1).copied().unwrap_or_default();
    let stays = matches!(words[at], "ficou" | "quedo") && matches!(next, "para" | "pra");
    if stays && matches!(words.get(at.saturating_sub(2)), Some(&"sua" | &"seu" | &"tu" | &"su")) {
        return Some(Acts::BOOK.and(Acts::RESCHEDULE));
    }
    let goes = matches!(
        (words[at], before(1)),
        ("caminho", "a") | ("camino", "en") | ("transit", "in") | ("way", "its" | "their" | "the")
    ) && (words[at] != "way" || before(2) == "on")
        || (words[at] == "saiu" && (before(1) == "ja" || matches!(next, "para" | "pra")))
        || (words[at] == "salio" && (before(1) == "ya" || next == "para"))
        || (matches!(words[at], "out") && next == "for" && words.get(at + 2) == Some(&"delivery"));
    goes.then_some(Acts::SEND.and(Acts::DELIVER))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_being_mended_is_not_ready() {
        for text in
            ["seu carro esta em conserto", "tu moto sigue en reparacion", "it is still being repaired"]
        {
            let words: Vec<&str> = text.split(' ').collect();
            let found = stages_in(&words);
            assert!(found.iter().any(|deed| deed.is_denied && deed.acts.meets(Acts::READY)), "{text}");
        }
        assert!(called_alike("ocup").contains(&"taken") && called_alike("agend").is_empty());
    }
}
