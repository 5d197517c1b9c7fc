//! Calls of the RPC services: RAM, Resource Management and STS. Where they answer, what every request carries, how
//! faults are read.
//!
//! Source: Alibaba Cloud "V3 request structure and signature"; SDKs for Python of the services.

use crate::driver::{Attempt, Call, DriverError, Endpoint, Fault, FaultKind, Protocol, Session};
use crate::wire::retry::classify_rpc;
use crate::wire::sign::acs3;
use crate::wire::{ApiError, Request, Response, Service};
use bytes::Bytes;
use serde::de::DeserializeOwned;

/// An RPC service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RpcService {
    /// Name in calls and endpoints.
    pub(super) name: &'static str,
    host: &'static str,
    version: &'static str,
    wire: Service,
}

/// Resource Access Management.
pub(super) const RAM: RpcService = RpcService {
    name: "ram",
    host: "ram.aliyuncs.com",
    version: "2015-05-01",
    wire: Service::Ram,
};

/// Resource Management.
pub(super) const RESOURCE_MANAGER: RpcService = RpcService {
    name: "resourcemanager",
    host: "resourcemanager.aliyuncs.com",
    version: "2020-03-31",
    wire: Service::ResourceManager,
};

/// Security Token Service, a part of RAM.
pub(super) const STS: RpcService = RpcService {
    name: "sts",
    host: "sts.aliyuncs.com",
    version: "2015-04-01",
    wire: Service::Ram,
};

struct Acs3(RpcService);

impl Protocol for Acs3 {
    fn sign(&self, request: &mut Request, attempt: &Attempt<'_>) {
        request.set_header("x-acs-date", attempt.now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
        request.set_header("x-acs-signature-nonce", format!("{:032x}", attempt.nonce));
        acs3::sign(request, attempt.credentials);
    }

    fn fault(&self, call: &Call, reply: &Response) -> Option<Fault> {
        if reply.is_success() {
            return None;
        }
        let error = ApiError::from_rpc(self.0.wire, call.operation, reply);
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

/// The request of an operation before it is signed: every parameter in the query, no body.
fn request(
    service: RpcService,
    endpoint: Endpoint,
    operation: &str,
    parameters: &[(impl AsRef<str>, String)],
) -> Request {
    let header = |name: &str, value: &str| (name.to_string(), value.to_string());
    Request {
        method: http::Method::POST,
        scheme: endpoint.scheme,
        authority: endpoint.authority,
        path: "/".to_string(),
        query: parameters
            .iter()
            .map(|(k, v)| (k.as_ref().to_string(), v.clone()))
            .collect(),
        headers: vec![
            header("accept", "application/json"),
            header("x-acs-action", operation),
            header("x-acs-version", service.version),
        ],
        body: Bytes::new(),
    }
}

/// Sends the operation that `call` names and reads its JSON reply.
///
/// # Errors
/// The fault, or a reply that is not the expected one.
pub(super) async fn send<R: DeserializeOwned>(
    session: &Session,
    service: RpcService,
    call: &Call,
    parameters: &[(impl AsRef<str>, String)],
) -> Result<R, DriverError> {
    let endpoint = match session.config().endpoint(&[service.name]) {
        Some(address) => {
            Endpoint::parse(address).map_err(|why| call.rejected(format!("endpoints.{}: {why}", service.name)))?
        }
        None => Endpoint::https(service.host),
    };
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
}
