//! `base64gzip`: text compressed with gzip. There are many streams for one text; this makes the one that Go's library makes
//! (level 6, a flush before the end), so that a value stays what Terraform once stored. Finds repeated text; writing bits is
//! done by [`huffman`].

mod huffman;

use super::{CallContext, Function, FunctionResult, Param, str_at, string_type};
use crate::base::Value;
use base64::Engine;
use huffman::{Bits, Token};

pub(super) static FUNCTIONS: &[Function] = &[Function::new(
    "base64gzip",
    "Text compressed with gzip, in Base64.",
    &[Param::string("str")],
    string_type,
    base64gzip,
)];

fn base64gzip(args: &[Value], _: &CallContext<'_>) -> FunctionResult {
    let packed = gzip(str_at(args, 0).as_bytes());
    Ok(Value::string(base64::engine::general_purpose::STANDARD.encode(packed)))
}

/// A gzip file with one member, without name and time.
fn gzip(data: &[u8]) -> Vec<u8> {
    let mut out = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
    let mut bits = Bits::default();
    Matcher::new(data).run(&mut bits);
    bits.stored(&[], false);
    bits.stored(&[], true);
    out.extend(bits.finish());
    out.extend(crc32(data).to_le_bytes());
    // The length modulo 2^32, as the format has it.
    let length = u64::try_from(data.len()).unwrap_or(u64::MAX);
    out.extend(length.to_le_bytes().iter().take(4));
    out
}

fn crc32(data: &[u8]) -> u32 {
    !data.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (0xedb8_8320 & 0u32.wrapping_sub(crc & 1))
        })
    })
}

const WINDOW: usize = 1 << 15;
const MATCH_MIN: usize = 4;
const MATCH_MAX: usize = 258;
const BLOCK_TOKENS: usize = 1 << 14;
const HASH_BITS: u32 = 17;
/// A match of this length is worth no second look.
const LAZY: usize = 16;
/// A match of this length ends the search.
const NICE: usize = 128;
/// How many earlier places are looked at.
const CHAIN: usize = 128;
const NOWHERE: usize = usize::MAX;

/// Finds text that stood before.
struct Matcher<'a> {
    data: &'a [u8],
    /// Where text of a hash stood last.
    heads: Vec<usize>,
    /// Where text of the same hash stood before, by position in the window.
    before: Vec<usize>,
    /// The beginning of what is remembered; moves in steps of a window.
    base: usize,
    /// How far text has been taken in.
    taken: usize,
    tokens: Vec<Token>,
    /// Where the block begins; none when it is longer than what is remembered.
    block: Option<usize>,
}

impl<'a> Matcher<'a> {
    fn new(data: &'a [u8]) -> Self {
        Matcher {
            data,
            heads: vec![NOWHERE; 1 << HASH_BITS],
            before: vec![NOWHERE; WINDOW],
            base: 0,
            taken: data.len().min(2 * WINDOW),
            tokens: Vec::new(),
            block: Some(0),
        }
    }

    fn byte(&self, at: usize) -> u8 {
        self.data.get(at).copied().unwrap_or_default()
    }

    /// Remembers a place; gives the one before with the same hash.
    fn remember(&mut self, at: usize) -> usize {
        let word = (at..at + MATCH_MIN).fold(0u32, |word, i| word << 8 | u32::from(self.byte(i)));
        let slot = usize::try_from(word.wrapping_mul(0x1e35_a7bd) >> (32 - HASH_BITS)).unwrap_or_default();
        let earlier = std::mem::replace(&mut self.heads[slot], at);
        self.before[at % WINDOW] = earlier;
        earlier
    }

    /// Whether text of the shortest length for a match begins at a place.
    fn is_hashable(&self, at: usize) -> bool {
        at + MATCH_MIN <= self.taken
    }

    fn run(&mut self, bits: &mut Bits) {
        let mut at = 0;
        let mut head = NOWHERE;
        // The match of the byte before, which is taken unless the one here is longer.
        let (mut length, mut distance) = (MATCH_MIN - 1, 0);
        let mut pending = false;
        loop {
            self.take_in(at);
            let ahead = self.taken - at;
            if ahead == 0 {
                break;
            }
            if self.is_hashable(at) {
                head = self.remember(at);
            }
            let (earlier_length, earlier_distance) = (length, distance);
            (length, distance) = (MATCH_MIN - 1, 0);
            let oldest = at.saturating_sub(WINDOW).max(self.base);
            if head != NOWHERE && head >= oldest && ahead > earlier_length && earlier_length < LAZY {
                (length, distance) = self.longest(at, head, ahead).unwrap_or((length, distance));
            }
            if earlier_length >= MATCH_MIN && length <= earlier_length {
                self.tokens.push(Token::Match {
                    length: earlier_length,
                    distance: earlier_distance,
                });
                let end = at + earlier_length - 1;
                for i in at + 1..end {
                    if self.is_hashable(i) {
                        self.remember(i);
                    }
                }
                at = end;
                pending = false;
                length = MATCH_MIN - 1;
                self.write_full_block(at, bits);
            } else {
                if pending {
                    self.tokens.push(Token::Literal(self.byte(at - 1)));
                    self.write_full_block(at, bits);
                }
                at += 1;
                pending = true;
            }
        }
        if pending {
            self.tokens.push(Token::Literal(self.byte(at - 1)));
        }
        if !self.tokens.is_empty() {
            self.write_block(at, bits);
        }
    }

    /// Takes in more text when what is left of it could cut a match short, and forgets the oldest.
    fn take_in(&mut self, at: usize) {
        while self.taken < self.data.len() && self.taken - at < MATCH_MIN + MATCH_MAX {
            if at - self.base >= 2 * WINDOW - (MATCH_MIN + MATCH_MAX) {
                self.base += WINDOW;
                self.block = self.block.filter(|begin| *begin >= self.base);
            }
            self.taken = self.data.len().min(self.base + 2 * WINDOW);
        }
    }

    /// Length and distance of the longest match.
    fn longest(&self, at: usize, head: usize, ahead: usize) -> Option<(usize, usize)> {
        let limit = ahead.min(MATCH_MAX);
        let nice = limit.min(NICE);
        let mut best = None;
        let mut length = MATCH_MIN - 1;
        let mut earlier = head;
        for _ in 0..CHAIN {
            if self.byte(earlier + length) == self.byte(at + length) {
                let n = (0..limit)
                    .take_while(|i| self.byte(earlier + i) == self.byte(at + i))
                    .count();
                // A short match from far away costs more than its bytes.
                if n > length && (n > MATCH_MIN || at - earlier <= 4096) {
                    length = n;
                    best = Some((n, at - earlier));
                    if n >= nice {
                        break;
                    }
                }
            }
            if at - earlier == WINDOW {
                break;
            }
            earlier = self.before[earlier % WINDOW];
            if earlier == NOWHERE || earlier < self.base || at - earlier > WINDOW {
                break;
            }
        }
        best
    }

    fn write_full_block(&mut self, end: usize, bits: &mut Bits) {
        if self.tokens.len() == BLOCK_TOKENS {
            self.write_block(end, bits);
        }
    }

    fn write_block(&mut self, end: usize, bits: &mut Bits) {
        let source = self.block.and_then(|begin| self.data.get(begin..end));
        bits.block(&self.tokens, source);
        self.tokens.clear();
        self.block = Some(end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packed(text: &str) -> String {
        base64::engine::general_purpose::STANDARD.encode(gzip(text.as_bytes()))
    }

    #[test]
    fn streams_are_those_of_go() {
        for (text, want) in [
            ("", "H4sIAAAAAAAA/wAAAP//AQAA//8AAAAAAAAAAA=="),
            ("hello", "H4sIAAAAAAAA/8pIzcnJBwAAAP//AQAA//+GphA2BQAAAA=="),
        ] {
            assert_eq!(packed(text), want, "{text}");
        }
        assert_eq!(packed(&"a".repeat(56)), "H4sIAAAAAAAA/0okEwAAAAD//wEAAP//Nw15eTgAAAA=");
    }
}
