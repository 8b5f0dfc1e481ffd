//! Words that need somebody behind them: proper names, guarantees, and promises that somebody gets in touch. It only reads;
//! whether anybody stands behind them is told in `mod.rs`.

use crate::language::phrases::Phrases;
use std::sync::LazyLock;

/// Names that everybody knows, and words that are written like names.
const COMMON: &str = "segunda terça quarta quinta sexta sábado sabado domingo lunes martes miércoles jueves viernes você vocês \
    senhor senhora cliente usted ustedes pix whatsapp google instagram facebook brasil brazil natal correios internet iphone android excel zoom \
    january february march april may june july august september october november december janeiro fevereiro março abril \
    maio junho julho agosto setembro outubro novembro dezembro enero febrero marzo mayo junio julio septiembre octubre \
    noviembre diciembre monday tuesday wednesday thursday friday saturday sunday mondays tuesdays wednesdays thursdays \
    fridays saturdays sundays english spanish portuguese french german italian american european brazilian christmas \
    easter deus páscoa carnaval navidad internet web ok wi-fi wifi bluetooth lgpd procon estado união federal visa \
    jan feb fev mar apr abr jun jul aug ago sep sept set oct out nov dec dez dic mon tue tues wed thu thur thurs fri sat sun \
    mastercard elo paypal portuguesa inglês español";

/// Words before a person's name.
const TITLES: [&str; 20] = [
    "Dr.", "Dra.", "Dr", "Dra", "Mr.", "Mrs.", "Ms.", "Miss", "Dona", "Don", "Doña", "Seu", "Sr.", "Sra.",
    "Srta.", "Profe", "Prof.", "Profa.", "Doutor", "Doutora",
];

/// Words before a name that is spoken to.
const GREETING: &str = "oi olá ola dia tarde noite hi hello hey dear hola buenas buenos días tardes noches morning \
    afternoon evening obrigado obrigada gracias thanks você you sr sra prezado prezada caro cara querido querida";

/// What is said to be sure.
static GUARANTEES: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::of(
        "garantimos|garanto|garantido|garantida|garantidos|garantidas|garantizamos|garantizado|garantizada|guaranteed|\
        we guarantee|i guarantee|sem falta|sin falta|without fail|com certeza absoluta|em 100 dos casos|prometemos|we promise|i promise|te prometo",
    )
});

/// What is not said to be so.
static DENIALS: LazyLock<Phrases> =
    LazyLock::new(|| Phrases::of("nao|not|no|can t|cannot|don t|nunca|never|isn t|se|if|si"));

/// Somebody else gets in touch.
static CONTACT: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::of(
        "vai ligar|vai te ligar|vao ligar|vao te ligar|vai lhe ligar|ligara para|ligaremos|vai entrar em contato|\
        vao entrar em contato|entrara em contato|entraremos em contato|vamos entrar em contato|vai te chamar|\
        vai te responder|vai responder voce|will call you|will contact you|will be in touch|ll be in touch|\
        will reach out|will give you a call|te va a llamar|te llamara|te llamaran|te llamaremos|te va a contactar|\
        te contactara|te contactaremos|se pondra en contacto|nos pondremos en contacto",
    )
});

/// Whether a word of a promise is in `folded` at all: most sentences have none.
pub(super) fn may_promise(folded: &str) -> bool {
    const STEMS: [&str; 14] = [
        "falta", "fail", "garan", "guarant", "promet", "promis", "certeza", "100", "lig", "conta", "call",
        "touch", "llam", "respond",
    ];
    STEMS.iter().any(|stem| folded.contains(stem)) || folded.contains("reach") || folded.contains("chama")
}

/// Whether words that `spaced` has made say that something is sure to come.
pub(super) fn guarantees(words: &str) -> bool {
    GUARANTEES.are_in(words) && !DENIALS.are_in(words)
}

/// Whether words that `spaced` has made say that somebody will get in touch.
pub(super) fn promises_contact(words: &str) -> bool {
    CONTACT.are_in(words)
}

/// The words of a sentence that are written as proper names are: with a capital behind a small word or a title. Names
/// that everybody knows, and those that are spoken to, are left out.
pub(super) fn names_in(sentence: &str) -> impl Iterator<Item = &str> {
    let mut before = "";
    sentence.split_whitespace().filter_map(move |written| {
        let last = std::mem::replace(&mut before, written);
        let name = trimmed(written);
        let mut signs = name.chars();
        let is_name = signs.next().is_some_and(char::is_uppercase)
            && name.chars().count() >= 3
            && signs.all(char::is_lowercase);
        if !is_name {
            return None;
        }
        let lead = last.trim_end_matches(['*', '_']);
        let is_small = lead.chars().next_back().is_some_and(char::is_alphabetic)
            && trimmed(lead).chars().all(|sign| sign.is_lowercase() || sign == '-');
        let is_title = TITLES.contains(&lead);
        let is_known = |list: &str, word: &str| {
            let word = word.to_lowercase();
            list.split_ascii_whitespace().any(|one| one == word)
        };
        ((is_title || (is_small && !is_known(GREETING, trimmed(lead))))
            && !written.trim_start_matches(['*', '_']).starts_with(['"', '“', '«'])
            && !TITLES.contains(&name)
            && !is_known(COMMON, name))
        .then_some(name)
    })
}

/// A word without the marks around it.
fn trimmed(word: &str) -> &str {
    word.trim_matches(|sign: char| !sign.is_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::phrases::spaced;

    #[test]
    fn proper_names_stand_behind_small_words_and_titles() {
        for (text, names) in [
            ("Atendemos pela **Unimed** e também pela **Amil**.", vec!["Unimed", "Amil"]),
            ("Tem também o Dr. Sérgio Mota, na quarta.", vec!["Sérgio"]),
            ("Bom dia Marcos! Aceitamos Pix em Novembro.", vec![]),
            ("Oi, Bia! Que bom.", vec![]),
            ("- Valor: R$ 10\n- Prazo: 2 dias", vec![]),
            ("The visit is on Monday in December.", vec![]),
            ("Agendamos na Sexta para Você.", vec![]),
        ] {
            assert_eq!(names_in(text).collect::<Vec<_>>(), names, "{text}");
        }
    }

    #[test]
    fn a_guarantee_that_is_denied_is_none() {
        let sure = |text: &str| guarantees(&spaced(text));
        assert!(sure("Garantimos a sua aprovação"));
        assert!(!sure("Não garantimos o resultado") && !sure("para garantir a sua vaga"));
        let calls = |text: &str| promises_contact(&spaced(text));
        assert!(calls("O engenheiro vai te ligar antes") && !calls("pode ligar para nós"));
        assert!(may_promise("o engenheiro vai te ligar antes") && !may_promise("a visita dura duas horas"));
    }
}
