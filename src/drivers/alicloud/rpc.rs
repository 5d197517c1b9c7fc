//! Calls of the RPC services: RAM, Resource Management, STS and DataWorks. Where they answer, what every request
//! carries and where, how faults are read.
//!
//! Source: Alibaba Cloud "V3 request structure and signature"; SDKs for Python of the services.

use crate::driver::{Attempt, Call, DriverError, Endpoint, Fault, FaultKind, Protocol, Session};
use crate::wire::retry::classify_rpc;
use crate::wire::sign::{acs3, percent};
use crate::wire::{ApiError, Request, Response, Service};
use bytes::Bytes;
use serde::de::DeserializeOwned;

/// An RPC service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RpcService {
    /// Name in calls and endpoints.
    pub(super) name: &'static str,
    host: Host,
    version: &'static str,
    wire: Service,
    /// Whether a reply of HTTP 200 may say in its body that the call failed.
    fails_with_success: bool,
}

/// Where a service answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Host {
    /// At one address for all regions.
    Global(&'static str),
    /// `<name>.<region>.aliyuncs.com`.
    Regional(&'static str),
}

/// Resource Access Management.
pub(super) const RAM: RpcService = RpcService {
    name: "ram",
    host: Host::Global("ram.aliyuncs.com"),
    version: "2015-05-01",
    wire: Service::Ram,
    fails_with_success: false,
};

/// Resource Management.
pub(super) const RESOURCE_MANAGER: RpcService = RpcService {
    name: "resourcemanager",
    host: Host::Global("resourcemanager.aliyuncs.com"),
    version: "2020-03-31",
    wire: Service::ResourceManager,
    fails_with_success: false,
};

/// Security Token Service, a part of RAM.
pub(super) const STS: RpcService = RpcService {
    name: "sts",
    host: Host::Global("sts.aliyuncs.com"),
    version: "2015-04-01",
    wire: Service::Ram,
    fails_with_success: false,
};

/// DataWorks, with the Data Studio of before the new one.
pub(super) const DATAWORKS: RpcService = RpcService {
    name: "dataworks",
    host: Host::Regional("dataworks"),
    version: "2020-05-18",
    wire: Service::DataWorks,
    fails_with_success: true,
};

/// The parameters of a call, by where they travel.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Parameters {
    /// In the address.
    pub(super) query: Vec<(String, String)>,
    /// As a form in the body.
    pub(super) form: Vec<(String, String)>,
}

struct Acs3(RpcService);

impl Protocol for Acs3 {
    fn sign(&self, request: &mut Request, attempt: &Attempt<'_>) {
        request.set_header("x-acs-date", attempt.now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
        request.set_header("x-acs-signature-nonce", format!("{:032x}", attempt.nonce));
        acs3::sign(request, attempt.credentials);
    }

    fn fault(&self, call: &Call, reply: &Response) -> Option<Fault> {
        let error = match reply.is_success() {
            true if self.0.fails_with_success => ApiError::from_rpc_success(self.0.wire, call.operation, reply)?,
            true => return None,
            false => ApiError::from_rpc(self.0.wire, call.operation, reply),
        };
        Some(Fault {
            class: classify_rpc(&error, reply, call.effect.when_repeated()),
            kind: kind(&error, reply),
            error,
        })
    }
}

fn kind(error: &ApiError, reply: &Response) -> FaultKind {
    let code = error.code.as_str();
    let denied = [
        "NoPermission",
        "Forbidden",
        "InvalidAccessKeyId",
        "SignatureDoesNotMatch",
        "InvalidSecurityToken",
        "IncompleteSignature",
        "MissingSecurityToken",
    ];
    if code.contains("Throttling") || error.status == 429 || reply.header("x-acs-retry-after").is_some() {
        FaultKind::Throttled
    } else if denied.iter().any(|d| code.starts_with(d)) {
        FaultKind::Denied
    } else if error.status == 409 || code.starts_with("EntityAlreadyExist") || code.starts_with("DeleteConflict") {
        FaultKind::Conflict
    } else if error.status >= 500 {
        FaultKind::Failed
    } else if matches!(error.status, 401 | 403) {
        FaultKind::Denied
    } else {
        FaultKind::Rejected
    }
}

/// The request of an operation before it is signed.
fn request(service: RpcService, endpoint: Endpoint, operation: &str, parameters: Parameters) -> Request {
    let header = |name: &str, value: &str| (name.to_string(), value.to_string());
    let mut headers = vec![
        header("accept", "application/json"),
        header("x-acs-action", operation),
        header("x-acs-version", service.version),
    ];
    if !parameters.form.is_empty() {
        headers.push(header("content-type", "application/x-www-form-urlencoded"));
    }
    Request {
        method: http::Method::POST,
        scheme: endpoint.scheme,
        authority: endpoint.authority,
        path: "/".to_string(),
        query: parameters.query,
        headers,
        body: Bytes::from(percent::form_body(&parameters.form)),
    }
}

fn endpoint(session: &Session, service: RpcService, call: &Call) -> Result<Endpoint, DriverError> {
    if let Some(address) = session.config().endpoint(&[service.name]) {
        return Endpoint::parse(address).map_err(|why| call.rejected(format!("endpoints.{}: {why}", service.name)));
    }
    Ok(match service.host {
        Host::Global(host) => Endpoint::https(host),
        Host::Regional(name) => Endpoint::https(format!("{name}.{}.aliyuncs.com", session.region(call)?)),
    })
}

/// Sends the operation that `call` names with every parameter in the address, and reads its JSON reply.
///
/// # Errors
/// The fault, or a reply that is not the expected one.
pub(super) async fn send<R: DeserializeOwned>(
    session: &Session,
    service: RpcService,
    call: &Call,
    parameters: &[(impl AsRef<str>, String)],
) -> Result<R, DriverError> {
    let query = parameters.iter().map(|(k, v)| (k.as_ref().to_string(), v.clone()));
    let parameters = Parameters {
        query: query.collect(),
        form: Vec::new(),
    };
    send_parameters(session, service, call, parameters).await
}

/// As [`send`], with each parameter where the operation expects it.
///
/// # Errors
/// The fault, or a reply that is not the expected one.
pub(super) async fn send_parameters<R: DeserializeOwned>(
    session: &Session,
    service: RpcService,
    call: &Call,
    parameters: Parameters,
) -> Result<R, DriverError> {
    let endpoint = endpoint(session, service, call)?;
    let request = request(service, endpoint, call.operation, parameters);
    let reply = session.call(call, &Acs3(service), &request).await?;
    crate::wire::codec::rpc::decode("reply", &reply.body).map_err(|e| call.garbled(e))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_kinds() {
        let reply = Response {
            status: 400,
            headers: Vec::new(),
            body: Bytes::new(),
        };
        for (status, code, expected) in [
            (400, "Throttling.User", FaultKind::Throttled),
            (403, "NoPermission", FaultKind::Denied),
            (404, "InvalidAccessKeyId.NotFound", FaultKind::Denied),
            (409, "EntityAlreadyExists.Role", FaultKind::Conflict),
            (409, "DeleteConflict.Role.Policy", FaultKind::Conflict),
            (404, "EntityNotExist.Role", FaultKind::Rejected),
            (400, "MalformedPolicyDocument", FaultKind::Rejected),
            (503, "ServiceUnavailable", FaultKind::Failed),
        ] {
            let error = ApiError {
                service: Service::Ram,
                operation: "X".into(),
                status,
                code: code.into(),
                message: String::new(),
                request_id: String::new(),
            };
            assert_eq!(kind(&error, &reply), expected, "{code}");
        }
    }

    #[test]
    fn a_success_of_dataworks_may_be_a_failure() {
        let fault = |body: &'static str| {
            let reply = Response {
                status: 200,
                headers: Vec::new(),
                body: Bytes::from_static(body.as_bytes()),
            };
            let call = Call::new("dataworks", "GetFile", crate::driver::Effect::Reads, "x");
            assert!(
                Acs3(RAM).fault(&call, &reply).is_none(),
                "other services do not do this"
            );
            Acs3(DATAWORKS)
                .fault(&call, &reply)
                .map(|f| (f.kind, f.error.code, f.error.message))
        };
        let failed = |kind, code: &str, message: &str| Some((kind, code.to_string(), message.to_string()));
        for (body, expected) in [
            ("{}", None),
            (r#"{"Success":true,"Data":{"Status":"success","FileId":"1"}}"#, None),
            (r#"{"Success":true,"Data":[{"Status":0}]}"#, None),
            (r#"{"Success":true,"Data":{"Status":"RUN"}}"#, None),
            (
                r#"{"Success":true,"Data":{"Status":"fail","Message":"Invalid path: x"}}"#,
                failed(FaultKind::Rejected, "", "Invalid path: x"),
            ),
            (
                r#"{"Success":false,"ErrorCode":"Invalid.File","ErrorMessage":"no","HttpStatusCode":404}"#,
                failed(FaultKind::Rejected, "Invalid.File", "no"),
            ),
            (
                r#"{"Success":"false","ErrorCode":"Throttling.Api","ErrorMessage":"slow"}"#,
                failed(FaultKind::Throttled, "Throttling.Api", "slow"),
            ),
            (
                r#"{"Success":false,"ErrorCode":1,"HttpStatusCode":500}"#,
                failed(FaultKind::Failed, "1", ""),
            ),
        ] {
            assert_eq!(fault(body), expected, "{body}");
        }
    }

    #[test]
    fn parameters_travel_in_the_address_or_in_the_form() {
        let pair = |k: &str, v: &str| (k.to_string(), v.to_string());
        let parameters = Parameters {
            query: vec![pair("ProjectId", "1")],
            form: vec![pair("TaskContent", "a b+${c}"), pair("X", "~")],
        };
        let sent = request(DATAWORKS, Endpoint::https("h"), "CreateDISyncTask", parameters);
        assert_eq!(sent.query, [pair("ProjectId", "1")]);
        assert_eq!(sent.body, "TaskContent=a+b%2B%24%7Bc%7D&X=~");
        assert_eq!(sent.header("content-type"), Some("application/x-www-form-urlencoded"));
        let empty = request(RAM, Endpoint::https("h"), "GetRole", Parameters::default());
        assert_eq!((empty.body.len(), empty.header("content-type")), (0, None));
    }
}
