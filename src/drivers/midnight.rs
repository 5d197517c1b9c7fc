//! Days as lifecycle rules of object stores have them: a date of the user is midnight in UTC on the wire.

/// `2030-01-31` as the midnight with which it begins.
pub(super) fn midnight(date: &str) -> String {
    match date.contains('T') {
        true => date.to_string(),
        false => format!("{date}T00:00:00.000Z"),
    }
}

/// A midnight as the date that begins with it; another time as it is.
pub(super) fn day(time: String) -> String {
    match time.split_once('T') {
        Some((day, rest)) if rest.starts_with("00:00:00") => day.to_string(),
        _ => time,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_come_back() {
        assert_eq!(midnight("2030-01-31"), "2030-01-31T00:00:00.000Z");
        assert_eq!(day(midnight("2030-01-31")), "2030-01-31");
        assert_eq!(day("2030-01-31T08:00:00Z".to_string()), "2030-01-31T08:00:00Z");
    }
}
