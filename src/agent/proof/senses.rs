//! What sentences and the names of fields say of the house and of a customer's affair that can be so or not so: something is
//! had, needed, charged, valid, paid, found. Words of one sense each, in pt, en and es, and those of its opposite. Lists only;
//! what follows from them is told in `policies.rs`.

use crate::domain::language::Language;
use crate::language::fold::stem;
use std::collections::HashMap;
use std::sync::LazyLock;

/// What is said to be so.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Sense {
    /// It is had, offered, sold.
    Had,
    /// It is accepted, allowed, possible.
    Accepted,
    /// It is needed.
    Needed,
    /// Something is charged for it.
    Charged,
    /// It is brought to the customer's door.
    Delivered,
    /// It is sent.
    Sent,
    /// It is lent for money.
    Rented,
    /// It is made.
    Made,
    /// It is paid in parts.
    Parted,
    /// It is exchanged.
    Exchanged,
    /// It is so of every one.
    All,
    /// It still holds.
    Valid,
    /// It is paid.
    Paid,
    /// It is found.
    Found,
    /// Money is given back for it.
    Refunded,
    /// It has come in: a form, a transfer.
    Received,
}

impl Sense {
    /// Whether it is a state of one customer's affair, which a record tells without naming it.
    pub(super) const fn is_a_state(self) -> bool {
        matches!(self, Self::Valid | Self::Paid | Self::Found | Self::Refunded)
    }

    /// Whether its verb says all, without an object: `não parcelamos`.
    pub(super) const fn says_all(self) -> bool {
        matches!(self, Self::Parted | Self::Delivered | Self::Sent | Self::Rented | Self::Exchanged)
    }
}

/// Forms of each sense, and of its opposite.
const FORMS: [(Sense, &str, &str); 16] = [
    (
        Sense::Had,
        "temos tem ha have has tenemos tiene tienen hay oferecemos oferece oferecem offer offers ofrecemos ofrece vendemos vende \
         vendem sell sells venden",
        "",
    ),
    (
        Sense::Accepted,
        "aceitamos aceita aceitam aceito aceitos aceitas accept accepts accepted aceptamos acepta aceptan aceptado atendemos atende \
         atendem atiende atienden serve serves trabalhamos trabajamos permitimos permitido permitida permitidos permitidas \
         permite permitem permiten allowed allow allows welcome admite admiten admitimos admitido admitida admitidos admitidas admit admits vindas vindos bienvenidos bienvenidas can pode podem podemos puede \
         pueden puedes possivel possible posible cobrimos cobre cubre cubrimos cover covers covered",
        "proibido proibida proibidos prohibido prohibida prohibidos prohibited forbidden banned impossivel impossible imposible cannot",
    ),
    (
        Sense::Needed,
        "exigimos exige exigem exigir exigida exigido precisa precisam preciso precisas obrigatorio obrigatoria necessario \
         necessaria required require requires need needs needed necesita necesitas necesario necesaria requiere obligatorio \
         obligatoria requer pedimos pede solicitamos solicita must mandatory compulsory debes somente apenas exclusivamente solamente unicamente only",
        "opcional optional",
    ),
    (
        Sense::Charged,
        "cobramos cobra cobrado cobrada cobrados cobradas cobram cobrando charge charges charged charging cobran pagam pagan pay pays",
        "gratis gratuito gratuita gratuitos gratuitas isento isenta exento exenta complimentary",
    ),
    (Sense::Delivered, "entregamos entregam deliver delivers", ""),
    (Sense::Sent, "enviamos envia enviam ship ships", ""),
    (Sense::Rented, "alugamos aluga alugam rent rents alquilamos alquila", ""),
    (Sense::Made, "fazemos hacemos", ""),
    (Sense::Parted, "parcelamos", ""),
    (Sense::Exchanged, "trocamos exchange cambiamos", ""),
    (Sense::All, "todo toda todos todas all every", ""),
    (
        Sense::Valid,
        "valido valida validos validas valid valendo vigente vigentes ativo ativa active activo activa",
        "expired expirou expiro expirado expirada expiraron caducado caducada caduco invalido invalida invalid vencido vencida \
         venceu vencio inativo inativa inactive suspenso suspensa suspended suspendido suspendida bloqueado bloqueada blocked",
    ),
    (
        Sense::Paid,
        "pago paga pagos pagas pagado pagada paid quitado quitada settled",
        "declined recusado recusada rechazado rechazada refused rejected unpaid",
    ),
    (
        Sense::Found,
        "found encontrado encontrada encontramos achado achada achamos localizado localizada localizamos hallado",
        "lost missing perdido perdida extraviado extraviada",
    ),
    (Sense::Received, "received recebemos recebido recebida recibimos recibido recibida", ""),
    (
        Sense::Refunded,
        "refundable refund refunds refunded reembolsavel reembolsable reembolso reembolsamos reembolsa devolvemos devuelve \
         estornamos estorno",
        "nonrefundable",
    ),
];

/// The sense of each form, and whether it is the opposite.
static SENSES: LazyLock<HashMap<&str, (Sense, bool)>> = LazyLock::new(|| {
    let words = |sense: Sense, list: &'static str, is_opposite: bool| {
        list.split_ascii_whitespace().map(move |form| (form, (sense, is_opposite)))
    };
    FORMS
        .into_iter()
        .flat_map(|(sense, forms, opposites)| words(sense, forms, false).chain(words(sense, opposites, true)))
        .collect()
});

/// The sense of a folded word, and whether it says the opposite of it.
pub(super) fn sense_of(word: &str) -> Option<(Sense, bool)> {
    SENSES.get(word).copied()
}

/// Animals of any kind.
const ANIMALS: &str = "pet pets animal animais animales mascota mascotas bicho bichos";
/// The place of animals, and of the last kind of them, in `THINGS`.
const ANY_ANIMAL: usize = 0;
const LAST_ANIMAL: usize = 2;
/// The place of fees.
const FEES: usize = 3;

/// Things that three languages, or one of them, call by several names.
const THINGS: [&str; 19] = [
    ANIMALS,
    "cachorro cachorros cao caes dog dogs perro perros",
    "gato gatos cat cats",
    "taxa taxas fee fees tasa tasas cargo cargos charge charges multa",
    "sinal deposit deposito senal caucao entrada adiantamento anticipo fianza",
    "desconto descontos discount discounts descuento descuentos off",
    "estacionamento parking estacionamiento garagem garage",
    "fidelidade permanencia contract carencia lock",
    "cafe breakfast desayuno",
    "cartao card tarjeta",
    "receita prescription receta",
    "parcelamento parcelas parcelar parcelado plazos cuotas installments instalments vezes",
    "convenio convenios plano insurance seguro seguros obra",
    "frete fretes entrega entregas envio envios shipping delivery delivered entregado entregada entregue",
    "coleta coletamos buscamos busca buscar recolha recogida recogemos recoger pickup retiramos",
    "aula aulas turma turmas class classes lesson lessons clase clases",
    "crianca criancas child children kids kid nino ninos menores",
    "cupom coupon coupons cupon codigo code voucher vale",
    "devolucao devolver return returns returned devolucion reembolso refund refunds",
];

/// Whether two things are the same, or one is of the kind of the other.
pub(super) fn are_kin(one: &str, other: &str) -> bool {
    let kind = |thing: &str| thing.strip_prefix('@').and_then(|place| place.parse::<usize>().ok());
    let is_of_any = |one: Option<usize>, other: Option<usize>| {
        one == Some(ANY_ANIMAL) && other.is_some_and(|place| place <= LAST_ANIMAL)
    };
    // Most things are no kinds.
    let are_kinds = one.starts_with('@') && other.starts_with('@');
    one == other || (are_kinds && (is_of_any(kind(one), kind(other)) || is_of_any(kind(other), kind(one))))
}

/// Whether a thing is a fee, of which there are many.
pub(super) fn is_a_fee(thing: &str) -> bool {
    thing.strip_prefix('@').and_then(|place| place.parse::<usize>().ok()) == Some(FEES)
}

/// Whether a thing is one of its kind and not the kind: `SulAmérica`, not `convênio`.
pub(super) fn is_one_of_its_kind(thing: &str) -> bool {
    !thing.starts_with('@')
}

/// Whether a folded word names a kind of things.
pub(super) fn is_a_kind(word: &str) -> bool {
    THINGS.iter().any(|names| names.split(' ').any(|name| name == word))
}

/// The stem of a thing, one for all its names.
pub(super) fn thing(word: &str, language: Language) -> String {
    match THINGS.iter().position(|names| names.split(' ').any(|name| name == word)) {
        Some(place) => format!("@{place}"),
        None => stem(word, language),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn things_are_one_by_all_their_names() {
        let of = |word: &str| thing(word, Language::Portuguese);
        assert_eq!(of("taxa"), of("fee"));
        assert!(is_a_fee(&of("tasa")) && !is_a_fee(&of("sinal")));
        assert!(are_kin(&of("animais"), &of("cachorro")) && !are_kin(&of("gato"), &of("cachorro")));
        assert!(is_one_of_its_kind(&of("unimed")) && !is_one_of_its_kind(&of("convenio")));
        assert!(is_a_kind("desconto") && !is_a_kind("vaso"));
    }

    #[test]
    fn every_word_has_one_sense() {
        let all = FORMS.iter().flat_map(|(_, forms, opposites)| [forms, opposites]);
        let words: Vec<&str> = all.flat_map(|list| list.split_ascii_whitespace()).collect();
        assert_eq!(words.len(), SENSES.len());
    }
}
