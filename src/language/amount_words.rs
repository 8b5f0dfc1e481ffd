//! The words around an amount: what opens it, what makes it large, what it counts. Only words; the grammar is
//! `amounts.rs`.

use super::amounts::Money;
use super::fold::{Token, TokenKind};
use super::stem::is_stopword;
use crate::domain::language::Language;

/// What an amount counts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Unit {
    /// Nothing was said.
    Plain,
    /// The business's currency.
    Currency,
    /// Another currency.
    Foreign,
    /// People; the folded word.
    People(String),
    /// Days, weeks, hours.
    Time,
    /// A share of a hundred.
    Percent,
    /// Instalments or repetitions.
    Times,
    /// Something else; the folded word.
    Other(String),
}

/// A word in front of an amount.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Opener {
    Between,
    AtMost,
    AtLeast,
    About,
}

/// A word behind an amount.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Tail {
    OrMore,
    OrLess,
    About,
}

const OPENERS: &[(Opener, &str)] = &[
    (
        Opener::AtMost,
        "nao mais do que|nao mais de|nao mais que|nao passo de|nao passa de|nao passar de|\
        nao pode passar de|nao quero passar de|nao quero gastar mais de|\
        nao quero gastar mais que|nao quero gastar mais do que|nao posso gastar mais de|\
        nao posso gastar mais que|nao posso gastar mais do que|nao tenho mais de|\
        nao tenho mais que|nao tenho mais do que|no maximo|maximo de|no max|maximo|max|\
        menos de|menos que|menos do que|abaixo de|teto de|limite de|ate o maximo de|ate|\
        de ate|em ate|no more than|not more than|at most|up to|less than|under|below|\
        maximum of|maximum|como maximo|hasta|no mas de|por debajo de|teto e|meu teto e|\
        meu limite e|limite e|maximo e|o maximo e|my limit is|mi limite es",
    ),
    (
        Opener::AtLeast,
        "nao menos de|nao menos que|a partir de|apartir de|no minimo|minimo de|minimo|\
        pelo menos|ao menos|mais de|mais que|mais do que|acima de|passa de|passamos de|\
        at least|more than|over|above|starting at|no less than|minimum of|al menos|\
        por lo menos|mas de|como minimo|desde",
    ),
    (Opener::Between, "entre|between|de|from"),
    (
        Opener::About,
        "uns|umas|cerca de|em torno de|por volta de|por volta dos|aproximadamente|\
        mais ou menos|quase|na faixa de|na faixa dos|na casa de|na casa dos|beirando|\
        em media|tipo|tipo uns|acho que uns|around|about|roughly|approximately|almost|some|\
        unos|unas|alrededor de|aproximadamente|casi|como unos",
    ),
];

const TAILS: &[(Tail, &str)] = &[
    (
        Tail::OrMore,
        "ou mais|pra cima|para cima|pra mais|para mais|no minimo|or more|and up|or above|\
        at least|o mas|para arriba|como minimo|minimo|pelo menos|e tantos|+",
    ),
    (
        Tail::OrLess,
        "ou menos|e o maximo|e meu maximo|e meu limite|e o limite|e meu teto|e o teto|no maximo|no max|or less|at most|tops|max|como maximo|o menos|estourando|\
        maximo",
    ),
    (
        Tail::About,
        "mais ou menos|por ai|e pouco|e pouca|e poucos|aproximadamente|or so|roughly|\
        mas o menos|give or take|em media|+ -|ou algo assim",
    ),
];

/// The longest opening phrase at `at`, and how many tokens it takes.
pub(super) fn opener(all: &[Token], at: usize) -> Option<(Opener, usize)> {
    longest(all, at, OPENERS)
}

/// The longest closing phrase at `at`.
pub(super) fn tail(all: &[Token], at: usize) -> Option<(Tail, usize)> {
    longest(all, at, TAILS)
}

fn longest<K: Copy>(all: &[Token], at: usize, lists: &[(K, &str)]) -> Option<(K, usize)> {
    lists
        .iter()
        .flat_map(|(kind, list)| list.split('|').map(move |phrase| (*kind, phrase)))
        .filter_map(|(kind, phrase)| Some((kind, phrase_at(all, at, phrase)?)))
        .max_by_key(|(_, used)| *used)
}

/// How many tokens `phrase` takes at `at`, if it stands there.
pub(super) fn phrase_at(all: &[Token], at: usize, phrase: &str) -> Option<usize> {
    let mut used = 0;
    for word in phrase.split(' ') {
        if all.get(at + used)?.text != word {
            return None;
        }
        used += 1;
    }
    Some(used)
}

fn word(all: &[Token], at: usize) -> &str {
    all.get(at).map_or("", |token| token.text.as_str())
}

/// A currency's sign at `at`.
pub(super) fn currency_sign(all: &[Token], at: usize) -> (Option<Money>, usize) {
    match (word(all, at), word(all, at + 1)) {
        ("r", "$") => (Some(Money::Own), 2),
        ("us" | "u", "$") => (Some(Money::Foreign), 2),
        ("$" | "brl" | "rs", _) => (Some(Money::Own), 1),
        ("€" | "£" | "usd" | "eur", _) => (Some(Money::Foreign), 1),
        _ => (None, 0),
    }
}

/// Names of currencies: whose, whether the name alone is as good as a currency's sign anywhere (`20 paus` may be of
/// cinnamon), the folded words.
const CURRENCIES: &[(Money, bool, &str)] = &[
    (Money::Own, true, "real reais reales conto contos pila pilas mangos pratas dinheiros brl"),
    (Money::Own, false, "mango pau paus temer temers"),
    (Money::Foreign, true, "dolares dollar dollars bucks pesos"),
    (Money::Foreign, false, "dolar usd euro euros eur peso libras pounds btc bitcoin bitcoins"),
];

/// The currency that a folded word names, and whether it does so anywhere.
fn currency_named(word: &str) -> Option<(Money, bool)> {
    let names = |list: &str| list.split_ascii_whitespace().any(|name| name == word);
    CURRENCIES.iter().find(|(_, _, list)| names(list)).map(|(money, anywhere, _)| (*money, *anywhere))
}

/// Whether a folded word is the name of a currency wherever it stands.
pub(super) fn is_currency(word: &str) -> bool {
    currency_named(word).is_some_and(|(_, anywhere)| anywhere)
}

/// A currency's name at `at`, and how many tokens it takes.
pub(super) fn currency(all: &[Token], at: usize) -> (Option<Money>, usize) {
    let joined = usize::from(matches!(word(all, at), "de" | "of"));
    match word(all, at + joined) {
        "$" if at > 0 && joined == 0 => (Some(Money::Own), 1),
        "€" | "£" if joined == 0 => (Some(Money::Foreign), 1),
        name => currency_named(name).map_or((None, 0), |(money, _)| (Some(money), joined + 1)),
    }
}

/// By how much a word behind a number makes it larger, and whether it says that it is money.
pub(super) fn factor_of(word: &str, language: Language) -> Option<(i64, bool)> {
    match word {
        "mil" | "thousand" | "k" | "mill" => Some((1_000, false)),
        "barao" | "baroes" => Some((1_000, true)),
        "mi" if language == Language::Portuguese => Some((1_000_000, false)),
        "milhao" | "milhoes" | "million" | "millions" | "millon" | "millones" | "kk" | "mm" => {
            Some((1_000_000, false))
        }
        "bi" | "bilhao" | "bilhoes" | "billion" | "billions" => Some((1_000_000_000, false)),
        "tri" | "trilhao" | "trilhoes" | "trillion" | "trillions" | "billon" | "billones" => {
            Some((1_000_000_000_000, false))
        }
        _ => None,
    }
}

/// Whether a word stands between the two ends of a range.
pub(super) fn range_joint(word: &str) -> bool {
    matches!(word, "a" | "ate" | "ou" | "to" | "or" | "o" | "-" | "–" | "—" | "hasta")
}

/// `por mês` and its like behind an amount: how many tokens they take.
pub(super) fn period(all: &[Token], at: usize) -> usize {
    const PERIODS: &str = "por mes|ao mes|a o mes|mensais|mensal|mensalmente|/ mes|por ano|ao ano|anuais|anual|\
        / ano|por semana|por dia|per month|a month|monthly|/ month|per year|a year|yearly|\
        al mes|mensuales|al ano|todo mes";
    PERIODS.split('|').filter_map(|phrase| phrase_at(all, at, phrase)).max().unwrap_or(0)
}

/// What stands behind a number and says what it counts.
pub(super) fn unit_of(all: &[Token], at: usize, language: Language) -> (Unit, usize) {
    let next = word(all, at);
    if matches!(next, "%" | "percent") {
        return (Unit::Percent, 1);
    }
    if matches!((next, word(all, at + 1)), ("por", "cento" | "ciento") | ("per", "cent")) {
        return (Unit::Percent, 2);
    }
    if matches!(
        next,
        "x" | "vezes" | "vez" | "parcelas" | "prestacoes" | "times" | "instalments" | "veces" | "cuotas"
    ) {
        return (Unit::Times, 1);
    }
    if is_time(next) {
        return (Unit::Time, 1);
    }
    // `30 e poucas pessoas` is read by its tail; `10 ou 12 novos funcionários` by the noun behind one word.
    for skip in 0..=1 {
        if is_people(word(all, at + skip)) && (skip == 0 || !is_stopword(next, language)) {
            return (Unit::People(word(all, at + skip).to_owned()), skip + 1);
        }
    }
    let is_noun = all.get(at).is_some_and(|token| token.kind == TokenKind::Word)
        && (next.len() >= 3 || matches!(next, "m" | "kg" | "km" | "m2" | "cm" | "gb"))
        && !is_stopword(next, language)
        && !is_filler(next);
    if is_noun { (Unit::Other(next.to_owned()), 0) } else { (Unit::Plain, 0) }
}

/// Words that follow a number and are nothing it counts.
fn is_filler(word: &str) -> bool {
    FILLERS.split_ascii_whitespace().any(|listed| listed == word)
}

const FILLERS: &str = "guardado guardados guardada reservado reservados separado separados livre livres mais menos total totais max maximo minimo mesmo acho por pra per hoje agora \
    atualmente obrigado obrigada kkk kkkk rsrs haha hahaha mensais mensal anuais bruto \
    brutos liquido liquidos nesse neste nessa nesta disso tambem porque pois \
    inicialmente inicial certinho cada via depende dependendo viu sem eles now right \
    max. please monthly maybe thanks mas aproximado but pero gracias quando caso ainda \
    and ate disponivel disponiveis redondo certo exatos exatamente tops estourando \
    investido pagar gastar investir the ali apenas somente vou errei nao not antes \
    depois talvez quero queremos preciso";

/// Whether a folded word is a unit of time.
fn is_time(word: &str) -> bool {
    TIMES.split_ascii_whitespace().any(|listed| listed == word)
}

const TIMES: &str = "dia dias semana semanas mes meses ano anos hora horas h hs min minuto minutos day \
    days week weeks month months year years hour hours minute minutes quinzena \
    quinzenas trimestre trimestres semestres";

/// Whether a folded word stands for people who are counted.
pub(super) fn is_people(word: &str) -> bool {
    PEOPLE.split_ascii_whitespace().any(|listed| listed == word)
}

const PEOPLE: &str = "pessoas pessoa funcionarios funcionario funcionarias colaboradores colaborador \
    colaboradoras empregados empregado empregadas membros integrantes socios alunos \
    aluno alunas aluna estudantes convidados convidadas usuarios usuario vendedores \
    vendedoras atendentes adultos criancas participantes professores profissionais \
    gente cabecas colegas amigos amigas filhos filhas people ppl persons person employees \
    employee users user guests students members seats staff coworkers workers folks \
    attendees adults personas persona empleados empleado empleadas trabajadores \
    invitados alumnos estudiantes socias integrante clt devs operadores";
