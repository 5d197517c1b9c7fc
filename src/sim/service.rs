//! The services of the embedded cloud: which there are, and who answers for each. Decides no answer.

use super::world::{Now, World};
use super::{admin, alicloud, huaweicloud};
use crate::wire::request::{Request, Response};

/// One service, with a port of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// Tablestore; the instance comes from the `x-ots-instancename` header.
    Tablestore,
    /// OSS; path style, or virtual-host style when the `Host` header names a bucket.
    Oss,
    /// RAM and STS.
    Ram,
    /// Resource Management.
    ResourceManager,
    /// DataWorks.
    DataWorks,
    /// The admin interface of the embedded cloud itself.
    Admin,
    /// IAM of Huawei Cloud.
    Iam,
    /// DIS.
    Dis,
    /// DLI.
    Dli,
    /// DMS for Kafka.
    Dms,
    /// OBS; path style, or virtual-host style when the `Host` header names a bucket.
    Obs,
}

impl Service {
    /// Every service, in the order of their ports.
    pub const ALL: &[Service] = &[
        Service::Tablestore,
        Service::Oss,
        Service::Ram,
        Service::ResourceManager,
        Service::Admin,
        Service::DataWorks,
        Service::Iam,
        Service::Dis,
        Service::Dli,
        Service::Dms,
        Service::Obs,
    ];

    /// A short name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tablestore => "tablestore",
            Self::Oss => "oss",
            Self::Ram => "ram",
            Self::ResourceManager => "resourcemanager",
            Self::DataWorks => "dataworks",
            Self::Admin => "admin",
            Self::Iam => "iam",
            Self::Dis => "dis",
            Self::Dli => "dli",
            Self::Dms => "dms",
            Self::Obs => "obs",
        }
    }

    /// The operation a request calls, as the API names it.
    pub(super) fn operation(self, request: &Request) -> String {
        match self {
            Self::Tablestore => alicloud::tablestore::operation(request),
            Self::Oss => alicloud::oss::operation(request),
            Self::Ram | Self::ResourceManager | Self::DataWorks => alicloud::rpc::operation(request),
            Self::Admin => "admin".to_string(),
            Self::Iam => huaweicloud::iam::operation(request),
            Self::Dis => huaweicloud::dis::operation(request),
            Self::Dli => huaweicloud::dli::operation(request),
            Self::Dms => huaweicloud::dms::operation(request),
            Self::Obs => huaweicloud::obs::operation(request),
        }
    }

    pub(super) fn handle(self, request: &Request, world: &mut World, now: Now) -> Response {
        match self {
            Self::Tablestore => alicloud::tablestore::handle(request, world, now),
            Self::Oss => alicloud::oss::handle(request, world, now),
            Self::Ram => alicloud::ram::handle(request, world, now),
            Self::ResourceManager => alicloud::resourcemanager::handle(request, world, now),
            Self::DataWorks => alicloud::dataworks::handle(request, world, now),
            Self::Admin => admin::handle(request, world, now),
            Self::Iam => huaweicloud::iam::handle(request, world, now),
            Self::Dis => huaweicloud::dis::handle(request, world, now),
            Self::Dli => huaweicloud::dli::handle(request, world, now),
            Self::Dms => huaweicloud::dms::handle(request, world, now),
            Self::Obs => huaweicloud::obs::handle(request, world, now),
        }
    }

    /// The service's own form of "too many requests" or "internal error".
    pub(super) fn trouble(self, request: &Request, world: &World, now: Now, throttled: bool) -> Response {
        match self {
            Self::Tablestore => alicloud::tablestore::trouble(request, world, now, throttled),
            Self::Oss => alicloud::oss::trouble(request, now, throttled),
            Self::Ram | Self::ResourceManager | Self::DataWorks => alicloud::rpc::trouble(now, throttled),
            Self::Admin => admin::failed("the world file cannot be written"),
            Self::Iam => huaweicloud::iam::trouble(now, throttled),
            Self::Dis => huaweicloud::dis::trouble(now, throttled),
            Self::Dli => huaweicloud::dli::trouble(now, throttled),
            Self::Dms => huaweicloud::dms::trouble(now, throttled),
            Self::Obs => huaweicloud::obs::trouble(request, now, throttled),
        }
    }
}
