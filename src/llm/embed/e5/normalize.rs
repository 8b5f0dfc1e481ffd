//! Text in the form its tokens were learnt in. Two ways to say what that form is; both are tables of a model's file.

use super::weight_file::LoadError;
use std::collections::HashMap;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::{IsNormalized, is_nfc_quick};

/// What characters become.
pub(super) enum Normalizer {
    /// One character at a time. Accents that stand alone are put on their letters first: the table was made from one
    /// that does so.
    Map(HashMap<char, Box<[char]>>),
    /// SentencePiece's own table.
    Charsmap(Charsmap),
}

impl Normalizer {
    /// The normal form of `text`: without control characters, with one space where there was white space, and none at
    /// the ends.
    pub(super) fn apply(&self, text: &str) -> String {
        let mut normal = Collapsed { text: String::with_capacity(text.len()) };
        match self {
            Self::Map(map) => {
                let mut push = |character: char| match map.get(&character) {
                    Some(instead) => instead.iter().for_each(|character| normal.push(*character)),
                    None => normal.push(character),
                };
                match is_nfc_quick(text.chars()) {
                    IsNormalized::Yes => text.chars().for_each(&mut push),
                    IsNormalized::No | IsNormalized::Maybe => text.nfc().for_each(&mut push),
                }
            }
            Self::Charsmap(charsmap) => {
                let mut rest = text;
                while let Some(character) = rest.chars().next() {
                    let length = match charsmap.longest(rest) {
                        Some((length, instead)) => {
                            instead.chars().for_each(|character| normal.push(character));
                            length
                        }
                        None => {
                            normal.push(character);
                            character.len_utf8()
                        }
                    };
                    rest = rest.get(length..).unwrap_or_default();
                }
            }
        }
        let mut text = normal.text;
        text.truncate(text.trim_end_matches(' ').len());
        text
    }
}

/// A text without spaces that follow a space or come first.
struct Collapsed {
    text: String,
}

impl Collapsed {
    fn push(&mut self, character: char) {
        if character != ' ' || !(self.text.is_empty() || self.text.ends_with(' ')) {
            self.text.push(character);
        }
    }
}

/// SentencePiece's `precompiled_charsmap`: a double-array trie of byte sequences, and what stands for each.
pub(super) struct Charsmap {
    units: Vec<u32>,
    replacements: String,
}

impl Charsmap {
    /// Reads the table's bytes.
    ///
    /// # Errors
    /// They are no such table.
    pub(super) fn read(bytes: &[u8], fault: impl Fn(&str) -> LoadError) -> Result<Self, LoadError> {
        let broken = || fault("the table of characters is damaged");
        let (length, rest) = bytes.split_first_chunk::<4>().ok_or_else(broken)?;
        let length = usize::try_from(u32::from_le_bytes(*length)).map_err(|_| broken())?;
        let (trie, replacements) = rest.split_at_checked(length).ok_or_else(broken)?;
        let (units, []) = trie.as_chunks::<4>() else { return Err(broken()) };
        let replacements = std::str::from_utf8(replacements).map_err(|_| broken())?.to_owned();
        Ok(Self { units: units.iter().map(|unit| u32::from_le_bytes(*unit)).collect(), replacements })
    }

    /// The longest beginning of `text` that the table has: its bytes, and what stands for it.
    fn longest(&self, text: &str) -> Option<(usize, &str)> {
        let mut found = None;
        let mut node = Unit(*self.units.first()?).offset();
        for (index, byte) in text.bytes().enumerate() {
            // A zero byte leads to a node's value.
            if byte == 0 {
                break;
            }
            node ^= usize::from(byte);
            let Some(unit) = self.units.get(node).map(|unit| Unit(*unit)) else { break };
            if unit.label() != u32::from(byte) {
                break;
            }
            node ^= unit.offset();
            if unit.has_leaf()
                && text.is_char_boundary(index + 1)
                && let Some(value) = self.units.get(node)
                && let Some(rest) = self.replacements.get(Unit(*value).value()..)
            {
                found = Some((index + 1, rest.split('\0').next().unwrap_or_default()));
            }
        }
        found
    }
}

/// A unit of the trie, as the Darts library packs it.
#[derive(Clone, Copy)]
struct Unit(u32);

impl Unit {
    fn has_leaf(self) -> bool {
        self.0 >> 8 & 1 == 1
    }

    fn value(self) -> usize {
        (self.0 & 0x7fff_ffff) as usize
    }

    fn label(self) -> u32 {
        self.0 & 0x8000_00ff
    }

    fn offset(self) -> usize {
        ((self.0 >> 10) << ((self.0 & 0x200) >> 6)) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    fn fault(problem: &str) -> LoadError {
        LoadError { file: PathBuf::new(), problem: problem.to_owned() }
    }

    /// A trie with the keys `A` (becomes `a`) and `Ab` (becomes `xyz`), laid out by hand.
    fn charsmap() -> Charsmap {
        let mut units = vec![0_u32; 512];
        let offset = |to: usize| (to as u32) << 10;
        units[0] = offset(256);
        let a = 256 ^ 0x41;
        // Its children are at 128, its own value at 128 ^ 0.
        units[a] = offset(a ^ 128) | 1 << 8 | 0x41;
        units[128] = 0x8000_0000;
        let b = 128 ^ 0x62;
        units[b] = offset(b ^ 64) | 1 << 8 | 0x62;
        units[64] = 0x8000_0000 | 2;
        let mut bytes = 2048_u32.to_le_bytes().to_vec();
        bytes.extend(units.iter().flat_map(|unit| unit.to_le_bytes()));
        bytes.extend(b"a\0xyz\0");
        Charsmap::read(&bytes, fault).unwrap()
    }

    #[test]
    fn the_longest_sequence_of_a_charsmap_counts() {
        let normalizer = Normalizer::Charsmap(charsmap());
        assert_eq!(normalizer.apply("AbAcç b\0A"), "xyzacç b\0a");
    }

    #[test]
    fn a_damaged_charsmap_is_an_error_and_a_wild_one_no_panic() {
        for bytes in [&b""[..], b"abc", b"\xff\xff\xff\xff", b"\x03\0\0\0abc", b"\0\0\0\0\xff"] {
            assert!(Charsmap::read(bytes, fault).is_err(), "{bytes:?}");
        }
        let mut bytes = 1024_u32.to_le_bytes().to_vec();
        bytes.extend((0..256_u32).flat_map(|at| at.wrapping_mul(0x9e37_79b9).to_le_bytes()));
        bytes.extend("ação".as_bytes());
        let normalizer = Normalizer::Charsmap(Charsmap::read(&bytes, fault).unwrap());
        for text in ["ação", "\u{1}\u{2}ÿþ", "日本"] {
            normalizer.apply(text);
        }
    }

    #[test]
    fn a_map_composes_drops_and_collapses() {
        let map = [('\n', &[' '][..]), ('\u{7}', &[]), ('ﬁ', &['f', 'i']), ('\u{a0}', &[' '])];
        let map = map.into_iter().map(|(from, to)| (from, to.into())).collect();
        let normalizer = Normalizer::Map(map);
        assert_eq!(normalizer.apply(" \n e\u{301} \u{a0}ﬁm\u{7}.\n"), "é fim.");
        assert_eq!(normalizer.apply(" \n"), "");
    }
}
