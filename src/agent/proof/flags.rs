//! What the fields of a result say to be so or not so: `exige_receita: true`, `valid: false`, `cancellation_fee: 0`,
//! `balance_due: "R$ 60,00"`. Pure; what contradicts them is told in `policies.rs`.

use super::acts::{self, Acts};
use super::fields::{class_of, lists, words_of};
use super::policies::Policy;
use super::result::Class;
use super::senses::{Sense, is_a_kind, sense_of, thing};
use crate::domain::language::Language;
use crate::language::fold::{is_stopword, words};
use crate::language::memo::Memo;
use crate::language::statements::decimal;
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

/// Most fields of one result that are read.
const MOST_FLAGS: usize = 48;
/// Longer texts of a record do not name it.
const SHORT: usize = 60;
/// What a field is called that says whether something is to be had.
const STOCK: &str = "disponivel disponible available stock estoque livre libre vago";
/// What a field is called that says whether something still covers a thing.
const COVER: &str = "warranty garantia coverage cobertura";
/// What a field is called that says how something stands.
const STATES: &str = "status state situacao situacion estado reason motivo payment pagamento";
/// What a field is called that says what is left to pay.
const OWED: &str = "balance saldo due pendente pendiente restante remaining outstanding owed pagar falta";
/// And what says that it is an amount.
const AMOUNT: &str = "balance saldo amount valor total cents centavos pagar owed outstanding";

/// Words of a field's name that name no thing.
const PLAIN: &str = "cents centavos valor total amount price preco precio meses months dias days horas hours minutos minutes mins";

static FLAGS: LazyLock<Memo<Vec<Policy>>> = LazyLock::new(Memo::default);

/// What the fields of a result say, which is `written` like this, and of what the rest of its record is.
pub(super) fn policies_of_flags(written: &str, data: &Value, language: Language) -> Arc<Vec<Policy>> {
    FLAGS.of(written, language, || {
        let mut found = Vec::new();
        read_flags(data, &[], language, &mut found);
        found
    })
}

/// `around` are the words of the field that the record stands in: `refund: {amount}`.
fn read_flags(data: &Value, around: &[String], language: Language, found: &mut Vec<Policy>) {
    match data {
        Value::Object(fields) => {
            let names = names_of(fields, language);
            for (key, value) in fields {
                if found.len() >= MOST_FLAGS {
                    return;
                }
                let key = words_of(key);
                let said = match value {
                    Value::Bool(told) => of_flag(&key, *told),
                    Value::String(text) if key.iter().any(|word| lists(STATES, word)) => of_state(text),
                    Value::Number(_) | Value::String(_) => {
                        amount(value).and_then(|raw| of_amount(&key, around, raw))
                    }
                    Value::Array(_) | Value::Object(_) | Value::Null => None,
                };
                if let Some((sense, is_denied)) = said {
                    let heads = things(&key.join(" "), language);
                    let objects = heads.union(&names).cloned().collect();
                    found.push(Policy {
                        sense,
                        is_denied,
                        objects,
                        heads,
                        behind: BTreeSet::new(),
                        is_recorded: true,
                        is_aside: false,
                        numbers: Vec::new(),
                        bounds: (None, None),
                    });
                }
            }
            fields.iter().for_each(|(key, value)| read_flags(value, &words_of(key), language, found));
        }
        Value::Array(elements) => {
            elements.iter().for_each(|element| read_flags(element, around, language, found))
        }
        Value::String(_) | Value::Number(_) | Value::Bool(_) | Value::Null => {}
    }
}

/// The things that the short texts of a record name.
fn names_of(fields: &Map<String, Value>, language: Language) -> BTreeSet<String> {
    let texts = fields.values().filter_map(Value::as_str).filter(|text| text.len() < SHORT);
    texts.flat_map(|text| things(text, language)).collect()
}

fn things(text: &str, language: Language) -> BTreeSet<String> {
    let words = words(text).into_iter().filter(|word| word.len() > 2 && !is_stopword(word, language));
    words.map(|word| thing(&word, language)).collect()
}

/// `aceita_pets: true`, `valid: false`.
fn of_flag(key: &[String], told: bool) -> Option<(Sense, bool)> {
    if key.iter().any(|word| lists(STOCK, word)) {
        return Some((Sense::Had, !told));
    }
    if key.iter().any(|word| lists(COVER, word)) {
        return Some((Sense::Valid, !told));
    }
    let (sense, is_opposite) = key.iter().find_map(|word| sense_of(word))?;
    Some((sense, is_opposite == told))
}

/// `status: "paid"`, `reason: "expired"`.
fn of_state(text: &str) -> Option<(Sense, bool)> {
    let words = words(&text.replace('_', " "));
    let is_denied = words.iter().any(|word| matches!(word.as_str(), "not" | "nao" | "no" | "un" | "non"));
    let (sense, is_opposite) =
        words.iter().find_map(|word| sense_of(word).filter(|(sense, _)| sense.is_a_state()))?;
    if sense == Sense::Paid && !is_opposite && !acts::stated(text).meets(Acts::PAY) {
        return None;
    }
    Some((sense, is_opposite != is_denied))
}

/// `fidelidade_meses: 0`: what there is none of; `balance_due: 60`: what is left to pay.
fn of_amount(key: &[String], around: &[String], raw: u64) -> Option<(Sense, bool)> {
    let has = |list: &str| key.iter().any(|word| lists(list, word));
    let is_money = matches!(class_of(key), Class::Money | Class::Cents) || has(AMOUNT);
    if has(OWED) && is_money && !has("date data fecha day dia days dias") {
        return Some((Sense::Paid, raw > 0));
    }
    // `parcelas_sem_juros: 10`
    if has("parcelas cuotas installments") && !has(AMOUNT) && raw > 10_000 {
        return Some((Sense::Parted, false));
    }
    if raw > 0
        && is_money
        && key.iter().chain(around).any(|word| matches!(sense_of(word), Some((Sense::Refunded, false))))
    {
        return Some((Sense::Refunded, false));
    }
    let is_measured =
        is_money || matches!(class_of(key), Class::Months(_) | Class::Minutes(_) | Class::Percent);
    let is_named = key.iter().any(|word| word.len() > 3 && !lists(PLAIN, word));
    // A price says nothing of what is to be had; a fee or a deposit is asked for.
    let is_asked = || key.iter().any(|word| is_a_kind(word));
    (is_measured && is_named && (raw == 0 || !is_money || is_asked())).then_some((Sense::Had, raw == 0))
}

/// The number that a value is, in ten-thousandths: `2450`, `"R$ 60,00"`.
fn amount(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => number.as_f64().map(|value| (value.abs() * 10_000.0).round() as u64),
        Value::String(text) => {
            let digits = text.trim_matches(|sign: char| !sign.is_ascii_digit());
            let is_amount = text.len() < 20
                && text.contains(['$', '€', '£'])
                && digits.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b','));
            decimal(digits).filter(|_| is_amount)
        }
        Value::Array(_) | Value::Object(_) | Value::Bool(_) | Value::Null => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::policies::{is_contradicted, policies_in};
    use super::*;
    use serde_json::json;

    #[test]
    fn fields_say_what_is_so() {
        use Language::{English, Portuguese, Spanish};
        for (language, data, claim, contradicted) in [
            (Portuguese, json!({"aceita_pets": true}), "O prédio não aceita animais.", true),
            (Portuguese, json!({"aceita_pets": true}), "O prédio aceita cachorro.", false),
            (Portuguese, json!({"codigo": "VERAO15", "valid": true}), "O cupom VERAO15 já expirou.", true),
            (English, json!({"code": "FALL20", "valid": false}), "Your code FALL20 is still valid!", true),
            (English, json!({"status": "paid"}), "Your payment was declined.", true),
            (English, json!({"warranty": "no", "under_warranty": true}), "The warranty had expired.", true),
            (Spanish, json!({"total": 4900, "balance_due_cents": 2450}), "Ya está todo pagado.", true),
            (Spanish, json!({"total": 4900, "balance_due_cents": 0}), "Ya está todo pagado.", false),
            (
                Portuguese,
                json!({"total": "R$ 120,00", "a_pagar": "R$ 60,00"}),
                "O total já está todo pago.",
                true,
            ),
            (
                Portuguese,
                json!({"plano": "Mensal", "fidelidade_meses": 0}),
                "O plano Mensal tem fidelidade.",
                true,
            ),
            (
                Portuguese,
                json!({"plano": "Anual", "fidelidade_meses": 12}),
                "O plano Anual é sem fidelidade.",
                true,
            ),
            (Portuguese, json!({"servico": "Corte", "cancellation_fee_cents": 0}), "Há uma taxa.", true),
            (Portuguese, json!({"parcelas_sem_juros": 10}), "Não parcelamos.", true),
            (Spanish, json!({"deposito": "300,00 €"}), "No pedimos depósito.", true),
            (English, json!({"refund": {"amount": "$318.00"}}), "The first night is non-refundable.", true),
        ] {
            let known = [policies_of_flags(&data.to_string(), &data, language)];
            let claimed = policies_in(claim, language);
            assert_eq!(is_contradicted(&claimed, &known), contradicted, "{data} / {claim}");
        }
    }
}
