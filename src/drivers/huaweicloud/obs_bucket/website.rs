//! A bucket as a website: from the arguments of a `website` block to OBS's document and back. Rules are JSON in the
//! configuration and XML on the way, with the same names.
//!
//! Source: OBS API reference, Configuring Static Website Hosting for a Bucket; Terraform provider for Huawei Cloud,
//! obs_bucket: website.

use crate::drivers::object::{filled, same_document};
use crate::wire::codec::obs as wire;
use serde::{Deserialize, Serialize};

/// A website.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Website {
    index_document: Option<String>,
    error_document: Option<String>,
    redirect_all_requests_to: Option<String>,
    routing_rules: Option<String>,
}

/// Whether the blocks say the same, however their rules are written.
pub(super) fn same(a: &[Website], b: &[Website]) -> bool {
    let unwritten = |text: &Option<String>| text.clone().filter(|t| !t.is_empty());
    let alike = |a: &Website, b: &Website| {
        let rules = match (unwritten(&a.routing_rules), unwritten(&b.routing_rules)) {
            (Some(a), Some(b)) => same_document(&a, &b),
            (a, b) => a == b,
        };
        rules
            && unwritten(&a.index_document) == unwritten(&b.index_document)
            && unwritten(&a.error_document) == unwritten(&b.error_document)
            && unwritten(&a.redirect_all_requests_to) == unwritten(&b.redirect_all_requests_to)
    };
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| alike(a, b))
}

/// The body that makes the bucket a website.
///
/// # Errors
/// The rules are not what OBS has words for.
pub(super) fn configuration(website: &Website) -> Result<wire::WebsiteConfiguration, String> {
    if let Some(target) = filled(website.redirect_all_requests_to.clone()) {
        return Ok(wire::WebsiteConfiguration {
            redirect_all_requests_to: Some(redirect(&target)),
            ..wire::WebsiteConfiguration::default()
        });
    }
    let rules = filled(website.routing_rules.clone()).map(|text| routing_rules(&text));
    let rules = rules.transpose()?.filter(|rules| !rules.is_empty());
    Ok(wire::WebsiteConfiguration {
        redirect_all_requests_to: None,
        index_document: filled(website.index_document.clone())
            .map(|suffix| wire::IndexDocument { suffix: Some(suffix) }),
        error_document: filled(website.error_document.clone()).map(|key| wire::ErrorDocument { key: Some(key) }),
        routing_rules: rules.map(|rules| wire::RoutingRules { rules }),
    })
}

/// `https://host/path` is a protocol and the rest; without a protocol all is the rest.
fn redirect(target: &str) -> wire::RedirectAllRequestsTo {
    let (protocol, host) = match target.split_once("://") {
        Some((protocol, host)) => (Some(protocol.to_string()), host),
        None => (None, target),
    };
    wire::RedirectAllRequestsTo {
        host_name: Some(host.to_string()),
        protocol,
    }
}

/// The rules of a JSON text. A part that OBS has no word for would be lost on the way.
fn routing_rules(text: &str) -> Result<Vec<wire::RoutingRule>, String> {
    let wrong = |why: String| format!("routing_rules is not a list of rules as OBS knows them: {why}");
    let rules: Vec<wire::RoutingRule> = serde_json::from_str(text).map_err(|e| wrong(e.to_string()))?;
    match serde_json::to_string(&rules) {
        Ok(kept) if same_document(&kept, text) => Ok(rules),
        Ok(kept) => Err(wrong(format!("of it OBS would keep only {kept}"))),
        Err(error) => Err(wrong(error.to_string())),
    }
}

/// The blocks of a reply, in the words of `known` where they mean the same.
pub(super) fn described(known: &[Website], reply: Option<wire::WebsiteConfiguration>) -> Vec<Website> {
    let Some(reply) = reply else {
        return Vec::new();
    };
    let target = reply.redirect_all_requests_to.and_then(|to| {
        let host = filled(to.host_name)?;
        Some(match filled(to.protocol) {
            Some(protocol) => format!("{protocol}://{host}"),
            None => host,
        })
    });
    let rules = reply.routing_rules.map(|r| r.rules).unwrap_or_default();
    let rules = match rules.is_empty() {
        true => None,
        false => serde_json::to_string(&rules).ok(),
    };
    let found = Website {
        index_document: filled(reply.index_document.and_then(|d| d.suffix)),
        error_document: filled(reply.error_document.and_then(|d| d.key)),
        redirect_all_requests_to: target,
        routing_rules: rules,
    };
    if found == Website::default() {
        return Vec::new();
    }
    let found = vec![found];
    match same(known, &found) {
        true => known.to_vec(),
        false => found,
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;
    use serde_json::json;

    fn sites(json: serde_json::Value) -> Vec<Website> {
        serde_json::from_value(json).unwrap()
    }

    fn body(website: &[Website]) -> String {
        String::from_utf8(wire::encode(&configuration(&website[0]).unwrap()).unwrap()).unwrap()
    }

    #[test]
    fn a_website_comes_back_as_it_was_written() {
        let rules = "[ {\"Redirect\": {\"ReplaceKeyPrefixWith\": \"documents/\"},\n \"Condition\": {\"KeyPrefixEquals\": \"docs/\"}} ]";
        let one = sites(json!([{"index_document": "i.html", "error_document": "e.html", "routing_rules": rules}]));
        let text = body(&one);
        assert_eq!(
            text,
            "<WebsiteConfiguration><IndexDocument><Suffix>i.html</Suffix></IndexDocument><ErrorDocument><Key>e.html</Key>\
             </ErrorDocument><RoutingRules><RoutingRule><Condition><KeyPrefixEquals>docs/</KeyPrefixEquals></Condition>\
             <Redirect><ReplaceKeyPrefixWith>documents/</ReplaceKeyPrefixWith></Redirect></RoutingRule></RoutingRules>\
             </WebsiteConfiguration>"
        );
        let reply = wire::decode(text.as_bytes()).unwrap();
        assert_eq!(described(&one, Some(reply)), one);
        let imported = described(&[], Some(wire::decode(text.as_bytes()).unwrap()));
        assert!(same(&imported, &one) && imported != one);
    }

    #[test]
    fn a_target_keeps_its_protocol() {
        for (target, xml) in [
            ("www.example.com", "<HostName>www.example.com</HostName>"),
            (
                "https://www.example.com/new",
                "<HostName>www.example.com/new</HostName><Protocol>https</Protocol>",
            ),
        ] {
            let one = sites(json!([{"redirect_all_requests_to": target}]));
            let text = body(&one);
            assert_eq!(
                text,
                format!(
                    "<WebsiteConfiguration><RedirectAllRequestsTo>{xml}</RedirectAllRequestsTo></WebsiteConfiguration>"
                )
            );
            assert_eq!(described(&[], Some(wire::decode(text.as_bytes()).unwrap())), one);
        }
    }

    #[test]
    fn rules_that_would_lose_something_are_refused() {
        for text in [
            "{}",
            "[{\"Redirect\": {\"Host\": \"a\"}}]",
            "[{\"Redirect\": {\"HttpRedirectCode\": 301}}]",
            "no JSON",
        ] {
            let one = sites(json!([{"index_document": "i", "routing_rules": text}]));
            assert!(configuration(&one[0]).is_err(), "{text}");
        }
    }

    #[test]
    fn no_website_is_no_block() {
        assert_eq!(described(&[], None), []);
        assert_eq!(described(&[], Some(wire::WebsiteConfiguration::default())), []);
    }
}
