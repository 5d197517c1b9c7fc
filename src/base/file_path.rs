//! Paths of files as text, always with `/`. Looks at no file.

/// A path without `.`, doubled slashes and `..` behind a name; `.` for the directory itself.
pub fn clean_path(path: &str) -> String {
    let rooted = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            ".." if rooted => {}
            _ => parts.push(part),
        }
    }
    let joined = parts.join("/");
    match (rooted, joined.is_empty()) {
        (true, _) => format!("/{joined}"),
        (false, true) => ".".into(),
        (false, false) => joined,
    }
}

#[cfg(test)]
mod tests {
    use super::clean_path;

    #[test]
    fn what_says_nothing_is_left_out() {
        for (path, expected) in [
            ("", "."),
            ("./a//b/.", "a/b"),
            ("a/..", "."),
            ("a/../..", ".."),
            ("../a/../b", "../b"),
            ("/../a/", "/a"),
            ("/", "/"),
        ] {
            assert_eq!(clean_path(path), expected, "{path}");
        }
    }
}
