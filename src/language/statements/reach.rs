//! How far the words around a fact belong to it: where its part, its clause and its nouns begin and end. Pure.

use super::Source;
use super::lexicon::shared;
use crate::language::fold::{Token, TokenKind};

/// Where the part of a sentence begins that `at` stands in, divided by commas.
pub(super) fn part_before(source: &Source<'_>, at: usize) -> usize {
    let before = source.tokens.iter().filter(|token| token.span.end <= at);
    let divides = |token: &&Token| matches!(token.text.as_str(), "," | ";" | ":" | "mas" | "pero" | "but");
    before.rev().find(divides).map_or(0, |token| token.span.end)
}

/// Whether a verb or a noun of price stands right before `at`: its subject is what the talk is of.
pub(super) fn is_behind_its_verb(source: &Source<'_>, at: usize) -> bool {
    let mut before = source.tokens.iter().rev().skip_while(|token| token.span.end > at);
    let is_small =
        |word: &str| matches!(word, "e" | "es" | "is" | "de" | "por" | "a" | "em" | "en" | "at" | "of");
    before.find(|token| !is_small(&token.text)).is_some_and(|token| {
        matches!(
            token.text.as_str(),
            "custa"
                | "custam"
                | "cuesta"
                | "cuestan"
                | "costs"
                | "cost"
                | "sai"
                | "saem"
                | "sale"
                | "salen"
                | "fica"
                | "ficam"
                | "queda"
                | "vale"
                | "valor"
                | "preco"
                | "precio"
                | "price"
                | "costo"
                | "coste"
                | "custo"
        )
    })
}

/// Where the first comma behind `from` stands, or `end`.
pub(super) fn comma_behind(source: &Source<'_>, from: usize, end: usize) -> usize {
    let commas = source.tokens.iter().filter(|token| token.span.start >= from && token.text == ",");
    commas.map(|token| token.span.start).next().unwrap_or(end).min(end)
}

/// Where the clause ends that begins at `from`, at `end` at the latest.
pub(super) fn clause_behind(source: &Source<'_>, from: usize, end: usize) -> usize {
    // `O valor é R$ 260,00, e o sinal é de R$ 130,00`: behind a comma and an `e` begins another clause.
    let begins = |at: &usize| {
        let joins = matches!(source.word(at + 1), "e" | "y" | "and" | "mas" | "but" | "pero" | "plus");
        source.tokens[*at].span.start >= from
            && (source.word(*at) == ";" || (source.word(*at) == "," && joins))
    };
    (0..source.tokens.len()).find(begins).map_or(end, |at| source.tokens[at].span.start).min(end)
}

/// Where the two words behind `end` end.
pub(super) fn nouns_behind(source: &Source<'_>, end: usize) -> usize {
    let behind = source.tokens.iter().filter(|token| token.span.start >= end);
    behind
        .take(2)
        .take_while(|token| token.kind == TokenKind::Word)
        .last()
        .map_or(end, |token| token.span.end)
}

/// Where the clause begins that `at` stands in.
pub(super) fn clause_before(source: &Source<'_>, at: usize) -> usize {
    let begins = |word: &str| {
        matches!(
            word,
            ";" | "mas"
                | "porem"
                | "entao"
                | "enquanto"
                | "but"
                | "while"
                | "whereas"
                | "pero"
                | "mientras"
                | "entonces"
        )
    };
    // `2 pneus e o total foi de`: behind an `e`, what has a name of its own is another thing.
    let is_other = |place: usize| {
        matches!(source.word(place), "e" | "y" | "and")
            && source.tokens[place..]
                .iter()
                .take_while(|token| token.span.end <= at)
                .any(|token| shared(&token.text).is_some())
    };
    let before = source.tokens.iter().take_while(|token| token.span.end <= at).count();
    let opened = (0..before).rev().find(|place| begins(source.word(*place)) || is_other(*place));
    opened.map_or(0, |place| source.tokens[place].span.end)
}
