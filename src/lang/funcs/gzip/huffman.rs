//! Blocks of DEFLATE: stored, with the fixed codes, or with codes of their own, whichever is shortest.

/// A byte, or a repetition of earlier text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// A byte as it is.
    Literal(u8),
    /// `length` bytes that stood `distance` bytes before.
    Match { length: usize, distance: usize },
}

const END: usize = 256;
const LITERALS: usize = 286;
const DISTANCES: usize = 30;
/// The order in which lengths of the codes for code lengths are written.
const ORDER: [usize; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/// A code for a symbol: its bits, first one lowest, and their number.
type Code = (u64, u32);

/// Symbol, number of further bits, and these bits, for a length of a match.
fn length_symbol(length: usize) -> (usize, u32, usize) {
    if length == 258 {
        return (285, 0, 0);
    }
    let n = length.saturating_sub(3);
    if n < 8 {
        return (257 + n, 0, 0);
    }
    let more = n.ilog2() - 2;
    let group = usize::try_from(more).unwrap_or_default();
    (257 + 4 * group + (n >> more), more, n & ((1 << more) - 1))
}

/// As [`length_symbol`], for a distance.
fn distance_symbol(distance: usize) -> (usize, u32, usize) {
    let n = distance.saturating_sub(1);
    if n < 4 {
        return (n, 0, 0);
    }
    let more = n.ilog2() - 1;
    let group = usize::try_from(more).unwrap_or_default();
    (2 * group + (n >> more), more, n & ((1 << more) - 1))
}

/// Bits of a stream.
#[derive(Default)]
pub(super) struct Bits {
    out: Vec<u8>,
    pending: u64,
    count: u32,
}

impl Bits {
    fn write(&mut self, bits: u64, count: u32) {
        self.pending |= bits << self.count;
        self.count += count;
        while self.count >= 8 {
            self.out.push(self.pending.to_le_bytes()[0]);
            self.pending >>= 8;
            self.count -= 8;
        }
    }

    fn number(&mut self, n: usize, count: u32) {
        self.write(u64::try_from(n).unwrap_or_default(), count);
    }

    fn code(&mut self, code: Code) {
        self.write(code.0, code.1);
    }

    fn align(&mut self) {
        if self.count > 0 {
            self.write(0, 8 - self.count);
        }
    }

    /// A block of at most 65,535 bytes as they are.
    pub(super) fn stored(&mut self, bytes: &[u8], last: bool) {
        self.write(u64::from(last), 3);
        self.align();
        self.number(bytes.len(), 16);
        self.number(!bytes.len() & 0xffff, 16);
        self.out.extend_from_slice(bytes);
    }

    /// A block of tokens; `source` is the text that they stand for, where it is still known.
    pub(super) fn block(&mut self, tokens: &[Token], source: Option<&[u8]>) {
        let counts = Counts::of(tokens);
        let own = Codes::of(&counts);
        let header = Header::of(&own, &counts);
        let fixed = Codes::fixed();
        let stored = source.filter(|s| s.len() <= 0xffff);
        // What the further bits of matches take is the same with all codes.
        let extra = if stored.is_some() { counts.extra_bits(tokens) } else { 0 };
        let fixed_size = 3 + fixed.size(&counts) + extra;
        let own_size = header.size() + own.size(&counts) + extra;
        let size = fixed_size.min(own_size);
        if let Some(bytes) = stored
            && (bytes.len() + 5) * 8 < size
        {
            self.stored(bytes, false);
            return;
        }
        if own_size < fixed_size {
            header.write(self);
            self.tokens(tokens, &own);
        } else {
            self.write(0b010, 3);
            self.tokens(tokens, &fixed);
        }
    }

    fn tokens(&mut self, tokens: &[Token], codes: &Codes) {
        for token in tokens {
            match *token {
                Token::Literal(byte) => self.code(codes.literals[usize::from(byte)]),
                Token::Match { length, distance } => {
                    let (symbol, count, more) = length_symbol(length);
                    self.code(codes.literals[symbol]);
                    self.number(more, count);
                    let (symbol, count, more) = distance_symbol(distance);
                    self.code(codes.distances[symbol]);
                    self.number(more, count);
                }
            }
        }
        self.code(codes.literals[END]);
    }

    /// All bytes.
    pub(super) fn finish(mut self) -> Vec<u8> {
        self.align();
        self.out
    }
}

/// How often each symbol is there.
struct Counts {
    literals: [u64; LITERALS],
    distances: [u64; DISTANCES],
    /// How many symbols have to be described.
    literals_used: usize,
    distances_used: usize,
}

impl Counts {
    fn of(tokens: &[Token]) -> Counts {
        let (mut literals, mut distances) = ([0; LITERALS], [0; DISTANCES]);
        for token in tokens {
            match *token {
                Token::Literal(byte) => literals[usize::from(byte)] += 1,
                Token::Match { length, distance } => {
                    literals[length_symbol(length).0] += 1;
                    distances[distance_symbol(distance).0] += 1;
                }
            }
        }
        literals[END] += 1;
        let used = |counts: &[u64]| counts.iter().rposition(|n| *n > 0).map_or(0, |last| last + 1);
        // A tree needs one symbol at least.
        if used(&distances) == 0 {
            distances[0] = 1;
        }
        Counts {
            literals_used: used(&literals),
            distances_used: used(&distances),
            literals,
            distances,
        }
    }

    fn extra_bits(&self, tokens: &[Token]) -> usize {
        let of = |token: &Token| match *token {
            Token::Literal(_) => 0,
            Token::Match { length, distance } => length_symbol(length).1 + distance_symbol(distance).1,
        };
        tokens.iter().map(|t| usize::try_from(of(t)).unwrap_or_default()).sum()
    }
}

struct Codes {
    literals: Vec<Code>,
    distances: Vec<Code>,
}

impl Codes {
    fn of(counts: &Counts) -> Codes {
        Codes {
            literals: codes(&counts.literals, 15),
            distances: codes(&counts.distances, 15),
        }
    }

    /// The codes that every reader knows.
    fn fixed() -> Codes {
        let literal = |symbol: u64| match symbol {
            0..144 => (symbol + 0x30, 8),
            144..256 => (symbol - 144 + 0x190, 9),
            256..280 => (symbol - 256, 7),
            _ => (symbol - 280 + 0xc0, 8),
        };
        Codes {
            literals: (0..288).map(|symbol| reversed(literal(symbol))).collect(),
            distances: (0..30).map(|symbol| reversed((symbol, 5))).collect(),
        }
    }

    fn size(&self, counts: &Counts) -> usize {
        size(&self.literals, &counts.literals) + size(&self.distances, &counts.distances)
    }
}

fn size(codes: &[Code], counts: &[u64]) -> usize {
    let bits = codes
        .iter()
        .zip(counts)
        .map(|(code, count)| u64::from(code.1) * count)
        .sum::<u64>();
    usize::try_from(bits).unwrap_or(usize::MAX)
}

fn reversed((bits, count): Code) -> Code {
    match count {
        0 => (0, 0),
        _ => (bits.reverse_bits() >> (64 - count), count),
    }
}

/// Codes for symbols by how often they are there, none longer than a limit.
fn codes(counts: &[u64], limit: usize) -> Vec<Code> {
    let mut out = vec![(0, 0); counts.len()];
    let mut used: Vec<usize> = (0..counts.len()).filter(|i| counts[*i] > 0).collect();
    if used.len() <= 2 {
        for (bits, symbol) in (0..).zip(used) {
            out[symbol] = (bits, 1);
        }
        return out;
    }
    used.sort_by_key(|symbol| (counts[*symbol], *symbol));
    let weights: Vec<u64> = used.iter().map(|symbol| counts[*symbol]).collect();
    let mut code = 0u64;
    for (length, many) in (1..).zip(lengths(&weights, limit)) {
        code <<= 1;
        // The most frequent of those left have the shortest codes, in the order of the symbols.
        let mut chunk = used.split_off(used.len().saturating_sub(many));
        chunk.sort_unstable();
        for symbol in chunk {
            out[symbol] = reversed((code, length));
            code += 1;
        }
    }
    out
}

/// One row of the table from which lengths are read: a list of symbols and of pairs of the row below, by weight.
#[derive(Clone, Default)]
struct Row {
    /// Weight of the newest item.
    last: u64,
    /// Weight of the next symbol and of the next pair; none left is the highest number.
    next_symbol: u64,
    next_pair: u64,
    /// How many items are still to be made.
    needed: usize,
    /// How many symbols are to the left of the newest item in this row and, through its pairs, in the rows below.
    symbols: Vec<usize>,
}

/// How many codes there are of 1, 2, 3… bits: the boundary form of package merge, which makes only the items that count.
/// Of equally good answers it gives that of Go's library, which takes a pair before a symbol of the same weight.
fn lengths(weights: &[u64], limit: usize) -> Vec<usize> {
    let limit = limit.min(weights.len() - 1);
    let weight = |i: usize| weights.get(i).copied().unwrap_or(u64::MAX);
    let mut rows: Vec<Row> = (0..=limit + 1)
        .map(|level| {
            let mut symbols = vec![0; limit + 2];
            symbols[level] = 2;
            Row {
                last: weight(1),
                next_symbol: weight(2),
                next_pair: if level == 1 { u64::MAX } else { weight(0) + weight(1) },
                needed: 0,
                symbols,
            }
        })
        .collect();
    rows[0].needed = 0;
    rows[limit].needed = 2 * weights.len() - 4;
    let mut level = limit;
    loop {
        let row = &rows[level];
        if row.next_pair == u64::MAX && row.next_symbol == u64::MAX {
            // Nothing is left for this row; no pair comes from it any more.
            rows[level].needed = 0;
            rows[level + 1].next_pair = u64::MAX;
            level += 1;
            continue;
        }
        let earlier = row.last;
        if row.next_symbol < row.next_pair {
            let row = &mut rows[level];
            row.symbols[level] += 1;
            row.last = row.next_symbol;
            row.next_symbol = weight(row.symbols[level]);
        } else {
            let below: Vec<usize> = rows[level - 1].symbols.iter().take(level).copied().collect();
            rows[level - 1].needed = 2;
            let row = &mut rows[level];
            row.last = row.next_pair;
            row.symbols.splice(..level, below);
        }
        rows[level].needed -= 1;
        if rows[level].needed > 0 {
            // What a pair was taken from is made again first.
            while rows[level - 1].needed > 0 {
                level -= 1;
            }
            continue;
        }
        if level == limit {
            break;
        }
        rows[level + 1].next_pair = earlier + rows[level].last;
        level += 1;
    }
    let symbols = &rows[limit].symbols;
    (1..=limit)
        .rev()
        .map(|level| symbols[level] - if level == 1 { 0 } else { symbols[level - 1] })
        .collect()
}

/// The beginning of a block with codes of its own: the lengths of all codes, themselves in a code.
struct Header {
    /// Symbol, and the bits behind it.
    steps: Vec<(usize, usize)>,
    codes: Vec<Code>,
    counts: [u64; 19],
    written: usize,
    literals_used: usize,
    distances_used: usize,
}

impl Header {
    fn of(own: &Codes, counts: &Counts) -> Header {
        let of = |codes: &[Code], used: usize| -> Vec<u32> { codes.iter().take(used).map(|code| code.1).collect() };
        let mut all = of(&own.literals, counts.literals_used);
        all.extend(of(&own.distances, counts.distances_used));
        let steps = run_lengths(&all);
        let mut step_counts = [0; 19];
        for (symbol, _) in &steps {
            step_counts[*symbol] += 1;
        }
        let last = ORDER.iter().rposition(|symbol| step_counts[*symbol] > 0).unwrap_or(0);
        Header {
            codes: codes(&step_counts, 7),
            written: (last + 1).max(4),
            steps,
            counts: step_counts,
            literals_used: counts.literals_used,
            distances_used: counts.distances_used,
        }
    }

    fn size(&self) -> usize {
        let behind: usize = self
            .steps
            .iter()
            .map(|(symbol, _)| bits_behind(*symbol))
            .map(to_usize)
            .sum();
        3 + 5 + 5 + 4 + 3 * self.written + size(&self.codes, &self.counts) + behind
    }

    fn write(&self, bits: &mut Bits) {
        bits.write(0b100, 3);
        bits.number(self.literals_used - 257, 5);
        bits.number(self.distances_used - 1, 5);
        bits.number(self.written - 4, 4);
        for symbol in ORDER.iter().take(self.written) {
            bits.write(u64::from(self.codes[*symbol].1), 3);
        }
        for (symbol, behind) in &self.steps {
            bits.code(self.codes[*symbol]);
            bits.number(*behind, bits_behind(*symbol));
        }
    }
}

fn to_usize(n: u32) -> usize {
    usize::try_from(n).unwrap_or_default()
}

fn bits_behind(symbol: usize) -> u32 {
    match symbol {
        16 => 2,
        17 => 3,
        18 => 7,
        _ => 0,
    }
}

/// Lengths with repetitions said shortly: 16 repeats the one before, 17 and 18 are zeros.
fn run_lengths(all: &[u32]) -> Vec<(usize, usize)> {
    let mut out = Vec::new();
    for run in all.chunk_by(|a, b| a == b) {
        let Some(length) = run.first().copied().map(to_usize) else {
            continue;
        };
        let mut count = run.len();
        if length == 0 {
            while count >= 11 {
                let n = count.min(138);
                out.push((18, n - 11));
                count -= n;
            }
            if count >= 3 {
                out.push((17, count - 3));
                count = 0;
            }
        } else {
            out.push((length, 0));
            count -= 1;
            while count >= 3 {
                let n = count.min(6);
                out.push((16, n - 3));
                count -= n;
            }
        }
        out.extend(std::iter::repeat_n((length, 0), count));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_of_lengths_and_distances() {
        for (length, want) in [
            (3, (257, 0, 0)),
            (10, (264, 0, 0)),
            (11, (265, 1, 0)),
            (13, (266, 1, 0)),
            (257, (284, 5, 30)),
            (258, (285, 0, 0)),
        ] {
            assert_eq!(length_symbol(length), want, "{length}");
        }
        for (distance, want) in [(1, (0, 0, 0)), (5, (4, 1, 0)), (32768, (29, 13, 8191))] {
            assert_eq!(distance_symbol(distance), want, "{distance}");
        }
    }

    #[test]
    fn frequent_symbols_have_short_codes() {
        let lengths_of = |counts: &[u64], limit| codes(counts, limit).iter().map(|c| c.1).collect::<Vec<_>>();
        assert_eq!(lengths_of(&[0, 5, 0, 1], 15), [0, 1, 0, 1]);
        assert_eq!(lengths_of(&[8, 4, 2, 1, 1], 15), [1, 2, 3, 4, 4]);
        assert_eq!(lengths_of(&[8, 4, 2, 1, 1], 3), [1, 3, 3, 3, 3]);
    }
}
