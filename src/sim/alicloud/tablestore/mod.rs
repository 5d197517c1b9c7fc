//! Tablestore 2015-12-31: tables and delivery tasks. Requests and replies are signed protobuf; the
//! instance is named in a header and, unless told otherwise, exists as long as it has tables.

mod auth;
mod checks;
mod delivery;
pub mod model;
mod reply;
mod tables;

use super::roles;
use crate::sim::world::{Now, World};
use crate::wire::request::{Request, Response};
use auth::Caller;
use model::Instance;
use prost::Message;
use reply::OtsError;

/// What an operation answers: the encoded message of a reply.
type Answer = Result<Vec<u8>, OtsError>;

/// The operation a request calls: its path.
pub(crate) fn operation(request: &Request) -> String {
    let name = request.path.trim_start_matches('/');
    let plausible = !name.is_empty() && name.len() <= 80;
    if plausible && name.bytes().all(|b| b.is_ascii_alphanumeric()) {
        name.to_string()
    } else {
        "Unknown".to_string()
    }
}

/// Answers one request.
pub(crate) fn handle(request: &Request, world: &mut World, now: Now) -> Response {
    if request.method != http::Method::POST {
        return OtsError::new(
            405,
            "OTSMethodNotAllowed",
            "Only POST method for requests is supported.",
        )
        .reply(request, auth::signer(request, world).as_ref(), now);
    }
    let caller = match auth::verify(request, world, now) {
        Ok(caller) => caller,
        // Not signed: the sender's secret is the thing in doubt.
        Err(error) => return error.reply(request, None, now),
    };
    let answer = enter_instance(&caller, world, now).and_then(|instance| {
        roles::settle(world, now.world_ms);
        act(request, &instance, world, now)
    });
    match answer {
        Ok(body) => reply::reply(200, body, request, Some(&caller.signer), now),
        Err(error) => error.reply(request, Some(&caller.signer), now),
    }
}

/// The service's reply to throttled calls, or an internal error.
pub(crate) fn trouble(request: &Request, world: &World, now: Now, throttled: bool) -> Response {
    let error = if throttled {
        OtsError::new(403, "OTSQuotaExhausted", "Too frequent table operations.")
    } else {
        OtsError::new(500, "OTSInternalServerError", "Internal server error.")
    };
    error.reply(request, auth::signer(request, world).as_ref(), now)
}

fn enter_instance(caller: &Caller, world: &World, now: Now) -> Result<Instance, OtsError> {
    let missing = || OtsError::new(403, "OTSAuthFailed", "The instance is not found.");
    match world.get::<Instance>(&caller.instance) {
        Some(instance) if instance.account == caller.account => Ok(instance),
        Some(_) => Err(missing()),
        None if world.settings.create_instances && checks::instance_name(&caller.instance) => Ok(Instance {
            name: caller.instance.clone(),
            account: caller.account.clone(),
            region: caller.region.clone(),
            created_ms: now.world_ms,
            implicit: true,
        }),
        None => Err(missing()),
    }
}

fn act(request: &Request, instance: &Instance, world: &mut World, now: Now) -> Answer {
    match request.path.as_str() {
        "/CreateTable" => tables::create(&decode(request)?, instance, world, now),
        "/UpdateTable" => tables::update(&decode(request)?, instance, world, now),
        "/DescribeTable" => tables::describe(&decode(request)?, instance, world, now),
        "/ListTable" => Ok(tables::list(instance, world)),
        "/DeleteTable" => tables::delete(&decode(request)?, instance, world),
        "/CreateDeliveryTask" => delivery::create(decode(request)?, instance, world, now),
        "/DescribeDeliveryTask" => delivery::describe(&decode(request)?, instance, world, now),
        "/ListDeliveryTask" => delivery::list(&decode(request)?, instance, world),
        "/DeleteDeliveryTask" => delivery::delete(&decode(request)?, instance, world, now),
        // Also UpdateDeliveryTask: the SDKs carry its messages and never send them.
        other => Err(OtsError::invalid(format!(
            "Unsupported operation: '{}'.",
            other.trim_start_matches('/')
        ))),
    }
}

fn decode<M: Message + Default>(request: &Request) -> Result<M, OtsError> {
    M::decode(request.body.clone()).map_err(|_| OtsError::invalid("Invalid protobuf in the body."))
}
