//! Lifecycle rules: from the arguments of `lifecycle_rule` blocks to OSS's rules and back.
//!
//! Source: OSS API reference, PutBucketLifecycle.

use crate::drivers::midnight::{day, midnight};
use crate::wire::codec::oss as wire;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One `lifecycle_rule`. Blocks that stand at most once are lists, as in the Terraform provider.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Rule {
    pub(super) id: Option<String>,
    pub(super) prefix: Option<String>,
    pub(super) enabled: Option<bool>,
    pub(super) tags: Option<BTreeMap<String, String>>,
    pub(super) filter: Option<Filter>,
    #[serde(deserialize_with = "list")]
    pub(super) expiration: Vec<Expiration>,
    #[serde(deserialize_with = "list")]
    pub(super) transitions: Vec<Transition>,
    #[serde(deserialize_with = "list")]
    pub(super) abort_multipart_upload: Vec<Abort>,
    #[serde(deserialize_with = "list")]
    pub(super) noncurrent_version_expiration: Vec<NoncurrentExpiration>,
    #[serde(deserialize_with = "list")]
    pub(super) noncurrent_version_transition: Vec<NoncurrentTransition>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Filter {
    object_size_greater_than: Option<u64>,
    object_size_less_than: Option<u64>,
    not: Option<Except>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Except {
    prefix: Option<String>,
    tag: Option<KeyValue>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct KeyValue {
    key: String,
    value: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Expiration {
    pub(super) days: Option<u32>,
    date: Option<String>,
    created_before_date: Option<String>,
    expired_object_delete_marker: Option<bool>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Transition {
    days: Option<u32>,
    created_before_date: Option<String>,
    storage_class: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Abort {
    days: Option<u32>,
    created_before_date: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct NoncurrentExpiration {
    days: Option<u32>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct NoncurrentTransition {
    days: Option<u32>,
    storage_class: Option<String>,
}

/// A list that may be null.
pub(super) fn list<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de>,
{
    Ok(Option::<Vec<T>>::deserialize(deserializer)?.unwrap_or_default())
}

fn pairs(tags: &Option<BTreeMap<String, String>>) -> Vec<wire::Tag> {
    let pairs = tags.iter().flatten().map(|(key, value)| wire::Tag {
        key: key.clone(),
        value: value.clone(),
    });
    pairs.collect()
}

/// The body of PutBucketLifecycle.
pub(super) fn configuration(rules: &[Rule]) -> wire::LifecycleConfiguration {
    wire::LifecycleConfiguration {
        rules: rules.iter().map(rule_element).collect(),
    }
}

fn rule_element(rule: &Rule) -> wire::LifecycleRule {
    let date = |date: &Option<String>| date.as_deref().map(midnight);
    let expiration = rule.expiration.first().map(|e| wire::Expiration {
        days: e.days,
        created_before_date: date(&e.created_before_date),
        date: date(&e.date),
        expired_object_delete_marker: e.expired_object_delete_marker,
    });
    let transitions = rule.transitions.iter().map(|t| wire::Transition {
        days: t.days,
        created_before_date: date(&t.created_before_date),
        storage_class: t.storage_class.clone(),
    });
    let abort = rule.abort_multipart_upload.first().map(|a| wire::Expiration {
        days: a.days,
        created_before_date: date(&a.created_before_date),
        ..wire::Expiration::default()
    });
    let former = rule.noncurrent_version_expiration.first();
    let former_moves = rule
        .noncurrent_version_transition
        .iter()
        .map(|t| wire::NoncurrentVersionTransition {
            noncurrent_days: t.days,
            storage_class: t.storage_class.clone(),
        });
    wire::LifecycleRule {
        id: rule.id.clone().filter(|id| !id.is_empty()),
        prefix: rule.prefix.clone().unwrap_or_default(),
        status: if rule.enabled == Some(true) {
            "Enabled"
        } else {
            "Disabled"
        }
        .to_string(),
        tags: pairs(&rule.tags),
        expiration,
        transitions: transitions.collect(),
        abort_multipart_upload: abort,
        noncurrent_version_expiration: former.map(|e| wire::NoncurrentVersionExpiration {
            noncurrent_days: e.days,
        }),
        noncurrent_version_transitions: former_moves.collect(),
        filter: rule.filter.as_ref().map(filter_element),
    }
}

fn filter_element(filter: &Filter) -> wire::LifecycleFilter {
    wire::LifecycleFilter {
        object_size_greater_than: filter.object_size_greater_than,
        object_size_less_than: filter.object_size_less_than,
        not: filter.not.as_ref().map(|not| wire::LifecycleExcept {
            prefix: not.prefix.clone(),
            tag: not.tag.as_ref().map(|tag| wire::Tag {
                key: tag.key.clone(),
                value: tag.value.clone(),
            }),
        }),
    }
}

/// The rules of a reply of GetBucketLifecycle, in the order of `known` where they have its ids: the order in the
/// reply has no meaning.
pub(super) fn rules(known: &[Rule], reply: wire::LifecycleConfiguration) -> Vec<Rule> {
    let mut rules: Vec<Rule> = reply.rules.into_iter().map(rule_object).collect();
    let place = |rule: &Rule| {
        let same_id = |k: &Rule| k.id.is_some() && k.id == rule.id;
        known.iter().position(same_id).unwrap_or(known.len())
    };
    if known.iter().all(|k| k.id.is_some()) {
        rules.sort_by_key(place);
    }
    rules
}

fn rule_object(rule: wire::LifecycleRule) -> Rule {
    let date = |time: Option<String>| time.map(day);
    let tags: BTreeMap<String, String> = rule.tags.into_iter().map(|t| (t.key, t.value)).collect();
    Rule {
        id: rule.id,
        prefix: Some(rule.prefix),
        enabled: Some(rule.status == "Enabled"),
        tags: (!tags.is_empty()).then_some(tags),
        filter: rule.filter.map(|f| Filter {
            object_size_greater_than: f.object_size_greater_than,
            object_size_less_than: f.object_size_less_than,
            not: f.not.map(|n| Except {
                prefix: n.prefix,
                tag: n.tag.map(|t| KeyValue {
                    key: t.key,
                    value: t.value,
                }),
            }),
        }),
        expiration: rule
            .expiration
            .map(|e| Expiration {
                days: e.days,
                date: date(e.date),
                created_before_date: date(e.created_before_date),
                expired_object_delete_marker: e.expired_object_delete_marker,
            })
            .into_iter()
            .collect(),
        transitions: rule
            .transitions
            .into_iter()
            .map(|t| Transition {
                days: t.days,
                created_before_date: date(t.created_before_date),
                storage_class: t.storage_class,
            })
            .collect(),
        abort_multipart_upload: rule
            .abort_multipart_upload
            .map(|a| Abort {
                days: a.days,
                created_before_date: date(a.created_before_date),
            })
            .into_iter()
            .collect(),
        noncurrent_version_expiration: rule
            .noncurrent_version_expiration
            .map(|e| NoncurrentExpiration {
                days: e.noncurrent_days,
            })
            .into_iter()
            .collect(),
        noncurrent_version_transition: rule
            .noncurrent_version_transitions
            .into_iter()
            .map(|t| NoncurrentTransition {
                days: t.noncurrent_days,
                storage_class: t.storage_class,
            })
            .collect(),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn rules_come_back_as_they_were_sent() {
        let sent: Vec<Rule> = serde_json::from_value(json!([
            {"id": "b", "prefix": "", "enabled": true, "expiration": [{"date": "2030-01-31"}], "transitions": [
                {"days": 30, "storage_class": "IA"}, {"created_before_date": "2029-01-01", "storage_class": "Archive"}],
             "filter": {"object_size_greater_than": 10, "not": {"prefix": "x/", "tag": {"key": "k", "value": "v"}}},
             "noncurrent_version_expiration": [{"days": 3}],
             "noncurrent_version_transition": [{"days": 2, "storage_class": "IA"}]},
            {"id": "a", "prefix": "p/", "enabled": false, "tags": {"t": "1"}, "abort_multipart_upload": [{"days": 1}],
             "expiration": null}
        ]))
        .unwrap();
        let body = crate::wire::codec::oss::encode(&configuration(&sent)).unwrap();
        let text = String::from_utf8(body.clone()).unwrap();
        assert!(text.contains("<Date>2030-01-31T00:00:00.000Z</Date>"), "{text}");
        let mut reply: wire::LifecycleConfiguration = crate::wire::codec::oss::decode(&body).unwrap();
        reply.rules.reverse();
        assert_eq!(rules(&sent, reply), sent);
    }
}
