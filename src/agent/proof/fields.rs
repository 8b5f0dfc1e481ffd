//! What the names of a result's fields say, in pt, en and es: whether a field names its record, describes it, or is of some
//! measure. Pure.

use super::result::Class;
use crate::language::fold::fold;

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

/// Fields whose words describe and do not name.
pub(super) fn is_prose(key: &str) -> bool {
    lists(
        "description descricao descripcion text note notes message mensagem mensaje summary resumo \
         body content comment comments",
        &fold(key),
    )
}

pub(super) fn class_of(key: &[String]) -> Class {
    // `interrupcoes_7_dias`: the number of the unit is in the name.
    if key.iter().any(|word| word.bytes().all(|byte| byte.is_ascii_digit())) {
        return Class::Any;
    }
    let has = |words: &str| key.iter().any(|word| lists(words, word));
    let is_price = has("price preco precio valor tarifa");
    if has("cents centavos") {
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
    } else if has("price preco precio valor amount total subtotal cost custo costo fee tarifa frete \
          saldo balance fare refund deposit deposito sinal diaria mensalidade anuidade entrada multa caucao paid premium \
          aluguel rent alquiler condominio parcela cuota honorarios sena anticipo")
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
