//! OSS: buckets with their settings, and just enough of objects to fill, list and empty a bucket.
//! Contents of objects are not kept.

mod auth;
mod bucket;
mod config;
pub mod model;
mod objects;
mod reply;

pub(crate) use auth::endpoint_region;

use crate::sim::world::{Now, World};
use crate::wire::request::{Request, Response};
use auth::{Caller, Target};
use model::Bucket;
use reply::OssError;

/// What an operation answers.
type Answer = Result<Response, OssError>;

/// A request whose sender is known, with its time.
struct Call<'a> {
    request: &'a Request,
    target: &'a Target,
    caller: &'a Caller,
    now: Now,
}

impl Call<'_> {
    /// The region the request is meant for, when it tells.
    fn region(&self) -> Option<&str> {
        let host = self.target.host_region.as_deref();
        host.or(self.caller.region.as_deref())
    }

    /// The bucket, when it exists, belongs to the sender and lies in the region addressed.
    fn bucket(&self, world: &World) -> Result<Bucket, OssError> {
        let name = self.target.bucket.as_deref().unwrap_or_default();
        let bucket = world
            .get::<Bucket>(name)
            .ok_or_else(|| OssError::new(404, "NoSuchBucket", "The specified bucket does not exist."))?;
        if bucket.account != self.caller.key.account {
            return Err(OssError::new(
                403,
                "AccessDenied",
                "The bucket you access does not belong to you.",
            ));
        }
        if self.region().is_some_and(|r| r != bucket.region) {
            return Err(OssError::new(
                403,
                "AccessDenied",
                format!(
                    "The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint: oss-{}.aliyuncs.com.",
                    bucket.region
                ),
            ));
        }
        Ok(bucket)
    }
}

/// Sub-resources of a bucket that choose the operation, with its name after `Get`, `Put` or `Delete`.
const SUB_RESOURCES: [(&str, &str); 8] = [
    ("acl", "BucketAcl"),
    ("bucketInfo", "BucketInfo"),
    ("location", "BucketLocation"),
    ("stat", "BucketStat"),
    ("versioning", "BucketVersioning"),
    ("tagging", "BucketTagging"),
    ("encryption", "BucketEncryption"),
    ("lifecycle", "BucketLifecycle"),
];

/// Query parameters that choose operations which are not served.
const NOT_SERVED: [&str; 18] = [
    "accessmonitor",
    "cors",
    "inventory",
    "logging",
    "policy",
    "publicAccessBlock",
    "qosInfo",
    "referer",
    "replication",
    "requestPayment",
    "resourceGroup",
    "transferAcceleration",
    "uploads",
    "uploadId",
    "versionId",
    "versions",
    "website",
    "worm",
];

/// The operation a request calls, as the OSS reference names it.
pub(crate) fn operation(request: &Request) -> String {
    name(request, &auth::target(request)).unwrap_or_else(|| "Unknown".to_string())
}

fn name(request: &Request, target: &Target) -> Option<String> {
    let method = request.method.as_str();
    if NOT_SERVED.iter().any(|p| request.query_param(p).is_some()) {
        return None;
    }
    if target.bucket.is_none() {
        return (method == "GET").then(|| "ListBuckets".to_string());
    }
    if !target.key.is_empty() {
        let name = match method {
            "PUT" => "PutObject",
            "DELETE" => "DeleteObject",
            "HEAD" => "HeadObject",
            _ => return None,
        };
        return Some(name.to_string());
    }
    let sub = SUB_RESOURCES.iter().find(|(p, _)| request.query_param(p).is_some());
    match (method, sub) {
        ("GET", Some((_, what))) => Some(format!("Get{what}")),
        ("PUT", Some((_, what))) => Some(format!("Put{what}")),
        ("DELETE", Some((_, what))) => Some(format!("Delete{what}")),
        ("GET", None) => Some("ListObjectsV2".to_string()).filter(|_| request.query_param("list-type") == Some("2")),
        ("PUT", None) => Some("PutBucket".to_string()),
        ("DELETE", None) => Some("DeleteBucket".to_string()),
        ("POST", None) if request.query_param("delete").is_some() => Some("DeleteMultipleObjects".to_string()),
        _ => None,
    }
}

/// Answers one request.
pub(crate) fn handle(request: &Request, world: &mut World, now: Now) -> Response {
    let target = auth::target(request);
    auth::verify(request, &target, world, now)
        .and_then(|caller| {
            let call = Call {
                request,
                target: &target,
                caller: &caller,
                now,
            };
            act(&call, world)
        })
        .unwrap_or_else(|error| error.reply(&target, now))
}

fn act(call: &Call<'_>, world: &mut World) -> Answer {
    let name = name(call.request, call.target).unwrap_or_default();
    match name.as_str() {
        "ListBuckets" => bucket::list(call, world),
        "PutBucket" => bucket::put(call, world),
        "DeleteBucket" => bucket::delete(call, world),
        "GetBucketInfo" => bucket::info(call, world),
        "GetBucketLocation" => bucket::location(call, world),
        "GetBucketStat" => bucket::stat(call, world),
        "GetBucketAcl" => config::get_acl(call, world),
        "PutBucketAcl" => config::put_acl(call, world),
        "GetBucketVersioning" => config::get_versioning(call, world),
        "PutBucketVersioning" => config::put_versioning(call, world),
        "GetBucketTagging" => config::get_tagging(call, world),
        "PutBucketTagging" => config::put_tagging(call, world),
        "DeleteBucketTagging" => config::delete_tagging(call, world),
        "GetBucketEncryption" => config::get_encryption(call, world),
        "PutBucketEncryption" => config::put_encryption(call, world),
        "DeleteBucketEncryption" => config::delete_encryption(call, world),
        "GetBucketLifecycle" => config::get_lifecycle(call, world),
        "PutBucketLifecycle" => config::put_lifecycle(call, world),
        "DeleteBucketLifecycle" => config::delete_lifecycle(call, world),
        "ListObjectsV2" => objects::list(call, world),
        "PutObject" => objects::put(call, world),
        "HeadObject" => objects::head(call, world),
        "DeleteObject" => objects::delete(call, world),
        "DeleteMultipleObjects" => objects::delete_many(call, world),
        _ => Err(OssError::new(
            400,
            "NotImplemented",
            "A header or query you provided implies functionality that is not implemented.",
        )),
    }
}

/// The service's reply to throttled calls, or an internal error.
pub(crate) fn trouble(request: &Request, now: Now, throttled: bool) -> Response {
    let error = if throttled {
        OssError::new(503, "ServiceUnavailable", "Please reduce your request rate.")
    } else {
        OssError::new(
            500,
            "InternalError",
            "We encountered an internal error. Please try again.",
        )
    };
    let mut response = error.reply(&auth::target(request), now);
    if throttled {
        response
            .headers
            .push(("x-oss-qos-delay-time".to_string(), "100".to_string()));
    }
    response
}
