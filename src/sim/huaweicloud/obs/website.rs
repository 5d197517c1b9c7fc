//! A bucket as a website, and the domain names of the user's own that are bound to it. No page is served.
//!
//! Source: OBS API reference, Configuring Static Website Hosting for a Bucket, Configuring a Custom Domain Name for a
//! Bucket, Error Codes.

use super::config::{body, change, malformed, no_file_system};
use super::model::Bucket;
use super::reply::{ObsError, document, reply};
use super::{Answer, Call};
use crate::sim::times;
use crate::sim::world::World;
use crate::sim::xml::{element, leaf};

/// Largest `WebsiteConfiguration`, in bytes.
const MAX_BODY: usize = 10 * 1024;
/// Domain names of one bucket, and characters of one.
const MAX_DOMAINS: (usize, usize) = (100, 256);

/// GetBucketWebsite: the document as it was put.
pub(super) fn get(call: &Call<'_>, world: &World) -> Answer {
    let bucket = call.bucket(world)?;
    no_file_system(&bucket)?;
    match bucket.website {
        Some(document) => Ok(reply(200, call.dialect, call.now, Some(document))),
        None => Err(ObsError::new(
            404,
            "NoSuchWebsiteConfiguration",
            "The specified bucket does not have a website configuration.",
        )),
    }
}

/// PutBucketWebsite: one place for every request, or a page for folders.
pub(super) fn put(call: &Call<'_>, world: &mut World) -> Answer {
    change(call, world, 200, |bucket| {
        no_file_system(bucket)?;
        let found = body(call, "WebsiteConfiguration", false)?;
        let has = |path: &str| leaf(&found, path).is_some_and(|t| !t.is_empty());
        let protocols = found.iter().filter(|(p, _)| p.ends_with("/Protocol"));
        let known = |text: &Option<String>| text.as_deref().is_none_or(|t| t == "http" || t == "https");
        let others = ["IndexDocument", "ErrorDocument", "RoutingRules"];
        let is_there = |name: &str| found.iter().any(|(p, _)| p == name);
        let good = match is_there("RedirectAllRequestsTo") {
            true => has("RedirectAllRequestsTo/HostName") && !others.into_iter().any(is_there),
            false => {
                let page = leaf(&found, "IndexDocument/Suffix").unwrap_or_default();
                !page.is_empty() && !page.contains('/')
            }
        };
        let rules = |path: &str| found.iter().filter(|(p, t)| p == path && t.is_none()).count();
        let whole = rules("RoutingRules/RoutingRule") == rules("RoutingRules/RoutingRule/Redirect");
        let mut protocols = protocols.map(|(_, text)| text);
        if !good || !whole || !protocols.all(known) || call.request.body.len() > MAX_BODY {
            return Err(malformed());
        }
        bucket.website = Some(String::from_utf8_lossy(&call.request.body).into_owned());
        Ok(())
    })
}

/// DeleteBucketWebsite.
pub(super) fn delete(call: &Call<'_>, world: &mut World) -> Answer {
    change(call, world, 204, |bucket| {
        bucket.website = None;
        Ok(())
    })
}

/// GetBucketCustomDomain: all names.
pub(super) fn domains(call: &Call<'_>, world: &World) -> Answer {
    let of = |(name, ms): &(String, i64)| {
        let inner = element("DomainName", name) + &element("CreateTime", &times::iso_millis(*ms));
        format!("<Domains>{inner}</Domains>")
    };
    let inner: String = call.bucket(world)?.domains.iter().map(of).collect();
    let xml = document("ListBucketCustomDomainsResult", &inner);
    Ok(reply(200, call.dialect, call.now, Some(xml)))
}

/// The name in the request.
fn domain(call: &Call<'_>) -> Result<String, ObsError> {
    let name = call.request.query_param("customdomain").unwrap_or_default();
    let label = |l: &str| {
        let b = l.as_bytes();
        let ends = [b.first(), b.last()];
        let plain = |c: &u8| c.is_ascii_alphanumeric() || *c == b'-';
        b.iter().all(plain) && ends.iter().all(|c| c.is_some_and(u8::is_ascii_alphanumeric))
    };
    match name.len() <= MAX_DOMAINS.1 && name.contains('.') && name.split('.').all(label) {
        true => Ok(name.to_string()),
        false => Err(ObsError::new(400, "BadDomainName", "Invalid domain name.")),
    }
}

/// PutBucketCustomDomain: binds one name, which only one bucket can have. The code is spelled so.
pub(super) fn bind(call: &Call<'_>, world: &mut World) -> Answer {
    let name = domain(call)?;
    let has = |b: &Bucket| b.domains.iter().any(|(n, _)| *n == name);
    let taken = world.list::<Bucket>("").iter().any(has);
    change(call, world, 200, |bucket| {
        if taken {
            return Err(ObsError::new(
                400,
                "CustomDomainAreadyExist",
                "The configured domain already exists.",
            ));
        }
        if bucket.domains.len() >= MAX_DOMAINS.0 {
            return Err(ObsError::new(
                400,
                "TooManyCustomDomains",
                "The bucket has too many custom domain names.",
            ));
        }
        bucket.domains.push((name, call.now.world_ms));
        Ok(())
    })
}

/// DeleteBucketCustomDomain.
pub(super) fn unbind(call: &Call<'_>, world: &mut World) -> Answer {
    let name = domain(call)?;
    change(call, world, 204, |bucket| {
        let before = bucket.domains.len();
        bucket.domains.retain(|(n, _)| *n != name);
        match bucket.domains.len() < before {
            true => Ok(()),
            false => Err(ObsError::new(
                400,
                "CustomDomainNotExist",
                "The domain to be operated does not exist.",
            )),
        }
    })
}
