//! Reads data sources while planning, from the cloud.

use super::{Drivers, Providers, codes};
use crate::base::{Diag, InstanceAddr, Known};
use crate::config::ProviderKey;
use crate::driver::DriverError;
use crate::plan::{DataRead, DataReader};
use crate::schema::ResourceSchema;

/// [`DataReader`] over drivers.
pub struct CloudData<'a> {
    /// The runtime that the reads run on.
    pub runtime: &'a tokio::runtime::Runtime,
    /// The drivers.
    pub drivers: &'a Drivers,
    /// The sessions.
    pub providers: &'a Providers,
}

impl DataReader for CloudData<'_> {
    fn read(&self, schema: &ResourceSchema, provider: &ProviderKey, _: &InstanceAddr, config: &Known) -> DataRead {
        match self
            .runtime
            .block_on(read(self.drivers, self.providers, schema, provider, config))
        {
            Ok(object) => DataRead::Object(object.into_value()),
            Err(diag) => DataRead::Failed(diag),
        }
    }
}

/// Reads one data source.
///
/// # Errors
/// What the cloud said, as a diagnostic.
pub async fn read(
    drivers: &Drivers,
    providers: &Providers,
    schema: &ResourceSchema,
    provider: &ProviderKey,
    config: &Known,
) -> Result<Known, Diag> {
    let (Some(driver), Some(session)) = (drivers.data.get(&*schema.type_name), providers.session(provider)) else {
        return Err(Diag::error(
            codes::PROVIDER,
            format!("No driver or provider configuration for {}", schema.type_name),
        ));
    };
    let session = session.clone().read_only().within(super::refresh::READ_LIMIT);
    driver.read(&session, config).await.map_err(|e| cloud_error(&e))
}

/// What the cloud said, as a diagnostic.
pub fn cloud_error(error: &DriverError) -> Diag {
    let reply = error.reply();
    let summary = match error {
        DriverError::Denied(_) => "The cloud refused access",
        DriverError::Throttled(_) => "The cloud asks to slow down",
        DriverError::Conflict(_) => "Something of that name exists already",
        DriverError::Rejected(_) => "The cloud refused the request",
        DriverError::Failed(_) => "The cloud failed",
        DriverError::NotSent(_) => "The cloud could not be reached",
        DriverError::NotTried(_) => "The call was not made",
        DriverError::Unreachable(_) => "The cloud did not answer",
        DriverError::TimedOut(_) => "The cloud did not answer in time",
        DriverError::Garbled(_) => "The cloud's reply makes no sense",
    };
    let mut diag = Diag::error(codes::CLOUD, summary).detail(error.to_string());
    diag.help = reply.help.clone();
    if diag.help.is_none() && matches!(error, DriverError::Denied(_)) {
        diag.help = Some(denied_help(reply.status, reply.code.as_deref()).to_string());
    }
    diag
}

/// What to do about a refusal, by the kind of the cloud's code: keys that don't fit, and permissions that are missing.
/// Clouds whose codes are numbers tell the two apart by the status: 401 and 403.
fn denied_help(status: Option<u16>, code: Option<&str>) -> &'static str {
    let code = code.unwrap_or_default();
    let key = ["Signature", "AccessKey", "SecurityToken", "OTSAuthFailed"];
    if key.iter().any(|part| code.contains(part)) {
        "the key is not accepted: look whether the access key id, its secret and the security token belong together and are \
         still valid"
    } else if status == Some(401) {
        "the credentials are not accepted: look whether they belong together (access key, secret and security token; or user \
         name, password and domain), are still valid, and are of this cloud"
    } else {
        "the key is accepted, but this call is not allowed: give its user or role the permission for it"
    }
}

#[cfg(test)]
mod tests {
    use super::denied_help;

    #[test]
    fn a_key_that_does_not_fit_is_told_from_a_permission_that_is_missing() {
        for (status, code, opens_with) in [
            (403, Some("SignatureDoesNotMatch"), "the key is not accepted"),
            (403, Some("InvalidAccessKeyId"), "the key is not accepted"),
            (403, Some("AccessDenied"), "the key is accepted"),
            (403, Some("403"), "the key is accepted"),
            (401, Some("401"), "the credentials are not accepted"),
            (401, Some("APIGW.0301"), "the credentials are not accepted"),
            (401, None, "the credentials are not accepted"),
        ] {
            let help = denied_help(Some(status), code);
            assert!(help.starts_with(opens_with), "{status} {code:?}: {help}");
        }
    }
}
