//! RPC signature version 1.0 (HMAC-SHA1) of Alibaba Cloud's RPC services, carried as the query
//! parameter `Signature`. Superseded by [`super::acs3`] but still accepted by the services.
//!
//! Source: Alibaba Cloud "RPC request signature" reference.

use super::digest::{base64, hmac_sha1};
use super::percent::{canonical_query, encode, parse_query};
use crate::wire::{Credentials, Request};

const FORM: &str = "application/x-www-form-urlencoded";

/// What the signature covers: the method and every parameter but `Signature`, from the query and
/// from a form body.
pub fn string_to_sign(request: &Request) -> String {
    let form = form_parameters(request);
    let pairs = request
        .query
        .iter()
        .chain(&form)
        .filter(|(name, _)| name != "Signature");
    let query = canonical_query(pairs.map(|(k, v)| (k.as_str(), v.as_str())), false);
    format!("{}&%2F&{}", request.method, encode(&query))
}

fn form_parameters(request: &Request) -> Vec<(String, String)> {
    let is_form = request
        .header("content-type")
        .is_some_and(|t| t.trim().starts_with(FORM));
    match std::str::from_utf8(&request.body) {
        Ok(body) if is_form => parse_query(body),
        _ => Vec::new(),
    }
}

/// The signature, base64. The key is the secret followed by `&`.
pub fn signature(request: &Request, secret: &str) -> String {
    let key = format!("{secret}&");
    base64(&hmac_sha1(key.as_bytes(), string_to_sign(request).as_bytes()))
}

/// Signs a request. Sets the query parameters `AccessKeyId`, `SecurityToken` for temporary
/// credentials, `SignatureMethod`, `SignatureVersion` and `Signature`; the caller has set `Action`,
/// `Version`, `Format`, `Timestamp` (`YYYY-MM-DDThh:mm:ssZ`) and `SignatureNonce`.
pub fn sign(request: &mut Request, credentials: &Credentials) {
    const SET_HERE: [&str; 5] = [
        "AccessKeyId",
        "SecurityToken",
        "SignatureMethod",
        "SignatureVersion",
        "Signature",
    ];
    request.query.retain(|(name, _)| !SET_HERE.contains(&name.as_str()));
    let mut add = |name: &str, value: &str| request.query.push((name.into(), value.into()));
    add("SignatureMethod", "HMAC-SHA1");
    add("SignatureVersion", "1.0");
    add("AccessKeyId", &credentials.access_key);
    if let Some(token) = &credentials.security_token {
        add("SecurityToken", token.expose());
    }
    let signature = signature(request, credentials.secret.expose());
    request.query.push(("Signature".into(), signature));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Secret;
    use bytes::Bytes;

    fn request(method: http::Method, query: &str, form: &'static str) -> Request {
        Request {
            method,
            scheme: "https".into(),
            authority: "ecs.aliyuncs.com".into(),
            path: "/".into(),
            query: parse_query(query),
            headers: vec![("content-type".into(), FORM.into())],
            body: Bytes::from_static(form.as_bytes()),
        }
    }

    #[test]
    fn the_documented_example_and_a_form_body() {
        // Elastic Compute Service API reference, "Request signatures", key testsecret.
        let documented = request(
            http::Method::GET,
            "Timestamp=2016-02-23T12:46:24Z&Format=XML&AccessKeyId=testid&Action=DescribeRegions\
             &SignatureMethod=HMAC-SHA1&SignatureNonce=3ee8c1b8-83d3-44af-a94f-4e0ad82fd6cf\
             &Version=2014-05-26&SignatureVersion=1.0",
            "",
        );
        assert_eq!(signature(&documented, "testsecret"), "OLeaidS1JvxuMvnyHOwuJ+uX5qY=");
        // A request of the DataWorks SDK for Python 10.1.1 with its parameters in the body.
        let form = request(
            http::Method::POST,
            "Action=GetFile&Format=json&Version=2020-05-18&Timestamp=2026-11-20T21%3A27%3A15Z\
             &SignatureNonce=d082203a75530271f841ecabb896eba8&SignatureMethod=HMAC-SHA1\
             &SignatureVersion=1.0&AccessKeyId=testAccessKeyId&Signature=ignored",
            "FileId=1000001&ProjectId=10000",
        );
        assert_eq!(signature(&form, "testAccessKeySecret"), "8IBOLwMIh50L1tSxFQvIQibMkYE=");
    }

    #[test]
    fn sign_replaces_an_earlier_signature_and_recomputes() {
        let mut signed = request(http::Method::POST, "Action=GetRole&Signature=old", "");
        let mut credentials = Credentials {
            access_key: "id".into(),
            secret: Secret::new("key"),
            security_token: Some(Secret::new("token")),
        };
        sign(&mut signed, &credentials);
        assert_eq!(signed.query_param("SecurityToken"), Some("token"));
        credentials.security_token = None;
        sign(&mut signed, &credentials);
        assert_eq!(signed.query_param("SecurityToken"), None);
        assert_eq!(signed.query.iter().filter(|(n, _)| n == "Signature").count(), 1);
        let expected = signature(&signed, "key");
        assert_eq!(signed.query_param("Signature"), Some(expected.as_str()));
    }
}
