//! What a tool result states: every scalar with its path, typed by the name of its field, and with the terms that name the
//! record it stands in. Two records of one result are two subjects.

use crate::domain::language::Language;
use crate::language::fold::fold;
use crate::language::memo::Memo;
use crate::language::statements::{
    Fact, Hedge, Stated, Term, Word, decimal, rate_term, read, terms_of, terms_of_day,
};
use serde_json::{Map, Value};
use std::sync::{Arc, LazyLock};

static READ: LazyLock<Memo<Vec<Item>>> = LazyLock::new(Memo::default);

/// Longest string that can be a name.
const LONGEST_NAME: usize = 80;
/// Deepest nesting that is read.
const DEEPEST: usize = 24;

/// What a value is evidence of.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum What {
    /// A fact that is written out.
    Fact(Fact),
    /// A number in ten-thousandths, of what its field's name says.
    Raw(u64, Class),
}

/// What the name of a field says of its number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Class {
    /// Nothing; it may be an amount or a quantity.
    Any,
    /// That it takes long, and not in what unit.
    Length,
    /// That it is a share or an amount.
    Share,
    /// That it is an hour.
    Hour,
    /// An amount, in the currency or in its hundredths.
    Money,
    /// An amount in hundredths.
    Cents,
    /// A percentage.
    Percent,
    /// A quantity.
    Count,
    /// A length, in so many minutes each.
    Minutes(u32),
    /// A length, in so many months each.
    Months(u32),
    /// A name.
    Name,
}

/// One piece of evidence in a result.
#[derive(Clone, Debug)]
pub struct Item {
    /// What it is evidence of.
    pub what: What,
    /// Where it stands, e.g. `products[0].price`.
    pub path: String,
    /// Terms that name its record and its field, sorted.
    pub near: Vec<Term>,
    /// Terms that name its own record and not those around it.
    pub own: Vec<Term>,
}

/// Everything that a result states.
pub fn read_result(data: &Value, language: Language) -> Arc<Vec<Item>> {
    READ.of(&data.to_string(), language, || {
        let mut reader = Reader { language, items: Vec::new() };
        reader.value(data, &Place::default(), 0);
        reader.items
    })
}

/// Where the reader is.
#[derive(Clone, Default)]
struct Place {
    path: String,
    /// The field's name in words.
    key: Vec<String>,
    /// Terms of the record and of those around it.
    subject: Vec<Term>,
    /// Terms of the record alone.
    own: Vec<Term>,
    /// The field that the record around it is named by.
    named_by: Option<String>,
}

struct Reader {
    language: Language,
    items: Vec<Item>,
}

impl Reader {
    fn value(&mut self, value: &Value, place: &Place, depth: usize) {
        if depth > DEEPEST {
            return;
        }
        match value {
            Value::Object(fields) => self.record(fields, place, depth),
            Value::Array(elements) => {
                self.add(What::Raw(elements.len() as u64 * 10_000, Class::Count), place);
                for (index, element) in elements.iter().enumerate() {
                    let inner = Place { path: format!("{}[{index}]", place.path), ..place.clone() };
                    self.value(element, &inner, depth + 1);
                }
            }
            Value::String(text) => self.text(text, place),
            Value::Number(number) => {
                if let Some(raw) = number.as_f64().and_then(ten_thousandths) {
                    self.number(raw, place);
                }
            }
            Value::Bool(told) => self.flag(*told, place),
            Value::Null => {}
        }
    }

    /// A record is named by its short texts. One that has a name of its own, as the record around it has, is another
    /// subject: what a product goes with is not the product.
    fn record(&mut self, fields: &Map<String, Value>, place: &Place, depth: usize) {
        let named_by = fields.keys().find(|key| is_name(key)).cloned();
        let is_other = named_by.is_some() && named_by == place.named_by;
        let mut subject = Vec::new();
        for (key, value) in fields {
            let is_key = is_name(key) || is_qualifier(key);
            match value {
                Value::String(text)
                    if (is_key || has_words(text))
                        && text.len() <= longest_name(key, named_by.as_deref()) =>
                {
                    subject.extend(naming(text, self.language));
                }
                Value::String(text) => subject.extend(days_of(text)),
                Value::Number(number) if is_key || is_naming(number, key) => {
                    subject.extend(terms_of(&number.to_string(), self.language));
                }
                _ => {}
            }
        }
        let around = if is_other { [].as_slice() } else { place.subject.as_slice() };
        let own: Vec<Term> = subject.iter().filter(|term| !around.contains(term)).copied().collect();
        subject.extend(around);
        // `orcamento: {total}` is the total of the budget.
        subject.extend(terms_of(&place.key.join(" "), self.language));
        subject.sort_unstable();
        subject.dedup();
        for (key, value) in fields {
            let inner = Place {
                path: if place.path.is_empty() { key.clone() } else { format!("{}.{key}", place.path) },
                key: words_of(key),
                subject: subject.clone(),
                own: own.clone(),
                named_by: named_by.clone().or_else(|| place.named_by.clone()),
            };
            self.value(value, &inner, depth + 1);
        }
    }

    fn text(&mut self, text: &str, place: &Place) {
        let written = if text.contains(' ') { text.to_owned() } else { text.replace('_', " ") };
        let reading = read(&written, self.language);
        let days = days_of(text);
        for Stated { fact, near, hedge, .. } in &reading.stated {
            if *hedge == Hedge::Exact {
                let near: Vec<Term> = near.iter().chain(&days).copied().collect();
                self.add_with(What::Fact(*fact), place, &near);
            }
        }
        // `free_above`: from what amount on it is free.
        if place.key.iter().any(|word| lists("free gratis gratuito", word)) && !text.is_empty() {
            self.add(What::Fact(Fact::Word(Word::Free)), place);
        }
        let trimmed = text.trim().trim_start_matches('-');
        if !trimmed.is_empty()
            && trimmed.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b','))
            && let Some(raw) = decimal(trimmed)
        {
            self.number(raw, place);
        }
    }

    fn number(&mut self, raw: u64, place: &Place) {
        let class = class_of(&place.key);
        self.add(What::Raw(raw, class), place);
        let has = |words: &str| place.key.iter().any(|word| lists(words, word));
        if has(
            "stock estoque inventory available quantity qty disponivel disponiveis existencias left remaining restantes vagas plazas seats",
        ) {
            self.add(What::Fact(Fact::Word(if raw > 0 { Word::InStock } else { Word::SoldOut })), place);
        }
        if raw == 0 && matches!(class, Class::Money | Class::Cents) {
            self.add(What::Fact(Fact::Word(Word::Free)), place);
        }
    }

    fn flag(&mut self, told: bool, place: &Place) {
        let has = |words: &str| place.key.iter().any(|word| lists(words, word));
        let fact = if has("available stock estoque disponivel disponible") {
            Some(if told { Word::InStock } else { Word::SoldOut })
        } else if has("free gratis gratuito") {
            told.then_some(Word::Free)
        } else if has("open aberto abierto") {
            Some(if told { Word::Open } else { Word::Closed })
        } else {
            None
        };
        if let Some(word) = fact {
            self.add(What::Fact(Fact::Word(word)), place);
        }
    }

    fn add(&mut self, what: What, place: &Place) {
        self.add_with(what, place, &[]);
    }

    fn add_with(&mut self, what: What, place: &Place, more: &[Term]) {
        let mut near = place.subject.clone();
        near.extend(terms_of(&place.key.join(" "), self.language));
        // `precio_dia`: for how long an amount is.
        near.extend(place.key.iter().filter_map(|word| rate_term(word)));
        near.extend(more);
        near.sort_unstable();
        near.dedup();
        self.items.push(Item { what, path: place.path.clone(), near, own: place.own.clone() });
    }
}

/// Whether a number is one that names its record: many digits, and no quantity.
fn is_naming(number: &serde_json::Number, key: &str) -> bool {
    const FEWEST: u64 = 1_000;
    number.as_u64().is_some_and(|whole| whole >= FEWEST) && class_of(&words_of(key)) == Class::Any
}

/// How long a text of this field may be and still name its record. A description names what has no name.
fn longest_name(key: &str, named_by: Option<&str>) -> usize {
    match (is_prose(key), named_by) {
        (false, _) => LONGEST_NAME,
        (true, None) => LONGEST_NAME / 2,
        (true, Some(_)) => 0,
    }
}

/// Whether a text is more than an amount or a time.
fn has_words(text: &str) -> bool {
    text.split(|sign: char| !sign.is_alphabetic()).any(|word| word.len() > 2)
}

/// The terms that a short text names its record by, days included.
fn naming(text: &str, language: Language) -> Vec<Term> {
    let mut terms = days_of(text);
    if terms.is_empty() {
        terms = terms_of(&text.replace('_', " "), language);
    }
    terms
}

/// The terms of a text that is a day or a time, as machines write it.
fn days_of(text: &str) -> Vec<Term> {
    let date = text.get(..10).filter(|_| text.len() <= 40).and_then(|day| day.parse().ok());
    date.map_or_else(Vec::new, |date| terms_of_day(date).to_vec())
}

fn ten_thousandths(value: f64) -> Option<u64> {
    let scaled = (value.abs() * 10_000.0).round();
    (scaled < 1e16).then_some(scaled as u64)
}

/// The words of a field's name: `deliveryFee`, `delivery_fee`.
fn words_of(key: &str) -> Vec<String> {
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

fn is_name(key: &str) -> bool {
    lists(
        "name nome nombre title titulo product produto producto service servico servicio label plan \
         plano item method metodo model modelo product_name nome_produto productname option room \
         quarto course curso",
        &fold(key),
    )
}

fn is_qualifier(key: &str) -> bool {
    lists(
        "variation variant variante variacao size tamanho tamano talla color cor colour number numero \
         order order_number ordernumber id sku code codigo pedido order_id orderid ticket \
         professional profissional profesional city cidade ciudad region regiao carrier start \
         weekday day dia date data fecha currency type tipo brand marca flavor sabor",
        &fold(key),
    )
}

/// Fields whose words describe and do not name.
fn is_prose(key: &str) -> bool {
    lists(
        "description descricao descripcion text note notes message mensagem mensaje summary resumo \
         body content comment comments",
        &fold(key),
    )
}

fn class_of(key: &[String]) -> Class {
    let has = |words: &str| key.iter().any(|word| lists(words, word));
    if has("cents centavos") {
        Class::Cents
    } else if has("percent percentage pct percentual porcentagem porcentaje") {
        Class::Percent
    } else if has("days dias day") {
        Class::Minutes(24 * 60)
    } else if has("hours horas") {
        Class::Minutes(60)
    } else if has("minutes minutos mins min") && !has("price preco amount valor order") {
        Class::Minutes(1)
    } else if has("weeks semanas") {
        Class::Minutes(7 * 24 * 60)
    } else if has("months meses") {
        Class::Months(1)
    } else if has("years anos year") {
        Class::Months(12)
    } else if has("stock estoque quantity quantidade qty qtd inventory count units unidades seats \
          vagas plazas nights noites noches left remaining restantes kg g gb mb tb cm mm \
          ml watts volts peso weight installments parcelas cuotas")
    {
        Class::Count
    } else if has("price preco precio valor amount total subtotal cost custo costo fee tarifa frete \
          saldo balance fare refund deposit deposito sinal diaria mensalidade anuidade entrada multa caucao paid premium")
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

/// Whether `word` is one of the words of `list`.
fn lists(list: &str, word: &str) -> bool {
    list.split(' ').any(|one| one == word)
}
