//! The little XML that the object stores' documents need both ways. Knows no document.

use quick_xml::Reader;
use quick_xml::events::Event;

/// What [`leaves`] finds, in order: path below the root, and text where an element ends.
pub(crate) type Leaves = Vec<(String, Option<String>)>;

/// A whole document with `inner` (already XML) in its root.
pub(crate) fn document(root: &str, inner: &str) -> String {
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{root}>{inner}</{root}>")
}

/// `<name>text</name>` with the text escaped.
pub(crate) fn element(name: &str, text: &str) -> String {
    format!("<{name}>{}</{name}>", quick_xml::escape::escape(text))
}

/// Depth of documents that are read; those of the object stores need five.
const MAX_DEPTH: usize = 16;

/// The leaves of an XML document: path of element names below the root joined with `/`, text. Every
/// element also appears when it opens, as (path, None), so that repeated parents can be told apart.
/// `None` when the text is not a document with this root.
pub(crate) fn leaves(body: &[u8], root: &str) -> Option<Leaves> {
    let text = std::str::from_utf8(body).ok()?;
    let mut reader = Reader::from_str(text);
    let mut open: Vec<String> = Vec::new();
    let mut found = Vec::new();
    let mut content = String::new();
    let mut seen_root = false;
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) => {
                let name = start.local_name().as_ref().to_string();
                if open.is_empty() {
                    if name != root || seen_root {
                        return None;
                    }
                    seen_root = true;
                }
                if open.len() >= MAX_DEPTH {
                    return None;
                }
                open.push(name);
                content.clear();
                found.push((path(&open), None));
            }
            Event::Empty(empty) => {
                let name = empty.local_name().as_ref().to_string();
                if open.is_empty() {
                    if name != root || seen_root {
                        return None;
                    }
                    seen_root = true;
                } else {
                    open.push(name);
                    found.push((path(&open), None));
                    found.push((path(&open), Some(String::new())));
                    open.pop();
                }
            }
            Event::Text(t) => content.push_str(&t.xml10_content()),
            Event::CData(t) => content.push_str(&t.xml10_content()),
            Event::GeneralRef(r) => {
                let whole = format!("&{};", r.as_ref() as &str);
                content.push_str(&quick_xml::escape::unescape(&whole).ok()?);
            }
            Event::End(_) => {
                found.push((path(&open), Some(std::mem::take(&mut content))));
                open.pop();
            }
            Event::Eof => break,
            _ => {}
        }
    }
    (seen_root && open.is_empty()).then_some(found)
}

fn path(open: &[String]) -> String {
    open.get(1..).unwrap_or_default().join("/")
}

/// The text of the first leaf at `path`.
pub(crate) fn leaf<'a>(leaves: &'a [(String, Option<String>)], path: &str) -> Option<&'a str> {
    leaves
        .iter()
        .find(|(p, t)| p == path && t.is_some())
        .and_then(|(_, t)| t.as_deref())
        .map(str::trim)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_read_and_nonsense_is_refused() {
        let xml = b"<?xml version=\"1.0\"?><T><S><K>a &amp; b</K><V/></S><S><K>c</K></S></T>";
        let found = leaves(xml, "T").unwrap();
        assert_eq!(leaf(&found, "S/K"), Some("a & b"));
        assert_eq!(leaf(&found, "S/V"), Some(""));
        let keys = found.iter().filter(|(p, t)| p == "S/K" && t.is_some());
        assert_eq!(keys.count(), 2);
        for wrong in [
            "",
            "<T>",
            "<X></X>",
            "text",
            "<T></T><T></T>",
            "<T><a></T></a>",
            "\u{0}",
        ] {
            assert_eq!(leaves(wrong.as_bytes(), "T"), None, "{wrong:?}");
        }
        let deep = "<T>".repeat(1000);
        assert_eq!(leaves(deep.as_bytes(), "T"), None);
        assert_eq!(element("A", "<&>"), "<A>&lt;&amp;&gt;</A>");
    }
}
