//! Which question a lead wonders about: `por que precisam do meu CEP?` while something else is asked. It finds the
//! field by its names; the reason is the definition's own.

use super::Ear;
use super::cues::texts;
use crate::domain::language::Language;
use crate::interview::field::{Field, Kind};
use crate::language::clauses::Clause;
use crate::language::filler::is_filler;
use crate::language::fold::words;
use crate::language::stem::stem;
use std::collections::HashSet;

/// Words that wonder, with what usually stands around them.
const ASKING: &str = " por que pra para porque pq why e and y voce voces ce you ustedes quer querem saber precisa precisam pede \
    pedem pergunta perguntam need needs want ask know necesitan necesita quieren piden preguntan preciso dar informar passar \
    dizer tenho tem have give tengo doy ";
/// Those that make a question of it.
const WONDERS: [&str; 6] = [" por que ", " pra que ", " para que ", " porque ", " pq ", " why "];

impl Ear<'_> {
    /// The field that the lead wonders about, if one is named. It need not be the one that was asked for.
    pub(super) fn wonders_about(&self, asked: &[&Field]) -> Option<String> {
        let fields = &self.hearing.definition.fields;
        let named = fields.iter().filter_map(|field| {
            let names = names(field);
            let said = self.message.words.iter().filter(|word| names.contains(&self.stemmed(&word.folded)));
            let count = said.count();
            let is_meant = self.message.wishes.asks_why() || self.is_bare_why(&names);
            (count > 0 && is_meant).then_some((count, field))
        });
        let was_asked = |field: &Field| asked.iter().any(|other| other.id == field.id);
        // The first of equals, what was asked before anything else.
        let best = named.reduce(|best, next| {
            let better = (next.0, was_asked(next.1)) > (best.0, was_asked(best.1));
            if better { next } else { best }
        });
        best.map(|(_, field)| field.id.clone())
    }

    /// `por que o CEP?`: a clause that wonders and says nothing but the field's name.
    fn is_bare_why(&self, names: &HashSet<String>) -> bool {
        let says_nothing_else = |clause: &Clause| {
            self.message.words_in(&clause.span).iter().all(|word| {
                ASKING.contains(&format!(" {} ", word.folded))
                    || is_filler(&word.folded, self.message.language)
                    || names.contains(&self.stemmed(&word.folded))
            })
        };
        let wonders = |clause: &&Clause| WONDERS.iter().any(|wonder| clause.spaced.contains(wonder));
        let named = |clause: &Clause| {
            let mut words = self.message.words_in(&clause.span).iter();
            words.any(|word| names.contains(&self.stemmed(&word.folded)))
        };
        let mut clauses = self.message.clauses.iter().filter(wonders);
        clauses.any(|clause| named(clause) && says_nothing_else(clause))
    }

    fn stemmed(&self, word: &str) -> String {
        stem(word, self.message.language)
    }
}

/// What a field is called, as stems of every language.
fn names(field: &Field) -> HashSet<String> {
    let mut names = HashSet::new();
    for (label, language) in texts(&field.label) {
        let telling = words(label).into_iter().filter(|word| {
            let is_asking = ASKING.contains(&format!(" {word} "));
            word.len() > 2 && !is_asking && !is_filler(word, language)
        });
        names.extend(telling.map(|word| stem(&word, language)));
    }
    let usual = match field.kind {
        Kind::Email => "email mail correo",
        Kind::Phone => "telefone fone celular whatsapp zap phone telefono",
        Kind::PostalCode => "cep endereco postal",
        Kind::Cpf => "cpf documento",
        Kind::Cnpj => "cnpj",
        Kind::Name => "nome name nombre",
        Kind::Text
        | Kind::Choice
        | Kind::Money
        | Kind::Number
        | Kind::People
        | Kind::Deadline
        | Kind::YesNo => "",
    };
    for language in Language::ALL {
        names.extend(usual.split_ascii_whitespace().map(|word| stem(word, language)));
    }
    names
}
