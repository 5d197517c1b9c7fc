//! The real effects of a session: the network, the clock, sleep and randomness.

use crate::driver::{BoxFuture, Cloud};
use crate::wire::{HttpTransport, Request, Response, Transport, TransportError, TransportLimits};
use jiff::Timestamp;
use std::time::Duration;

/// [`Cloud`] over HTTP and the system clock.
pub struct SystemCloud {
    transport: HttpTransport,
}

impl SystemCloud {
    /// A cloud that has not connected to anything yet.
    pub fn new() -> Self {
        Self {
            transport: HttpTransport::new(TransportLimits::default()),
        }
    }
}

impl Default for SystemCloud {
    fn default() -> Self {
        Self::new()
    }
}

impl Cloud for SystemCloud {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, TransportError>> {
        self.transport.send(request)
    }

    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn sleep(&self, pause: Duration) -> BoxFuture<'_, ()> {
        Box::pin(tokio::time::sleep(pause))
    }

    fn random(&self) -> u128 {
        rand::random()
    }
}
