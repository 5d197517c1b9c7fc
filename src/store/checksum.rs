//! Checksums of rows, so that a flipped bit or a lost row is noticed: SQLite itself checks only the shape of its
//! pages. Against accidents, not against attackers.

/// A checksum in the making: FNV-1a over words of eight bytes. Each step is a bijection of the sum so far and of
/// the word, so that any change within one word always changes the result.
#[derive(Clone, Copy)]
pub(super) struct Checksum(u64);

impl Checksum {
    pub(super) fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    fn word(&mut self, word: u64) {
        self.0 = (self.0 ^ word).wrapping_mul(0x0000_0100_0000_01b3).rotate_left(23);
    }

    /// Adds a number.
    pub(super) fn int(mut self, n: i64) -> Self {
        self.word(n.cast_unsigned());
        self
    }

    /// Adds a text and its length, so that the border between two texts counts.
    pub(super) fn text(mut self, text: &str) -> Self {
        self.word(text.len() as u64);
        let (words, rest) = text.as_bytes().as_chunks::<8>();
        for word in words {
            self.word(u64::from_le_bytes(*word));
        }
        let mut last = [0; 8];
        for (to, from) in last.iter_mut().zip(rest) {
            *to = *from;
        }
        self.word(u64::from_le_bytes(last));
        self
    }

    /// Adds a text that may be missing.
    pub(super) fn option(self, text: Option<&str>) -> Self {
        match text {
            Some(text) => self.int(1).text(text),
            None => self.int(0),
        }
    }

    /// The sum as a column holds it.
    pub(super) fn finish(self) -> i64 {
        self.0.cast_signed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flipped_bit_shows() {
        let text = "{\"id\":\"orders-to-oss\",\"n\":17}";
        let sum = Checksum::new().text(text).finish();
        for at in 0..text.len() {
            for bit in 0..7 {
                let mut bytes = text.as_bytes().to_vec();
                bytes[at] ^= 1 << bit;
                let other = String::from_utf8(bytes).expect("ASCII stays ASCII");
                assert_ne!(Checksum::new().text(&other).finish(), sum, "{other}");
            }
        }
    }

    #[test]
    fn borders_between_texts_show() {
        let sum = |a: &str, b: &str| Checksum::new().text(a).text(b).finish();
        assert_ne!(sum("ab", "c"), sum("a", "bc"));
        assert_ne!(sum("", "a"), sum("a", ""));
        assert_ne!(sum("a\0", ""), sum("a", ""));
        assert_ne!(
            Checksum::new().option(None).finish(),
            Checksum::new().option(Some("")).finish()
        );
    }

    #[test]
    fn the_sum_never_changes_between_versions() {
        assert_eq!(Checksum::new().finish(), -3_750_763_034_362_895_579);
        assert_eq!(Checksum::new().int(5).text("state").finish(), 3_045_393_767_085_142_680);
    }
}
