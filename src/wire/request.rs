//! The plain HTTP request and response that drivers build, signers sign and the transport sends.
//! Never does I/O; the embedded cloud reads incoming requests into the same types.

use crate::base::Secret;
use bytes::Bytes;

/// An access key with its secret and, for temporary credentials, its security token.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// The access key id; public, it travels in clear in every request.
    pub access_key: String,
    /// The access key secret.
    pub secret: Secret,
    /// The security token of temporary (STS) credentials.
    pub security_token: Option<Secret>,
}

/// One HTTP request, complete but for the connection it is sent on.
#[derive(Clone, Debug)]
pub struct Request {
    /// HTTP method in upper case.
    pub method: http::Method,
    /// `http` or `https`.
    pub scheme: String,
    /// Host with port where one is given, as in the `Host` header.
    pub authority: String,
    /// Percent-encoded path, beginning with `/`.
    pub path: String,
    /// Decoded query parameters in wire order; a parameter without value has an empty one.
    pub query: Vec<(String, String)>,
    /// Header fields, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body; empty for none.
    pub body: Bytes,
}

impl Request {
    /// Value of the first header called `name` (lower case).
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }

    /// Sets header `name` (lower case), replacing all former values.
    pub fn set_header(&mut self, name: &str, value: impl Into<String>) {
        self.headers.retain(|(n, _)| n != name);
        self.headers.push((name.to_string(), value.into()));
    }

    /// Value of the first query parameter called `name`.
    pub fn query_param(&self, name: &str) -> Option<&str> {
        header(&self.query, name)
    }
}

/// One HTTP reply with its whole body.
#[derive(Clone, Debug)]
pub struct Response {
    /// HTTP status code.
    pub status: u16,
    /// Header fields, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body; empty for none.
    pub body: Bytes,
}

impl Response {
    /// Value of the first header called `name` (lower case).
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }

    /// Whether the status is 2xx.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

fn header<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    pairs.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
}
