//! What services send: messages of Tablestore, XML of OSS and OBS, errors of all, and signatures.

use super::language::text;
use bytes::Bytes;
use headworks::base::Secret;
use headworks::wire::codec::{obs, oss, ots, rpc};
use headworks::wire::retry::{Effect, classify_huawei, classify_obs, classify_oss, classify_ots, classify_rpc};
use headworks::wire::sign::{acs3, huawei, obs as sign_obs, oss as sign_oss, ots as sign_ots, percent};
use headworks::wire::{ApiError, Credentials, Request, Response, Service};
use prost::Message;

pub(super) const PROTOBUF_WORDS: &[&str] = &[
    "\x0a",
    "\x12",
    "\x1a",
    "\x08",
    "\x10",
    "\x18",
    "\x22",
    "\x2a",
    "\x7f",
    "\x0b",
    "\x0c",
    "\x0d",
    "\x09",
    "\x00",
    "\x01",
    "\x02",
    "\x0a\x00",
    "\x0a\x7f",
    "\x08\x01",
    "OTSObjectNotExist",
    "\x0a\x05table",
];
pub(super) const XML_WORDS: &[&str] = &[
    "<",
    ">",
    "</",
    "/>",
    "<Error>",
    "<Code>",
    "</Code>",
    "</Error>",
    "<Message>",
    "<?xml version=\"1.0\"?>",
    "<!DOCTYPE a [<!ENTITY b \"c\">]>",
    "&b;",
    "&amp;",
    "&#0;",
    "&#x110000;",
    "<![CDATA[",
    "]]>",
    "<!--",
    "-->",
    " xmlns=\"x\"",
    " a='b'",
    "<ListBucketResult>",
    "<Contents>",
    "<Key>",
    "<IsTruncated>true</IsTruncated>",
    "<NextMarker>",
    "<Rule>",
    "<ID>",
    "<Days>",
    "-1",
    "99999999999999999999",
    "{\"Code\":",
    "{\"error\":{\"code\":",
    "\"Message\":",
    "\"RequestId\":",
    "null",
    "[",
    "]",
    "{",
    "}",
    "\"",
    ",",
    ":",
    "\u{feff}",
    "\0",
    "\n",
    "errorCode",
    "error_code",
    "error_msg",
    "\u{1b}[31m",
];
pub(super) const SIGNATURE_WORDS: &[&str] = &[
    "OTS ",
    "OSS4-HMAC-SHA256 Credential=",
    "ACS3-HMAC-SHA256 Credential=",
    "SDK-HMAC-SHA256 Access=",
    "OBS ",
    "AWS ",
    ":",
    ",",
    "=",
    "/",
    "Signature=",
    "SignedHeaders=",
    ";",
    " ",
    "AdditionalHeaders=",
    "aliyun_v4_request",
    "\u{e9}",
    "\n",
];

fn message<M: Message + Default + PartialEq + std::fmt::Debug>(data: &[u8]) {
    if let Ok(message) = M::decode(data) {
        let back = M::decode(message.encode_to_vec().as_slice());
        // Numbers that are none are never equal to themselves; no message has any.
        assert_eq!(
            back.as_ref(),
            Ok(&message),
            "a message goes through writing and reading unchanged"
        );
    }
}

pub(super) fn protobuf(data: &[u8]) {
    message::<ots::Error>(data);
    message::<ots::CreateDeliveryTaskRequest>(data);
    message::<ots::DescribeDeliveryTaskResponse>(data);
    message::<ots::ListDeliveryTaskResponse>(data);
    message::<ots::DescribeTableResponse>(data);
    message::<ots::UpdateTableResponse>(data);
    message::<ots::CreateTableRequest>(data);
    message::<ots::ListTableResponse>(data);
}

fn body<T: oss::XmlBody + PartialEq + std::fmt::Debug>(data: &[u8]) {
    let Ok(read) = oss::decode::<T>(data) else { return };
    if let Ok(written) = oss::encode(&read) {
        assert!(
            written.len() <= data.len() * 16 + 65_536,
            "what is read is no larger than what was sent"
        );
    }
}

pub(super) fn xml(data: &[u8]) {
    body::<oss::BucketInfo>(data);
    body::<oss::LifecycleConfiguration>(data);
    body::<oss::ListBucketsResult>(data);
    body::<oss::ListObjectsResult>(data);
    body::<oss::AccessControlPolicy>(data);
    body::<oss::Tagging>(data);
    body::<oss::Versions>(data);
    body::<oss::Delete>(data);
    body::<oss::Error>(data);
    body::<obs::AccessControlPolicy>(data);
    body::<obs::LifecycleConfiguration>(data);
    body::<obs::CorsConfiguration>(data);
    body::<obs::WebsiteConfiguration>(data);
    body::<obs::Objects>(data);
    body::<obs::Uploads>(data);
    body::<obs::DeleteResult>(data);
    body::<obs::CustomDomains>(data);
    let _ = rpc::decode_error(data);
}

const KEY: &str = "PLANTEDSECRETOFNOACCOUNT";

fn credentials() -> Credentials {
    Credentials {
        access_key: "LTAIPLANTED".into(),
        secret: Secret::new(KEY),
        security_token: Some(Secret::new("PLANTEDTOKEN")),
    }
}

/// The first byte is a status, the rest a body.
pub(super) fn errors(data: &[u8]) {
    let (status, data) = data.split_first().map_or((0, data), |(s, rest)| (*s, rest));
    let mut echoing = data.to_vec();
    echoing.extend_from_slice(KEY.as_bytes());
    for body in [data.to_vec(), echoing] {
        let response = Response {
            status: 200 + u16::from(status) * 2 % 400,
            headers: vec![
                ("x-ots-requestid".into(), String::from_utf8_lossy(data).into_owned()),
                ("retry-after".into(), String::from_utf8_lossy(data).into_owned()),
            ],
            body: Bytes::from(body),
        };
        let ots = ApiError::from_ots("Op", &response);
        let _ = classify_ots(&ots, Effect::Repeatable);
        let oss = ApiError::from_oss("Op", &response);
        let _ = classify_oss(&oss, &response, Effect::Once);
        let rpc = ApiError::from_rpc(Service::Ram, "Op", &response);
        let _ = classify_rpc(&rpc, &response, Effect::Repeatable);
        let huawei = ApiError::from_huawei(Service::Dis, "Op", &response);
        let _ = classify_huawei(&huawei, Effect::Repeatable);
        let obs = ApiError::from_obs("Op", &response);
        let _ = classify_obs(&obs, Effect::Repeatable);
        let success = ApiError::from_rpc_success(Service::DataWorks, "Op", &response);
        for error in [ots, oss, rpc, huawei, obs].into_iter().chain(success) {
            let error = error.without_secrets(&credentials());
            assert!(!error.to_string().contains(KEY), "a key is repeated: {error}");
        }
    }
}

/// The first line is a header of a request or a reply, the rest a body.
pub(super) fn signatures(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let _ = acs3::parse_authorization(text);
    let _ = huawei::parse_authorization(text);
    let _ = sign_obs::parse_authorization(text);
    let _ = sign_oss::parse_authorization(text);
    let pairs = percent::parse_query(text);
    assert_eq!(
        percent::parse_query(&percent::query_string(&pairs)),
        pairs,
        "a query is read as it is written"
    );
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    let request = Request {
        method: http::Method::POST,
        scheme: "https".into(),
        authority: "i.cn-hangzhou.ots.aliyuncs.com".into(),
        path: percent::encode_path(rest),
        query: pairs,
        headers: vec![("x-acs-x".into(), first.into()), ("x-ots-date".into(), first.into())],
        body: Bytes::copy_from_slice(data),
    };
    let mut signed = request.clone();
    acs3::sign(&mut signed, &credentials());
    sign_ots::sign_v2(&mut signed, &credentials());
    huawei::sign(&mut signed, &credentials(), first);
    sign_obs::sign(&mut signed, &credentials(), None, first);
    let response = Response {
        status: 200,
        headers: [
            "x-ots-contentmd5",
            "x-ots-requestid",
            "x-ots-date",
            "x-ots-contenttype",
            "authorization",
        ]
        .map(|n| (n.to_string(), first.to_string()))
        .into(),
        body: Bytes::copy_from_slice(rest.as_bytes()),
    };
    let trusted = sign_ots::verify_response(&request, &response, KEY, "LTAIPLANTED", jiff::Timestamp::UNIX_EPOCH);
    assert!(trusted.is_err(), "nobody guesses a signature");
}
