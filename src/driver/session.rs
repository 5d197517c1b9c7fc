//! One provider configuration at work: credentials, endpoints, clock and the way out. The only I/O a driver has.

/// Settings of one provider block after evaluation and environment.
#[derive(Clone, Debug)]
pub struct ProviderConfig {}

/// Where the session's effects go: network, clock, randomness.
pub trait Cloud: Send + Sync {}

/// What a driver works with.
pub struct Session {}
