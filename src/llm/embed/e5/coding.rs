//! How numbers stand in weight files, and how they become `f32`. Knows bytes; nothing of files and of what the numbers
//! mean.

use half::{bf16, f16};

/// Numbers that a block of [`Coding::Q4`] holds.
const BLOCK: usize = 32;

/// Bytes of such a block: a scale and two numbers a byte.
const BLOCK_BYTES: usize = 2 + BLOCK / 2;

/// How numbers are written; little-endian.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Coding {
    /// 32 bits.
    F32,
    /// 16 bits, IEEE.
    F16,
    /// The upper 16 bits of 32.
    Bf16,
    /// GGML's Q4_0: blocks of 32 numbers, each four bits less 8, times the block's `f16` scale; the low halves of the
    /// bytes are its first 16 numbers.
    Q4,
}

impl Coding {
    /// Bytes of `count` numbers; `None` if there is no such number of them.
    pub(super) fn bytes(self, count: usize) -> Option<usize> {
        match self {
            Self::F32 => count.checked_mul(4),
            Self::F16 | Self::Bf16 => count.checked_mul(2),
            Self::Q4 => count.is_multiple_of(BLOCK).then(|| (count / BLOCK).checked_mul(BLOCK_BYTES))?,
        }
    }

    /// The numbers that `bytes` hold: as many as `out` has room for and there are.
    pub(super) fn decode(self, bytes: &[u8], out: &mut [f32]) {
        match self {
            Self::F32 => {
                for (number, bytes) in out.iter_mut().zip(bytes.as_chunks().0) {
                    *number = f32::from_le_bytes(*bytes);
                }
            }
            Self::F16 => {
                for (number, bytes) in out.iter_mut().zip(bytes.as_chunks().0) {
                    *number = f16::from_le_bytes(*bytes).to_f32();
                }
            }
            Self::Bf16 => {
                for (number, bytes) in out.iter_mut().zip(bytes.as_chunks().0) {
                    *number = bf16::from_le_bytes(*bytes).to_f32();
                }
            }
            Self::Q4 => {
                let blocks = bytes.as_chunks::<BLOCK_BYTES>().0;
                for (numbers, block) in out.as_chunks_mut::<BLOCK>().0.iter_mut().zip(blocks) {
                    let scale = f16::from_le_bytes([block[0], block[1]]).to_f32();
                    let (low, high) = numbers.split_at_mut(BLOCK / 2);
                    for ((low, high), pair) in low.iter_mut().zip(high).zip(&block[2..]) {
                        *low = (f32::from(pair & 0x0f) - 8.0) * scale;
                        *high = (f32::from(pair >> 4) - 8.0) * scale;
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_bits_are_read_as_they_are_laid_out() {
        let mut block = f16::from_f32(0.5).to_le_bytes().to_vec();
        block.extend((0..16_u8).map(|at| at | ((15 - at) << 4)));
        let mut numbers = [0.0; 32];
        Coding::Q4.decode(&block, &mut numbers);
        assert_eq!((numbers[0], numbers[15]), (-4.0, 3.5));
        assert_eq!((numbers[16], numbers[31]), (3.5, -4.0));
        assert_eq!(Coding::Q4.bytes(64), Some(36));
        assert_eq!(Coding::Q4.bytes(33), None);
        assert_eq!(Coding::F32.bytes(usize::MAX), None);
    }

    #[test]
    fn halves_are_read() {
        let mut numbers = [0.0; 2];
        let halves = [f16::from_f32(1.5), f16::from_f32(-2.0)].map(f16::to_le_bytes).concat();
        Coding::F16.decode(&halves, &mut numbers);
        assert_eq!(numbers, [1.5, -2.0]);
        let halves = [bf16::from_f32(1.5), bf16::from_f32(-2.0)].map(bf16::to_le_bytes).concat();
        Coding::Bf16.decode(&halves, &mut numbers);
        assert_eq!(numbers, [1.5, -2.0]);
    }
}
