//! `headworks version`, and what version constraints of a configuration mean.

use crate::cli::args::VersionArgs;
use crate::cli::{CommandResult, Context, Exit};
use crate::report::TERRAFORM_VERSION;
use serde_json::json;

/// Runs the command.
pub fn run(cx: &Context, args: &VersionArgs) -> CommandResult {
    let version = env!("CARGO_PKG_VERSION");
    if args.json {
        cx.output.json(&json!({
            "headworks_version": version,
            "terraform_version": TERRAFORM_VERSION,
            "platform": format!("{}_{}", std::env::consts::OS, std::env::consts::ARCH),
            "provider_selections": {},
        }));
    } else {
        cx.output.data(&format!(
            "headworks {version} (language of Terraform {TERRAFORM_VERSION}) on {}_{}",
            std::env::consts::OS,
            std::env::consts::ARCH
        ));
    }
    Ok(Exit::Fine)
}

/// Whether the version of Terraform whose language this program speaks satisfies a constraint such as `>= 1.4, < 2.0`.
///
/// # Errors
/// The constraint is not one.
pub fn satisfies(constraint: &str) -> Result<bool, String> {
    let ours = numbers(TERRAFORM_VERSION).ok_or("the own version is not one")?.0;
    let mut all = true;
    for part in constraint.split(',') {
        let part = part.trim();
        let end = part.find(|c: char| c.is_ascii_digit()).unwrap_or(part.len());
        let (operator, version) = (part[..end].trim(), part[end..].trim());
        let (wanted, given) = numbers(version).ok_or_else(|| format!("{part:?} is not a version constraint."))?;
        all &= match operator {
            "" | "=" => ours == wanted,
            "!=" => ours != wanted,
            ">" => ours > wanted,
            ">=" => ours >= wanted,
            "<" => ours < wanted,
            "<=" => ours <= wanted,
            // The last number given may grow.
            "~>" => ours >= wanted && ours[..given.saturating_sub(1)] == wanted[..given.saturating_sub(1)],
            _ => return Err(format!("{part:?} is not a version constraint.")),
        };
    }
    Ok(all)
}

/// The three numbers of a version, and how many were given.
fn numbers(text: &str) -> Option<([u64; 3], usize)> {
    let text = text.split(['-', '+']).next()?;
    let mut out = [0; 3];
    let mut count = 0;
    for part in text.split('.') {
        *out.get_mut(count)? = part.parse().ok()?;
        count += 1;
    }
    Some((out, count))
}

#[cfg(test)]
mod tests {
    use super::satisfies;

    #[test]
    fn constraints_mean_what_terraform_means() {
        for (constraint, expected) in [
            (">= 1.4", true),
            ("~> 1.11", true),
            ("~> 1.11.0", true),
            ("~> 1.10.0", false),
            (">= 1.0, < 1.5", false),
            ("1.11.4", true),
            ("!= 1.11.4", false),
        ] {
            assert_eq!(satisfies(constraint), Ok(expected), "{constraint}");
        }
        assert!(satisfies("newest").is_err());
    }
}
