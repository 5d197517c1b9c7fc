//! Calls of the JSON services: where they answer, who calls (a key that signs, a token, or a user who is given one),
//! which project a call is for, and how faults are read.
//!
//! Source: Huawei Cloud "AK/SK signing and authentication algorithm", IAM "Obtaining a User Token Through Password
//! Authentication", "Querying Project Information"; Open Telekom Cloud endpoint list.

use super::assume;
use crate::base::Secret;
use crate::driver::{
    Attempt, Call, DriverError, Effect, Endpoint, Fault, FaultKind, Mark, Protocol, ProviderConfig, Session,
};
use crate::wire::retry::classify_huawei;
use crate::wire::sign::huawei;
use crate::wire::sign::percent::encode;
use crate::wire::{ApiError, Credentials, Request, Response, Service};
use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

/// One JSON service.
#[derive(Clone, Copy, Debug)]
pub(super) struct Api {
    /// As in calls, in `endpoints` and as the first label of the host name.
    pub(super) name: &'static str,
    /// Who answers.
    wire: Service,
}

/// Data Ingestion Service.
pub(super) const DIS: Api = Api {
    name: "dis",
    wire: Service::Dis,
};

/// Data Lake Insight.
pub(super) const DLI: Api = Api {
    name: "dli",
    wire: Service::Dli,
};

/// Distributed Message Service for Kafka.
pub(super) const DMS: Api = Api {
    name: "dms",
    wire: Service::Dms,
};

/// Identity and Access Management; its calls are for an account, not for a project.
pub(super) const IAM: Api = Api {
    name: "iam",
    wire: Service::Iam,
};

/// Enterprise Project Management Service, which is one for all regions.
pub(super) const EPS: Api = Api {
    name: "eps",
    wire: Service::Iam,
};

/// Security Token Service, the part of IAM that gives temporary keys.
pub(super) const STS: Api = Api {
    name: "sts",
    wire: Service::Iam,
};

/// Stands for the project in [`path`].
pub(super) const PROJECT: &str = "{project_id}";

/// The cloud that a provider without `cloud` means.
const CLOUD: &str = "myhuaweicloud.com";

/// What a request asks.
#[derive(Clone, Debug)]
pub(super) struct Ask {
    method: http::Method,
    path: String,
    query: Vec<(String, String)>,
    body: Option<Json>,
}

impl Ask {
    /// A request without a body.
    pub(super) fn of(method: http::Method, path: String) -> Ask {
        Ask {
            method,
            path,
            query: Vec::new(),
            body: None,
        }
    }

    /// The same with a parameter.
    pub(super) fn with(mut self, name: &str, value: impl Into<String>) -> Ask {
        self.query.push((name.to_string(), value.into()));
        self
    }

    /// The same with a body.
    pub(super) fn with_body(mut self, body: Json) -> Ask {
        self.body = Some(body);
        self
    }
}

/// A path of these parts, each encoded, but for [`PROJECT`].
pub(super) fn path(parts: &[&str]) -> String {
    let encoded = parts.iter().map(|p| match *p {
        PROJECT => PROJECT.to_string(),
        part => encode(part),
    });
    encoded.fold(String::new(), |path, part| format!("{path}/{part}"))
}

/// Who calls.
pub(super) enum Auth {
    /// The provider's key, which signs.
    Key,
    /// The key of a role, which signs.
    Assumed(Credentials),
    /// A token; held as credentials that have nothing else, so that an error never repeats it.
    Token(Credentials),
}

/// The protocol of the JSON services.
pub(super) struct Rest {
    /// The service.
    pub(super) api: Api,
    /// Who calls.
    pub(super) auth: Auth,
}

impl Protocol for Rest {
    fn credentials<'a>(&'a self, of_provider: Option<&'a Credentials>) -> Option<&'a Credentials> {
        match &self.auth {
            Auth::Key => of_provider,
            Auth::Token(own) | Auth::Assumed(own) => Some(own),
        }
    }

    fn sign(&self, request: &mut Request, attempt: &Attempt<'_>) {
        match &self.auth {
            Auth::Key | Auth::Assumed(_) => {
                let date_time = attempt.now.strftime("%Y%m%dT%H%M%SZ").to_string();
                huawei::sign(request, attempt.credentials, &date_time);
            }
            Auth::Token(credentials) => {
                let token = credentials.security_token.as_ref().map(|t| t.expose().to_string());
                let authority = request.authority.clone();
                request.set_header("host", authority);
                // No token at all: the call that asks for one.
                if let Some(token) = token {
                    request.set_header("x-auth-token", token);
                }
            }
        }
    }

    fn fault(&self, call: &Call, reply: &Response) -> Option<Fault> {
        if reply.is_success() {
            return None;
        }
        let error = ApiError::from_huawei(self.api.wire, call.operation, reply);
        Some(Fault {
            kind: kind(&error),
            class: classify_huawei(&error, call.effect.when_repeated()),
            error,
        })
    }

    fn mark(&self, fault: &Fault) -> Mark {
        if self.api.wire != Service::Dis {
            return Mark::None;
        }
        let absent = fault.error.status == 404 || ABSENT.contains(&fault.error.code.as_str());
        match fault.kind {
            _ if fault.error.code == "DIS.4309" => Mark::LockedOut,
            // To ask for what is not there is how drivers look.
            FaultKind::Rejected | FaultKind::Denied if !absent => Mark::Refused,
            _ => Mark::None,
        }
    }
}

/// Codes that come with status 400 and say that something does not exist.
const ABSENT: [&str; 4] = ["DIS.4301", "DIS.4332", "DIS.4354", "DLI.0002"];

fn kind(error: &ApiError) -> FaultKind {
    match (error.status, error.code.as_str()) {
        (429, _) | (_, "DIS.4303" | "DIS.4305" | "APIGW.0308" | "APIG.0308") => FaultKind::Throttled,
        (_, "DMS.00400026" | "CBC.99003651") => FaultKind::NotReady,
        (409, _) | (_, "DIS.4307" | "DIS.4330" | "DIS.4331" | "DIS.4355" | "DLI.0006") => FaultKind::Conflict,
        (401 | 403, _) | (_, "DIS.4309" | "DLI.0007") => FaultKind::Denied,
        (500.., _) => FaultKind::Failed,
        _ => FaultKind::Rejected,
    }
}

/// Whether an error says that what was asked about does not exist. DIS says it with status 400 and a code: stream
/// (4301), app (4332), task (4354); DLI too.
pub(super) fn is_absent(error: &DriverError) -> bool {
    let reply = error.reply();
    let code = reply.code.as_deref().unwrap_or_default();
    reply.status == Some(404) && !code.starts_with("APIGW.") || ABSENT.contains(&code)
}

/// What a reply says; none where it says that there is no such thing.
///
/// # Errors
/// Every other fault.
pub(super) fn present<T>(reply: Result<T, DriverError>) -> Result<Option<T>, DriverError> {
    match reply {
        Ok(found) => Ok(Some(found)),
        Err(error) if is_absent(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// A JSON object of the fields that have a value.
pub(super) fn fields<const N: usize>(fields: [(&str, Option<Json>); N]) -> Json {
    let given = fields
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_string(), value?)));
    Json::Object(given.collect())
}

/// Text as a field; empty text too.
pub(super) fn text(text: &Option<String>) -> Option<Json> {
    text.as_ref().map(|t| Json::String(t.clone()))
}

/// Where a service answers in a region.
///
/// # Errors
/// The address in the provider's `endpoints` cannot be used.
pub(super) fn endpoint(session: &Session, call: &Call, service: &str, region: &str) -> Result<Endpoint, DriverError> {
    let config = session.config();
    let parsed =
        |name: &str, address: &str| Endpoint::parse(address).map_err(|why| call.rejected(format!("{name}: {why}")));
    if let Some(address) = config.endpoint(&[service]) {
        return parsed(&format!("endpoints.{service}"), address);
    }
    // The address ends in the version, which every path here has by itself.
    let identity = config.settings.get("auth_url").filter(|_| service == IAM.name);
    if let Some(address) = identity {
        let trimmed = address.trim_end_matches('/');
        return parsed("auth_url", trimmed.strip_suffix("/v3").unwrap_or(trimmed));
    }
    let cloud = cloud(config);
    // Only the main cloud has it once for all regions.
    let once = service == EPS.name && cloud == CLOUD && config.settings.get("regional").is_none_or(|r| r != "true");
    Ok(Endpoint::https(match once {
        true => format!("{service}.{cloud}"),
        false => format!("{service}.{region}.{cloud}"),
    }))
}

/// The domain name that endpoints end in.
pub(super) fn cloud(config: &ProviderConfig) -> &str {
    config.settings.get("cloud").map_or(CLOUD, String::as_str)
}

/// Whether calls go to Huawei Cloud itself, and not to a cloud that is built alike.
pub(super) fn is_main_cloud(config: &ProviderConfig) -> bool {
    cloud(config) == CLOUD
}

/// The region of an object: its own, else the provider's.
///
/// # Errors
/// Neither is set.
pub(super) fn region<'a>(session: &'a Session, call: &Call, own: Option<&'a str>) -> Result<&'a str, DriverError> {
    match own {
        Some(region) => Ok(region),
        None => session.region(call),
    }
}

/// Sends a request to a service in a region (the provider's where none is given).
///
/// # Errors
/// The fault.
pub(super) async fn send(
    session: &Session,
    api: Api,
    call: &Call,
    own_region: Option<&str>,
    ask: Ask,
) -> Result<Response, DriverError> {
    let region = region(session, call, own_region)?;
    let endpoint = endpoint(session, call, api.name, region)?;
    let (path, project) = match ask.path.contains(PROJECT) {
        false => (ask.path.clone(), None),
        true => {
            let project = project(session, region).await?;
            (ask.path.replace(PROJECT, &project), Some(project))
        }
    };
    let mut headers = vec![("content-type".to_string(), "application/json".to_string())];
    match (&project, own_domain(session.config())) {
        (Some(project), _) => headers.push(("x-project-id".to_string(), project.clone())),
        (None, Some(domain)) => headers.push(("x-domain-id".to_string(), domain.clone())),
        (None, None) => {}
    }
    let request = Request {
        method: ask.method,
        scheme: endpoint.scheme,
        authority: endpoint.authority,
        path,
        query: ask.query,
        headers,
        body: ask.body.map_or_else(Bytes::new, |b| Bytes::from(b.to_string())),
    };
    // On the heap: every call holds this, and few need more than the key.
    let auth = Box::pin(auth(session, region, project.as_deref())).await?;
    session.call(call, &Rest { api, auth }, &request).await
}

/// Sends a request and reads its JSON reply.
///
/// # Errors
/// The fault, or a reply that is not the expected one.
pub(super) async fn ask<R: DeserializeOwned>(
    session: &Session,
    api: Api,
    call: &Call,
    own_region: Option<&str>,
    ask: Ask,
) -> Result<R, DriverError> {
    let reply = send(session, api, call, own_region, ask).await?;
    serde_json::from_slice(&reply.body).map_err(|e| call.garbled(e))
}

/// The account that the configuration says calls are made in.
fn own_domain(config: &ProviderConfig) -> Option<&String> {
    match config.roles.last() {
        // The provider's own account is not the one that it acts in.
        Some(role) => role.get("domain_id"),
        None => config.settings.get("domain_id"),
    }
}

/// Who calls: the last role that the provider takes on, else who it is.
async fn auth(session: &Session, region: &str, project: Option<&str>) -> Result<Auth, DriverError> {
    match Box::pin(assume::credentials(session, region)).await? {
        Some(keys) => Ok(Auth::Assumed(keys)),
        None => Box::pin(own_auth(session, region, project)).await,
    }
}

/// A token of the provider block; a signing key; or a user name and password, which IAM turns into a token.
///
/// # Errors
/// IAM gives no token.
pub(super) async fn own_auth(session: &Session, region: &str, project: Option<&str>) -> Result<Auth, DriverError> {
    let config = session.config();
    let of_token = |token: Secret| {
        Auth::Token(Credentials {
            access_key: String::new(),
            secret: Secret::new(""),
            security_token: Some(token),
        })
    };
    if let Some(token) = config.secrets.get("token") {
        return Ok(of_token(token.clone()));
    }
    let user = config.settings.contains_key("user_name") || config.settings.contains_key("user_id");
    match config.secrets.get("password") {
        // Without a password the session says what is missing.
        Some(password) if config.credentials.is_none() && user => {
            new_token(session, region, project, password).await.map(of_token)
        }
        _ => Ok(Auth::Key),
    }
}

/// Half of the time that a token is good for: within it the same one is used.
const TOKEN_SLOT_S: i64 = 12 * 60 * 60;

async fn new_token(
    session: &Session,
    region: &str,
    project: Option<&str>,
    password: &Secret,
) -> Result<Secret, DriverError> {
    let slot = session.now().as_second() / TOKEN_SLOT_S;
    let name = format!("token of {} until {slot}", project.unwrap_or("the account"));
    let token = session.learn(&name, async {
        let settings = &session.config().settings;
        let call = Call::new(
            IAM.name,
            "CreateToken",
            Effect::Reads,
            "a token for the provider's user",
        );
        let domain = match (settings.get("domain_id"), settings.get("domain_name")) {
            (Some(id), _) => json!({ "id": id }),
            (None, Some(name)) => json!({ "name": name }),
            (None, None) => {
                return Err(call.rejected("the provider has a user_name but neither domain_name nor domain_id"));
            }
        };
        let mut user = json!({"password": password.expose(), "domain": domain});
        match (settings.get("user_id"), settings.get("user_name")) {
            (Some(id), _) => user["id"] = json!(id),
            (None, name) => user["name"] = json!(name),
        }
        let scope = match project {
            Some(id) => json!({"project": {"id": id}}),
            None => json!({ "domain": domain }),
        };
        let body = json!({"auth": {
            "identity": {"methods": ["password"], "password": {"user": user}},
            "scope": scope,
        }});
        let request = Request {
            query: vec![("nocatalog".to_string(), "true".to_string())],
            ..plain_request(
                session,
                &call,
                (IAM, region),
                http::Method::POST,
                "/v3/auth/tokens",
                Some(&body),
            )?
        };
        let nobody = Credentials {
            access_key: String::new(),
            secret: password.clone(),
            security_token: None,
        };
        let protocol = Rest {
            api: IAM,
            auth: Auth::Token(nobody),
        };
        let reply = session.call(&call, &protocol, &request).await?;
        let token = reply.header("x-subject-token").map(str::to_string);
        token.ok_or_else(|| call.garbled("it has no X-Subject-Token"))
    });
    token.await.map(Secret::new)
}

/// A request to a service in a region, before it is signed, for no project.
///
/// # Errors
/// The address of the service cannot be used.
pub(super) fn plain_request(
    session: &Session,
    call: &Call,
    (api, region): (Api, &str),
    method: http::Method,
    path: &str,
    body: Option<&Json>,
) -> Result<Request, DriverError> {
    let endpoint = endpoint(session, call, api.name, region)?;
    Ok(Request {
        method,
        scheme: endpoint.scheme,
        authority: endpoint.authority,
        path: path.to_string(),
        query: Vec::new(),
        headers: vec![("content-type".to_string(), "application/json".to_string())],
        body: body.map_or_else(Bytes::new, |b| Bytes::from(b.to_string())),
    })
}

/// The reply to KeystoneListProjects.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Projects {
    pub(super) projects: Vec<Project>,
}

/// A project as IAM lists it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Project {
    pub(super) id: String,
    #[serde(default)]
    pub(super) name: String,
    #[serde(default)]
    domain_id: Option<String>,
}

/// The project of calls in a region: the provider's `project_id` in its own region, else the one that IAM has under the
/// name of the region, or of `project_name`.
///
/// # Errors
/// IAM can't be asked, or has no such project.
pub(super) async fn project(session: &Session, region: &str) -> Result<String, DriverError> {
    let config = session.config();
    let at_home = config.region.as_deref() == Some(region);
    if let Some(id) = config.settings.get("project_id").filter(|_| at_home) {
        return Ok(id.clone());
    }
    let own_name = config.settings.get("project_name").filter(|_| at_home);
    project_named(session, region, own_name.map_or(region, String::as_str)).await
}

/// The id of the project that has this name.
///
/// # Errors
/// IAM can't be asked, or has no such project.
pub(super) async fn project_named(session: &Session, region: &str, name: &str) -> Result<String, DriverError> {
    let fact = format!("project {name}");
    let learned = session.learn(&fact, async {
        let call = Call::new(
            IAM.name,
            "KeystoneListProjects",
            Effect::Reads,
            format!("project {name}"),
        );
        let found = list_projects(session, &call, region, Some(name)).await?;
        let id = found.into_iter().find(|p| p.name == name).map(|p| p.id);
        id.ok_or_else(|| {
            call.rejected("the account has no such project")
                .with_help("set project_id in the provider block, or the region whose project it is")
        })
    });
    learned.await
}

/// The account (IAM: domain) that calls: the provider's `domain_id`, else as its projects say.
///
/// # Errors
/// IAM can't be asked, or does not say.
pub(super) async fn domain(session: &Session, call: &Call) -> Result<String, DriverError> {
    if let Some(id) = own_domain(session.config()) {
        return Ok(id.clone());
    }
    let region = session.region(call)?;
    let learned = session.learn("domain", async {
        let call = Call::new(IAM.name, "KeystoneListProjects", Effect::Reads, "the account");
        let found = list_projects(session, &call, region, None).await?;
        let id = found.into_iter().find_map(|p| p.domain_id);
        id.ok_or_else(|| call.rejected("no project says of which account it is; set domain_id in the provider block"))
    });
    learned.await
}

async fn list_projects(
    session: &Session,
    call: &Call,
    region: &str,
    name: Option<&str>,
) -> Result<Vec<Project>, DriverError> {
    let mut request = plain_request(session, call, (IAM, region), http::Method::GET, "/v3/projects", None)?;
    request.query.extend(name.map(|n| ("name".to_string(), n.to_string())));
    let domain = own_domain(session.config());
    request
        .headers
        .extend(domain.map(|d| ("x-domain-id".to_string(), d.clone())));
    let auth = Box::pin(auth(session, region, None)).await?;
    let reply = session.call(call, &Rest { api: IAM, auth }, &request).await?;
    let found: Projects = serde_json::from_slice(&reply.body).map_err(|e| call.garbled(e))?;
    Ok(found.projects)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_kinds_and_absence_is_recognised() {
        for (status, code, expected, absent) in [
            (400, "DIS.4305", FaultKind::Throttled, false),
            (400, "DIS.4355", FaultKind::Conflict, false),
            (400, "DIS.4354", FaultKind::Rejected, true),
            (400, "DIS.4301", FaultKind::Rejected, true),
            (400, "DIS.4309", FaultKind::Denied, false),
            (400, "DIS.4303", FaultKind::Throttled, false),
            (400, "APIG.0308", FaultKind::Throttled, false),
            (429, "", FaultKind::Throttled, false),
            (400, "DMS.00400026", FaultKind::NotReady, false),
            (400, "DLI.0002", FaultKind::Rejected, true),
            (404, "404", FaultKind::Rejected, true),
            (404, "APIGW.0101", FaultKind::Rejected, false),
            (401, "APIGW.0301", FaultKind::Denied, false),
            (500, "DIS.5000", FaultKind::Failed, false),
        ] {
            let error = ApiError {
                service: Service::Dis,
                operation: "X".into(),
                status,
                code: code.into(),
                message: String::new(),
                request_id: String::new(),
            };
            assert_eq!(kind(&error), expected, "{code}");
            let call = Call::new("dis", "X", Effect::Reads, "thing");
            let mut reply = call.reply("");
            (reply.status, reply.code) = (Some(status), Some(code.to_string()));
            assert_eq!(is_absent(&DriverError::Rejected(reply)), absent, "{code}");
        }
    }

    #[test]
    fn dis_counts_bad_requests_and_others_do_not() {
        let mark = |api: Api, status: u16, code: &str| {
            let body = json!({"error_code": code, "error_msg": "no"}).to_string();
            let reply = Response {
                status,
                headers: Vec::new(),
                body: body.into(),
            };
            let rest = Rest { api, auth: Auth::Key };
            let call = Call::new("dis", "X", Effect::Reads, "thing");
            rest.mark(&rest.fault(&call, &reply).expect("a fault"))
        };
        for (status, code, expected) in [
            (400, "DIS.4309", Mark::LockedOut),
            (400, "DIS.4200", Mark::Refused),
            (400, "DIS.4308", Mark::Refused),
            (403, "DIS.4116", Mark::Refused),
            (401, "APIGW.0301", Mark::Refused),
            (400, "DIS.4301", Mark::None),
            (400, "DIS.4354", Mark::None),
            (404, "", Mark::None),
            (400, "DIS.4307", Mark::None),
            (400, "DIS.4303", Mark::None),
            (400, "DIS.4305", Mark::None),
            (500, "DIS.5000", Mark::None),
        ] {
            assert_eq!(mark(DIS, status, code), expected, "{status} {code}");
        }
        assert_eq!(mark(IAM, 400, "bad"), Mark::None);
    }

    #[test]
    fn parts_of_paths_are_encoded() {
        assert_eq!(
            path(&["v2", PROJECT, "streams", "a b/c"]),
            "/v2/{project_id}/streams/a%20b%2Fc"
        );
    }

    /// A way out that leads nowhere.
    struct Nowhere;

    impl crate::driver::Cloud for Nowhere {
        fn send(
            &self,
            request: Request,
        ) -> crate::driver::BoxFuture<'_, Result<Response, crate::wire::TransportError>> {
            let endpoint = request.authority;
            let reason = "there is no network".to_string();
            Box::pin(async move { Err(crate::wire::TransportError::Unsendable { endpoint, reason }) })
        }

        fn now(&self) -> jiff::Timestamp {
            jiff::Timestamp::UNIX_EPOCH
        }

        fn sleep(&self, _: std::time::Duration) -> crate::driver::BoxFuture<'_, ()> {
            Box::pin(std::future::pending())
        }

        fn random(&self) -> u128 {
            0
        }
    }

    #[test]
    fn hosts_end_in_the_name_of_the_cloud() {
        let call = Call::new("iam", "X", Effect::Reads, "");
        let host = |settings: &[(&str, &str)], endpoints: &[(&str, &str)], service: &str| {
            let owned = |pairs: &[(&str, &str)]| pairs.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect();
            let config = ProviderConfig {
                settings: owned(settings),
                endpoints: owned(endpoints),
                ..ProviderConfig::default()
            };
            let session = Session::new(config, std::sync::Arc::new(Nowhere));
            endpoint(&session, &call, service, "eu-de")
                .map(|e| format!("{}://{}", e.scheme, e.authority))
                .map_err(|e| e.to_string())
        };
        let otc = [("cloud", "otc.t-systems.com")];
        for (found, expected) in [
            (host(&[], &[], "dli"), "https://dli.eu-de.myhuaweicloud.com"),
            (host(&otc, &[], "iam"), "https://iam.eu-de.otc.t-systems.com"),
            (host(&otc, &[], "dis"), "https://dis.eu-de.otc.t-systems.com"),
            (host(&otc, &[], "dli"), "https://dli.eu-de.otc.t-systems.com"),
            (
                host(&otc, &[("iam", "http://127.0.0.1:7000")], "iam"),
                "http://127.0.0.1:7000",
            ),
            (
                host(&otc, &[("iam", "http://127.0.0.1:7000")], "dli"),
                "https://dli.eu-de.otc.t-systems.com",
            ),
        ] {
            assert_eq!(found, Ok(expected.to_string()));
        }
        let wrong = host(&[], &[("iam", "http://somewhere.example")], "iam").expect_err("plain HTTP");
        assert!(wrong.contains("endpoints.iam"), "{wrong}");
    }
}
