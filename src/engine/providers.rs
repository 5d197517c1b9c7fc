//! Sessions by provider configuration. Decides what a configuration block and the environment together mean; connects to
//! nothing.

use super::{Event, Progress, codes};
use crate::base::{Diag, Diags, Known, Value};
use crate::config::{Module, ProviderKey};
use crate::driver::{Cloud, ProviderConfig, Session, Surroundings};
use crate::schema::Registry;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Reads environment variables.
pub type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Changes a provider configuration before it is used, for the embedded cloud.
pub type Redirect<'a> = Option<&'a dyn Fn(&mut ProviderConfig)>;

/// Reads a file that a provider configuration names; none where nothing of this machine's user may be read.
pub type Files<'a> = Option<&'a dyn Fn(&str) -> Result<String, String>>;

/// What a provider configuration takes from outside of the configuration.
#[derive(Clone, Copy)]
pub struct Outside<'a> {
    /// Environment variables.
    pub env: Environment<'a>,
    /// Files of the vendor's tools.
    pub files: Files<'a>,
}

/// The sessions of a run.
pub struct Providers {
    sessions: BTreeMap<ProviderKey, Session>,
    /// For types without a provider of their own, and for configurations that are not declared.
    default: BTreeMap<String, Session>,
    around: Arc<Surroundings>,
}

impl Providers {
    /// Makes a session for each provider block and for each provider without one.
    pub fn new(
        module: &Module,
        settings: &BTreeMap<ProviderKey, Value>,
        names: &[&str],
        registry: &Registry,
        outside: Outside<'_>,
        cloud: &Arc<dyn Cloud>,
        redirect: Redirect<'_>,
    ) -> (Providers, Diags) {
        let around: Arc<Surroundings> = Arc::default();
        let session = |mut config: ProviderConfig| {
            if let Some(redirect) = redirect {
                redirect(&mut config);
            }
            Session::new(config, Arc::clone(cloud)).among(Arc::clone(&around))
        };
        let schema = |name: &str| registry.provider(name).map(|s| &**s);
        let configured = |name: &str, block: Option<&Known>| {
            let config = ProviderConfig::from_known(name, schema(name), block, outside.env)?;
            match outside.files {
                Some(read) => config.with_profile(read),
                None => Ok(config),
            }
        };
        let mut diags = Diags::new();
        let mut sessions = BTreeMap::new();
        for (key, block) in module.providers.iter().filter(|(key, _)| &*key.name != "terraform") {
            let known = settings.get(key).and_then(|v| Known::new(v.clone()));
            if settings.contains_key(key) && known.is_none() {
                diags.push(
                    Diag::error(
                        codes::PROVIDER,
                        format!("Provider {key} has settings that are known only after apply"),
                    )
                    .detail("A provider must be usable while planning, to look at what exists.")
                    .at(block.header)
                    .help("take its settings from variables, or apply first what they depend on, with -target"),
                );
                continue;
            }
            match configured(&key.name, known.as_ref()) {
                Ok(config) => {
                    sessions.insert(key.clone(), session(config));
                }
                Err(why) => diags.push(
                    Diag::error(codes::PROVIDER, format!("Provider {key} can't be used"))
                        .detail(why)
                        .at(block.header),
                ),
            }
        }
        let mut default = BTreeMap::new();
        for name in names {
            match configured(name, None) {
                Ok(config) => {
                    default.insert((*name).to_string(), session(config));
                }
                Err(why) => {
                    let modules = module.all();
                    let mut blocks = modules.iter().flat_map(|(_, m)| m.resources.values());
                    let used = blocks.any(|r| &*r.provider.name == *name);
                    if used && !sessions.keys().any(|k: &ProviderKey| &*k.name == *name) {
                        diags.push(Diag::error(codes::PROVIDER, format!("Provider {name} can't be used")).detail(why));
                    }
                }
            }
        }
        let providers = Providers {
            sessions,
            default,
            around,
        };
        (providers, diags)
    }

    /// The session of a provider configuration.
    pub fn session(&self, key: &ProviderKey) -> Option<&Session> {
        let named = self.sessions.get(key);
        // An object of the state may name an alias that is not declared any more; it is then managed by the default.
        named
            .or_else(|| {
                self.sessions.get(&ProviderKey {
                    name: key.name.clone(),
                    alias: None,
                })
            })
            .or_else(|| self.default.get(&*key.name))
    }

    /// What the sessions share: what they have to tell, and who stops them.
    pub fn around(&self) -> &Surroundings {
        &self.around
    }

    /// Tells what the sessions have to tell.
    pub fn tell(&self, progress: &dyn Progress) {
        for text in self.around.take_texts() {
            progress.event(Event::Notice(text));
        }
    }

    /// All requests sent, by operation.
    pub fn requests(&self) -> BTreeMap<String, u64> {
        let mut all: BTreeMap<String, u64> = BTreeMap::new();
        for session in self.sessions.values().chain(self.default.values()) {
            for (operation, count) in session.requests() {
                *all.entry(operation).or_default() += count;
            }
        }
        all
    }
}
