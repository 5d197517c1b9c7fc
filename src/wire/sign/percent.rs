//! Percent-encoding by RFC 3986, the one form that the wire and every signature share. Never
//! decides which parameters are signed.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Everything but the unreserved characters `A-Z a-z 0-9 - _ . ~`.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// [`RESERVED`] without `/`, for whole paths.
const RESERVED_IN_PATH: &AsciiSet = &RESERVED.remove(b'/');

/// Encodes one path segment, parameter name or value.
pub fn encode(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

/// Encodes a path, keeping its slashes.
pub fn encode_path(path: &str) -> String {
    utf8_percent_encode(path, RESERVED_IN_PATH).to_string()
}

/// Decodes a query string or a form body into its parameters, in order. `+` and `%20` are both a
/// space, as the Alibaba Cloud SDKs send the one and sign the other.
pub fn parse_query(query: &str) -> Vec<(String, String)> {
    url::form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

/// The query string as it goes on the wire, in the given order; a parameter without value is `k=`.
pub fn query_string(pairs: &[(String, String)]) -> String {
    join(pairs.iter().map(|(k, v)| (encode(k), encode(v))), false)
}

/// A form body in the given order: as a query string, but a space is `+`.
pub fn form_body(pairs: &[(String, String)]) -> String {
    query_string(pairs).replace("%20", "+")
}

/// The query string in canonical form: encoded, then sorted by name and value. `bare_names` writes
/// a parameter without value as `k` instead of `k=`.
pub(super) fn canonical_query<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>, bare_names: bool) -> String {
    let mut encoded: Vec<_> = pairs.map(|(k, v)| (encode(k), encode(v))).collect();
    encoded.sort();
    join(encoded.into_iter(), bare_names)
}

fn join(pairs: impl Iterator<Item = (String, String)>, bare_names: bool) -> String {
    let parts: Vec<_> = pairs
        .map(|(k, v)| {
            if bare_names && v.is_empty() {
                k
            } else {
                format!("{k}={v}")
            }
        })
        .collect();
    parts.join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect()
    }

    #[test]
    fn only_unreserved_characters_stay() {
        assert_eq!(encode("aZ09-_.~"), "aZ09-_.~");
        assert_eq!(encode("x y+z&=*/:中"), "x%20y%2Bz%26%3D%2A%2F%3A%E4%B8%AD");
        assert_eq!(encode_path("/a b/c"), "/a%20b/c");
    }

    #[test]
    fn queries_keep_order_on_the_wire_and_sort_in_canonical_form() {
        let query = pairs(&[("prefix", "a/b"), ("acl", ""), ("a-b", "1"), ("a", "2")]);
        assert_eq!(query_string(&query), "prefix=a%2Fb&acl=&a-b=1&a=2");
        let borrowed = || query.iter().map(|(k, v)| (k.as_str(), v.as_str()));
        assert_eq!(canonical_query(borrowed(), true), "a=2&a-b=1&acl&prefix=a%2Fb");
        assert_eq!(canonical_query(borrowed(), false), "a=2&a-b=1&acl=&prefix=a%2Fb");
    }

    #[test]
    fn parse_undoes_query_string_and_reads_plus_as_space() {
        let query = pairs(&[("k", "x y+z&=~*/中"), ("acl", "")]);
        assert_eq!(parse_query(&query_string(&query)), query);
        assert_eq!(parse_query("k=a+b&acl"), pairs(&[("k", "a b"), ("acl", "")]));
        assert_eq!(parse_query(""), pairs(&[]));
    }
}
