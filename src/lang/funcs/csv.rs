//! `csvdecode`: rows of text as RFC 4180 has them, read as Go's `encoding/csv` reads them.

use super::{CallContext, Function, FunctionError, FunctionResult, Param, dynamic_type, nfc, str_at, text};
use crate::base::{Str, Type, Value};

pub(super) static FUNCTIONS: &[Function] = &[Function::new(
    "csvdecode",
    "A list with an object for each row of CSV text; the first row has the names.",
    &[Param::string("str")],
    dynamic_type,
    decode,
)];

fn decode(args: &[Value], _: &CallContext<'_>) -> FunctionResult {
    let rows = rows(str_at(args, 0)).map_err(FunctionError::call)?;
    let mut rows = rows.into_iter();
    let Some((_, header)) = rows.next() else {
        return Err(FunctionError::call("missing header line"));
    };
    let names: Vec<Str> = header.iter().map(|n| nfc(n)).collect();
    let mut sorted = names.clone();
    sorted.sort_unstable();
    if let Some(double) = sorted.windows(2).find(|w| w[0] == w[1]) {
        return Err(FunctionError::call(format!("duplicate column name {:?}", double[0])));
    }
    let element = Type::object(names.iter().map(|n| (Str::clone(n), Type::String)));
    let mut items = Vec::new();
    for (line, row) in rows {
        if row.len() != names.len() {
            return Err(FunctionError::call(format!(
                "CSV parse error on line {line}: wrong number of fields"
            )));
        }
        let cells = row.iter().map(|cell| text(cell));
        items.push(Value::object_of(names.iter().map(Str::clone).zip(cells)));
    }
    Ok(Value::list(element, items))
}

/// Rows with the line each begins on; empty lines are skipped.
fn rows(source: &str) -> Result<Vec<(usize, Vec<String>)>, String> {
    let mut out = Vec::new();
    let mut chars = source.chars().peekable();
    let mut line = 1;
    while chars.peek().is_some() {
        let start = line;
        let mut row = Vec::new();
        let mut field = String::new();
        let mut quoted = false;
        let mut was_quoted = false;
        loop {
            let c = chars.next();
            // A carriage return before a newline is part of the newline.
            if c == Some('\r') && (chars.peek() == Some(&'\n') || (chars.peek().is_none() && !quoted)) {
                continue;
            }
            match c {
                None if quoted => {
                    return Err(format!(
                        "CSV parse error on line {line}: extraneous or missing \" in quoted-field"
                    ));
                }
                Some('"') if quoted => {
                    if chars.next_if_eq(&'"').is_some() {
                        field.push('"');
                    } else {
                        quoted = false;
                        if !matches!(chars.peek(), None | Some(',' | '\n' | '\r')) {
                            return Err(format!(
                                "CSV parse error on line {line}: extraneous or missing \" in quoted-field"
                            ));
                        }
                    }
                }
                Some(c) if quoted => {
                    line += usize::from(c == '\n');
                    field.push(c);
                }
                Some('"') if field.is_empty() && !was_quoted => {
                    quoted = true;
                    was_quoted = true;
                }
                Some('"') => return Err(format!("CSV parse error on line {line}: bare \" in non-quoted-field")),
                Some(',') => {
                    row.push(std::mem::take(&mut field));
                    was_quoted = false;
                }
                None | Some('\n') => {
                    line += 1;
                    break;
                }
                Some(c) => field.push(c),
            }
        }
        if row.is_empty() && field.is_empty() && !was_quoted {
            continue;
        }
        row.push(field);
        out.push((start, row));
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_split_and_unquoted() {
        let read = |s: &str| rows(s).map(|r| r.into_iter().map(|(_, row)| row).collect::<Vec<_>>());
        assert_eq!(
            read("a,b\r\n\r\n\"x,\"\"y\",\n"),
            Ok(vec![vec!["a".into(), "b".into()], vec!["x,\"y".into(), String::new()]])
        );
        assert_eq!(read("\"a\nb\""), Ok(vec![vec!["a\nb".into()]]));
        assert_eq!(read(""), Ok(vec![]));
        assert!(read("a\"b").is_err());
        assert!(read("\"a\"b").is_err());
        assert!(read("\"a").is_err());
    }
}
