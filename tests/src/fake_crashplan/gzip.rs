//! Owns the gzip encoding of a run of zero bytes (RFC 1951 and 1952). It compresses nothing else.

/// A valid gzip member that unpacks to at least `length` zero bytes: `length` rounded up to 1 + a multiple
/// of 258, the longest match that deflate knows.
pub(super) fn zeros(length: usize) -> Vec<u8> {
    let matches = length.saturating_sub(1).div_ceil(258);
    let unpacked = 1 + matches * 258;
    let mut member = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    member.extend(deflated(matches));
    member.extend(crc32_of_zeros(unpacked).to_le_bytes());
    let modulo = u32::try_from(unpacked & 0xffff_ffff).expect("masked to 32 bits");
    member.extend(modulo.to_le_bytes());
    member
}

/// One final block of fixed codes: a zero byte, then `matches` copies of the 258 bytes at distance 1.
fn deflated(matches: usize) -> Vec<u8> {
    let mut bits = Bits::default();
    bits.push("110");
    bits.push("00110000");
    for _ in 0..matches {
        bits.push("1100010100000");
    }
    bits.push("0000000");
    bits.bytes
}

/// Collects bits, the first one into the lowest place of the first byte.
#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    used: u32,
}

impl Bits {
    fn push(&mut self, bits: &str) {
        for bit in bits.bytes() {
            if self.used.is_multiple_of(8) {
                self.bytes.push(0);
            }
            if let Some(last) = self.bytes.last_mut() {
                *last |= (bit - b'0') << (self.used % 8);
            }
            self.used += 1;
        }
    }
}

fn crc32_of_zeros(length: usize) -> u32 {
    let table: [u32; 256] = std::array::from_fn(table_entry);
    let mut crc = u32::MAX;
    for _ in 0..length {
        crc = (crc >> 8) ^ table[usize::from(crc.to_le_bytes()[0])];
    }
    !crc
}

fn table_entry(index: usize) -> u32 {
    let index = u32::try_from(index).expect("the table has 256 entries");
    (0..8).fold(index, |crc, _| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_that_of_the_standard() {
        assert_eq!(crc32_of_zeros(4), 0x2144_df1c);
    }

    #[test]
    fn a_bomb_is_a_hundred_and_fifty_times_smaller_than_what_it_unpacks_to() {
        assert!(zeros(10 << 20).len() < (10 << 20) / 150);
    }
}
