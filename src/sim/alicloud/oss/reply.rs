//! The forms of OSS replies and errors, and the little XML that OSS documents need both ways.

use super::auth::Target;
use crate::sim::times;
use crate::sim::world::Now;
use crate::wire::request::Response;
use bytes::Bytes;
use quick_xml::Reader;
use quick_xml::events::Event;

/// An error reply in the making.
#[derive(Debug)]
pub(super) struct OssError {
    status: u16,
    code: &'static str,
    message: String,
}

impl OssError {
    pub(super) fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
        }
    }

    pub(super) fn reply(&self, target: &Target, now: Now) -> Response {
        let bucket = target.bucket.as_deref().unwrap_or_default();
        let mut inner = element("Code", self.code)
            + &element("Message", &self.message)
            + &element("RequestId", &request_id(now))
            + &element("HostId", "sim");
        if !bucket.is_empty() {
            inner += &element("BucketName", bucket);
        }
        let mut response = reply(self.status, now, Some(document("Error", &inner)));
        if self.status == 503 {
            response
                .headers
                .push(("x-oss-qos-delay-time".to_string(), "10".to_string()));
        }
        response
    }
}

/// A reply with the headers every OSS reply has, and an XML document where there is one.
pub(super) fn reply(status: u16, now: Now, xml: Option<String>) -> Response {
    let mut headers = vec![
        ("server".to_string(), "AliyunOSS".to_string()),
        ("date".to_string(), times::http_date(now.wire_ms)),
        ("x-oss-request-id".to_string(), request_id(now)),
        ("x-oss-server-time".to_string(), "1".to_string()),
    ];
    if xml.is_some() {
        headers.push(("content-type".to_string(), "application/xml".to_string()));
    }
    Response {
        status,
        headers,
        body: xml.map(Bytes::from).unwrap_or_default(),
    }
}

fn request_id(now: Now) -> String {
    format!("51A0{:020X}", now.request)
}

/// A whole document with `inner` (already XML) in its root.
pub(super) fn document(root: &str, inner: &str) -> String {
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{root}>{inner}</{root}>")
}

/// `<name>text</name>` with the text escaped.
pub(super) fn element(name: &str, text: &str) -> String {
    format!("<{name}>{}</{name}>", quick_xml::escape::escape(text))
}

/// Depth of documents that are read; OSS's own need five.
const MAX_DEPTH: usize = 16;

/// The leaves of an XML document: path of element names below the root joined with `/`, text. Every
/// element also appears when it opens, as (path, None), so that repeated parents can be told apart.
/// `None` when the text is not a document with this root.
pub(super) fn leaves(body: &[u8], root: &str) -> Option<Vec<(String, Option<String>)>> {
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
pub(super) fn leaf<'a>(leaves: &'a [(String, Option<String>)], path: &str) -> Option<&'a str> {
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
