//! Settings of one provider: what the provider block says, and where it is silent, what the environment
//! variables of the official tools say. Reads no environment by itself; never shows a secret.

use crate::base::mask::remember;
use crate::base::{Known, Secret, Value};
use crate::schema::ResourceSchema;
use crate::wire::Credentials;
use std::collections::{BTreeMap, BTreeSet};

/// Settings of one provider block after evaluation and environment.
#[derive(Clone, Debug, Default)]
pub struct ProviderConfig {
    /// `alicloud` or `huaweicloud`.
    pub provider: String,
    /// Region id such as `cn-hangzhou`.
    pub region: Option<String>,
    /// Account id, as ARNs have it.
    pub account_id: Option<String>,
    /// Access key; a call without it is an error, the configuration alone is not.
    pub credentials: Option<Credentials>,
    /// Addresses by service (lower case), in place of the public ones.
    pub endpoints: BTreeMap<String, String>,
    /// Other settings as text, by attribute name (`project_id`, `cloud`, `max_retries`, …).
    pub settings: BTreeMap<String, String>,
    /// Roles to take on, one after another, each by attribute name; none to act as who the credentials are.
    pub roles: Vec<BTreeMap<String, String>>,
    /// Attributes that the block itself sets.
    pub written: BTreeSet<String>,
    /// Settings that must not be shown, by attribute name (`token`).
    pub secrets: BTreeMap<String, Secret>,
    /// The environment variables that stand in for attributes, first wins; from the provider's schema.
    pub variables: BTreeMap<String, Vec<String>>,
}

/// Attributes that have a field of their own, or are not settings of calls.
const OWN_FIELDS: &[&str] = &[
    "region",
    "account_id",
    "access_key",
    "secret_key",
    "security_token",
    "alias",
    "endpoints",
];

impl ProviderConfig {
    /// Settings from an evaluated provider block (none for a provider without a block), then `env`, under the names that the
    /// provider's schema lists. Empty text counts as absent, as in the official tools.
    ///
    /// # Errors
    /// One of access key and secret key without the other, with the names that would set it.
    pub fn from_known(
        provider: &str,
        schema: Option<&ResourceSchema>,
        block: Option<&Known>,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Result<ProviderConfig, String> {
        let block = block.map(Known::value);
        let variables = schema.map(variables).unwrap_or_default();
        let setting = |name: &str| {
            text(block, name).or_else(|| {
                listed(&variables, name)
                    .iter()
                    .find_map(|v| env(v).filter(|v| !v.is_empty()))
            })
        };
        let mut config = ProviderConfig {
            provider: provider.to_string(),
            region: setting("region"),
            account_id: setting("account_id"),
            credentials: credentials(provider, &variables, &setting)?,
            endpoints: endpoints(schema, block, env),
            roles: roles(schema, block, env),
            ..ProviderConfig::default()
        };
        let names = variables.keys().map(String::as_str).chain(OWN_FIELDS.iter().copied());
        let named = names.filter(|name| text(block, name).is_some());
        config.written = named.map(ToString::to_string).collect();
        let secret = |name: &str| {
            schema
                .and_then(|s| s.block.attributes.get(name))
                .is_some_and(|a| a.secret)
        };
        let written = block.and_then(Value::entries).into_iter().flatten();
        let names = variables.keys().cloned();
        for name in names.chain(written.map(|(name, _)| name.to_string())) {
            if OWN_FIELDS.contains(&name.as_str()) {
                continue;
            }
            if let Some(value) = setting(&name) {
                if secret(&name) {
                    config.secrets.insert(name, Secret::new(value));
                } else {
                    config.settings.insert(name, value);
                }
            }
        }
        config.variables = variables;
        Ok(config)
    }

    /// The environment variables that stand in for a provider attribute, first wins.
    pub fn variables(&self, attribute: &str) -> &[String] {
        listed(&self.variables, attribute)
    }

    /// The first address that is set under one of these service names.
    pub fn endpoint(&self, services: &[&str]) -> Option<&str> {
        services.iter().find_map(|s| self.endpoints.get(*s)).map(String::as_str)
    }
}

/// The environment variables of each attribute of a provider block that has some, first wins.
pub fn variables(schema: &ResourceSchema) -> BTreeMap<String, Vec<String>> {
    let with_some = schema.block.attributes.iter().filter(|(_, a)| !a.env.is_empty());
    with_some
        .map(|(name, a)| (name.to_string(), a.env.iter().map(ToString::to_string).collect()))
        .collect()
}

fn listed<'a>(variables: &'a BTreeMap<String, Vec<String>>, attribute: &str) -> &'a [String] {
    variables.get(attribute).map_or(&[], Vec::as_slice)
}

fn text(block: Option<&Value>, name: &str) -> Option<String> {
    let value = block?.get(name)?;
    let other = || {
        let number = value.as_number().map(ToString::to_string);
        number.or_else(|| value.as_bool().map(|b| b.to_string()))
    };
    value
        .as_str()
        .map(str::to_string)
        .or_else(other)
        .filter(|t| !t.is_empty())
}

/// The blocks that a schema calls `assume_role`. Without one, the environment variables of its attributes make one, when
/// they name an agency.
fn roles(
    schema: Option<&ResourceSchema>,
    block: Option<&Value>,
    env: &dyn Fn(&str) -> Option<String>,
) -> Vec<BTreeMap<String, String>> {
    let Some(shape) = schema.and_then(|s| s.block.blocks.get("assume_role")) else {
        return Vec::new();
    };
    let role = |written: Option<&Value>| -> BTreeMap<String, String> {
        let from_env = |names: &[crate::base::Str]| names.iter().find_map(|v| env(v).filter(|v| !v.is_empty()));
        let value = |name: &str, a: &crate::schema::Attribute| text(written, name).or_else(|| from_env(&a.env));
        let attributes = shape.block.attributes.iter();
        let given = attributes.filter_map(|(name, a)| Some((name.to_string(), value(name, a)?)));
        given.collect()
    };
    let written = block.and_then(|b| b.get("assume_role")).and_then(Value::elements);
    let written: Vec<_> = written.into_iter().flatten().map(|r| role(Some(r))).collect();
    if !written.is_empty() {
        return written;
    }
    let of_env = role(None);
    let named = of_env.contains_key("agency_name");
    if named { vec![of_env] } else { Vec::new() }
}

fn credentials(
    provider: &str,
    variables: &BTreeMap<String, Vec<String>>,
    setting: &dyn Fn(&str) -> Option<String>,
) -> Result<Option<Credentials>, String> {
    let lacks = |has: &str, lacks: &str| {
        Err(format!(
            "provider {provider} has an {has} but no {lacks}; set {lacks} or {}",
            listed(variables, lacks).join(" or ")
        ))
    };
    match (setting("access_key"), setting("secret_key")) {
        (Some(access_key), Some(secret)) => {
            remember(&access_key);
            Ok(Some(Credentials {
                access_key,
                secret: Secret::new(secret),
                security_token: setting("security_token").map(Secret::new),
            }))
        }
        (None, None) => Ok(None),
        (Some(_), None) => lacks("access_key", "secret_key"),
        (None, Some(_)) => lacks("secret_key", "access_key"),
    }
}

/// Addresses in the block win over those of the environment; `endpoints` is an object, a map or a list of objects. A block of
/// `endpoints` takes `<SERVICE>_ENDPOINT`, as the Terraform provider does; a map has no names of its own, so its schema lists
/// the variables, `<PREFIX>_<SERVICE>_ENDPOINT`.
fn endpoints(
    schema: Option<&ResourceSchema>,
    block: Option<&Value>,
    env: &dyn Fn(&str) -> Option<String>,
) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let services = schema.and_then(|s| s.block.blocks.get("endpoints"));
    for service in services.into_iter().flat_map(|b| b.block.attributes.keys()) {
        if let Some(address) = env(&format!("{}_ENDPOINT", service.to_uppercase())).filter(|a| !a.is_empty()) {
            found.insert(service.to_string(), address);
        }
    }
    let map = schema.and_then(|s| s.block.attributes.get("endpoints"));
    for name in map.into_iter().flat_map(|a| &a.env) {
        let service = name.strip_suffix("_ENDPOINT").and_then(|n| n.rsplit('_').next());
        if let (Some(service), Some(address)) = (service, env(name).filter(|a| !a.is_empty())) {
            found.insert(service.to_lowercase(), address);
        }
    }
    let Some(written) = block.and_then(|b| b.get("endpoints")) else {
        return found;
    };
    let objects = written.elements().unwrap_or(std::slice::from_ref(written));
    for (service, address) in objects.iter().filter_map(Value::entries).flatten() {
        if let Some(address) = address.as_str().filter(|a| !a.is_empty()) {
            found.insert(service.to_lowercase(), address.to_string());
        }
    }
    found
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;
    use crate::base::Type;

    fn block(pairs: &[(&str, Value)]) -> Known {
        Known::new(Value::object_of(pairs.iter().map(|(k, v)| (*k, v.clone())))).unwrap()
    }

    fn alicloud() -> ResourceSchema {
        let text = include_str!("../../schemas/alicloud/provider.hcl");
        crate::schema::load::load_text("provider.hcl", text).unwrap()
    }

    fn other() -> ResourceSchema {
        let text = r#"
provider "huaweicloud" {
  summary = "Another provider."
  attribute "domain_id" {
    type = string
    env  = ["HW_DOMAIN_ID"]
    doc  = "The domain."
  }
  attribute "token" {
    type   = string
    secret = true
    doc    = "A token."
  }
}
"#;
        crate::schema::load::load_text("provider.hcl", text).unwrap()
    }

    fn env<'a>(pairs: &'a [(&'a str, &'a str)]) -> impl Fn(&str) -> Option<String> + 'a {
        |name| pairs.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_string())
    }

    #[test]
    fn the_block_wins_over_the_environment_and_empty_is_absent() {
        let block = block(&[
            ("region", Value::string("cn-beijing")),
            ("access_key", Value::string("")),
            ("secret_key", Value::null(Type::String)),
            (
                "endpoints",
                Value::object_of([("ots", Value::string("http://127.0.0.1:1"))]),
            ),
        ]);
        let vars = [
            ("ALICLOUD_REGION", "cn-shanghai"),
            ("ALIBABA_CLOUD_ACCESS_KEY_ID", ""),
            ("ALICLOUD_ACCESS_KEY", "ak"),
            ("ALICLOUD_SECRET_KEY", "sk"),
            ("OTS_ENDPOINT", "https://other"),
            ("OSS_ENDPOINT", "https://oss.example.com"),
        ];
        let config = ProviderConfig::from_known("alicloud", Some(&alicloud()), Some(&block), &env(&vars)).unwrap();
        assert_eq!(config.region.as_deref(), Some("cn-beijing"));
        assert_eq!(config.endpoint(&["tablestore", "ots"]), Some("http://127.0.0.1:1"));
        assert_eq!(config.endpoint(&["oss"]), Some("https://oss.example.com"));
        let credentials = config.credentials.unwrap();
        assert_eq!(
            (credentials.access_key.as_str(), credentials.secret.expose()),
            ("ak", "sk")
        );
    }

    #[test]
    fn a_map_of_endpoints_is_filled_from_the_variables_that_its_schema_lists() {
        let text = include_str!("../../schemas/huaweicloud/provider.hcl");
        let schema = crate::schema::load::load_text("provider.hcl", text).unwrap();
        let block = block(&[(
            "endpoints",
            Value::object_of([("dis", Value::string("http://127.0.0.1:1"))]),
        )]);
        let vars = [
            ("HW_IAM_ENDPOINT", "http://127.0.0.1:2"),
            ("HW_DIS_ENDPOINT", "http://127.0.0.1:3"),
            ("HW_DLI_ENDPOINT", ""),
            ("OBS_ENDPOINT", "of another tool"),
        ];
        let config = ProviderConfig::from_known("huaweicloud", Some(&schema), Some(&block), &env(&vars)).unwrap();
        let found: Vec<_> = config.endpoints.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        assert_eq!(found, [("dis", "http://127.0.0.1:1"), ("iam", "http://127.0.0.1:2")]);
    }

    #[test]
    fn half_a_key_is_an_error_and_none_is_not() {
        let vars = [("ALIBABA_CLOUD_ACCESS_KEY_ID", "ak")];
        let error = ProviderConfig::from_known("alicloud", Some(&alicloud()), None, &env(&vars)).unwrap_err();
        assert!(error.contains("ALIBABA_CLOUD_ACCESS_KEY_SECRET"), "{error}");
        let config = ProviderConfig::from_known("alicloud", Some(&alicloud()), None, &env(&[])).unwrap();
        assert!(config.credentials.is_none());
        assert_eq!(config.variables("secret_key").len(), 3);
    }

    #[test]
    fn other_settings_are_kept_and_tokens_are_secret() {
        let block = block(&[
            ("project_id", Value::string("p")),
            ("token", Value::string("t0k3n")),
            ("extra", Value::string("x")),
        ]);
        let config = ProviderConfig::from_known(
            "huaweicloud",
            Some(&other()),
            Some(&block),
            &env(&[("HW_DOMAIN_ID", "d")]),
        )
        .unwrap();
        let settings: Vec<_> = config.settings.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        assert_eq!(settings, [("domain_id", "d"), ("extra", "x"), ("project_id", "p")]);
        assert!(!format!("{config:?}").contains("t0k3n"));
    }
}
