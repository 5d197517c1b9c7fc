//! Version constraints such as `>= 1.4, != 1.5.0` and `~> 1.11`, and what a version must be to meet them. Knows no version
//! of its own.

use std::cmp::Ordering;

/// What a version must be: all of its parts must hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Constraints(Vec<Constraint>);

/// One part.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Constraint {
    operator: Operator,
    version: Version,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Equal,
    NotEqual,
    Greater,
    GreaterEqual,
    Less,
    LessEqual,
    /// The last number given may grow.
    Pessimistic,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Version {
    numbers: Vec<i64>,
    prerelease: bool,
}

const OPERATORS: &[(&str, Operator)] = &[
    ("!=", Operator::NotEqual),
    (">=", Operator::GreaterEqual),
    ("<=", Operator::LessEqual),
    ("~>", Operator::Pessimistic),
    ("=", Operator::Equal),
    (">", Operator::Greater),
    ("<", Operator::Less),
];

impl Constraints {
    /// Reads constraints separated by commas; nothing when one of them is none.
    pub fn parse(text: &str) -> Option<Constraints> {
        text.split(',')
            .map(constraint)
            .collect::<Option<Vec<_>>>()
            .map(Constraints)
    }

    /// Whether one of them names a prerelease such as `1.12.0-beta1`.
    pub fn names_prerelease(&self) -> bool {
        self.0.iter().any(|c| c.version.prerelease)
    }

    /// Whether a version, which is no prerelease, meets them.
    pub fn allow(&self, version: &str) -> bool {
        parse_version(version).is_some_and(|v| self.0.iter().all(|c| c.allows(&v.numbers)))
    }
}

impl Constraint {
    fn allows(&self, ours: &[i64]) -> bool {
        let wanted = &self.version.numbers;
        let order = compare(ours, wanted);
        match self.operator {
            Operator::Equal => order == Ordering::Equal,
            Operator::NotEqual => order != Ordering::Equal,
            Operator::Greater => order == Ordering::Greater,
            Operator::GreaterEqual => order != Ordering::Less,
            Operator::Less => order == Ordering::Less,
            Operator::LessEqual => order != Ordering::Greater,
            Operator::Pessimistic => {
                let fixed = wanted.len().saturating_sub(1);
                // A version of three numbers is not precise enough for a constraint of four.
                order != Ordering::Less && wanted.len() <= ours.len().max(3) && ours.get(..fixed) == wanted.get(..fixed)
            }
        }
    }
}

/// Numbers that are missing are zero.
fn compare(a: &[i64], b: &[i64]) -> Ordering {
    let at = |numbers: &[i64], i: usize| numbers.get(i).copied().unwrap_or(0);
    let length = a.len().max(b.len());
    (0..length)
        .map(|i| at(a, i).cmp(&at(b, i)))
        .find(|o| *o != Ordering::Equal)
        .unwrap_or(Ordering::Equal)
}

fn constraint(text: &str) -> Option<Constraint> {
    let text = text.trim();
    let found = OPERATORS
        .iter()
        .find_map(|(sign, o)| text.strip_prefix(sign).map(|rest| (*o, rest)));
    let (operator, rest) = found.unwrap_or((Operator::Equal, text));
    let version = parse_version(rest.trim_start())?;
    Some(Constraint { operator, version })
}

/// `v1.2.3-beta.1+meta`
fn parse_version(text: &str) -> Option<Version> {
    let text = text.strip_prefix('v').unwrap_or(text);
    let (text, meta) = match text.split_once('+') {
        Some((text, meta)) => (text, Some(meta)),
        None => (text, None),
    };
    let end = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (numbers, rest) = text.split_at_checked(end)?;
    let prerelease = match rest.strip_prefix('-') {
        Some(rest) => Some(rest),
        // Without a dash, it does not begin with a digit, and those were taken.
        None => Some(rest).filter(|r| !r.is_empty()),
    };
    let named = |part: &str| {
        let letters = |p: &str| !p.is_empty() && p.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '~'));
        part.split('.').all(letters)
    };
    if !prerelease.is_none_or(named) || !meta.is_none_or(named) {
        return None;
    }
    let numbers = numbers
        .split('.')
        .map(|n| n.parse().ok())
        .collect::<Option<Vec<i64>>>()?;
    Some(Version {
        numbers,
        prerelease: prerelease.is_some(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constraints_mean_what_terraform_means() {
        for (text, wanted) in [
            (">= 1.0, < 2", true),
            ("~> 1.11.0", true),
            ("~> 1.10.0", false),
            ("~> 1", true),
            ("~> 1.11", true),
            ("~> 1.12", false),
            ("~>1.11.4", true),
            ("~> 1.11.5", false),
            ("~> 1.11.4.0", false),
            ("= 1.11.4", true),
            ("1.11.4", true),
            ("v1.11.4", true),
            ("!= 1.11.4", false),
            ("1.11.4+meta", true),
            ("1.11.4.0", true),
            ("< 1.11.4", false),
            ("<= 1.11.4", true),
            ("1", false),
            ("1.11", false),
            ("\n>= 1.11.4 , <2.0", true),
            ("=1.11.4, !=1.11.3", true),
        ] {
            let constraints = Constraints::parse(text).expect(text);
            assert_eq!(constraints.allow("1.11.4"), wanted, "{text}");
            assert!(!constraints.names_prerelease(), "{text}");
        }
    }

    #[test]
    fn what_is_no_constraint_is_refused() {
        let broken = [
            "",
            " ",
            "latest",
            "==1.11.4",
            "> 1.11.3,",
            ">=1.0 <2",
            "=> 1",
            "1.x",
            "1.",
            ".1",
            ">= 99999999999999999999",
            "1+",
            "1-",
            "1-a..b",
            "1.2-ä",
        ];
        for text in broken {
            assert_eq!(Constraints::parse(text), None, "{text}");
        }
    }

    #[test]
    fn prereleases_are_seen() {
        for text in [">= 1.11.4-beta1", "~> 1.11-beta", "1.0alpha", "> 1, < 2.0.0-rc.1+x"] {
            assert!(Constraints::parse(text).expect(text).names_prerelease(), "{text}");
        }
    }
}
