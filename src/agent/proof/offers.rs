//! What a sentence promises beyond what was asked: a discount, a gift, a delivery to the door. Nobody but the house can give
//! it, so some source of the house has to speak of it. Read off the words in pt, en and es. Pure.

use crate::language::phrases::{Phrases, spaced};
use std::sync::LazyLock;

/// Something that is given: how sentences promise it, and the beginnings of words by which a source may speak of it.
struct Offer {
    promised: Phrases,
    told: &'static [&'static str],
}

static OFFERS: LazyLock<[Offer; 5]> = LazyLock::new(|| {
    let offer = |promised: &str, told| Offer { promised: Phrases::of(promised), told };
    [
        offer(
            "desconto|descontos|descuento|descuentos|discount|discounts",
            &[
                "descont",
                "descuent",
                "discount",
                "off",
                "promo",
                "rebaj",
                "cupom",
                "coupon",
                "cupon",
                "save",
                "percent",
                "porcent",
                "list_price",
                "sale_price",
                "original_price",
                "preco_de",
                "oferta",
                "sale",
            ],
        ),
        offer(
            "brinde|brindes|cortesia|cashback|bonus|bonificacion|free gift|de regalo|de brinde|compensacao|compensacion|compensation|\
            credito na proxima|credito na sua|credito en tu|credit on your|credit to your|gift voucher",
            &[
                "brind", "cortes", "cashback", "bonu", "bonif", "gift", "regal", "compens", "credit",
                "voucher", "ganha", "courtes",
            ],
        ),
        offer(
            "entregue em casa|entregue na sua casa|entregue no seu endereco|entregamos na sua casa|entregamos no seu endereco|\
            entregar em casa|levamos ate voce|levamos ate a sua casa|delivered to your home|delivered to your door|\
            delivered to you|delivered to your address|deliver it to you|deliver it to your|bring it to you|bring it to your|\
            will be delivered|sera entregue|te lo llevamos|a tu domicilio|en tu domicilio|entregado en tu casa|sera entregado|\
            sera entregada|te lo enviamos a casa",
            &[
                "entreg",
                "deliver",
                "ship",
                "envi",
                "frete",
                "motoboy",
                "correio",
                "courier",
                "despach",
                "send",
                "sent",
                "domicil",
                "llev",
                "reparto",
                "sedex",
                "carrier",
                "transport",
                "mensajer",
            ],
        ),
        offer(
            "buscamos em casa|buscar na sua casa|retiramos na sua casa|coletamos na sua casa|pick it up from your home|\
            pick it up at your|collect it from your home|collect it from you|lo recogemos en tu casa|recogerlo en tu casa|\
            pasamos a recoger|pasamos a buscar",
            &["colet", "busc", "retir", "pick", "collect", "recog", "domicil", "leva"],
        ),
        offer(
            "upgrade gratis|free upgrade|mes gratis|meses gratis|free month|month free|primeira mensalidade gratis|mes de regalo",
            &["gratis", "free", "upgrade", "gratuit", "bonific"],
        ),
    ]
});

/// Words of what is not promised: it is denied, or would be if.
static NOT_PROMISED: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::of(
        "nao|sem|no|sin|not|without|don t|doesn t|isn t|nunca|never|nem|se|if|si|caso|whether|nenhum|nenhuma|ningun|ninguna|any|\
        sobre|about|quanto ao|quanto a|regarding|as for|en cuanto|algum|alguma|algun|alguna|cannot|can t",
    )
});

/// Whether a clause of a sentence promises what no source of the house speaks of. `told` is whether one has a word with one of
/// these beginnings.
pub(super) fn promises_more(sentence: &str, told: impl Fn(&[&str]) -> bool) -> bool {
    sentence.split([',', ';', ':', '(']).map(spaced).any(|clause| {
        OFFERS.iter().any(|offer| {
            offer.promised.are_in(&clause)
                && !NOT_PROMISED.are_in(up_to(&clause, &offer.promised))
                && !told(offer.told)
        })
    })
}

/// The words of a clause up to the first of some phrases.
fn up_to<'a>(clause: &'a str, phrases: &Phrases) -> &'a str {
    let ends = clause.match_indices(' ').map(|(at, _)| clause.get(..=at).unwrap_or_default());
    ends.into_iter().find(|words| phrases.are_in(words)).unwrap_or(clause)
}

#[cfg(test)]
mod tests {
    use super::promises_more;

    #[test]
    fn what_no_source_speaks_of_is_not_promised() {
        let nothing = |_: &[&str]| false;
        for (text, is_promised) in [
            ("Você vai receber um desconto na próxima fatura.", true),
            ("It will be delivered to your home tomorrow.", true),
            ("Te lo llevamos mañana sin falta, con un descuento.", true),
            ("Não temos desconto para essa compra.", false),
            ("Posso ver se há desconto.", false),
            ("Your order is ready.", false),
        ] {
            assert_eq!(promises_more(text, nothing), is_promised, "{text}");
            assert!(!promises_more(text, |_| true), "{text}");
        }
    }
}
