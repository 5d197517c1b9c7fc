//! What the user is told of the copies of a state when the state itself can't be used: which is the newest that is whole, how
//! old it is, and the command that puts it back. Looks only.

use crate::store::{StoreError, backup};
use jiff::Timestamp;
use std::path::Path;

/// The newest copy of a state and how to put it back; none when there is no copy that is whole.
pub fn offer(state: &Path) -> Option<String> {
    let copy = backup::newest_good(state)?;
    Some(format!(
        "The newest backup that is whole: {} (serial {}, {}{}). Put it back: headworks state restore",
        copy.path.display(),
        copy.serial,
        objects(copy.objects),
        age(copy.made_at, Timestamp::now())
    ))
}

/// What can be done about an error of the state.
pub fn help(error: &StoreError) -> Option<String> {
    let help = error.help();
    let path = match error {
        StoreError::Corrupt { path, .. }
        | StoreError::Foreign { path }
        | StoreError::Newer { path, .. }
        | StoreError::Missing { path } => path,
        _ => return help,
    };
    match (help, offer(path)) {
        (_, Some(offer)) if matches!(error, StoreError::Corrupt { .. }) => {
            Some(format!("nothing was changed. {offer}"))
        }
        (Some(help), Some(offer)) => Some(format!("{help}. {offer}")),
        (help, offer) => help.or(offer),
    }
}

/// A number of objects in words.
pub fn objects(count: usize) -> String {
    match count {
        1 => "1 object".into(),
        n => format!("{n} objects"),
    }
}

/// How old something is, to be put behind other words.
pub fn age(made_at: Option<Timestamp>, now: Timestamp) -> String {
    let Some(made_at) = made_at else {
        return String::new();
    };
    let seconds = now.duration_since(made_at).as_secs().max(0);
    let age = match seconds {
        0..=119 => format!("{seconds} s"),
        120..=7_199 => format!("{} min", seconds / 60),
        7_200..=172_799 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    };
    format!(", {age} old")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_told_in_one_unit() {
        let now = Timestamp::from_second(1_800_000_000).expect("a time");
        let before = |s: i64| Timestamp::from_second(1_800_000_000 - s).ok();
        for (seconds, text) in [
            (-5, ", 0 s old"),
            (119, ", 119 s old"),
            (120, ", 2 min old"),
            (7_200, ", 2 h old"),
            (172_800, ", 2 days old"),
        ] {
            assert_eq!(age(before(seconds), now), text);
        }
        assert_eq!(age(None, now), "");
    }
}
