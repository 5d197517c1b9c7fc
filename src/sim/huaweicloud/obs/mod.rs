//! OBS: buckets with their settings, and enough of objects, versions and uploads in parts to fill, list and empty a
//! bucket. Contents of objects are not kept. Speaks OBS's own dialect and, to requests signed the AWS way, the S3 one.
//!
//! Source: OBS API reference; the forms of replies are those that `esdk-obs-python` reads. A region can be told only
//! from a host name or a signature of version 4: at a bare address every bucket is near.

mod auth;
mod bucket;
mod config;
pub mod model;
mod objects;
mod reply;
mod website;

use crate::sim::world::{Now, World};
use crate::wire::request::{Request, Response};
use crate::wire::sign::obs::Dialect;
use auth::{Caller, Target};
use bytes::Bytes;
use model::Bucket;
use reply::ObsError;

/// What an operation answers.
type Answer = Result<Response, ObsError>;

/// A request whose sender is known, with its time.
struct Call<'a> {
    request: &'a Request,
    target: &'a Target,
    caller: &'a Caller,
    dialect: Dialect,
    now: Now,
}

fn no_bucket() -> ObsError {
    ObsError::new(404, "NoSuchBucket", "The specified bucket does not exist.")
}

impl Call<'_> {
    /// The region the request is meant for, when it tells.
    fn region(&self) -> Option<&str> {
        let host = self.target.host_region.as_deref();
        host.or(self.caller.region.as_deref())
    }

    /// A header of the dialect, by its name after `x-obs-` or `x-amz-`.
    fn header(&self, name: &str) -> Option<&str> {
        self.request.header(&format!("{}{name}", self.dialect.prefix()))
    }

    /// The bucket, when it exists, belongs to the sender and lies in the region addressed.
    fn bucket(&self, world: &World) -> Result<Bucket, ObsError> {
        let name = self.target.bucket.as_deref().unwrap_or_default();
        let bucket = world.get::<Bucket>(name).ok_or_else(no_bucket)?;
        if bucket.owner != self.caller.domain {
            return Err(ObsError::new(403, "AccessDenied", "Access Denied"));
        }
        if self.region().is_some_and(|r| r != bucket.region) {
            return Err(ObsError::new(
                301,
                "PermanentRedirect",
                format!(
                    "The bucket you are attempting to access must be addressed using the endpoint of region {}.",
                    bucket.region
                ),
            ));
        }
        Ok(bucket)
    }
}

/// Sub-resources of a bucket that choose the operation, with its name after `Get`, `Put` or `Delete`.
const SUB_RESOURCES: [(&str, &str); 14] = [
    ("acl", "BucketAcl"),
    ("location", "BucketLocation"),
    ("storageinfo", "BucketStorageInfo"),
    ("storageClass", "BucketStoragePolicy"),
    ("versioning", "BucketVersioning"),
    ("tagging", "BucketTagging"),
    ("encryption", "BucketEncryption"),
    ("lifecycle", "BucketLifecycle"),
    ("quota", "BucketQuota"),
    ("logging", "BucketLogging"),
    ("cors", "BucketCORS"),
    ("policy", "BucketPolicy"),
    ("website", "BucketWebsite"),
    ("customdomain", "BucketCustomDomain"),
];

/// Query parameters that choose operations which are not served.
const NOT_SERVED: [&str; 12] = [
    "append",
    "directcoldaccess",
    "inventory",
    "metadata",
    "notification",
    "object-lock",
    "partNumber",
    "publicAccessBlock",
    "replication",
    "requestPayment",
    "restore",
    "storagePolicy",
];

/// The operation a request calls, named after the permission that it needs.
pub(crate) fn operation(request: &Request) -> String {
    name(request, &auth::target(request)).unwrap_or_else(|| "Unknown".to_string())
}

fn name(request: &Request, target: &Target) -> Option<String> {
    let method = request.method.as_str();
    let has = |p: &str| request.query_param(p).is_some();
    if NOT_SERVED.iter().any(|p| has(p)) {
        return None;
    }
    if method == "HEAD" && has("apiversion") {
        return Some("HeadApiVersion".to_string());
    }
    if target.bucket.is_none() {
        return (method == "GET").then(|| "ListBuckets".to_string());
    }
    if !target.key.is_empty() {
        let name = match method {
            "PUT" => "PutObject",
            "POST" if has("uploads") => "InitiateMultipartUpload",
            "DELETE" if has("uploadId") => "AbortMultipartUpload",
            "DELETE" => "DeleteObject",
            _ => return None,
        };
        return Some(name.to_string());
    }
    let sub = SUB_RESOURCES.iter().find(|(p, _)| has(p));
    match (method, sub) {
        ("GET", Some((_, what))) => Some(format!("Get{what}")),
        ("PUT", Some((_, what))) => Some(format!("Put{what}")),
        ("DELETE", Some((_, what))) => Some(format!("Delete{what}")),
        ("GET", None) if has("versions") => Some("ListBucketVersions".to_string()),
        ("GET", None) if has("uploads") => Some("ListBucketMultipartUploads".to_string()),
        ("GET", None) => Some("ListBucket".to_string()),
        ("HEAD", None) => Some("HeadBucket".to_string()),
        ("PUT", None) => Some("CreateBucket".to_string()),
        ("DELETE", None) => Some("DeleteBucket".to_string()),
        ("POST", None) if has("delete") => Some("DeleteObjects".to_string()),
        _ => None,
    }
}

/// Answers one request.
pub(crate) fn handle(request: &Request, world: &mut World, now: Now) -> Response {
    let target = auth::target(request);
    let dialect = auth::dialect(request);
    let answer = match name(request, &target).as_deref() {
        Some("HeadApiVersion") => bucket::api_version(target.bucket.as_deref(), world).map(|header| {
            let mut response = reply::reply(200, dialect, now, None);
            response.headers.push(header);
            response
        }),
        name => auth::verify(request, &target, world, now).and_then(|caller| {
            let call = Call {
                request,
                target: &target,
                caller: &caller,
                dialect,
                now,
            };
            act(name.unwrap_or_default(), &call, world)
        }),
    };
    let response = answer.unwrap_or_else(|error| error.reply(&target, dialect, now));
    without_body(request, response)
}

/// Replies to HEAD have no body.
fn without_body(request: &Request, mut response: Response) -> Response {
    if request.method == http::Method::HEAD {
        response.body = Bytes::new();
    }
    response
}

fn act(name: &str, call: &Call<'_>, world: &mut World) -> Answer {
    match name {
        "ListBuckets" => bucket::list(call, world),
        "CreateBucket" => bucket::create(call, world),
        "DeleteBucket" => bucket::delete(call, world),
        "HeadBucket" => bucket::head(call, world),
        "GetBucketLocation" => bucket::get_location(call, world),
        "GetBucketStorageInfo" => bucket::storage_info(call, world),
        "GetBucketAcl" => bucket::get_acl(call, world),
        "PutBucketAcl" => config::put_acl(call, world),
        "GetBucketStoragePolicy" => config::get_storage_class(call, world),
        "PutBucketStoragePolicy" => config::put_storage_class(call, world),
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
        "GetBucketQuota" => config::get_quota(call, world),
        "PutBucketQuota" => config::put_quota(call, world),
        "GetBucketLogging" => config::get_logging(call, world),
        "PutBucketLogging" => config::put_logging(call, world),
        "GetBucketCORS" => config::get_cors(call, world),
        "PutBucketCORS" => config::put_cors(call, world),
        "DeleteBucketCORS" => config::delete_cors(call, world),
        "GetBucketPolicy" => config::get_policy(call, world),
        "PutBucketPolicy" => config::put_policy(call, world),
        "DeleteBucketPolicy" => config::delete_policy(call, world),
        "GetBucketWebsite" => website::get(call, world),
        "PutBucketWebsite" => website::put(call, world),
        "DeleteBucketWebsite" => website::delete(call, world),
        "GetBucketCustomDomain" => website::domains(call, world),
        "PutBucketCustomDomain" => website::bind(call, world),
        "DeleteBucketCustomDomain" => website::unbind(call, world),
        "ListBucket" => objects::list(call, world),
        "ListBucketVersions" => objects::list_versions(call, world),
        "ListBucketMultipartUploads" => objects::list_uploads(call, world),
        "PutObject" => objects::put(call, world),
        "DeleteObject" => objects::delete(call, world),
        "DeleteObjects" => objects::delete_many(call, world),
        "InitiateMultipartUpload" => objects::begin_upload(call, world),
        "AbortMultipartUpload" => objects::abort_upload(call, world),
        _ => Err(ObsError::new(
            501,
            "NotImplemented",
            "A header or query you provided implies functionality that is not implemented.",
        )),
    }
}

/// The service's reply to throttled calls, or an internal error.
pub(crate) fn trouble(request: &Request, now: Now, throttled: bool) -> Response {
    let error = match throttled {
        true => ObsError::new(503, "SlowDown", "Please reduce your request rate."),
        false => ObsError::new(
            500,
            "InternalError",
            "We encountered an internal error. Please try again.",
        ),
    };
    let response = error.reply(&auth::target(request), auth::dialect(request), now);
    without_body(request, response)
}
