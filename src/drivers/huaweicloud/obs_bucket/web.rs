//! Access logs and the rules for pages of other origins (CORS): from the arguments of `logging` and `cors_rule` blocks to
//! OBS's documents and back.
//!
//! Source: OBS API reference, Configuring Logging for a Bucket, Configuring Bucket CORS.

use crate::wire::codec::obs as wire;
use serde::{Deserialize, Serialize};

/// Where access logs go.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Logging {
    target_bucket: Option<String>,
    target_prefix: Option<String>,
    agency: Option<String>,
}

/// What pages of some origins may do.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct CorsRule {
    allowed_origins: Option<Vec<String>>,
    allowed_methods: Option<Vec<String>>,
    allowed_headers: Option<Vec<String>>,
    expose_headers: Option<Vec<String>>,
    max_age_seconds: Option<u32>,
}

/// The body that sets where logs go; an empty one turns them off.
pub(super) fn logging_status(logging: &[Logging]) -> wire::LoggingStatus {
    let Some(logging) = logging.first() else {
        return wire::LoggingStatus::default();
    };
    wire::LoggingStatus {
        agency: logging.agency.clone().filter(|a| !a.is_empty()),
        logging_enabled: Some(wire::LoggingEnabled {
            target_bucket: logging.target_bucket.clone(),
            target_prefix: logging.target_prefix.clone(),
        }),
    }
}

/// The blocks of a reply.
pub(super) fn logging(reply: wire::LoggingStatus) -> Vec<Logging> {
    let to = reply.logging_enabled.filter(|l| l.target_bucket.is_some());
    let block = to.map(|l| Logging {
        target_bucket: l.target_bucket,
        target_prefix: Some(l.target_prefix.unwrap_or_default()),
        agency: reply.agency.filter(|a| !a.is_empty()),
    });
    block.into_iter().collect()
}

/// The body that sets the rules.
pub(super) fn cors_configuration(rules: &[CorsRule]) -> wire::CorsConfiguration {
    let rule = |rule: &CorsRule| wire::CorsRule {
        allowed_methods: rule.allowed_methods.clone().unwrap_or_default(),
        allowed_origins: rule.allowed_origins.clone().unwrap_or_default(),
        allowed_headers: rule.allowed_headers.clone().unwrap_or_default(),
        max_age_seconds: rule.max_age_seconds,
        expose_headers: rule.expose_headers.clone().unwrap_or_default(),
    };
    wire::CorsConfiguration {
        rules: rules.iter().map(rule).collect(),
    }
}

/// The blocks of a reply. No headers are spelled as in the rule of `known` at the same place: as null or as an empty
/// list.
pub(super) fn cors_rules(known: &[CorsRule], reply: wire::CorsConfiguration) -> Vec<CorsRule> {
    let spelled = |list: Vec<String>, known: Option<&Option<Vec<String>>>| match known {
        Some(Some(_)) => Some(list),
        _ => Some(list).filter(|l| !l.is_empty()),
    };
    let rules = reply.rules.into_iter().enumerate().map(|(place, rule)| {
        let known = known.get(place);
        CorsRule {
            allowed_origins: Some(rule.allowed_origins),
            allowed_methods: Some(rule.allowed_methods),
            allowed_headers: spelled(rule.allowed_headers, known.map(|k| &k.allowed_headers)),
            expose_headers: spelled(rule.expose_headers, known.map(|k| &k.expose_headers)),
            max_age_seconds: rule.max_age_seconds,
        }
    });
    rules.collect()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn logging_comes_back_and_none_is_an_empty_document() {
        let one: Vec<Logging> =
            serde_json::from_value(json!([{"target_bucket": "logs", "target_prefix": "a/", "agency": "obs"}])).unwrap();
        let body = wire::encode(&logging_status(&one)).unwrap();
        assert_eq!(
            String::from_utf8(body.clone()).unwrap(),
            "<BucketLoggingStatus><Agency>obs</Agency><LoggingEnabled><TargetBucket>logs</TargetBucket>\
             <TargetPrefix>a/</TargetPrefix></LoggingEnabled></BucketLoggingStatus>"
        );
        assert_eq!(logging(wire::decode(&body).unwrap()), one);
        let none = wire::encode(&logging_status(&[])).unwrap();
        assert_eq!(String::from_utf8(none.clone()).unwrap(), "<BucketLoggingStatus/>");
        assert_eq!(logging(wire::decode(&none).unwrap()), []);
    }

    #[test]
    fn cors_rules_come_back_as_they_were_sent() {
        let sent: Vec<CorsRule> = serde_json::from_value(json!([
            {"allowed_origins": ["https://a", "https://b"], "allowed_methods": ["PUT", "GET"], "allowed_headers": ["*"],
             "expose_headers": [], "max_age_seconds": 100},
            {"allowed_origins": ["*"], "allowed_methods": ["GET"], "max_age_seconds": 5},
        ]))
        .unwrap();
        let body = wire::encode(&cors_configuration(&sent)).unwrap();
        assert_eq!(cors_rules(&sent, wire::decode(&body).unwrap()), sent);
    }
}
