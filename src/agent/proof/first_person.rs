//! What the bot says it did itself, read off the forms of verbs in pt, en and es: `-ei` and `-i`, `-é` and `-í`, `I've …`,
//! `I …ed`, `acabei de …`. Only verbs of seeing, thinking and speaking are listed: they do nothing for the customer.

use super::acts::{Acts, CALLS, NOUNS, PARTICIPLES, called};
use crate::domain::language::Language;
use crate::language::fold::words;

/// Roots of verbs that tell of no deed for the customer, whatever their ending: `encontrei`, `encontré`.
const IDLE: &str = "mark label volt deix localiz encontr ach local pens gost fal habl expliq explic mencion coment inform lembr record acord not repar \
    consider calcul som us cheg lleg fiq qued passad olh mir busq busc procur list selecion mostr mostrad indiq recomend \
    am ador err equivoq esper tent intent verifiq cheq confer confir pesquis confund imagin acess test pergunt pregunt \
    agradec demor termin acab comec empec entr continu lev analis analiz observ avali evalu compar estim interpret \
    consult revis acompanh escut v le sab perceb entend consegu recib receb d hag viv sint sent ofrec sugir suger \
    receiv check identific verif verifi look search notic review list mention describ explain identif identifi locat compar calculat attach includ \
    need want offer help us ask tri mention assum hop wish thank lik appreciat guess suppos prefer recommend suggest";

/// English participles and adverbs behind `I've` that tell of no deed.
const SEEN: &str = "been had found seen heard understood read got no not never always only both come gone given \
    a an the to some two three another any great good nothing everything plenty";

/// English past forms without `-ed` that tell of a deed.
const IRREGULAR: &str = "sent put made set took gave held paid sold built brought left wrote rang";

/// Words between `I` and its verb.
const BETWEEN: &str = "have just already now also successfully went gone ahead and then since even both";

/// Verbs of being and being able behind `já`, which are no past: `já temos`.
const STATES: &str = "temos tenemos estamos sabemos podemos vamos somos queremos devemos recebemos recibimos vimos vemos \
    conhecemos conocemos falamos hablamos conversamos entendemos aceitamos aceptamos oferecemos ofrecemos trabalhamos \
    trabajamos atendemos contamos incluimos";

/// A deed that the word at `at` says the bot did: its kinds and the root of its verb. `accented` are the same words
/// before they were folded.
pub(super) fn done_by_the_bot<'a>(
    words: &[&'a str],
    accented: &[&str],
    at: usize,
    language: Language,
) -> Option<(Acts, &'a str)> {
    let word = words[at];
    let before = |places: usize| at.checked_sub(places).map_or("", |place| words[place]);
    if matches!((before(2), before(1)), ("acabei" | "acabo" | "acabamos", "de"))
        || matches!(before(1), "consegui" | "pude" | "pudemos" | "logre" | "logramos")
    {
        return infinitive(word);
    }
    if matches!(before(1), "ja" | "ya")
        && let Some(root) = ["amos", "emos", "imos"].iter().find_map(|ending| word.strip_suffix(*ending))
        && root.len() >= 3
        && !lists(STATES, word)
        && !is_idle(root)
    {
        return Some((kinds(word, root), root));
    }
    // `un colibrí`, `el café`: a noun.
    let is_a_noun = language == Language::Spanish
        && matches!(
            before(1),
            "el" | "un" | "este" | "ese" | "aquel" | "mi" | "tu" | "su" | "del" | "al" | "nuestro" | "otro"
        );
    if is_a_noun {
        return None;
    }
    let ends = accented.get(at).and_then(|word| word.chars().last()).unwrap_or_default();
    let root = match language {
        // `-aré` is the future.
        Language::Spanish if matches!(ends, 'é') => {
            let root = word.strip_suffix('e')?;
            let is_future = ["ar", "er", "ir"].iter().any(|ending| root.ends_with(ending));
            (!is_future || root == "retir").then_some(root)
        }
        Language::Spanish if matches!(ends, 'í') => word.strip_suffix('i'),
        Language::Portuguese if word.ends_with('i') && !word.ends_with("ei") && opens_a_clause(words, at) => {
            word.strip_suffix('i').filter(|root| root.len() >= 4 && !root.ends_with(['a', 'e', 'o', 'u']))
        }
        Language::Portuguese | Language::English | Language::Spanish => None,
    };
    let root = root.filter(|root| {
        root.len() >= 3
            && !matches!(*root, "porqu" | "caf" | "beb" | "chal" | "est" | "jos" | "tra" | "ten" | "ven")
    });
    if let Some(root) = root.filter(|root| !is_idle(root) && !matches!(*root, "all" | "ahi" | "aqu" | "as")) {
        return Some((kinds(word, root), root));
    }
    in_english(words, at)
}

/// Whether the first person of a Portuguese verb in `-ei` tells of no deed.
pub(super) fn is_idle(root: &str) -> bool {
    // `fiquei`, `cheguei`
    let bare = root.strip_suffix('u').filter(|bare| bare.ends_with(['q', 'g'])).unwrap_or(root);
    lists(IDLE, bare)
}

/// `deixei você encaixada`, `dejé reservado`: what was left in a state was brought into it.
pub(super) fn left_in_a_state<'a>(words: &[&'a str], at: usize) -> Option<(Acts, &'a str)> {
    if !matches!(words[at], "deixei" | "deje" | "deixamos" | "dejamos") {
        return None;
    }
    let mut behind = words[at + 1..].iter().copied().take(4);
    let state = behind.find_map(|word| participle_root(word).map(|root| (word, root)));
    state.map(|(word, root)| (kinds(word, root), root))
}

/// `passei o seu caso ao técnico`: handed on to somebody else.
pub(super) fn handed_on(words: &[&str], at: usize) -> bool {
    matches!(words[at], "passei" | "pase" | "repassei" | "levei" | "lleve")
        && words[at + 1..].windows(2).take(8).any(|pair| {
            let to = matches!(pair[0], "ao" | "aos" | "pro" | "pra" | "para" | "al" | "a");
            to && !matches!(
                pair[1],
                "voce" | "vc" | "ti" | "te" | "voces" | "usted" | "ustedes" | "que" | "gente"
            ) && (pair[0] != "a" || matches!(pair[1], "la" | "los" | "las" | "equipe" | "gerencia"))
        })
}

/// `fiz o estorno`: what was made is told by the noun.
pub(super) fn made(words: &[&str], at: usize) -> Option<Acts> {
    const LOOKED: &str = "conta contas busca pesquisa consulta calculo calculos simulacao verificacao soma comparacao lista resumo \
        levantamento cuenta cuentas busqueda simulacion suma comparacion conferencia";
    if !matches!(words[at], "fiz" | "fizemos" | "hice" | "hicimos") {
        return None;
    }
    let named = named_behind(words, at);
    if !named.is_empty() {
        return Some(named);
    }
    // `fiz a sua matrícula`
    let is_determiner = |word: &&&str| {
        matches!(**word, "o" | "a" | "os" | "as" | "seu" | "sua" | "el" | "la" | "los" | "las" | "tu" | "su")
    };
    let mut behind = words[at + 1..].iter().skip_while(is_determiner);
    let has_determiner = words.get(at + 1).is_some_and(|word| is_determiner(&word));
    let is_something = behind.next().is_some_and(|noun| noun.len() > 3 && !lists(LOOKED, noun));
    (has_determiner && is_something).then_some(Acts::OTHER)
}

/// `efetuei o estorno`: what was done is told by the noun, where the verb may be of anything.
pub(super) fn narrowed(acts: Acts, words: &[&str], at: usize) -> Acts {
    let named = named_behind(words, at);
    if acts == Acts::ANYTHING && !named.is_empty() { named } else { acts }
}

/// The deeds that the nouns right behind a verb of doing name: `fiz o estorno`.
fn named_behind(words: &[&str], at: usize) -> Acts {
    const REACH: usize = 3;
    words
        .iter()
        .skip(at + 1)
        .take(REACH)
        .fold(Acts::NONE, |all, word| all.and(CALLS.get(word)).and(NOUNS.get(word)))
}

/// The root of a participle: `encaixada`, `reservados`.
pub(super) fn participle_root(word: &str) -> Option<&str> {
    let bare = word.strip_suffix('s').unwrap_or(word);
    ["ado", "ada", "ido", "ida"]
        .iter()
        .find_map(|ending| bare.strip_suffix(*ending))
        .filter(|root| root.len() >= 3)
        .or_else(|| word.strip_suffix("ed").filter(|root| root.len() >= 4))
}

/// `I've upgraded`, `I moved`, `we went ahead and added`.
fn in_english<'a>(words: &[&'a str], at: usize) -> Option<(Acts, &'a str)> {
    let word = words[at];
    let is_speaker = |word: &&str| matches!(*word, "i" | "we" | "i've" | "we've" | "i’ve" | "we’ve");
    if !words[..at].iter().any(is_speaker) || word.ends_with("ly") || lists(BETWEEN, word) {
        return None;
    }
    let before = |places: usize| at.checked_sub(places).map_or("", |place| words[place]);
    let places =
        (1..=5).find(|places| !lists(BETWEEN, before(*places)) && !before(*places).ends_with("ly"))?;
    let subject = before(places);
    let perfect = matches!(subject, "i've" | "we've" | "i’ve" | "we’ve")
        || (matches!(subject, "i" | "we") && places > 1 && before(places - 1) == "have");
    let past = matches!(subject, "i" | "we");
    // `I've refunded it and added a coupon`
    let is_second = before(1) == "and"
        && words[..at].iter().any(|word| matches!(*word, "i've" | "we've" | "i’ve" | "we’ve" | "i" | "we"));
    if !perfect && !past && !is_second {
        return None;
    }
    let regular = word.strip_suffix("ed").filter(|root| root.len() >= 3);
    let root = match (regular, perfect) {
        (Some(root), _) => root,
        (None, _) if lists(IRREGULAR, word) => word,
        (None, true) if !lists(SEEN, word) && !PARTICIPLES.get(word).is_empty() => word,
        (None, _) => return None,
    };
    // `we've set aside two hours`
    if root == "set" && words.get(at + 1) == Some(&"aside") {
        return Some((Acts::BOOK.and(Acts::PREPARE), root));
    }
    (!is_idle(root) && !lists("ne ind fe spe succe proce exce", root)).then(|| (kinds(word, root), root))
}

/// A deed by its infinitive.
fn infinitive(word: &str) -> Option<(Acts, &str)> {
    let root = ["ar", "er", "ir"].iter().find_map(|ending| word.strip_suffix(*ending))?;
    (root.len() >= 3 && !is_idle(root)).then(|| (kinds(word, root), root))
}

/// The kinds that a verb is of, by any of its forms.
fn kinds(word: &str, root: &str) -> Acts {
    let acts = PARTICIPLES.get(word);
    let acts = if acts.is_empty() { PARTICIPLES.get(&format!("{root}ado")) } else { acts };
    let acts = if acts.is_empty() { PARTICIPLES.get(&format!("{root}ido")) } else { acts };
    let acts = if acts.is_empty() { called(word) } else { acts };
    let acts = if acts.is_empty() { CALLS.get(root) } else { acts };
    // Who opens a case hands it on.
    let hands_on = ["pass", "forward", "encaminh", "repass", "deriv", "escal"];
    let acts = if hands_on.contains(&root) { acts.and(Acts::HANDED_ON) } else { acts };
    if acts.is_empty() { Acts::OTHER } else { acts }
}

/// Whether the word at `at` is where a clause's verb stands that has no subject but `eu`.
fn opens_a_clause(words: &[&str], at: usize) -> bool {
    at == 0
        || matches!(words[at - 1], "ja" | "eu" | "tambem" | "pronto" | "prontinho" | "feito" | "te" | "lhe")
}

fn lists(list: &str, word: &str) -> bool {
    list.split_ascii_whitespace().any(|one| one == word)
}

/// Whether a word of `folded` is the verb with that root: `gerar`, `move`.
pub(super) fn has_the_verb(folded: &str, root: &str) -> bool {
    !root.is_empty()
        && folded
            .split(' ')
            .filter_map(|word| word.strip_prefix(root))
            .any(|ending| matches!(ending, "" | "e" | "ar" | "er" | "ir"))
}

/// Whether a sentence tells of what the house did, not the bot alone: `we've replaced`, `já trocamos`, `ya cambiamos`.
pub(super) fn speaks_for_the_house(folded: &str, root: &str) -> bool {
    let plural = |word: &str| {
        ["amos", "emos", "imos"]
            .iter()
            .any(|ending| word.strip_suffix(*ending).is_some_and(|stem| stem == root))
    };
    let english = ["we've ", "we have ", "we already "].iter().any(|words| folded.contains(words));
    english || matches!(root, "fizemos" | "hicimos") || words(folded).iter().any(|word| plural(word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::proof::acts::words_of;
    use crate::language::fold::fold;

    fn deeds(text: &str, language: Language) -> usize {
        let (folded, lower) = (fold(text), text.to_lowercase());
        let (words, accented) = (words_of(&folded), words_of(&lower));
        (0..words.len()).filter(|at| done_by_the_bot(&words, &accented, *at, language).is_some()).count()
    }

    #[test]
    fn deeds_are_read_off_the_forms_of_verbs() {
        for (language, text) in [
            (Language::Spanish, "Ya te inscribí en el curso"),
            (Language::Spanish, "Retiré el cargo de tu cuenta"),
            (Language::Portuguese, "Inscrevi você na turma"),
            (Language::Portuguese, "Consegui isentar a taxa"),
            (Language::Portuguese, "Acabamos de protocolar o pedido"),
            (Language::Portuguese, "Já embarcamos a mercadoria"),
            (Language::English, "I've bumped you up the list"),
            (Language::English, "I've gone ahead and waived the fee"),
            (Language::English, "We just credited your account"),
            (Language::English, "I put you down for 3"),
        ] {
            assert_eq!(deeds(text, language), 1, "{text}");
        }
        for (language, text) in [
            (Language::Spanish, "Encontré dos turnos y te enviaré el enlace"),
            (Language::Spanish, "Aquí está el café; también hay té"),
            (Language::Portuguese, "Consegui encontrar dois horários aqui"),
            (Language::Portuguese, "Já temos o safari e o sushi"),
            (Language::English, "I've checked and I need your number"),
            (Language::English, "I've got two slots and I'd need your name"),
            (Language::English, "We offered and included it"),
        ] {
            assert_eq!(deeds(text, language), 0, "{text}");
        }
    }
}
