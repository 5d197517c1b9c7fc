//! Lifecycle rules: from the arguments of `lifecycle_rule` blocks to OBS's rules and back.
//!
//! Source: OBS API reference, Configuring Bucket Lifecycle Rules.

use crate::drivers::midnight::{day, midnight};
use crate::wire::codec::obs as wire;
use serde::{Deserialize, Serialize};

/// One `lifecycle_rule`. Blocks that stand at most once are lists, as in the Terraform provider.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Rule {
    name: Option<String>,
    enabled: Option<bool>,
    prefix: Option<String>,
    #[serde(deserialize_with = "list")]
    expiration: Vec<When>,
    #[serde(deserialize_with = "list")]
    transition: Vec<Move>,
    #[serde(deserialize_with = "list")]
    noncurrent_version_expiration: Vec<Days>,
    #[serde(deserialize_with = "list")]
    noncurrent_version_transition: Vec<FormerMove>,
    #[serde(deserialize_with = "list")]
    abort_incomplete_multipart_upload: Vec<Days>,
}

/// Days after a change, or a date.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct When {
    days: Option<u32>,
    date: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(default)]
struct Move {
    days: Option<u32>,
    date: Option<String>,
    storage_class: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Days {
    days: Option<u32>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(default)]
struct FormerMove {
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

/// The rules in the one form that is compared: order within them has no meaning.
pub(super) fn in_order(rules: &[Rule]) -> Vec<Rule> {
    let mut rules = rules.to_vec();
    for rule in &mut rules {
        rule.prefix.get_or_insert_with(String::new);
        rule.transition.sort();
        rule.noncurrent_version_transition.sort();
    }
    rules
}

/// The body that sets the rules.
pub(super) fn configuration(rules: &[Rule]) -> wire::LifecycleConfiguration {
    wire::LifecycleConfiguration {
        rules: rules.iter().map(rule_element).collect(),
    }
}

fn rule_element(rule: &Rule) -> wire::LifecycleRule {
    let date = |date: &Option<String>| date.as_deref().map(midnight);
    let expiration = rule.expiration.first().map(|e| wire::Expiration {
        days: e.days,
        date: date(&e.date),
    });
    let transitions = rule.transition.iter().map(|t| wire::Transition {
        days: t.days,
        date: date(&t.date),
        storage_class: t.storage_class.clone(),
    });
    let former = rule.noncurrent_version_expiration.first();
    let former_moves = rule
        .noncurrent_version_transition
        .iter()
        .map(|t| wire::NoncurrentVersionTransition {
            noncurrent_days: t.days,
            storage_class: t.storage_class.clone(),
        });
    let abort = rule.abort_incomplete_multipart_upload.first();
    let status = match rule.enabled {
        Some(true) => "Enabled",
        _ => "Disabled",
    };
    wire::LifecycleRule {
        id: rule.name.clone().filter(|name| !name.is_empty()),
        prefix: rule.prefix.clone().unwrap_or_default(),
        status: status.to_string(),
        expiration,
        transitions: transitions.collect(),
        noncurrent_version_expiration: former.map(|e| wire::NoncurrentVersionExpiration {
            noncurrent_days: e.days,
        }),
        noncurrent_version_transitions: former_moves.collect(),
        abort_incomplete_multipart_upload: abort.map(|a| wire::AbortIncompleteMultipartUpload {
            days_after_initiation: a.days,
        }),
    }
}

/// The rules of a reply, in the order of `known` by their names: the order in the reply has no meaning.
pub(super) fn rules(known: &[Rule], reply: wire::LifecycleConfiguration) -> Vec<Rule> {
    let mut rules: Vec<Rule> = reply.rules.into_iter().map(rule_object).collect();
    let place = |rule: &Rule| known.iter().position(|k| k.name == rule.name).unwrap_or(known.len());
    rules.sort_by_key(place);
    for rule in &mut rules {
        let spelled = known.iter().find(|k| k.name == rule.name);
        if rule.prefix.as_deref() == Some("") && spelled.is_none_or(|k| k.prefix.is_none()) {
            // For all objects: written as no prefix or as an empty one.
            rule.prefix = None;
        }
    }
    rules
}

/// OBS's names of storage classes; an S3 client may have set others.
pub(super) fn storage_class(name: String) -> String {
    match name.as_str() {
        "STANDARD_IA" => "WARM".to_string(),
        "GLACIER" => "COLD".to_string(),
        _ => name,
    }
}

fn rule_object(rule: wire::LifecycleRule) -> Rule {
    let date = |time: Option<String>| time.map(day);
    let expiration = rule.expiration.map(|e| When {
        days: e.days,
        date: date(e.date),
    });
    let transition = rule.transitions.into_iter().map(|t| Move {
        days: t.days,
        date: date(t.date),
        storage_class: t.storage_class.map(storage_class),
    });
    let former = rule.noncurrent_version_expiration.map(|e| Days {
        days: e.noncurrent_days,
    });
    let former_moves = rule.noncurrent_version_transitions.into_iter().map(|t| FormerMove {
        days: t.noncurrent_days,
        storage_class: t.storage_class.map(storage_class),
    });
    let abort = rule.abort_incomplete_multipart_upload.map(|a| Days {
        days: a.days_after_initiation,
    });
    Rule {
        name: rule.id,
        enabled: Some(rule.status == "Enabled"),
        prefix: Some(rule.prefix),
        expiration: expiration.into_iter().collect(),
        transition: transition.collect(),
        noncurrent_version_expiration: former.into_iter().collect(),
        noncurrent_version_transition: former_moves.collect(),
        abort_incomplete_multipart_upload: abort.into_iter().collect(),
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
            {"name": "b", "enabled": true, "expiration": [{"date": "2030-01-31"}], "transition": [
                {"days": 30, "storage_class": "WARM"}, {"days": 60, "storage_class": "COLD"}],
             "noncurrent_version_expiration": [{"days": 3}],
             "noncurrent_version_transition": [{"days": 2, "storage_class": "WARM"}]},
            {"name": "a", "prefix": "p/", "enabled": false, "abort_incomplete_multipart_upload": [{"days": 1}],
             "expiration": null},
            {"name": "c", "prefix": "", "enabled": true, "expiration": [{"days": 1}]}
        ]))
        .unwrap();
        let body = wire::encode(&configuration(&sent)).unwrap();
        let text = String::from_utf8(body.clone()).unwrap();
        assert!(text.contains("<Date>2030-01-31T00:00:00.000Z</Date>"), "{text}");
        let mut reply: wire::LifecycleConfiguration = wire::decode(&body).unwrap();
        reply.rules.reverse();
        assert_eq!(rules(&sent, reply), sent);
    }

    #[test]
    fn order_within_a_rule_does_not_count() {
        let of = |json| -> Vec<Rule> { serde_json::from_value(json).unwrap() };
        let (warm, cold) = (
            json!({"days": 30, "storage_class": "WARM"}),
            json!({"days": 60, "storage_class": "COLD"}),
        );
        let one = of(json!([{"name": "a", "transition": [warm, cold]}]));
        let other = of(json!([{"name": "a", "prefix": "", "transition": [cold, warm]}]));
        assert_ne!(one, other);
        assert_eq!(in_order(&one), in_order(&other));
    }
}
