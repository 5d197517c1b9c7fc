//! The small commands.

use super::sandbox::Sandbox;
use insta::assert_snapshot;

const UGLY: &str = "variable \"a\" {\ntype=string\n    default   = \"x\"\n}\n";
const PRETTY: &str = "variable \"a\" {\n  type    = string\n  default = \"x\"\n}\n";

#[test]
fn fmt_checks_shows_and_writes() {
    let sandbox = Sandbox::with(UGLY);
    sandbox.write("good.tf", PRETTY);
    sandbox.write("sub/ugly.tf", UGLY);
    let check = sandbox.headworks("fmt -check").ends(3);
    check.says("main.tf").lacks("good.tf");
    assert_eq!(sandbox.read("main.tf"), UGLY, "-check writes nothing");
    assert_snapshot!("fmt_diff", sandbox.headworks("fmt -check -diff").ends(3).out());
    sandbox.headworks("fmt -write=false").ok().says("main.tf");
    assert_eq!(sandbox.read("main.tf"), UGLY);
    sandbox.headworks("fmt").ok().says("main.tf");
    assert_eq!(sandbox.read("main.tf"), PRETTY);
    assert_eq!(sandbox.read("sub/ugly.tf"), UGLY, "only with -recursive");
    sandbox.headworks("fmt -check").ok();
    sandbox.headworks("fmt -recursive").ok();
    assert_eq!(sandbox.read("sub/ugly.tf"), PRETTY);
    assert_eq!(sandbox.headworks("fmt").ok().out, "");
}

#[test]
fn fmt_reads_standard_input() {
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.call(&["fmt", "-"], UGLY).ok().out, PRETTY);
    assert_eq!(sandbox.call(&["fmt", "-check", "-"], UGLY).ends(3).out, "");
    sandbox.call(&["fmt", "-check", "-"], PRETTY).ok();
    let broken = sandbox.call(&["fmt", "-"], "a = {\n").ends(2);
    assert_eq!(broken.out, "");
    broken.says("<stdin>:");
}

#[test]
fn fmt_leaves_what_it_does_not_understand() {
    let sandbox = Sandbox::with("resource {{{\n");
    sandbox.write("ugly.tf", UGLY);
    sandbox.headworks("fmt").ends(2).says("main.tf:1");
    assert_eq!(sandbox.read("main.tf"), "resource {{{\n");
    assert_eq!(sandbox.read("ugly.tf"), PRETTY);
}

#[test]
fn version_tells_both_versions() {
    let sandbox = Sandbox::new();
    let text = sandbox.headworks("version").ok();
    text.says(concat!("headworks ", env!("CARGO_PKG_VERSION")));
    let json = sandbox.headworks("version -json").ok().json();
    assert_eq!(json["headworks_version"], env!("CARGO_PKG_VERSION"));
    assert!(json["terraform_version"].is_string());
}

#[test]
fn schema_lists_and_describes() {
    let sandbox = Sandbox::new();
    let all = sandbox.headworks("schema").ok();
    for name in [
        "alicloud_oss_bucket",
        "alicloud_ots_delivery_task",
        "alicloud_ots_table",
        "alicloud_ram_role",
        "alicloud_resource_manager_service_linked_role",
        "terraform_data",
    ] {
        all.says(name);
        sandbox.headworks(&format!("schema {name}")).ok().says(name);
        assert!(
            sandbox
                .headworks(&format!("schema -json {name}"))
                .ok()
                .json()
                .is_object()
        );
    }
    sandbox
        .headworks("schema alicloud_ots_delivery_task")
        .ok()
        .says("oss_prefix")
        .says("$yyyy");
    let unknown = sandbox.headworks("schema alicloud_oss_bukcet").fails();
    unknown.says("HW0606").says("alicloud_oss_bucket");
}

#[test]
fn init_says_that_there_is_nothing_to_do() {
    let sandbox = Sandbox::new();
    sandbox.headworks("init").ok().says("providers are built in");
    assert_eq!(sandbox.files(), []);
}

#[test]
fn console_answers_the_last_line_and_stops_at_a_mistake() {
    let sandbox = Sandbox::with("variable \"n\" {\n  default = 2\n}\nlocals {\n  twice = var.n * 2\n}\n");
    let answers = sandbox
        .call(
            &["console", "-var", "n=20"],
            "local.twice + 2\n[for x in [1, 2] : x]\n\"a${1}\"\n",
        )
        .ok();
    assert_eq!(
        answers.out, "\"a1\"\n",
        "a program gets the last answer, as from Terraform"
    );
    let one = sandbox.call(&["console", "-var", "n=20"], "local.twice + 2").ok();
    assert_eq!(one.out, "42\n");
    let heredoc = sandbox.call(&["console"], "upper(<<E\na${var.n}\nE\n)").ok();
    assert_eq!(heredoc.out, "<<EOT\nA2\n\nEOT\n");
    let heredoc = sandbox.call(&["console"], "<<E\n\nE\n").ok();
    assert_eq!(heredoc.out, "<<EOT\n\n\nEOT\n");
    let wrong = sandbox.call(&["console"], "local.none\n1 + 1\n").fails();
    assert_eq!(wrong.out, "", "a mistake ends it");
    wrong.says("on <console-input> line 1");
    assert_eq!(Sandbox::new().call(&["console"], "1 + 1").ok().out, "2\n");
    // What the type does not have is a mistake before there is any object.
    sandbox.write("later.tf", "resource \"terraform_data\" \"later\" {}\n");
    assert_eq!(
        sandbox.call(&["console"], "terraform_data.later.output\n").ok().out,
        "(known after apply)\n"
    );
    let wrong = sandbox
        .call(&["console"], "try(terraform_data.later.outptu, 1)\n")
        .fails();
    assert!(
        wrong.err.contains("exported attribute named \"outptu\""),
        "{}",
        wrong.err
    );
}

#[test]
fn completions_are_a_script() {
    let sandbox = Sandbox::new();
    sandbox
        .headworks("completions bash")
        .ok()
        .says("_headworks()")
        .says("complete -F _headworks");
    sandbox.headworks("completions nonsense").fails().says("bash");
}

#[test]
fn the_embedded_world_can_be_looked_at_and_changed() {
    let sandbox = Sandbox::new();
    let empty = sandbox.headworks("sim objects").ok();
    assert_eq!(empty.out, "");
    empty.says("The world is empty.");
    sandbox.headworks("sim get oss_bucket none").fails().says("HW0606");
    sandbox.headworks("sim delete oss_bucket none").fails().says("HW0606");
    sandbox
        .call(&["sim", "patch", "oss_bucket", "none", "{}"], "")
        .fails()
        .says("HW0605");
    sandbox
        .call(&["sim", "patch", "oss_bucket", "none", "{"], "")
        .fails()
        .says("HW0601");
}
