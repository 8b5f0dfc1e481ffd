//! Finds products by words: BM25 over name, variations, category and description, without case, accents, plurals
//! and small slips of the pen. Built once from the whole catalog; never changes.

use crate::backoffice::catalog::{Availability, Complement, ProductFound, ProductQuery};
use crate::backoffice::words::{fold, stems};
use crate::domain::catalog::Product;
use crate::domain::money::Money;
use std::collections::{HashMap, HashSet};

/// How much a word counts by where it stands.
const NAME_WEIGHT: f32 = 4.0;
/// What the first word of a name counts more: in Portuguese and Spanish it says what the thing is.
const HEAD_WEIGHT: f32 = 3.0;
const LABEL_WEIGHT: f32 = 2.0;
const DESCRIPTION_WEIGHT: f32 = 1.0;
/// BM25's saturation and length normalisation.
const K1: f32 = 1.2;
const B: f32 = 0.5;
/// What scores less than this share of the best is not worth showing.
const WORTH_SHOWING: f32 = 0.35;
/// How much a word counts that was only nearly written like that.
const NEAR_WORD: f32 = 0.6;
/// Longest query and most words of it that are looked at.
const QUERY_CHARACTERS: usize = 400;
const QUERY_WORDS: usize = 16;
/// Most products one answer holds.
const MOST_PRODUCTS: u32 = 100;

/// A product with what it is sold as.
struct Entry {
    product: Product,
    variations: Vec<Product>,
    category: Vec<String>,
    length: f32,
}

/// Where a SKU stands.
#[derive(Clone, Copy)]
struct Place {
    entry: usize,
    variation: Option<usize>,
}

/// The whole catalog, ready to be searched.
pub struct ProductIndex {
    entries: Vec<Entry>,
    places: HashMap<String, Place>,
    postings: HashMap<String, Vec<(usize, f32)>>,
    average_length: f32,
}

impl ProductIndex {
    /// Reads a catalog. A variation whose product is missing stands for itself.
    pub fn new(products: Vec<Product>) -> Self {
        let mut index = Self {
            entries: Vec::new(),
            places: HashMap::new(),
            postings: HashMap::new(),
            average_length: 1.0,
        };
        let skus: std::collections::HashSet<String> =
            products.iter().map(|product| fold(&product.sku)).collect();
        let (variations, wholes): (Vec<_>, Vec<_>) = products.into_iter().partition(|product| {
            product.variation_of.as_ref().is_some_and(|whole| {
                let whole = fold(whole);
                whole != fold(&product.sku) && skus.contains(&whole)
            })
        });
        for product in wholes {
            let category = stems(&product.category);
            let place = Place { entry: index.entries.len(), variation: None };
            index.places.insert(fold(&product.sku), place);
            index.entries.push(Entry { product, variations: Vec::new(), category, length: 0.0 });
        }
        for variation in variations {
            let whole = variation.variation_of.as_deref().map(fold).unwrap_or_default();
            // A variation of a variation is one of the whole product.
            if let Some(place) = index.places.get(&whole).copied() {
                let entry = &mut index.entries[place.entry];
                let place = Place { entry: place.entry, variation: Some(entry.variations.len()) };
                index.places.insert(fold(&variation.sku), place);
                entry.variations.push(variation);
            }
        }
        index.count_words();
        index
    }

    fn count_words(&mut self) {
        let mut total = 0.0;
        for (number, entry) in self.entries.iter_mut().enumerate() {
            let mut weights: HashMap<String, f32> = HashMap::new();
            let mut count = |text: &str, weight: f32| {
                for word in stems(text) {
                    *weights.entry(word).or_default() += weight;
                }
            };
            count(&entry.product.name, NAME_WEIGHT);
            count(entry.product.name.split_whitespace().next().unwrap_or_default(), HEAD_WEIGHT);
            count(&entry.product.category, LABEL_WEIGHT);
            count(&entry.product.description, DESCRIPTION_WEIGHT);
            let mut labels: Vec<String> = entry
                .variations
                .iter()
                .filter_map(|product| product.variation.as_deref())
                .flat_map(stems)
                .collect();
            labels.sort_unstable();
            labels.dedup();
            count(&labels.join(" "), LABEL_WEIGHT);
            entry.length = weights.values().sum();
            total += entry.length;
            for (word, weight) in weights {
                self.postings.entry(word).or_default().push((number, weight));
            }
        }
        #[expect(clippy::cast_precision_loss, reason = "an average over at most millions")]
        let count = self.entries.len().max(1) as f32;
        self.average_length = (total / count).max(1.0);
    }

    /// Products that fit, best first.
    pub fn search(&self, query: &ProductQuery) -> Vec<ProductFound> {
        let limit = usize::try_from(query.limit.clamp(1, MOST_PRODUCTS)).unwrap_or(1);
        let text: String = query.text.chars().take(QUERY_CHARACTERS).collect();
        if let Some(place) = self.places.get(&fold(text.trim())) {
            return self.found(place.entry, place.variation, query, &[]).into_iter().collect();
        }
        let mut wanted = stems(&text);
        wanted.truncate(QUERY_WORDS);
        let category = query.category.as_deref().map(stems).unwrap_or_default();
        let ranked: Vec<usize> = if wanted.is_empty() { self.by_name() } else { self.ranked(&wanted) };
        ranked
            .into_iter()
            .filter(|entry| category.iter().all(|word| self.entries[*entry].category.contains(word)))
            .filter_map(|entry| self.found(entry, None, query, &wanted))
            .take(limit)
            .collect()
    }

    /// One product, or the one variation that a SKU names.
    pub fn by_sku(&self, sku: &str) -> Option<ProductFound> {
        let place = self.places.get(&fold(sku.trim()))?;
        let everything = ProductQuery {
            text: String::new(),
            category: None,
            max_price: None,
            availability: Availability::Any,
            limit: 1,
        };
        self.found(place.entry, place.variation, &everything, &[])
    }

    /// What a SKU is sold as: itself, unless it is only sold in variations.
    pub fn sold(&self, sku: &str) -> Option<Result<&Product, &[Product]>> {
        let place = self.places.get(&fold(sku.trim()))?;
        let entry = &self.entries[place.entry];
        Some(match place.variation {
            Some(variation) => Ok(&entry.variations[variation]),
            None if entry.variations.is_empty() => Ok(&entry.product),
            None => Err(&entry.variations),
        })
    }

    /// The category of a SKU.
    pub fn category_of(&self, sku: &str) -> Option<&str> {
        let place = self.places.get(&fold(sku.trim()))?;
        Some(&self.entries[place.entry].product.category)
    }

    /// Categories as written, by name.
    pub fn categories(&self) -> Vec<String> {
        let mut categories: Vec<_> =
            self.entries.iter().map(|entry| entry.product.category.clone()).collect();
        categories.sort_unstable();
        categories.dedup();
        categories
    }

    fn by_name(&self) -> Vec<usize> {
        let mut all: Vec<usize> = (0..self.entries.len()).collect();
        all.sort_by_cached_key(|entry| fold(&self.entries[*entry].product.name));
        all
    }

    fn ranked(&self, wanted: &[String]) -> Vec<usize> {
        // A number says which of the things that a word names; by itself it names nothing, unless nothing else was said.
        let is_number = |word: &String| word.bytes().all(|byte| byte.is_ascii_digit());
        let only_numbers = wanted.iter().all(is_number);
        let mut named: HashSet<usize> = HashSet::new();
        let mut scores: HashMap<usize, (f32, f32)> = HashMap::new();
        for word in wanted {
            let names = only_numbers || !is_number(word);
            let mut best: HashMap<usize, f32> = HashMap::new();
            for (word, share) in self.known_forms(word) {
                for (entry, score) in self.score(word) {
                    let best = best.entry(entry).or_default();
                    *best = best.max(score * share);
                }
            }
            for (entry, score) in best {
                if names {
                    named.insert(entry);
                }
                let sum = scores.entry(entry).or_default();
                *sum = (sum.0 + score, sum.1 + 1.0);
            }
        }
        #[expect(clippy::cast_precision_loss, reason = "at most sixteen words")]
        let asked = wanted.len() as f32;
        let mut ranked: Vec<(usize, f32)> = scores
            .into_iter()
            .filter(|(entry, _)| named.contains(entry))
            .map(|(entry, (score, hits))| (entry, score * hits / asked))
            .collect();
        ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        let best = ranked.first().map_or(0.0, |(_, score)| *score);
        ranked.retain(|(_, score)| *score >= best * WORTH_SHOWING);
        ranked.into_iter().map(|(entry, _)| entry).collect()
    }

    fn score(&self, word: &str) -> impl Iterator<Item = (usize, f32)> {
        let postings = self.postings.get(word).map_or(&[][..], Vec::as_slice);
        #[expect(clippy::cast_precision_loss, reason = "a logarithm of at most millions")]
        let (all, holding) = (self.entries.len() as f32, postings.len() as f32);
        let rarity = (1.0 + (all - holding + 0.5) / (holding + 0.5)).ln();
        postings.iter().map(move |(entry, weight)| {
            let length = self.entries[*entry].length / self.average_length;
            (*entry, rarity * weight * (K1 + 1.0) / (weight + K1 * (1.0 - B + B * length)))
        })
    }

    /// The word itself if the catalog holds it, else the words it may have been meant for.
    fn known_forms<'a>(&'a self, word: &'a str) -> Vec<(&'a str, f32)> {
        if self.postings.contains_key(word) {
            return vec![(word, 1.0)];
        }
        let letters: Vec<char> = word.chars().collect();
        let slips = match letters.len() {
            0..4 => return Vec::new(),
            4..8 => 1,
            _ => 2,
        };
        self.postings
            .keys()
            .filter(|known| known.starts_with(word) || is_near(&letters, known, slips))
            .map(|known| (known.as_str(), NEAR_WORD))
            .collect()
    }

    /// What of a product fits the query's price and stock; `None` if nothing does.
    fn found(
        &self,
        entry: usize,
        only: Option<usize>,
        query: &ProductQuery,
        wanted: &[String],
    ) -> Option<ProductFound> {
        let entry = &self.entries[entry];
        let fits = |product: &&Product| {
            query.max_price.is_none_or(|most| product.price <= most)
                && match query.availability {
                    Availability::Any => true,
                    Availability::InStock => product.stock.unwrap_or(0) > 0,
                }
        };
        let all: Vec<&Product> = match only {
            Some(variation) => vec![&entry.variations[variation]],
            None if entry.variations.is_empty() => vec![&entry.product],
            None => entry.variations.iter().collect(),
        };
        let mut listed: Vec<&Product> = all.into_iter().filter(fits).collect();
        listed.sort_by_key(|product| {
            let label = product.variation.as_deref().map(stems).unwrap_or_default();
            std::cmp::Reverse(wanted.iter().filter(|word| label.contains(word)).count())
        });
        Some(ProductFound {
            price_from: listed.iter().map(|product| product.price).min()?,
            price_to: listed.iter().map(|product| product.price).max()?,
            stock: stock_of(listed.iter().copied()),
            variations: if entry.variations.is_empty() {
                Vec::new()
            } else {
                listed.into_iter().cloned().collect()
            },
            product: entry.product.clone(),
            complements: entry.product.complements.iter().filter_map(|sku| self.complement(sku)).collect(),
        })
    }

    fn complement(&self, sku: &str) -> Option<Complement> {
        let place = self.places.get(&fold(sku.trim()))?;
        let entry = &self.entries[place.entry];
        let sold: Vec<&Product> = match place.variation {
            Some(variation) => vec![&entry.variations[variation]],
            None if entry.variations.is_empty() => vec![&entry.product],
            None => entry.variations.iter().collect(),
        };
        Some(Complement {
            sku: sku.to_owned(),
            name: entry.product.name.clone(),
            price_from: sold.iter().map(|product| product.price).min().unwrap_or(Money::ZERO),
            stock: stock_of(sold.into_iter()),
        })
    }
}

fn stock_of<'a>(products: impl Iterator<Item = &'a Product>) -> u32 {
    products.fold(0, |sum: u32, product| sum.saturating_add(product.stock.unwrap_or(0)))
}

/// Whether two words differ by at most `slips` letters put in, left out or exchanged.
fn is_near(word: &[char], known: &str, slips: usize) -> bool {
    let known: Vec<char> = known.chars().collect();
    if word.len().abs_diff(known.len()) > slips || word.first() != known.first() || known.len() > 40 {
        return false;
    }
    let mut above: Vec<usize> = (0..=known.len()).collect();
    for (row, letter) in word.iter().enumerate() {
        let mut line = vec![row + 1];
        for (column, other) in known.iter().enumerate() {
            let exchanged = above[column] + usize::from(letter != other);
            line.push(exchanged.min(above[column + 1] + 1).min(line[column] + 1));
        }
        if line.iter().all(|distance| *distance > slips) {
            return false;
        }
        above = line;
    }
    above.last().is_some_and(|distance| *distance <= slips)
}
