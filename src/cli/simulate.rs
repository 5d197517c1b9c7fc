//! The embedded cloud in this process: starts it, and turns every provider configuration to it, so that `--sim` can never
//! reach a real cloud.

use super::{Context, codes};
use crate::base::Diag;
use crate::driver::{BoxFuture, Cloud, ProviderConfig};
use crate::engine::cloud::SystemCloud;
use crate::sim::{Chaos, Pace, Service, Sim, SimError, SimOptions, huaweicloud};
use crate::wire::{Request, Response, TransportError, TransportLimits};
use jiff::Timestamp;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// The file that keeps the embedded cloud's world.
pub fn world_path(directory: &Path) -> PathBuf {
    directory.join(".headworks").join("sim.db")
}

/// Starts the embedded cloud of a directory.
///
/// # Errors
/// It can't listen, its world can't be read, or the faults are not spelled right.
pub async fn start(cx: &Context) -> Result<Sim, Diag> {
    let chaos = cx.chaos.as_deref().map(parse_chaos).transpose()?;
    let database = world_path(&cx.directory);
    make_directory(&database)?;
    Sim::start(SimOptions {
        database: Some(database),
        chaos,
        ..SimOptions::default()
    })
    .await
    .map_err(sim_error)
}

/// The effects of the sessions: the machine's, but with the embedded cloud's clock when that one hurries.
pub fn cloud(sim: Option<&Sim>) -> Arc<dyn Cloud> {
    let system = SystemCloud::new();
    match sim.and_then(Sim::pace) {
        Some(pace) => Arc::new(PacedCloud { system, pace }),
        None => Arc::new(system),
    }
}

/// [`Cloud`] with a clock that hurries.
struct PacedCloud {
    system: SystemCloud,
    pace: Arc<Pace>,
}

impl Cloud for PacedCloud {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, TransportError>> {
        Box::pin(async move {
            let _exchange = self.pace.exchange();
            let limit = TransportLimits::default().total;
            // The time begins before the request leaves: the embedded cloud may answer at once that it is up.
            let too_late = self.pace.sleep(limit);
            let endpoint = request.authority.clone();
            tokio::select! {
                reply = self.system.send(request) => reply,
                () = too_late => Err(TransportError::TimedOut { endpoint, limit, connecting: false }),
            }
        })
    }

    fn now(&self) -> Timestamp {
        self.pace.now()
    }

    fn sleep(&self, pause: Duration) -> BoxFuture<'_, ()> {
        Box::pin(self.pace.sleep(pause))
    }

    fn random(&self) -> u128 {
        self.system.random()
    }
}

/// Faults from their spelling.
///
/// # Errors
/// What is not understood.
pub fn parse_chaos(text: &str) -> Result<Chaos, Diag> {
    Chaos::parse(text).map_err(|e| Diag::error(codes::SIM, "The faults are not understood").detail(e.to_string()))
}

/// An error of the embedded cloud as a diagnostic.
pub fn sim_error(error: SimError) -> Diag {
    let help = match &error {
        SimError::Listen { .. } => {
            "another program uses the port; stop it, or name other ports with `headworks sim --port PORT`"
        }
        SimError::Database { .. } => {
            "another headworks may be using it; stop that one, or name another file with `headworks sim --database FILE`"
        }
    };
    Diag::error(codes::SIM, "The embedded cloud can't start")
        .detail(error.to_string())
        .help(help)
}

/// Makes the directory of a file, for this user only.
///
/// # Errors
/// It can't be made.
pub fn make_directory(file: &Path) -> Result<(), Diag> {
    use std::os::unix::fs::DirBuilderExt;
    let Some(parent) = file.parent() else {
        return Ok(());
    };
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(parent);
    made.map_err(|e| {
        Diag::error(codes::FILE, format!("The directory {} can't be made", parent.display())).detail(e.to_string())
    })
}

/// The services of each provider: the name in its `endpoints`, and who answers for it.
const SERVICES: &[(&str, &[(&str, Service)])] = &[
    (
        "alicloud",
        &[
            ("ots", Service::Tablestore),
            ("oss", Service::Oss),
            ("ram", Service::Ram),
            ("sts", Service::Ram),
            ("resourcemanager", Service::ResourceManager),
            ("dataworks", Service::DataWorks),
        ],
    ),
    (
        "huaweicloud",
        &[
            ("iam", Service::Iam),
            ("dis", Service::Dis),
            ("dli", Service::Dli),
            ("dms", Service::Dms),
            ("obs", Service::Obs),
            ("eps", Service::Iam),
            ("sts", Service::Iam),
        ],
    ),
];

/// A provider configuration turned to the embedded cloud: its addresses and its key, whatever the block says.
pub fn redirect(config: &mut ProviderConfig, sim: &Sim) {
    let Some((_, services)) = SERVICES.iter().find(|(provider, _)| *provider == config.provider) else {
        return;
    };
    let address = |(name, service): &(&str, Service)| ((*name).to_string(), sim.endpoint(*service).to_string());
    config.endpoints = services.iter().map(address).collect();
    config.credentials = Some(Sim::credentials());
    config.secrets.clear();
    config.roles.clear();
    if config.provider == "alicloud" {
        config.region.get_or_insert_with(|| crate::sim::DEMO_REGION.to_string());
        config.account_id = Some(crate::sim::DEMO_ACCOUNT.to_string());
    } else {
        config
            .region
            .get_or_insert_with(|| huaweicloud::DEMO_REGION.to_string());
        // Projects and account are the embedded cloud's own; it is asked for them like the real one.
        for name in [
            "project_id",
            "project_name",
            "domain_id",
            "domain_name",
            "user_name",
            "user_id",
        ] {
            config.settings.remove(name);
        }
    }
}

/// The environment variable of a service's address, as the provider's schema has it.
fn endpoint_variable(provider: &str, service: &str) -> String {
    let prefix = if provider == "huaweicloud" { "HW_" } else { "" };
    format!("{prefix}{}_ENDPOINT", service.to_uppercase())
}

/// Environment variables that turn headworks and the official tools to the embedded cloud.
pub fn environment(sim: &Sim) -> Vec<(String, String)> {
    let key = Sim::credentials();
    let secret = key.secret.expose();
    let fixed = [
        ("ALIBABA_CLOUD_ACCESS_KEY_ID", key.access_key.as_str()),
        ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", secret),
        ("ALIBABA_CLOUD_REGION_ID", crate::sim::DEMO_REGION),
        ("HW_ACCESS_KEY", &key.access_key),
        ("HW_SECRET_KEY", secret),
        ("HW_REGION_NAME", huaweicloud::DEMO_REGION),
    ];
    let addresses = SERVICES.iter().flat_map(|(provider, services)| {
        services
            .iter()
            .map(|(name, service)| (endpoint_variable(provider, name), sim.endpoint(*service)))
    });
    let fixed = fixed.into_iter().map(|(name, value)| (name.to_string(), value));
    fixed
        .chain(addresses)
        .map(|(name, value)| (name, value.to_string()))
        .collect()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    #[test]
    fn every_address_that_is_printed_reaches_its_provider() {
        let registry = crate::catalog::registry().unwrap();
        for (provider, services) in SERVICES {
            let env = |variable: &str| {
                let (name, _) = services
                    .iter()
                    .find(|(n, _)| endpoint_variable(provider, n) == variable)?;
                Some(format!("http://{name}.example.com"))
            };
            let schema = registry.provider(provider).unwrap();
            let config = ProviderConfig::from_known(provider, Some(schema), None, &env).unwrap();
            for (name, _) in *services {
                let expected = format!("http://{name}.example.com");
                assert_eq!(config.endpoint(&[*name]), Some(expected.as_str()), "{provider}");
            }
        }
    }
}
