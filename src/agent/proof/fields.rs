//! What the names of a result's fields say, in pt, en and es: whether a field names its record, describes it, or is of some
//! measure. Pure.

use super::result::Class;
use crate::domain::language::Language;
use crate::language::fold::fold;
use serde_json::{Map, Value};

/// Longest string that can be a name.
const LONGEST_NAME: usize = 80;

/// The words of a field's name: `deliveryFee`, `delivery_fee`.
pub(super) fn words_of(key: &str) -> Vec<String> {
    let mut spaced = String::with_capacity(key.len() + 4);
    let mut before = '_';
    for character in key.chars() {
        if character.is_uppercase() && before.is_lowercase() {
            spaced.push(' ');
        }
        spaced.push(if character.is_alphanumeric() { character } else { ' ' });
        before = character;
    }
    fold(&spaced).split_whitespace().map(str::to_owned).collect()
}

pub(super) fn is_name(key: &str) -> bool {
    lists(
        "name nome nombre title titulo product produto producto service servico servicio label plan \
         plano item method metodo model modelo product_name nome_produto productname option room \
         quarto course curso",
        &fold(key),
    )
}

pub(super) fn is_qualifier(key: &str) -> bool {
    lists(
        "variation variant variante variacao size tamanho tamano talla color cor colour number numero \
         order order_number ordernumber id sku code codigo pedido order_id orderid ticket \
         professional profissional profesional city cidade ciudad region regiao carrier start \
         weekday day dia date data fecha currency type tipo brand marca flavor sabor",
        &fold(key),
    )
}

/// Whether a field says how its record stands.
fn is_state(key: &str) -> bool {
    words_of(key).last().is_some_and(|word| lists("status state situacao estado situacion", word))
}

/// Fields whose words describe and do not name.
pub(super) fn is_prose(key: &str) -> bool {
    lists(
        "description descricao descripcion text note notes message mensagem mensaje summary resumo \
         body content comment comments",
        &fold(key),
    )
}

/// The class of a field in a record that is called `of`: `{"working_days": {"min": 7, "max": 10}}`.
pub(super) fn class_within(key: &[String], of: &[String]) -> Class {
    const OF_THE_RECORD: &str =
        "min max minimum maximum minimo maximo least most from to de ate desde hasta value number numero";
    match key {
        [only] if lists(OF_THE_RECORD, only) => match class_of(of) {
            Class::Any | Class::Name => class_of(key),
            class => class,
        },
        _ => class_of(key),
    }
}

/// `"type": "PERCENT"`: whether a field says that the number beside it is a share.
pub(super) fn says_share(key: &str, value: &str) -> bool {
    words_of(key).iter().any(|word| lists("type tipo kind unit unidade unidad mode modo", word))
        && words_of(value)
            .iter()
            .any(|word| lists("percent percentage pct percentual porcentagem porcentaje porcentual", word))
}

/// What fields of how many there are to be had are called.
pub(super) const STOCK: &str = "stock estoque inventory available quantity qty disponivel disponiveis existencias left remaining restantes \
    vagas plazas seats spots slots places spaces lugares cupos asientos assentos unidades unidad units hand";

pub(super) fn class_of(key: &[String]) -> Class {
    // `per_day: 34.0`
    let is_a_rate = key.len() > 1 && matches!(key[0].as_str(), "per" | "por");
    if is_a_rate && !key.iter().any(|word| lists("page pagina limit limite cent cento ciento max", word)) {
        return Class::Money;
    }
    // `interrupcoes_7_dias`: the number of the unit is in the name.
    if key.iter().any(|word| word.bytes().all(|byte| byte.is_ascii_digit())) {
        return Class::Any;
    }
    let has = |words: &str| key.iter().any(|word| lists(words, word));
    let is_price = has("price preco precio valor tarifa pvp importe coste");
    if has("cents centavos pence centimos") {
        Class::Cents
    } else if has("percent percentage pct percentual porcentagem porcentaje") {
        Class::Percent
    } else if has("rate")
        && has("day daily hour hourly night nightly week weekly month monthly")
        && !has("interest")
    {
        Class::Money
    } else if has("days dias day") {
        Class::Minutes(24 * 60)
    } else if has("hours horas") {
        Class::Minutes(60)
    } else if (has("minutes minutos mins") || key.last().is_some_and(|word| word == "min"))
        && !has("price preco amount valor order")
    {
        Class::Minutes(1)
    } else if has("weeks semanas") {
        Class::Minutes(7 * 24 * 60)
    } else if has("months meses") {
        Class::Months(1)
    } else if has("years anos year") {
        Class::Months(12)
    } else if !is_price
        && has("stock estoque quantity quantidade qty qtd inventory count units unidades seats \
          vagas plazas nights noites noches left remaining restantes kg g gb mb tb cm mm \
          ml watts volts peso weight installments parcelas cuotas")
    {
        Class::Count
    } else if has(
        "price preco precio valor amount usd brl eur gbp mxn ars clp cop pen reais total subtotal cost custo costo coste importe monto pvp charge surcharge \
          recargo acrescimo fee tarifa frete \
          saldo balance fare refund deposit deposito sinal diaria mensalidade anuidade entrada multa caucao paid premium \
          aluguel rent alquiler condominio instalacao instalacion installation matricula inscricao inscripcion enrollment enrolment coleta parcela cuota honorarios sena anticipo",
    ) || (has("taxa tasa")
        && key.len() > 1
        && !has("juros interes desconto conversao cambio sucesso"))
    {
        Class::Money
    } else if has("id sku code codigo phone telefone cep zip tracking document") {
        Class::Name
    } else if has(
        "idade age edad prazo sla lead eta time duration duracao duracion tempo tiempo warranty garantia \
          validity validade period periodo delivery entrega",
    ) {
        Class::Length
    } else if has("discount desconto descuento off rate taxa juros tax interest interes share") {
        Class::Share
    } else if has("hour hora opens closes abre fecha inicio fim start end") {
        Class::Hour
    } else {
        Class::Any
    }
}

/// Whether a field stands right in a record of prices.
pub(super) fn is_of_prices(path: &str) -> bool {
    path.rsplit('.').nth(1).is_some_and(|record| {
        ["price", "preco", "precio", "valores", "tarifa", "fares"].iter().any(|name| record.starts_with(name))
    })
}

/// `meses` of `idade_meses: "4 a 11"`: the unit that a field's name gives to a text without one.
pub(super) fn unit_of<'a>(key: &'a [String], text: &str) -> Option<&'a str> {
    let has_words = text.split(|sign: char| !sign.is_alphabetic()).any(|word| word.len() > 2);
    let is_unit = |word: &&String| {
        lists("meses months dias days horas hours minutos minutes anos years semanas weeks", word)
    };
    key.iter()
        .find(is_unit)
        .filter(|_| !has_words && text.bytes().any(|byte| byte.is_ascii_digit()))
        .map(String::as_str)
}

/// Whether `word` is one of the words of `list`.
pub(super) fn lists(list: &str, word: &str) -> bool {
    list.split(' ').any(|one| one == word)
}

/// `days: ["mon", "tue"]`: the day that a short form is, in the language that is read.
pub(super) fn weekday_of(key: &[String], text: &str, language: Language) -> Option<&'static str> {
    const DAYS: [([&str; 3], [&str; 3]); 7] = [
        (["seg", "mon", "lun"], ["segunda-feira", "monday", "lunes"]),
        (["ter", "tue", "mar"], ["terça-feira", "tuesday", "martes"]),
        (["qua", "wed", "mie"], ["quarta-feira", "wednesday", "miércoles"]),
        (["qui", "thu", "jue"], ["quinta-feira", "thursday", "jueves"]),
        (["sex", "fri", "vie"], ["sexta-feira", "friday", "viernes"]),
        (["sab", "sat", "sab"], ["sábado", "saturday", "sábado"]),
        (["dom", "sun", "dom"], ["domingo", "sunday", "domingo"]),
    ];
    let is_of_days =
        key.iter().any(|word| lists("days day dias dia weekdays weekday open_days schedule", word));
    let short = fold(text);
    let (_, names) = DAYS.iter().find(|(forms, _)| is_of_days && forms.contains(&short.as_str()))?;
    Some(match language {
        Language::Portuguese => names[0],
        Language::English => names[1],
        Language::Spanish => names[2],
    })
}

/// The lists of a record, and whether they are told page by page.
pub(super) struct Listing {
    lengths: Vec<u64>,
    is_paged: bool,
}

impl Listing {
    pub(super) fn of(fields: &Map<String, Value>) -> Self {
        const PAGING: &str =
            "page pagina limit limite offset per_page perpage has_more hasmore next pages cursor";
        let lengths = fields.values().filter_map(Value::as_array).map(|list| list.len() as u64).collect();
        Self { lengths, is_paged: fields.keys().any(|key| lists(PAGING, &key.to_lowercase())) }
    }

    /// Whether a field says how many there are, and not what they come to.
    pub(super) fn is_counted_by(&self, key: &str, value: &Value) -> bool {
        let count = value.as_u64().filter(|_| words_of(key).iter().any(|word| word == "total"));
        count
            .is_some_and(|count| self.lengths.contains(&count) || (self.is_paged && !self.lengths.is_empty()))
    }
}

/// `PT1H30M`: a length as ISO 8601 writes it, in minutes.
pub(super) fn iso_minutes(text: &str) -> Option<u32> {
    let length: jiff::SignedDuration = text.starts_with("PT").then(|| text.parse().ok()).flatten()?;
    u32::try_from(length.as_mins()).ok().filter(|minutes| *minutes > 0)
}

/// How long a text of this field may be and still name its record. A description names what has no name.
pub(super) fn longest_name(key: &str, named_by: Option<&str>) -> usize {
    match (is_prose(key), named_by) {
        (false, _) => LONGEST_NAME,
        (true, None) => LONGEST_NAME / 2,
        (true, Some(_)) => 0,
    }
}

/// Whether a text is more than an amount or a time.
pub(super) fn has_words(text: &str) -> bool {
    text.split(|sign: char| !sign.is_alphabetic()).any(|word| word.len() > 2)
}

/// Flags of what can be had.
const TO_BE_HAD: &str = "available disponivel disponible livre libre vago";

/// Lists of what others have.
const NOT_TO_BE_HAD: &str =
    "ocupados ocupadas taken booked busy reservados reservadas indisponiveis unavailable blocked";
/// States of what others have. What is booked may be the customer's own.
const TAKEN: &str = "taken ocupado ocupada busy unavailable indisponivel";

/// Whether a field says that its record is not to be had: `livre: false`, `{"start": "…", "status": "TAKEN"}`.
pub(super) fn says_taken(key: &str, value: &Value) -> bool {
    match value {
        // `free: false` of an hour; `free_cancellation: false` is of another thing.
        Value::Bool(told) => {
            let words = words_of(key);
            let is_free = matches!(words.as_slice(), [only] if only == "free")
                || words.iter().any(|word| lists(TO_BE_HAD, word));
            !told && is_free
        }
        Value::String(state) => is_state(key) && words_of(state).iter().any(|word| lists(TAKEN, word)),
        Value::Null | Value::Number(_) | Value::Array(_) | Value::Object(_) => false,
    }
}

/// `ocupados: ["10:30"]`: whether a list is of what others have.
pub(super) fn lists_what_is_taken(key: &str) -> bool {
    words_of(key).iter().any(|word| lists(NOT_TO_BE_HAD, word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_of_what_its_field_and_the_one_around_it_say() {
        let class = |key: &str, of: &str| class_within(&words_of(key), &words_of(of));
        for (key, of, expected) in [
            ("min", "working_days", Class::Minutes(24 * 60)),
            ("max", "price", Class::Money),
            ("min", "", Class::Minutes(1)),
            ("per_day", "offers", Class::Money),
            ("price_pence", "", Class::Cents),
            ("price_usd", "", Class::Money),
            ("coste", "traslado", Class::Money),
            ("days_left", "freeze", Class::Minutes(24 * 60)),
            ("max_per_cpf", "", Class::Any),
            ("per_page", "", Class::Any),
            ("per_customer_limit", "", Class::Any),
        ] {
            assert_eq!(class(key, of), expected, "{of}.{key}");
        }
        assert!(says_share("type", "PERCENT") && says_share("tipo", "percentual"));
        assert!(!says_share("type", "FIXED") && !says_share("note", "percent"));
        assert_eq!(
            (iso_minutes("PT1H30M"), iso_minutes("PT0S"), iso_minutes("P1D"), iso_minutes("PT")),
            (Some(90), None, None, None)
        );
    }
}
