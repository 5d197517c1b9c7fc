//! Calls of Tablestore: where an instance answers, what every request carries, how faults are read.
//!
//! Source: Tablestore SDKs for Go, Java, Python and Node.js; "Error codes" of the Tablestore reference.

use crate::driver::{Attempt, Call, DriverError, Endpoint, Fault, FaultKind, Protocol, Session};
use crate::wire::retry::classify_ots;
use crate::wire::sign::ots;
use crate::wire::{ApiError, Request, Response};
use prost::Message;

/// Service name in calls and endpoints.
pub(super) const SERVICE: &str = "ots";

const API_VERSION: &str = "2015-12-31";

/// The code for a table that does not exist.
pub(super) const NO_OBJECT: &str = "OTSObjectNotExist";

/// The code for a table that exists already.
pub(super) const EXISTS: &str = "OTSObjectAlreadyExist";

/// Tablestore's protocol, signature version 2: the one that all four SDKs use unless told otherwise.
struct Tablestore;

impl Protocol for Tablestore {
    fn sign(&self, request: &mut Request, attempt: &Attempt<'_>) {
        let date = attempt.now.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string();
        request.set_header("x-ots-date", date);
        ots::sign_v2(request, attempt.credentials);
    }

    fn verify(&self, sent: &Request, reply: &Response, attempt: &Attempt<'_>) -> Result<(), String> {
        let credentials = attempt.credentials;
        ots::verify_response(
            sent,
            reply,
            credentials.secret.expose(),
            &credentials.access_key,
            attempt.now,
        )
        .map_err(|e| e.to_string())
    }

    fn fault(&self, call: &Call, reply: &Response) -> Option<Fault> {
        if reply.is_success() {
            return None;
        }
        let error = ApiError::from_ots(call.operation, reply);
        Some(Fault {
            class: classify_ots(&error, call.effect.when_repeated()),
            kind: kind(&error),
            error,
        })
    }
}

fn kind(error: &ApiError) -> FaultKind {
    match error.code.as_str() {
        "OTSAuthFailed" | "OTSNoPermissionAccess" => FaultKind::Denied,
        "OTSServerBusy" | "OTSStorageServerBusy" | "OTSNotEnoughCapacityUnit" | "OTSOperationThrottled" => {
            FaultKind::Throttled
        }
        "OTSQuotaExhausted" if error.message.contains("Too frequent") => FaultKind::Throttled,
        "OTSTableNotReady" | "OTSPartitionUnavailable" | "OTSTooFrequentReservedThroughputAdjustment" => {
            FaultKind::NotReady
        }
        EXISTS => FaultKind::Conflict,
        _ if error.status >= 500 => FaultKind::Failed,
        _ if matches!(error.status, 401 | 403) && error.code.is_empty() => FaultKind::Denied,
        _ => FaultKind::Rejected,
    }
}

/// Where an instance answers.
///
/// # Errors
/// The address in the provider block can't be used, or there is neither address nor region.
fn endpoint(session: &Session, call: &Call, instance: &str) -> Result<Endpoint, DriverError> {
    match session.config().endpoint(&[SERVICE, "tablestore"]) {
        Some(address) => Endpoint::parse(address)
            .map(|e| e.under(instance))
            .map_err(|why| call.rejected(format!("endpoints.ots: {why}"))),
        None => {
            let region = session.region(call)?;
            Ok(Endpoint::https(format!("{instance}.{region}.ots.aliyuncs.com")))
        }
    }
}

/// The request of an operation before it is signed.
fn request(endpoint: Endpoint, instance: &str, operation: &str, message: &impl Message) -> Request {
    Request {
        method: http::Method::POST,
        scheme: endpoint.scheme,
        authority: endpoint.authority,
        path: format!("/{operation}"),
        query: Vec::new(),
        headers: vec![
            ("x-ots-apiversion".to_string(), API_VERSION.to_string()),
            ("x-ots-instancename".to_string(), instance.to_string()),
        ],
        body: message.encode_to_vec().into(),
    }
}

/// Sends `message` to the operation that `call` names and reads the reply.
///
/// # Errors
/// The fault, or a reply that is not the expected message.
pub(super) async fn send<R: Message + Default>(
    session: &Session,
    call: &Call,
    instance: &str,
    message: &impl Message,
) -> Result<R, DriverError> {
    let endpoint = endpoint(session, call, instance)?;
    let request = request(endpoint, instance, call.operation, message);
    let reply = session.call(call, &Tablestore, &request).await?;
    R::decode(reply.body).map_err(|e| call.garbled(e))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Service;

    #[test]
    fn codes_have_kinds() {
        for (status, code, message, expected) in [
            (403, "OTSAuthFailed", "", FaultKind::Denied),
            (403, "OTSNoPermissionAccess", "", FaultKind::Denied),
            (
                403,
                "OTSQuotaExhausted",
                "Too frequent table operations.",
                FaultKind::Throttled,
            ),
            (
                403,
                "OTSQuotaExhausted",
                "Number of tables exceeded the quota.",
                FaultKind::Rejected,
            ),
            (404, "OTSTableNotReady", "", FaultKind::NotReady),
            (409, "OTSObjectAlreadyExist", "", FaultKind::Conflict),
            (404, "OTSObjectNotExist", "", FaultKind::Rejected),
            (503, "OTSServerBusy", "", FaultKind::Throttled),
            (503, "OTSStorageServerBusy", "", FaultKind::Throttled),
            (403, "OTSNotEnoughCapacityUnit", "", FaultKind::Throttled),
            (503, "OTSOperationThrottled", "", FaultKind::Throttled),
            (
                403,
                "OTSTooFrequentReservedThroughputAdjustment",
                "",
                FaultKind::NotReady,
            ),
            (503, "OTSTimeout", "", FaultKind::Failed),
            (502, "", "<html>", FaultKind::Failed),
            (403, "", "<html>", FaultKind::Denied),
        ] {
            let error = ApiError {
                service: Service::Tablestore,
                operation: "X".into(),
                status,
                code: code.into(),
                message: message.into(),
                request_id: String::new(),
            };
            assert_eq!(kind(&error), expected, "{error}");
        }
    }
}
