//! Settings of one provider: what the provider block says, and where it is silent, what the environment
//! variables of the official tools say. Reads no environment by itself; never shows a secret.

use crate::base::{Known, Secret, Value};
use crate::wire::Credentials;
use std::collections::BTreeMap;

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
    /// Other settings that are text, by attribute name (`project_id`, `cloud`, …).
    pub settings: BTreeMap<String, String>,
    /// Settings that must not be shown, by attribute name (`token`).
    pub secrets: BTreeMap<String, Secret>,
}

/// An attribute of a provider block with the environment variables that stand in for it, first wins.
type Fallback = (&'static str, &'static [&'static str]);

/// Names read by Alibaba Cloud's SDKs and CLI (`ALIBABA_CLOUD_…`) and by the Terraform provider (`ALICLOUD_…`).
const ALICLOUD: &[Fallback] = &[
    (
        "region",
        &["ALIBABA_CLOUD_REGION_ID", "ALIBABA_CLOUD_REGION", "ALICLOUD_REGION"],
    ),
    ("account_id", &["ALIBABA_CLOUD_ACCOUNT_ID", "ALICLOUD_ACCOUNT_ID"]),
    (
        "access_key",
        &[
            "ALIBABA_CLOUD_ACCESS_KEY_ID",
            "ALIBABA_CLOUD_ACCESS_KEY",
            "ALICLOUD_ACCESS_KEY",
        ],
    ),
    (
        "secret_key",
        &[
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
            "ALIBABA_CLOUD_SECRET_KEY",
            "ALICLOUD_SECRET_KEY",
        ],
    ),
    (
        "security_token",
        &["ALIBABA_CLOUD_SECURITY_TOKEN", "ALICLOUD_SECURITY_TOKEN"],
    ),
];

/// Names read by Huawei Cloud's Terraform provider (`HW_…`) and SDKs (`HUAWEICLOUD_SDK_…`).
const HUAWEICLOUD: &[Fallback] = &[
    ("region", &["HW_REGION_NAME"]),
    ("access_key", &["HW_ACCESS_KEY", "HUAWEICLOUD_SDK_AK"]),
    ("secret_key", &["HW_SECRET_KEY", "HUAWEICLOUD_SDK_SK"]),
    ("security_token", &["HW_SECURITY_TOKEN"]),
    ("token", &["HW_AUTH_TOKEN"]),
    ("project_id", &["HW_PROJECT_ID", "HUAWEICLOUD_SDK_PROJECT_ID"]),
    ("domain_id", &["HW_DOMAIN_ID", "HUAWEICLOUD_SDK_DOMAIN_ID"]),
    ("cloud", &["HW_CLOUD"]),
];

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

/// Attributes that are kept as secrets.
const SECRET: &[&str] = &["token", "password"];

/// Services whose address may come from `<SERVICE>_ENDPOINT`, as in the Terraform providers.
const ALICLOUD_SERVICES: &[&str] = &["ots", "oss", "ram", "resourcemanager", "sts", "dataworks"];

impl ProviderConfig {
    /// Settings from an evaluated provider block (none for a provider without a block), then `env`.
    /// Empty text counts as absent, as in the official tools.
    ///
    /// # Errors
    /// One of access key and secret key without the other, with the names that would set it.
    pub fn from_known(
        provider: &str,
        block: Option<&Known>,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Result<ProviderConfig, String> {
        let block = block.map(Known::value);
        let setting = |name: &str| {
            text(block, name).or_else(|| {
                variables(provider, name)
                    .iter()
                    .find_map(|v| env(v).filter(|v| !v.is_empty()))
            })
        };
        let mut config = ProviderConfig {
            provider: provider.to_string(),
            region: setting("region"),
            account_id: setting("account_id"),
            credentials: credentials(provider, &setting)?,
            endpoints: endpoints(provider, block, env),
            ..ProviderConfig::default()
        };
        let listed = table(provider).iter().map(|(name, _)| (*name).to_string());
        let written = block.and_then(Value::entries).into_iter().flatten();
        for name in listed.chain(written.map(|(name, _)| name.to_string())) {
            if OWN_FIELDS.contains(&name.as_str()) {
                continue;
            }
            if let Some(value) = setting(&name) {
                if SECRET.contains(&name.as_str()) {
                    config.secrets.insert(name, Secret::new(value));
                } else {
                    config.settings.insert(name, value);
                }
            }
        }
        Ok(config)
    }

    /// The environment variables that stand in for a provider attribute, first wins.
    pub fn variables(&self, attribute: &str) -> &'static [&'static str] {
        variables(&self.provider, attribute)
    }

    /// The first address that is set under one of these service names.
    pub fn endpoint(&self, services: &[&str]) -> Option<&str> {
        services.iter().find_map(|s| self.endpoints.get(*s)).map(String::as_str)
    }
}

fn table(provider: &str) -> &'static [Fallback] {
    match provider {
        "alicloud" => ALICLOUD,
        "huaweicloud" => HUAWEICLOUD,
        _ => &[],
    }
}

fn variables(provider: &str, attribute: &str) -> &'static [&'static str] {
    table(provider)
        .iter()
        .find(|(name, _)| *name == attribute)
        .map_or(&[], |(_, variables)| variables)
}

fn text(block: Option<&Value>, name: &str) -> Option<String> {
    let text = block?.get(name)?.as_str()?;
    (!text.is_empty()).then(|| text.to_string())
}

fn credentials(provider: &str, setting: &dyn Fn(&str) -> Option<String>) -> Result<Option<Credentials>, String> {
    let lacks = |has: &str, lacks: &str| {
        Err(format!(
            "provider {provider} has an {has} but no {lacks}; set {lacks} or {}",
            variables(provider, lacks).join(" or ")
        ))
    };
    match (setting("access_key"), setting("secret_key")) {
        (Some(access_key), Some(secret)) => Ok(Some(Credentials {
            access_key,
            secret: Secret::new(secret),
            security_token: setting("security_token").map(Secret::new),
        })),
        (None, None) => Ok(None),
        (Some(_), None) => lacks("access_key", "secret_key"),
        (None, Some(_)) => lacks("secret_key", "access_key"),
    }
}

/// Addresses in the block win; `endpoints` is an object, a map or a list of objects.
fn endpoints(provider: &str, block: Option<&Value>, env: &dyn Fn(&str) -> Option<String>) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    if provider == "alicloud" {
        for service in ALICLOUD_SERVICES {
            if let Some(address) = env(&format!("{}_ENDPOINT", service.to_uppercase())).filter(|a| !a.is_empty()) {
                found.insert((*service).to_string(), address);
            }
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
        let config = ProviderConfig::from_known("alicloud", Some(&block), &env(&vars)).unwrap();
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
    fn half_a_key_is_an_error_and_none_is_not() {
        let vars = [("ALIBABA_CLOUD_ACCESS_KEY_ID", "ak")];
        let error = ProviderConfig::from_known("alicloud", None, &env(&vars)).unwrap_err();
        assert!(error.contains("ALIBABA_CLOUD_ACCESS_KEY_SECRET"), "{error}");
        let config = ProviderConfig::from_known("alicloud", None, &env(&[])).unwrap();
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
        let config = ProviderConfig::from_known("huaweicloud", Some(&block), &env(&[("HW_DOMAIN_ID", "d")])).unwrap();
        let settings: Vec<_> = config.settings.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        assert_eq!(settings, [("domain_id", "d"), ("extra", "x"), ("project_id", "p")]);
        assert!(!format!("{config:?}").contains("t0k3n"));
    }
}
