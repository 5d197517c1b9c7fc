//! A profile of the vendor's command line, in place of environment variables: what its file says of keys, region and role.
//! What the provider block itself says stands. Reads no file by itself; a message never holds a part of the file.
//!
//! Source: Huawei Cloud CLI (KooCLI) user guide, configuration file; Terraform provider for Huawei Cloud:
//! shared_config_file, profile.

use super::config::ProviderConfig;
use crate::base::Secret;
use crate::base::mask::remember;
use crate::wire::Credentials;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Where the command line keeps its profiles.
const USUAL_FILE: &str = "~/.hcloud/config.json";

#[derive(Default, Deserialize)]
#[serde(default)]
struct File {
    current: String,
    profiles: Vec<Profile>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Profile {
    name: String,
    mode: String,
    #[serde(flatten)]
    keys: Keys,
    region: String,
    project_id: String,
    domain_id: String,
    agency_domain_id: String,
    agency_domain_name: String,
    agency_name: String,
    sso_auth: SingleSignOn,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Keys {
    access_key_id: String,
    secret_access_key: String,
    security_token: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct SingleSignOn {
    sts_token: Keys,
}

impl ProviderConfig {
    /// The same settings with those of a profile, where `profile` or `shared_config_file` asks for one. `read` gives the
    /// text of a file; `~` in its path is the user's home.
    ///
    /// # Errors
    /// The file can't be read or has no such profile, or the profile has no access key.
    pub fn with_profile(mut self, read: &dyn Fn(&str) -> Result<String, String>) -> Result<ProviderConfig, String> {
        let (file, name) = (self.settings.get("shared_config_file"), self.settings.get("profile"));
        if file.is_none() && name.is_none() {
            return Ok(self);
        }
        let path = file.map_or(USUAL_FILE, String::as_str);
        let text = read(path).map_err(|why| format!("the file {path} of shared_config_file can't be read: {why}"))?;
        // The cause may quote the file, and so a key.
        let parsed: File = serde_json::from_str(&text).map_err(|e| {
            let (line, column) = (e.line(), e.column());
            format!("the file {path} is not a configuration of hcloud: line {line}, column {column}")
        })?;
        let name = name.map_or(parsed.current.as_str(), String::as_str);
        let Some(profile) = parsed.profiles.iter().find(|p| p.name == name) else {
            let names: Vec<&str> = parsed.profiles.iter().map(|p| p.name.as_str()).collect();
            return Err(format!(
                "the file {path} has no profile {name:?}; it has {}",
                names.join(", ")
            ));
        };
        let keys = match profile.mode.as_str() {
            "SSO" => &profile.sso_auth.sts_token,
            _ => &profile.keys,
        };
        if !self.written.contains("access_key") && !self.written.contains("token") {
            if keys.access_key_id.is_empty() || keys.secret_access_key.is_empty() {
                return Err(format!("the profile {name:?} of {path} has no access key"));
            }
            remember(&keys.access_key_id);
            self.credentials = Some(Credentials {
                access_key: keys.access_key_id.clone(),
                secret: Secret::new(keys.secret_access_key.clone()),
                security_token: some(&keys.security_token).map(Secret::new),
            });
            // One of the environment would be used in place of the profile's key.
            self.secrets.remove("token");
        }
        if !self.written.contains("region") {
            self.region = some(&profile.region).or(self.region);
        }
        for (name, value) in [("project_id", &profile.project_id), ("domain_id", &profile.domain_id)] {
            if let Some(value) = some(value).filter(|_| !self.written.contains(name)) {
                self.settings.insert(name.to_string(), value);
            }
        }
        if self.roles.is_empty() && !profile.agency_name.is_empty() {
            let role = [
                ("agency_name", &profile.agency_name),
                ("domain_name", &profile.agency_domain_name),
                ("domain_id", &profile.agency_domain_id),
            ];
            let given = role.into_iter().filter_map(|(n, v)| Some((n.to_string(), some(v)?)));
            self.roles.push(given.collect::<BTreeMap<_, _>>());
        }
        Ok(self)
    }
}

fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_string())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    const FILE: &str = r#"{
      "language": "en", "current": "work",
      "profiles": [
        {"name": "work", "mode": "AKSK", "accessKeyId": "AK1", "secretAccessKey": "s1", "securityToken": "",
         "region": "cn-east-3", "projectId": "p1", "domainId": "d1", "readTimeout": 10},
        {"name": "sso", "mode": "SSO", "region": "", "agencyName": "ops", "agencyDomainName": "other",
         "ssoAuth": {"stsToken": {"accessKeyId": "AK2", "secretAccessKey": "s2", "securityToken": "t2"}}},
        {"name": "bare", "mode": "AKSK", "accessKeyId": ""}
      ]}"#;

    fn config(settings: &[(&str, &str)], written: &[&str]) -> ProviderConfig {
        ProviderConfig {
            provider: "huaweicloud".into(),
            region: Some("cn-north-4".into()),
            settings: settings.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect(),
            written: written.iter().map(ToString::to_string).collect(),
            ..ProviderConfig::default()
        }
    }

    fn read(path: &str) -> Result<String, String> {
        match path {
            "~/.hcloud/config.json" | "/other.json" => Ok(FILE.to_string()),
            "/broken.json" => Ok("{\"profiles\": \"secret\"}".to_string()),
            _ => Err("no such file".to_string()),
        }
    }

    #[test]
    fn a_profile_stands_in_for_the_environment_and_the_block_wins() {
        let none = config(&[], &[]).with_profile(&read).unwrap();
        assert!(none.credentials.is_none() && none.region.as_deref() == Some("cn-north-4"));
        let current = config(&[("shared_config_file", "/other.json")], &[])
            .with_profile(&read)
            .unwrap();
        assert_eq!(current.credentials.as_ref().unwrap().access_key, "AK1");
        assert_eq!(current.region.as_deref(), Some("cn-east-3"));
        assert_eq!(current.settings["project_id"], "p1");
        let written = config(
            &[("profile", "work"), ("project_id", "mine")],
            &["region", "project_id"],
        );
        let written = written.with_profile(&read).unwrap();
        assert_eq!(written.region.as_deref(), Some("cn-north-4"));
        assert_eq!(
            (&*written.settings["project_id"], &*written.settings["domain_id"]),
            ("mine", "d1")
        );
        let sso = config(&[("profile", "sso")], &[]).with_profile(&read).unwrap();
        let keys = sso.credentials.unwrap();
        assert_eq!((keys.access_key.as_str(), keys.secret.expose()), ("AK2", "s2"));
        assert_eq!(keys.security_token.unwrap().expose(), "t2");
        assert_eq!(sso.region.as_deref(), Some("cn-north-4"));
        assert_eq!(sso.roles.len(), 1);
        assert_eq!(
            (&*sso.roles[0]["agency_name"], &*sso.roles[0]["domain_name"]),
            ("ops", "other")
        );
    }

    #[test]
    fn what_is_wrong_is_said_without_the_file() {
        for (settings, expected) in [
            (
                &[("profile", "nobody")][..],
                "no profile \"nobody\"; it has work, sso, bare",
            ),
            (&[("profile", "bare")], "has no access key"),
            (&[("shared_config_file", "/gone.json")], "can't be read: no such file"),
            (&[("shared_config_file", "/broken.json")], "line 1, column"),
        ] {
            let error = config(settings, &[]).with_profile(&read).unwrap_err();
            assert!(error.contains(expected) && !error.contains("secret"), "{error}");
        }
    }
}
