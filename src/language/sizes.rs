//! Words and letters for sizes in one form: "pequena", "small" and the P of a label are one size. It knows no product.

/// `words`, folded, with every word for a size in one form.
pub fn unify_sizes(words: Vec<String>) -> Vec<String> {
    let sizes: Vec<Option<&'static str>> = words
        .iter()
        .enumerate()
        .map(|(place, word)| size_of(place.checked_sub(1).and_then(|before| words.get(before)), word))
        .collect();
    words.into_iter().zip(sizes).map(|(word, size)| size.map_or(word, str::to_owned)).collect()
}

/// The size that a folded word means, if it means one. The word before it tells a size from a unit of measure.
pub fn size_of(before: Option<&String>, word: &str) -> Option<&'static str> {
    let before = before.map_or("", String::as_str);
    let is_measure = before.bytes().any(|byte| byte.is_ascii_digit());
    let is_named = matches!(before, "tamanho" | "tam" | "size" | "talla" | "tamano");
    match word {
        "pequeno" | "pequena" | "pequenos" | "pequenas" | "pequenino" | "pequenina" | "small" => {
            Some("pequeno")
        }
        "medio" | "media" | "medios" | "medias" | "mediano" | "mediana" | "medium" => Some("medio"),
        "grande" | "grandes" | "large" | "big" => Some("grande"),
        "p" if !is_measure => Some("pequeno"),
        "m" if !is_measure => Some("medio"),
        "g" if !is_measure => Some("grande"),
        "s" if is_named => Some("pequeno"),
        "l" if is_named => Some("grande"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::unify_sizes;
    use crate::language::fold::words;

    #[test]
    fn sizes_are_one_however_they_are_written_and_measures_are_none() {
        let unified = |text: &str| unify_sizes(words(text)).join(" ");
        for (text, one_form) in [
            ("Jiboia pequena", "jiboia pequeno"),
            ("Cor: Areia; Tamanho: M", "cor areia tamanho medio"),
            ("Size: L", "size grande"),
            ("the big one, G", "the grande one grande"),
            ("saco de 5 L, 500 g, 2 m", "saco de 5 l 500 g 2 m"),
            ("l", "l"),
        ] {
            assert_eq!(unified(text), one_form);
        }
    }
}
