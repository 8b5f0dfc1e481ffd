//! A file of weights, of which ranges are read. Never reads beyond its end and never makes room for more than it holds.

use super::coding::Coding;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// Bytes hashed at a time.
const PIECE: u64 = 1 << 20;

/// Weights that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{}: {problem}", file.display())]
pub struct LoadError {
    /// The file or folder.
    pub file: PathBuf,
    /// What is wrong with it, and what to do if something can be done.
    pub problem: String,
}

/// An open file of weights. It stays open: a file that is put in its place later changes nothing.
pub(super) struct WeightFile {
    path: PathBuf,
    file: File,
    length: u64,
}

impl WeightFile {
    /// Opens it.
    pub(super) fn open(path: &Path) -> Result<Self, LoadError> {
        let fault = |error: io::Error| LoadError { file: path.to_path_buf(), problem: error.to_string() };
        let file = File::open(path).map_err(fault)?;
        let metadata = file.metadata().map_err(fault)?;
        if !metadata.is_file() {
            return Err(LoadError { file: path.to_path_buf(), problem: "it is no file".to_owned() });
        }
        Ok(Self { path: path.to_path_buf(), file, length: metadata.len() })
    }

    /// Its bytes.
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// Says what is wrong with it.
    pub(super) fn fault(&self, problem: impl Into<String>) -> LoadError {
        LoadError { file: self.path.clone(), problem: problem.into() }
    }

    /// Says that `what` is not all there.
    pub(super) fn beyond(&self, what: &str) -> LoadError {
        self.fault(format!("{what} would reach beyond the file's end; it is cut off or damaged"))
    }

    /// `length` bytes from `at` on; `what` they are goes into the error.
    pub(super) fn read(&self, at: u64, length: u64, what: &str) -> Result<Vec<u8>, LoadError> {
        let end = at.checked_add(length).filter(|end| *end <= self.length);
        let (Some(_), Ok(length)) = (end, usize::try_from(length)) else {
            return Err(self.beyond(what));
        };
        let mut bytes = vec![0; length];
        self.fill(at, &mut bytes).map_err(|error| self.fault(format!("{what}: {error}")))?;
        Ok(bytes)
    }

    /// Fills `bytes` from `at` on.
    pub(super) fn fill(&self, at: u64, bytes: &mut [u8]) -> io::Result<()> {
        self.file.read_exact_at(bytes, at)
    }

    /// `count` numbers from `at` on.
    pub(super) fn numbers(
        &self,
        at: u64,
        count: usize,
        coding: Coding,
        what: &str,
    ) -> Result<Vec<f32>, LoadError> {
        let bytes =
            coding.bytes(count).ok_or_else(|| self.fault(format!("{what}: {count} numbers do not fit")))?;
        let bytes = self.read(at, bytes as u64, what)?;
        let mut numbers = vec![0.0; count];
        coding.decode(&bytes, &mut numbers);
        Ok(numbers)
    }

    /// Hashes it, `without` a range.
    pub(super) fn hash(&self, without: &Range<u64>, hasher: &mut Sha256) -> Result<(), LoadError> {
        hasher.update(self.length.to_le_bytes());
        for mut range in [0..without.start, without.end..self.length] {
            while range.start < range.end {
                let piece = (range.end - range.start).min(PIECE);
                hasher.update(self.read(range.start, piece, "the file")?);
                range.start += piece;
            }
        }
        Ok(())
    }
}

/// Reads one value after the other.
pub(super) struct Reader<'a> {
    pub(super) file: &'a WeightFile,
    pub(super) at: u64,
}

impl Reader<'_> {
    /// The next `length` bytes.
    pub(super) fn bytes(&mut self, length: u64, what: &str) -> Result<Vec<u8>, LoadError> {
        let bytes = self.file.read(self.at, length, what)?;
        self.at += length;
        Ok(bytes)
    }

    fn array<const N: usize>(&mut self, what: &str) -> Result<[u8; N], LoadError> {
        let bytes = self.bytes(N as u64, what)?;
        bytes.try_into().map_err(|_| self.file.fault(format!("{what} cannot be read")))
    }

    /// The next byte.
    pub(super) fn u8(&mut self, what: &str) -> Result<u8, LoadError> {
        self.array::<1>(what).map(|[byte]| byte)
    }

    /// The next 16 bits.
    pub(super) fn u16(&mut self, what: &str) -> Result<u16, LoadError> {
        self.array(what).map(u16::from_le_bytes)
    }

    /// The next 32 bits.
    pub(super) fn u32(&mut self, what: &str) -> Result<u32, LoadError> {
        self.array(what).map(u32::from_le_bytes)
    }

    /// The next 64 bits.
    pub(super) fn u64(&mut self, what: &str) -> Result<u64, LoadError> {
        self.array(what).map(u64::from_le_bytes)
    }

    /// The next 32 bits as a number with a fraction.
    pub(super) fn f32(&mut self, what: &str) -> Result<f32, LoadError> {
        self.array(what).map(f32::from_le_bytes)
    }

    /// The next `count` numbers of 32 bits.
    pub(super) fn u32s(&mut self, count: u64, what: &str) -> Result<Vec<u32>, LoadError> {
        let bytes = self.bytes(count.saturating_mul(4), what)?;
        Ok(bytes.as_chunks().0.iter().map(|bytes| u32::from_le_bytes(*bytes)).collect())
    }
}
