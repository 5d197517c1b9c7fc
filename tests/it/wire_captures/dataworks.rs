//! Forms and replies of DataWorks: written again byte for byte, and read as the SDK reads them.

use super::{assert_within, captures, decoded};
use headworks::wire::codec::{dataworks, rpc};
use headworks::wire::sign::percent;
use serde_json::Value;

#[test]
fn dataworks_forms_are_written_byte_for_byte() {
    let mut forms = 0;
    for capture in captures(&["dw_"]) {
        let name = &capture.name;
        let Some(fields) = capture.json["body_decoded"].as_object() else {
            assert!(capture.request.body.is_empty(), "{name}");
            continue;
        };
        forms += 1;
        let text = |v: &Value| v.as_str().expect("a string").to_string();
        let mut pairs: Vec<_> = fields.iter().map(|(k, v)| (k.clone(), text(v))).collect();
        pairs.sort();
        assert_eq!(
            percent::form_body(&pairs).as_bytes(),
            &capture.request.body[..],
            "{name}"
        );
    }
    assert!(forms >= 10, "{forms} forms");
}

#[test]
fn dataworks_replies_decode_to_what_the_sdk_returned() {
    for capture in captures(&["dw_"]) {
        let (name, reply) = (&capture.name, &capture.response);
        if !reply.is_success() {
            let error = rpc::decode_error(&reply.body).expect(name);
            let code = capture.text("/sdk_result/fields/code");
            assert_eq!(error.code.as_deref(), Some(code), "{name}");
            continue;
        }
        let ours = match capture.operation_name().as_str() {
            "CreateDISyncTask"
            | "UpdateDISyncTask"
            | "DeleteDISyncTask"
            | "GetDISyncTask"
            | "GetDISyncInstanceInfo"
            | "DeployDISyncTask"
            | "StartDISyncInstance"
            | "StopDISyncInstance"
            | "TerminateDISyncInstance" => decoded::<dataworks::TaskReply>(&capture),
            "GetFile" => decoded::<dataworks::FileReply>(&capture),
            "ListFiles" => decoded::<dataworks::FilesReply>(&capture),
            "GetFolder" => decoded::<dataworks::FolderReply>(&capture),
            "DeleteFile" => decoded::<dataworks::DeleteFileReply>(&capture),
            "GetDeployment" => decoded::<dataworks::DeploymentReply>(&capture),
            "ListResourceGroups" => decoded::<dataworks::ResourceGroupsReply>(&capture),
            "UpdateFile" => decoded::<dataworks::DoneReply>(&capture),
            // Nothing of ours reads these replies.
            "SubmitFile" | "DeployFile" | "ListFolders" | "ListDataSources" | "ListRefDISyncTasks" => continue,
            other => panic!("{name}: unknown action {other:?}"),
        };
        // What we read is what the SDK returned; what we do not read is not there.
        assert_within(&ours, &capture.json["sdk_result"]["body"], name);
    }
}
