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

/// What to do about a refusal, by its status and the kind of its code: who calls is not known, or may not do it.
fn denied_help(status: Option<u16>, code: Option<&str>) -> &'static str {
    let code = code.unwrap_or_default();
    if status == Some(401) {
        "the credentials are not accepted: look whether key, secret and security token, or user, password and account, \
         belong together, and whether a token is still valid"
    } else if ["Signature", "AccessKey", "SecurityToken", "OTSAuthFailed"]
        .iter()
        .any(|part| code.contains(part))
    {
        "the key is not accepted: look whether the access key id, its secret and the security token belong together and are \
         still valid"
    } else {
        "the key is accepted, but this call is not allowed: give its user or role the permission for it"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::driver::Reply;

    #[test]
    fn a_refusal_says_whether_the_caller_or_the_permission_is_wrong() {
        let help = |status, code: &str| {
            let reply = Reply {
                status: Some(status),
                code: Some(code.to_string()),
                ..Reply::default()
            };
            cloud_error(&DriverError::Denied(reply)).help.unwrap_or_default()
        };
        assert!(help(401, "APIGW.0307").starts_with("the credentials are not accepted"));
        assert!(help(403, "SignatureDoesNotMatch").starts_with("the key is not accepted"));
        assert!(help(403, "DIS.4116").contains("give its user or role the permission"));
    }
}
