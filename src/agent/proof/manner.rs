//! How a sentence says what it says: as a question, as the customer's own word, as a word of the house. Decides what the
//! customer's own words may prove. Pure.

use crate::domain::language::Language;
use crate::language::phrases::{Phrases, spaced};
use crate::language::sentences::asks;
use crate::language::statements::{Fact, Kind, Stated, Word};
use std::borrow::Cow;
use std::cell::OnceCell;
use std::sync::LazyLock;

/// A sentence, looked at as a whole.
pub(super) struct Manner<'a> {
    sentence: &'a str,
    language: Language,
    /// ` temos 3 vasos `: folded words with a blank before and behind each.
    words: OnceCell<String>,
    promises: OnceCell<bool>,
    /// Whether it asks.
    pub(super) asks: bool,
}

/// What the customer said of a wish or a limit of their own.
static ATTRIBUTED: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::of(
        "voce disse|voce mencionou|voce informou|voce pediu|voce passou|voce quer|voce falou|\
        voce escreveu|voce procura|voce comentou|que voce|seu orcamento|sua faixa|entendi|anotei|\
        seu limite|sua compra|your purchase|tu compra|su compra|you said|you mentioned|you asked|\
        you told|you want|you gave|you wrote|your budget|budget|you re looking|you are looking|i understand|\
        got it|mencionaste|dijiste|pediste|tu presupuesto|su presupuesto|usted menciono|me dijo|quieres|\
        buscas|entiendo",
    )
});

/// Words by which the house promises: what stands beside them is no repetition of the customer's wish.
static PROMISED: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::of(
        "offer|oferecer|ofrecer|consigo|custa|custam|cobramos|cobrado|chega|chegam|chegara|chegar|entregamos|entregue|entrega|\
        entregar|abre|abrimos|aberto|aberta|abertos|funciona|funcionamos|atendemos|temos|tem|ha|vaga|\
        vagas|disponivel|disponiveis|livre|livres|garantia|garantimos|prazo|parcelamos|pronto|pronta|\
        despachamos|enviamos|recebe|recebera|arrives|arrive|deliver|delivers|delivered|ships|open|opens|\
        available|warranty|guarantee|we have|there is|there are|ready|llega|llegara|entregaremos|\
        tenemos|hay|disponible|disponibles|abierto|listo|lista|costs|cuesta|previsao|previsto|prevista|\
        expected|estimated|marcado|marcada|agendado|agendada|reservado|reservada|booked|scheduled|\
        confirmado|confirmada|confirmed|estoque|stock|fechado|fechada|closed|cerrado",
    )
});

/// Limits: `até R$ 100` repeats what the customer wants to spend.
const LIMITS: &str = "ate|abaixo de|menos de|dentro de|dentro dos|dos|faixa de|up to|under|below|within|hasta|\
    less than";

/// Words of the customer's own affair.
static PERSONAL: LazyLock<Phrases> = LazyLock::new(|| Phrases::of("seu|sua|seus|suas|your|tu|su|tus|sus"));

/// Words of what is not known.
static UNSURE: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::of(
        "nao sei|nao tenho|nao consigo|nao posso|nao encontrei|nao temos essa informacao|i don t|i do not|i can t|\
        i cannot|no se|no tengo|no puedo|posso verificar|vou verificar|confirmar se",
    )
});

/// Words of what would be if.
static CONDITIONS: LazyLock<Phrases> =
    LazyLock::new(|| Phrases::of("se|caso|quando|if|whether|when|si|cuando|assim que|once"));

/// Words of what nobody else can have.
static TAKEN: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::of(
        "ocupado|ocupada|ocupados|ocupadas|lotado|lotada|cheio|cheia|completo|completa|completos|completas|esgotado|\
        esgotada|agotado|agotada|reservado|reservada|llena|lleno|sem|sin|nenhum|nenhuma|ninguna|taken|full|booked|gone|\
        unavailable|indisponivel",
    )
});

/// Words of when the house is open.
static OPENING: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::of(
        "abre|abrimos|aberto|aberta|abertos|fecha|fechamos|fechado|fechada|funciona|funcionamos|\
        funcionamento|atende|atendemos|atendimento|horario|horarios|loja|open|opens|close|closes|closed|\
        hours|store|shop|abren|abierto|cerrado|cerramos|atencion|tienda",
    )
});

/// Beside these an amount is a price, not a limit.
static COSTS: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::of("custa|custam|costs|cuesta|frete|shipping|envio|desconto|discount|descuento")
});

/// What is available and no goods.
static NOT_GOODS: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::of(
        "estou|fico|estamos|i m|we re|i am|we are|estoy|a equipe|informacao|information|informacion|\
        atendimento|site|equipe|team",
    )
});

/// What is open and not the shop.
static NOT_THE_SHOP: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::of(
        "foi|foram|fue|was|were|chamado|ticket|pedido|order|conta|account|embalagem|caixa|pacote|package",
    )
});

/// Words of a sum.
static SUMS: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::of(
        "with delivery|com a entrega|com entrega|con entrega|comes to|come to|adds up|add up|as duas|os dois|las dos|los dos|ambos|ambas|plus|mais|mas|total|soma|somando|tudo|juntos|juntas|ao todo|sum|altogether|together|both|en total|\
        en conjunto|todo|toda|com o frete|com frete|incluindo|including|incluido|with shipping|con envio|\
        ficam|saem|fica|sai",
    )
});

/// Words before what follows from what was said.
static EXPLANATIONS: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::of(
        "ou seja|o que da|o que daria|o que corresponde|entao|which would be|which comes|so|that s|asi que|es decir|lo que|\
        serian|seria|seriam|portanto|por tanto",
    )
});

/// Words of how far a day is away.
static COUNTDOWN: LazyLock<Phrases> =
    LazyLock::new(|| Phrases::of("faltam|faltan|daqui|atras|ago|away|until|since|desde|to go|dentro de"));

/// Words of what lies between two amounts.
static DIFFERENCES: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::of(
        "diferenca|economia|economiza|economizar|economizaria|a mais|a menos|mais caro|mais barato|sobra|sobram|\
        resta|restam|restaria|restariam|restante|falta|faltam|saldo|troco|descontando|desconto de|save|saves|saving|\
        savings|difference|more than|less than|cheaper|more|less|balance|remaining|left over|ahorra|ahorras|ahorro|\
        descuenta|descontado|descontada|desconta|descontados|descontadas|abatido|abatidos|abate|deducted|minus|diferencia|mas por|mas al|mas que|menos que|de mas|queda|quedan|quedaria",
    )
});

/// A text without its `sí`, which without the accent is `si`.
fn without_yes(text: &str) -> Cow<'_, str> {
    if text.contains("Sí") || text.contains("sí") {
        Cow::Owned(text.replace("Sí", "").replace(" sí", ""))
    } else {
        Cow::Borrowed(text)
    }
}

impl<'a> Manner<'a> {
    pub(super) fn of(sentence: &'a str, language: Language) -> Self {
        let asks = asks(sentence);
        Self { sentence, language, words: OnceCell::new(), promises: OnceCell::new(), asks }
    }

    fn has(&self, phrases: &Phrases) -> bool {
        phrases.are_in(self.words.get_or_init(|| spaced(&without_yes(self.sentence))))
    }

    /// Whether the house says it of itself.
    pub(super) fn promises(&self) -> bool {
        *self.promises.get_or_init(|| self.has(&PROMISED))
    }

    /// Whether the house says it of itself in the clause that `stated` stands in.
    pub(super) fn promises_beside(&self, stated: &Stated) -> bool {
        let (before, behind) = (self.sentence.get(..stated.span.start), self.sentence.get(stated.span.end..));
        let before =
            before.unwrap_or_default().rsplit([',', ';', '(', ':', '—', '–']).next().unwrap_or_default();
        let behind =
            behind.unwrap_or_default().split([',', ';', ')', ':', '—', '–']).next().unwrap_or_default();
        let word = self.sentence.get(stated.span.clone()).unwrap_or_default();
        self.promises() && PROMISED.are_in(&spaced(&format!("{before}{word}{behind}")))
    }

    /// `hoje mesmo`, `hoy mismo`.
    pub(super) fn stresses(&self, stated: &Stated) -> bool {
        let around = |text: Option<&str>| spaced(text.unwrap_or_default());
        let (before, behind) =
            (around(self.sentence.get(..stated.span.start)), around(self.sentence.get(stated.span.end..)));
        behind.starts_with(" mesmo ") || behind.starts_with(" mismo ") || before.ends_with(" ainda ")
    }

    /// Whether it speaks of the customer's own affair.
    pub(super) fn is_personal(&self) -> bool {
        self.has(&PERSONAL)
    }

    /// Whether it says what is not known, or would be if: a condition reaches as far as its clause.
    fn is_unsure(&self, stated: &Stated) -> bool {
        let before = self.sentence.get(..stated.span.start).unwrap_or_default();
        let behind = self.sentence.get(stated.span.end..).unwrap_or_default();
        let ends = [',', ';', ':', '(', ')', '.'];
        let clause =
            [before.rsplit(ends).next().unwrap_or_default(), behind.split(ends).next().unwrap_or_default()];
        self.has(&UNSURE)
            || (self.has(&CONDITIONS)
                && clause.iter().any(|part| CONDITIONS.are_in(&spaced(&without_yes(part)))))
    }

    /// Whether it speaks of when the house is open.
    pub(super) fn is_of_opening(&self) -> bool {
        self.has(&OPENING)
    }

    /// Whether a negation stands in the same clause as `stated`.
    fn denies(&self, stated: &Stated) -> bool {
        let (before, behind) = (self.sentence.get(..stated.span.start), self.sentence.get(stated.span.end..));
        let ends = [',', ';', ':', '.'];
        let before = before.unwrap_or_default().rsplit(ends).next().unwrap_or_default();
        let behind = behind.unwrap_or_default().split(ends).next().unwrap_or_default();
        let words = format!("{}|{}", spaced(before), spaced(behind));
        // `no` is Portuguese for `in the`.
        (self.language != Language::Portuguese && words.contains(" no "))
            || [
                " nao ",
                " not ",
                " don t ",
                " isn t ",
                " doesn t ",
                " couldn t ",
                " can t ",
                " cannot ",
                " nunca ",
                " never ",
            ]
            .iter()
            .any(|word| words.contains(word))
    }

    /// Whether what `stated` is said of is said to be taken.
    pub(super) fn says_it_is_taken(&self, stated: &Stated) -> bool {
        self.denies(stated) || self.has(&TAKEN)
    }

    /// Whether the customer's own words may prove `stated`: a name always, a wish where the house promises nothing, an
    /// amount only as the customer's.
    pub(super) fn repeats_the_customer(&self, stated: &Stated) -> bool {
        if self.asks {
            return true;
        }
        if self.takes_up(stated) {
            return true;
        }
        match stated.fact.kind() {
            Kind::Code => true,
            Kind::Count if self.is_of_the_customers(stated) => true,
            Kind::Number | Kind::Count => self.has(&ATTRIBUTED) || !self.claims_a_quantity(stated),
            Kind::Day | Kind::Clock => !self.promises() || self.denies(stated),
            Kind::Money => self.has(&ATTRIBUTED) || self.denies(stated) || self.is_limit(stated),
            Kind::Length if matches!(stated.fact, Fact::Word(_)) => false,
            Kind::Percent | Kind::Length => self.has(&ATTRIBUTED) || self.denies(stated),
            Kind::Stock | Kind::Opening | Kind::Inclusion | Kind::Word => false,
        }
    }

    /// `Para receber até o dia 2, …`, `antes de las 8`: what a clause takes up before the house says something, and what
    /// only bounds it.
    pub(super) fn takes_up(&self, stated: &Stated) -> bool {
        let before = self.sentence.get(..stated.span.start).unwrap_or_default();
        let words = spaced(before);
        let is_bound = || {
            let mut last = words.split_ascii_whitespace().rev().take(3);
            last.any(|word| matches!(word, "antes" | "before" | "depois" | "despues" | "after"))
        };
        let is_age = || {
            let behind = spaced(self.sentence.get(stated.span.end..).unwrap_or_default());
            words.ends_with(" de ") || words.ends_with(" tem ") || behind.starts_with(" old ")
        };
        let opens = || self.stands_in_a_condition(before, stated);
        match stated.fact {
            Fact::Clock(..) => is_bound() || opens(),
            Fact::Date { .. } | Fact::DayOfMonth(_) => {
                (is_bound() && !self.promises_beside(stated)) || opens()
            }
            Fact::Months(months) if months % 12 == 0 => is_age() || opens(),
            Fact::Count(..)
            | Fact::Number(_)
            | Fact::Minutes(..)
            | Fact::Months(_)
            | Fact::Money(_)
            | Fact::Weekday(_)
            | Fact::Relative(_) => opens(),
            Fact::Percent(_) | Fact::Moment(_) | Fact::Code(_) | Fact::Word(_) => false,
        }
    }

    /// `Se você vier às 15h, …`, `…, mas se chegar às 23h`: whether the clause that `stated` ends `before` in only takes up
    /// what was said.
    fn stands_in_a_condition(&self, before: &str, stated: &Stated) -> bool {
        const OPENING: &str = "para pra se como sendo caso for if since as with con com si assim quando cuando when once \
            apenas ya siendo entendi entiendo";
        const INSIDE: &str = "se si if caso quando cuando when once com con with";
        let lists = |list: &str, word: &str| list.split_ascii_whitespace().any(|one| one == word);
        let marks = [',', ';', ':', '(', '—'];
        let clause = spaced(&without_yes(before.rsplit(marks).next().unwrap_or_default()));
        let first =
            clause.split_ascii_whitespace().find(|word| !lists("mas pero but e y and so entao", word));
        let is_first = !before.contains(marks);
        let goes_on =
            || self.sentence.get(stated.span.end..).is_some_and(|behind| behind.contains([',', ':']));
        first.is_some_and(
            |word| {
                if is_first { lists(OPENING, word) && goes_on() } else { lists(INSIDE, word) }
            },
        )
    }

    /// `os 80 cm da sua porta`.
    fn is_of_the_customers(&self, stated: &Stated) -> bool {
        let behind = spaced(self.sentence.get(stated.span.end..).unwrap_or_default());
        let mut words = behind.split_ascii_whitespace();
        matches!(words.next(), Some("da" | "do" | "de" | "of" | "in"))
            && matches!(words.next(), Some("sua" | "seu" | "your" | "tu" | "su"))
    }

    /// `temos 37`: a number right behind a word of the house. A number of an order names it.
    fn claims_a_quantity(&self, stated: &Stated) -> bool {
        let before = self.sentence.get(..stated.span.start).unwrap_or_default();
        let words = spaced(before);
        let last: Vec<&str> = words.split(' ').filter(|word| !word.is_empty()).rev().take(4).collect();
        let names = last.iter().take(3).any(|word| {
            matches!(
                *word,
                "pedido"
                    | "order"
                    | "numero"
                    | "number"
                    | "no"
                    | "chamado"
                    | "ticket"
                    | "protocolo"
                    | "cep"
                    | "codigo"
                    | "n"
            )
        });
        !names && self.promises()
    }

    fn is_limit(&self, stated: &Stated) -> bool {
        let before = spaced(self.sentence.get(..stated.span.start).unwrap_or_default());
        LIMITS.split('|').any(|limit| before.trim_end().ends_with(limit)) && !self.has(&COSTS)
    }

    /// Whether a word that is a statement has to be proven here: not in a question, nor beside `se` and `não sei`.
    pub(super) fn states(&self, stated: &Stated, names_a_day: bool) -> bool {
        let Fact::Word(word) = stated.fact else { return true };
        if self.asks || self.is_unsure(stated) {
            return false;
        }
        match word {
            // What the house does not charge for is told of its policies.
            Word::Free => {
                let said = spaced(self.sentence.get(stated.span.clone()).unwrap_or_default());
                !said.contains(" cobra")
                    && ![" don charge ", " t charge ", " not charge "].contains(&said.as_str())
            }
            Word::InStock
            | Word::SoldOut
            | Word::WithoutInterest
            | Word::Included
            | Word::Extra
            | Word::SameDay => true,
            // `estou disponível`, `informação disponível`
            Word::Available => !self.has(&NOT_GOODS),
            Word::Open | Word::Closed => names_a_day && !self.has(&NOT_THE_SHOP),
        }
    }

    /// Whether it counts days from the present one: `faltam 12 dias`, `há 12 dias`.
    pub(super) fn counts_down(&self, stated: &Stated) -> bool {
        let before = spaced(self.sentence.get(..stated.span.start).unwrap_or_default());
        self.has(&COUNTDOWN) || before.ends_with(" ha ") || before.ends_with(" hace ")
    }

    /// Whether it says how far two amounts are apart.
    pub(super) fn tells_apart(&self) -> bool {
        self.has(&DIFFERENCES)
    }

    /// Whether it explains where an amount comes from.
    pub(super) fn explains(&self) -> bool {
        self.sums_up() || self.tells_apart() || self.has(&EXPLANATIONS)
    }

    /// Whether it adds up.
    pub(super) fn sums_up(&self) -> bool {
        self.has(&SUMS)
    }
}
