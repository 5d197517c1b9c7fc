//! Where spaces go: indentation by open brackets, spacing between tokens, and columns of equals signs
//! and comments that stand on consecutive lines.

use super::super::token::TokenKind as T;
use super::Piece;
use std::ops::Range;
use unicode_segmentation::UnicodeSegmentation;

const INDENT: usize = 2;

/// One line in up to three cells, as ranges of pieces: what comes first, an assignment from its equals
/// sign on, and a comment at the end. A heredoc belongs to the line that opens it.
#[derive(Clone, Debug)]
struct Line {
    lead: Range<usize>,
    assign: Range<usize>,
    comment: Range<usize>,
}

/// Sets the spaces before every piece.
pub(super) fn arrange(pieces: &mut [Piece<'_>]) {
    let lines = lines(pieces);
    indent(pieces, &lines);
    space(pieces, &lines);
    align(pieces, &lines);
}

/// How a token changes the number of open brackets.
fn bracket_change(kind: T) -> isize {
    match kind {
        T::OpenBrace | T::OpenBracket | T::OpenParen | T::Interpolation | T::Directive => 1,
        T::CloseBrace | T::CloseBracket | T::CloseParen | T::SequenceEnd => -1,
        _ => 0,
    }
}

fn net_brackets(pieces: &[Piece<'_>]) -> isize {
    pieces.iter().map(|p| bracket_change(p.kind)).sum()
}

fn lines(pieces: &[Piece<'_>]) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut start = 0;
    for (index, piece) in pieces.iter().enumerate() {
        if piece.ends_line() {
            lines.push(line(pieces, start..index + 1));
            start = index + 1;
        }
    }
    if start < pieces.len() {
        lines.push(line(pieces, start..pieces.len()));
    }
    lines
}

fn line(pieces: &[Piece<'_>], range: Range<usize>) -> Line {
    let mut lead = range.clone();
    let mut comment = range.end..range.end;
    if lead.len() > 1 && pieces.get(lead.end - 1).is_some_and(|p| p.kind == T::Comment) {
        lead.end -= 1;
        comment = lead.end..range.end;
    }
    let mut assign = lead.end..lead.end;
    let equals = (lead.start + 1..lead.end).find(|i| pieces.get(*i).is_some_and(|p| p.kind == T::Equal));
    if let Some(equals) = equals {
        // A value that goes on on the next line is not aligned.
        let value = pieces.get(equals..lead.end).unwrap_or(&[]);
        if net_brackets(value) == 0 {
            assign = equals..lead.end;
            lead.end = equals;
        }
    }
    Line { lead, assign, comment }
}

/// Indents each line by the number of lines that opened more brackets than they closed and are not
/// matched yet, so that `foo([{` indents what follows by one level.
fn indent(pieces: &mut [Piece<'_>], lines: &[Line]) {
    let mut levels: Vec<isize> = Vec::new();
    for line in lines {
        let Some(first) = pieces.get(line.lead.start).map(|p| p.kind) else {
            continue;
        };
        // What follows the opening of a heredoc does not count, even a sequence that goes on on the
        // next line: so the layout is the same as that of `terraform fmt`. Brackets of an assignment
        // are balanced.
        let lead = pieces.get(line.lead.clone()).unwrap_or(&[]);
        let heredoc = lead.iter().position(|p| p.kind == T::OpenHeredoc);
        let content = lead.get(..heredoc.unwrap_or(lead.len())).unwrap_or(lead);
        let net = if first == T::Newline { 0 } else { net_brackets(content) };
        let mut closed = -net;
        while closed > 0 {
            let Some(level) = levels.last_mut() else {
                break;
            };
            if closed < *level {
                *level -= closed;
                break;
            }
            closed -= *level;
            levels.pop();
        }
        let spaces = if first == T::Newline { 0 } else { INDENT * levels.len() };
        if let Some(piece) = pieces.get_mut(line.lead.start) {
            piece.spaces = spaces;
        }
        if net > 0 {
            levels.push(net);
        }
    }
}

fn space(pieces: &mut [Piece<'_>], lines: &[Line]) {
    for line in lines {
        for cell in [&line.lead, &line.assign] {
            for index in cell.clone().skip(1) {
                let kind = |i: Option<usize>| {
                    i.filter(|i| cell.contains(i))
                        .and_then(|i| pieces.get(i))
                        .map(|p| p.kind)
                };
                let subject = index - 1;
                let is_in = pieces
                    .get(subject)
                    .is_some_and(|p| p.kind == T::Ident && p.text == "in");
                let before = kind(subject.checked_sub(1));
                let between = match (kind(Some(subject)), kind(Some(index))) {
                    (Some(s), Some(after)) => is_spaced(before, s, is_in, after),
                    _ => false,
                };
                if let Some(piece) = pieces.get_mut(index) {
                    piece.spaces = usize::from(between);
                }
            }
        }
        if !line.assign.is_empty()
            && let Some(equals) = pieces.get_mut(line.assign.start)
        {
            equals.spaces = 1;
        }
    }
}

/// Whether a space stands between two tokens of one cell; `before` is the one before the first.
fn is_spaced(before: Option<T>, subject: T, subject_is_in: bool, after: T) -> bool {
    match (subject, after) {
        (_, T::Newline)
        | (T::Ident, T::OpenParen | T::DoubleColon)
        | (T::DoubleColon, T::Ident)
        | (T::Dot, _)
        | (_, T::Dot | T::Comma | T::Ellipsis) => false,
        (T::Comma, _) => true,
        // Text keeps every space it has, and gets none.
        (T::QuotedText | T::HeredocText | T::OpenQuote | T::OpenHeredoc, _)
        | (_, T::QuotedText | T::HeredocText | T::CloseQuote | T::CloseHeredoc) => false,
        // `for x in [a]` is no index.
        _ if subject_is_in && before == Some(T::Ident) => true,
        (s, T::OpenBracket) if matches!(s, T::Ident | T::Number) || bracket_change(s) < 0 => false,
        (T::Bang, _) => false,
        (T::Minus, _) => !is_negation(before),
        (T::OpenBrace, T::CloseBrace) => false,
        (T::OpenBrace, _) | (_, T::CloseBrace) => true,
        (T::Interpolation | T::Directive, T::OpenBrace) | (T::CloseBrace, T::SequenceEnd) => true,
        (T::SequenceEnd, T::Interpolation | T::Directive) => false,
        (s, a) => bracket_change(s) <= 0 && bracket_change(a) >= 0,
    }
}

/// Whether a minus after this token negates rather than subtracts.
fn is_negation(before: Option<T>) -> bool {
    let Some(before) = before else {
        return true;
    };
    matches!(
        before,
        T::OpenParen
            | T::OpenBrace
            | T::OpenBracket
            | T::Equal
            | T::Colon
            | T::Comma
            | T::Question
            | T::Plus
            | T::Star
            | T::Slash
            | T::Percent
            | T::Minus
            | T::EqualEqual
            | T::NotEqual
            | T::Greater
            | T::GreaterEqual
            | T::Less
            | T::LessEqual
            | T::And
            | T::Or
            | T::Bang
    )
}

fn columns(pieces: &[Piece<'_>], range: &Range<usize>) -> usize {
    pieces
        .get(range.clone())
        .unwrap_or(&[])
        .iter()
        .map(|p| {
            let width = if p.text.is_ascii() {
                // A line break of two characters counts as one.
                p.text.len() - p.text.matches("\r\n").count()
            } else {
                p.text.graphemes(true).count()
            };
            p.spaces + width
        })
        .sum()
}

/// Puts equals signs, then comments, of consecutive lines that have one into one column.
fn align(pieces: &mut [Piece<'_>], lines: &[Line]) {
    align_cell(pieces, lines, |l| &l.assign, |p, l| columns(p, &l.lead));
    align_cell(
        pieces,
        lines,
        |l| &l.comment,
        |p, l| columns(p, &l.lead) + columns(p, &l.assign),
    );
}

fn align_cell(
    pieces: &mut [Piece<'_>],
    lines: &[Line],
    cell: impl Fn(&Line) -> &Range<usize>,
    width: impl Fn(&[Piece<'_>], &Line) -> usize,
) {
    for chain in lines.chunk_by(|a, b| cell(a).is_empty() == cell(b).is_empty()) {
        if chain.first().is_none_or(|l| cell(l).is_empty()) {
            continue;
        }
        let widths: Vec<usize> = chain.iter().map(|l| width(pieces, l)).collect();
        let widest = widths.iter().copied().max().unwrap_or(0);
        for (line, own) in chain.iter().zip(widths) {
            if let Some(piece) = pieces.get_mut(cell(line).start) {
                piece.spaces = widest - own + 1;
            }
        }
    }
}
