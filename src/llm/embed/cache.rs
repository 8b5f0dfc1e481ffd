//! Remembers vectors by the hash of their text, so that no passage is embedded twice: a file for each embedder, records
//! one after the other. Questions are remembered in memory alone: they are what customers write. It is only a cache;
//! what goes wrong with its file is logged and costs time, never an answer.

use super::{EmbedError, Embedder, TextKind};
use sha2::{Digest, Sha256};
use std::collections::{HashMap, VecDeque};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// How a file begins; the embedder's name follows, a line.
const MAGIC: &str = "balcao vectors 1 ";

/// Bytes of a text's hash.
const KEY: usize = 16;

/// Bytes of a record's own hash, which tells a torn or spoilt one.
const CHECK: usize = 4;

/// Questions that are remembered.
const QUESTIONS: usize = 1024;

/// What identifies a text.
type Key = [u8; KEY];

/// An embedder that remembers.
pub struct Cached {
    inner: Arc<dyn Embedder>,
    batch: usize,
    questions: Mutex<Questions>,
    passages: Option<Mutex<Records>>,
}

/// The vectors of the last questions.
#[derive(Default)]
struct Questions {
    vectors: HashMap<Key, Vec<f32>>,
    order: VecDeque<Key>,
}

/// A file of vectors.
struct Records {
    path: PathBuf,
    file: File,
    /// Bytes before the first record.
    header: u64,
    /// Numbers of a vector.
    dimension: usize,
    /// Most records.
    most: u64,
    /// Records there are.
    count: u64,
    places: HashMap<Key, u64>,
}

impl Cached {
    /// `inner`, remembering in `folder` up to `megabytes` of vectors; 0 keeps none on disk. Asks for up to `batch` texts
    /// at a time, and has kept them before it asks for more.
    pub fn over(inner: Arc<dyn Embedder>, folder: &Path, megabytes: u64, batch: usize) -> Self {
        let opened = match megabytes {
            0 => None,
            _ => match Records::open(folder, inner.id(), inner.dimension(), megabytes << 20) {
                Ok(records) => Some(Mutex::new(records)),
                Err(error) => {
                    tracing::warn!(%error, folder = %folder.display(), "vectors are not kept on disk");
                    None
                }
            },
        };
        Self { inner, batch: batch.max(1), questions: Mutex::default(), passages: opened }
    }

    fn known(&self, key: &Key, kind: TextKind) -> Option<Vec<f32>> {
        match kind {
            TextKind::Query => {
                self.questions.lock().unwrap_or_else(PoisonError::into_inner).vectors.get(key).cloned()
            }
            TextKind::Passage => {
                let mut records = self.passages.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner);
                records.get(key)
            }
        }
    }

    fn keep(&self, vectors: &[(Key, Vec<f32>)], kind: TextKind) {
        match (kind, &self.passages) {
            (TextKind::Query, _) => {
                let mut questions = self.questions.lock().unwrap_or_else(PoisonError::into_inner);
                for (key, vector) in vectors {
                    if questions.vectors.insert(*key, vector.clone()).is_none() {
                        questions.order.push_back(*key);
                    }
                }
                while questions.order.len() > QUESTIONS {
                    if let Some(oldest) = questions.order.pop_front() {
                        questions.vectors.remove(&oldest);
                    }
                }
            }
            (TextKind::Passage, Some(records)) => {
                let mut records = records.lock().unwrap_or_else(PoisonError::into_inner);
                if let Err(error) = records.append(vectors) {
                    tracing::warn!(%error, file = %records.path.display(), "vectors could not be kept");
                }
            }
            (TextKind::Passage, None) => {}
        }
    }
}

impl Embedder for Cached {
    fn id(&self) -> &str {
        self.inner.id()
    }

    fn dimension(&self) -> usize {
        self.inner.dimension()
    }

    fn embed(&self, texts: &[&str], kind: TextKind) -> Result<Vec<Vec<f32>>, EmbedError> {
        let keys: Vec<Key> = texts.iter().map(|text| key(text)).collect();
        let mut vectors: HashMap<Key, Vec<f32>> =
            keys.iter().filter_map(|key| Some((*key, self.known(key, kind)?))).collect();
        let mut missing: Vec<(Key, &str)> = Vec::new();
        for (key, text) in keys.iter().zip(texts) {
            if !vectors.contains_key(key) {
                // A text that stands there twice is made once.
                vectors.insert(*key, Vec::new());
                missing.push((*key, text));
            }
        }
        // Texts of like length together: where a batch is as long as its longest text, the others need not be.
        missing.sort_by_key(|(_, text)| text.len());
        for batch in missing.chunks(self.batch) {
            let texts: Vec<&str> = batch.iter().map(|(_, text)| *text).collect();
            let made = self.inner.embed(&texts, kind)?;
            let made: Vec<(Key, Vec<f32>)> = batch.iter().map(|(key, _)| *key).zip(made).collect();
            self.keep(&made, kind);
            vectors.extend(made);
        }
        Ok(keys.iter().map(|key| vectors.get(key).cloned().unwrap_or_default()).collect())
    }
}

fn key(text: &str) -> Key {
    let mut key = [0; KEY];
    key.copy_from_slice(&Sha256::digest(text.as_bytes())[..KEY]);
    key
}

impl Records {
    /// Opens the file of the embedder `id`, made if need be. What follows its last whole record is cut off.
    fn open(folder: &Path, id: &str, dimension: usize, most_bytes: u64) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let mut name = String::new();
        for byte in &key(id) {
            name.push_str(&format!("{byte:02x}"));
        }
        let path = folder.join(format!("{name}.vectors"));
        // Texts cannot be read off their vectors, but something of their meaning can.
        let mut file = OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(&path)?;
        file.try_lock().map_err(|_| io::Error::other("another process writes them"))?;
        let begin = format!("{MAGIC}{dimension} {}\n", id.replace(['\n', '\r'], " "));
        let mut found = vec![0; begin.len()];
        let begins = file.read_exact_at(&mut found, 0).is_ok() && found == begin.as_bytes();
        if !begins {
            file.set_len(0)?;
            file.write_all(begin.as_bytes())?;
        }
        let header = begin.len() as u64;
        let record = record_length(dimension);
        let count = (file.metadata()?.len() - header) / record;
        file.set_len(header + count * record)?;
        let most = (most_bytes / record).max(1);
        let mut records = Self { path, file, header, dimension, most, count, places: HashMap::new() };
        let mut key = Key::default();
        for place in 0..count {
            records.file.read_exact_at(&mut key, records.at(place))?;
            records.places.insert(key, place);
        }
        Ok(records)
    }

    fn at(&self, place: u64) -> u64 {
        self.header + place * record_length(self.dimension)
    }

    fn get(&mut self, key: &Key) -> Option<Vec<f32>> {
        let place = *self.places.get(key)?;
        let mut record = vec![0; usize::try_from(record_length(self.dimension)).ok()?];
        let read = self.file.read_exact_at(&mut record, self.at(place));
        let (head, numbers) = record.split_at_checked(KEY + CHECK)?;
        if read.is_err() || !head.starts_with(key) || head[KEY..] != check(key, numbers) {
            self.places.remove(key);
            return None;
        }
        Some(numbers.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect())
    }

    fn append(&mut self, vectors: &[(Key, Vec<f32>)]) -> io::Result<()> {
        let mut bytes = Vec::new();
        let mut keys = Vec::new();
        for (key, vector) in vectors {
            if vector.len() == self.dimension && !self.places.contains_key(key) {
                let numbers: Vec<u8> = vector.iter().flat_map(|number| number.to_le_bytes()).collect();
                bytes.extend_from_slice(key);
                bytes.extend_from_slice(&check(key, &numbers));
                bytes.extend_from_slice(&numbers);
                keys.push(*key);
            }
        }
        let new = keys.len() as u64;
        if self.count + new > self.most {
            self.forget_older(self.most.saturating_sub(new) / 2)?;
        }
        if let Err(error) = self.file.write_all(&bytes) {
            // A record that is half there would put all later ones out of place.
            self.file.set_len(self.at(self.count))?;
            return Err(error);
        }
        for key in keys {
            self.places.insert(key, self.count);
            self.count += 1;
        }
        Ok(())
    }

    /// Keeps the newest `keep` records. In place: a crash in between leaves records that tell they are spoilt.
    fn forget_older(&mut self, keep: u64) -> io::Result<()> {
        let first = self.count.saturating_sub(keep);
        let mut record = vec![0; usize::try_from(record_length(self.dimension)).map_err(io::Error::other)?];
        // `append` files write at their end whatever the place; a second handle does not.
        let writer = OpenOptions::new().write(true).open(&self.path)?;
        for place in first..self.count {
            self.file.read_exact_at(&mut record, self.at(place))?;
            writer.write_all_at(&record, self.at(place - first))?;
        }
        self.file.set_len(self.at(self.count - first))?;
        self.count -= first;
        self.places.retain(|_, place| *place >= first);
        self.places.values_mut().for_each(|place| *place -= first);
        Ok(())
    }
}

fn record_length(dimension: usize) -> u64 {
    (KEY + CHECK + 4 * dimension) as u64
}

fn check(key: &Key, numbers: &[u8]) -> [u8; CHECK] {
    let mut check = [0; CHECK];
    check.copy_from_slice(&Sha256::new().chain_update(key).chain_update(numbers).finalize()[..CHECK]);
    check
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::TempDir;

    /// Makes a vector of a text's length and remembers what it was asked.
    struct Counting {
        asked: Mutex<Vec<String>>,
    }

    impl Embedder for Counting {
        fn id(&self) -> &str {
            "counting"
        }

        fn dimension(&self) -> usize {
            2
        }

        fn embed(&self, texts: &[&str], _kind: TextKind) -> Result<Vec<Vec<f32>>, EmbedError> {
            if texts.contains(&"fails") {
                return Err(EmbedError::Unavailable("away".into()));
            }
            self.asked.lock().unwrap().extend(texts.iter().map(|text| (*text).to_owned()));
            Ok(texts.iter().map(|text| vec![text.len() as f32, 0.5]).collect())
        }
    }

    struct Case {
        folder: TempDir,
        counting: Arc<Counting>,
    }

    impl Case {
        fn new() -> Self {
            let counting = Arc::new(Counting { asked: Mutex::default() });
            Self { folder: tempfile::tempdir().unwrap(), counting }
        }

        fn open(&self) -> Cached {
            Cached::over(self.counting.clone(), self.folder.path(), 1, 2)
        }

        fn asked(&self) -> Vec<String> {
            std::mem::take(&mut self.counting.asked.lock().unwrap())
        }

        fn file(&self) -> PathBuf {
            fs::read_dir(self.folder.path()).unwrap().next().unwrap().unwrap().path()
        }
    }

    fn lengths(cached: &Cached, texts: &[&str], kind: TextKind) -> Vec<f32> {
        cached.embed(texts, kind).unwrap().iter().map(|vector| vector[0]).collect()
    }

    #[test]
    fn a_passage_is_made_once_and_a_restart_does_not_change_that() {
        let case = Case::new();
        let cached = case.open();
        assert_eq!(lengths(&cached, &["abc", "a", "abc", "ab"], TextKind::Passage), [3.0, 1.0, 3.0, 2.0]);
        assert_eq!(case.asked(), ["a", "ab", "abc"]);
        drop(cached);
        let cached = case.open();
        assert_eq!(lengths(&cached, &["ab", "abcd", "abc"], TextKind::Passage), [2.0, 4.0, 3.0]);
        assert_eq!(case.asked(), ["abcd"]);
    }

    #[test]
    fn questions_stay_in_memory_and_are_no_passages() {
        let case = Case::new();
        let cached = case.open();
        lengths(&cached, &["abc"], TextKind::Query);
        lengths(&cached, &["abc"], TextKind::Query);
        assert_eq!(case.asked(), ["abc"]);
        lengths(&cached, &["abc"], TextKind::Passage);
        assert_eq!(case.asked(), ["abc"]);
        let many: Vec<String> = (0..QUESTIONS).map(|index| format!("question {index}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        lengths(&cached, &many, TextKind::Query);
        case.asked();
        lengths(&cached, &["abc", many[9]], TextKind::Query);
        assert_eq!(case.asked(), ["abc"]);
    }

    #[test]
    fn what_was_made_before_a_failure_is_kept() {
        let case = Case::new();
        let cached = case.open();
        let failed = cached.embed(&["a", "b", "fails", "abcdefgh"], TextKind::Passage);
        assert_eq!(failed, Err(EmbedError::Unavailable("away".into())));
        assert_eq!(case.asked(), ["a", "b"]);
        assert_eq!(lengths(&cached, &["a", "b"], TextKind::Passage), [1.0, 1.0]);
        assert_eq!(case.asked(), Vec::<String>::new());
    }

    #[test]
    fn a_torn_tail_is_cut_off_and_a_spoilt_record_is_made_again() {
        let case = Case::new();
        lengths(&case.open(), &["a", "ab"], TextKind::Passage);
        case.asked();
        let mut bytes = fs::read(case.file()).unwrap();
        let record = record_length(2) as usize;
        let whole = bytes.len();
        bytes[whole - 2 * record + KEY + CHECK + 1] ^= 1;
        bytes.extend_from_slice(&[7; 9]);
        fs::write(case.file(), &bytes).unwrap();
        let cached = case.open();
        assert_eq!(fs::metadata(case.file()).unwrap().len(), whole as u64);
        assert_eq!(lengths(&cached, &["a", "ab", "abc"], TextKind::Passage), [1.0, 2.0, 3.0]);
        assert_eq!(case.asked(), ["a", "abc"]);
        drop(cached);
        assert_eq!(lengths(&case.open(), &["a", "ab", "abc"], TextKind::Passage), [1.0, 2.0, 3.0]);
        assert_eq!(case.asked(), Vec::<String>::new());
        fs::write(case.file(), "something else").unwrap();
        assert_eq!(lengths(&case.open(), &["a"], TextKind::Passage), [1.0]);
        assert_eq!(case.asked(), ["a"]);
    }

    #[test]
    fn the_file_does_not_grow_beyond_its_bound() {
        let case = Case::new();
        let mut records = Records::open(case.folder.path(), "x", 2, 10 * record_length(2)).unwrap();
        let vector = |number: u8| (key(&number.to_string()), vec![f32::from(number), 0.0]);
        for number in 0..25 {
            records.append(&[vector(number)]).unwrap();
            assert!(records.count <= 10);
        }
        assert_eq!(records.get(&vector(24).0), Some(vec![24.0, 0.0]));
        assert_eq!(records.get(&vector(21).0), Some(vec![21.0, 0.0]));
        assert_eq!(records.get(&vector(3).0), None);
        assert!(fs::metadata(&records.path).unwrap().len() <= records.header + 10 * record_length(2));
    }

    #[test]
    fn a_second_process_goes_without_the_file() {
        let case = Case::new();
        let first = case.open();
        let second = case.open();
        assert!(first.passages.is_some() && second.passages.is_none());
        assert_eq!(lengths(&second, &["a"], TextKind::Passage), [1.0]);
    }
}
