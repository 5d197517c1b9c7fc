//! Inputs made from inputs: bytes, pieces and words changed, moved, doubled and cut. The same number makes the same input.

/// A small generator of numbers; the quality of chance does not matter here, only that it can be repeated.
pub(super) struct Chance(u64);

impl Chance {
    pub(super) fn new(seed: u64) -> Self {
        Chance(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// Below `n`, which is not 0.
    fn below(&mut self, n: usize) -> usize {
        ((self.next() >> 16) % n.max(1) as u64) as usize
    }
}

/// The longest input that is made.
const LONGEST: usize = 16 * 1024;

/// An input: one of the corpus, changed a few times.
pub(super) fn input(seed: u64, corpus: &[Vec<u8>], words: &[&str]) -> Vec<u8> {
    let mut chance = Chance::new(seed);
    let mut data = pick(&mut chance, corpus);
    for _ in 0..=chance.below(6) {
        change(&mut data, &mut chance, corpus, words);
    }
    data.truncate(LONGEST);
    data
}

fn pick(chance: &mut Chance, corpus: &[Vec<u8>]) -> Vec<u8> {
    match corpus.len() {
        0 => Vec::new(),
        n => corpus[chance.below(n)].clone(),
    }
}

fn change(data: &mut Vec<u8>, chance: &mut Chance, corpus: &[Vec<u8>], words: &[&str]) {
    let at = chance.below(data.len() + 1);
    let (from, to) = piece(data.len(), chance);
    match chance.below(12) {
        0 if !data.is_empty() => {
            let at = at.min(data.len() - 1);
            data[at] ^= 1 << chance.below(8);
        }
        1 if !data.is_empty() => {
            let at = at.min(data.len() - 1);
            data[at] = chance.next() as u8;
        }
        2 => drop(data.drain(from..to)),
        3 => {
            let copy = data[from..to].to_vec();
            data.splice(at..at, copy);
        }
        4 => {
            // A piece again and again: nesting and long lists.
            let copy = data[from..to.min(from + 16)].to_vec();
            let times = 1 << chance.below(9);
            let many: Vec<u8> = copy.iter().copied().cycle().take(copy.len() * times).collect();
            data.splice(at..at, many);
        }
        5 => {
            let other = pick(chance, corpus);
            let (from, to) = piece(other.len(), chance);
            data.splice(at..at, other[from..to].iter().copied());
        }
        6 => {
            // The beginning of one with the end of another.
            let other = pick(chance, corpus);
            let from = chance.below(other.len() + 1);
            data.truncate(at);
            data.extend_from_slice(&other[from..]);
        }
        7 => data.truncate(at),
        8 => {
            // A number becomes another number.
            if let Some(digit) = data.iter().position(u8::is_ascii_digit) {
                let numbers: [&[u8]; 6] = [b"0", b"-1", b"255", b"4294967296", b"1e40", b"9223372036854775808"];
                data.splice(digit..=digit, numbers[chance.below(6)].iter().copied());
            }
        }
        _ => {
            if !words.is_empty() {
                let word = words[chance.below(words.len())].as_bytes();
                let times = if chance.below(20) == 0 {
                    1 << chance.below(10)
                } else {
                    1
                };
                data.splice(at..at, word.iter().copied().cycle().take(word.len() * times));
            }
        }
    }
    data.truncate(LONGEST * 2);
}

fn piece(length: usize, chance: &mut Chance) -> (usize, usize) {
    let (a, b) = (chance.below(length + 1), chance.below(length + 1));
    (a.min(b), a.max(b))
}
