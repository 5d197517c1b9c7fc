//! What is printed before a command runs or when it breaks off: wrong command lines and panics. Both may repeat what the user
//! gave, so the values of variables are masked first. Decides no exit code.

use crate::base::mask::{mask, remember};
use std::ffi::OsString;
use std::io::{IsTerminal, Write};

/// Remembers what the command line gives to variables, as the message about a wrong command line may repeat it: of
/// `-var=NAME=VALUE` and of any word `NAME=VALUE`, the value.
pub fn remember_values(args: &[OsString]) {
    for arg in args {
        let text = arg.to_string_lossy();
        let bare = text.trim_start_matches('-');
        let given = match bare.strip_prefix("var=") {
            Some(given) => given,
            None if bare.len() == text.len() => bare,
            None => continue,
        };
        if let Some((name, value)) = given.split_once('=')
            && !name.is_empty()
            && name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-')
        {
            remember(value);
        }
    }
}

/// Prints what is wrong with the command line, or the help that was asked for.
pub fn usage(error: &clap::Error) {
    if !error.use_stderr() {
        let _ = error.print();
        return;
    }
    let text = error.render();
    let colored = std::io::stderr().is_terminal() && super::environment("NO_COLOR").is_none_or(|v| v.is_empty());
    let text = if colored {
        text.ansi().to_string()
    } else {
        text.to_string()
    };
    let _ = std::io::stderr()
        .lock()
        .write_all(super::terminal::safe(&mask(&text), colored).as_bytes());
}

/// From now on a panic tells where it happened and what to do, with secrets masked.
pub fn mask_panics() {
    std::panic::set_hook(Box::new(|info| {
        let payload = info.payload();
        let what = payload
            .downcast_ref::<&str>()
            .copied()
            .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
            .unwrap_or("no explanation");
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        let text = format!(
            "headworks broke off, which is a bug in it: {what} ({place})\nWhat was in flight is in the journal; the next \
             apply looks what became of it.\n"
        );
        let _ = std::io::stderr()
            .lock()
            .write_all(super::terminal::safe(&mask(&text), false).as_bytes());
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_the_command_line_are_masked_and_paths_are_not() {
        let args = [
            "plan",
            "-var=pw=planted-unexpected-1",
            "--var=db-pw=planted=unexpected-2",
            "pw=planted-unexpected-3",
            "-chdir=planted/unexpected-4",
            "planted/dir=planted-unexpected-5",
        ];
        remember_values(&args.map(OsString::from));
        let text = args.join(" ");
        assert_eq!(
            mask(&text),
            "plan -var=pw=(secret) --var=db-pw=(secret) pw=(secret) -chdir=planted/unexpected-4 \
             planted/dir=planted-unexpected-5"
        );
    }
}
