//! All mistakes of a configuration are told at once, and nothing that only follows from one of them.

use super::sandbox::Sandbox;

/// Files, and where mistakes are told: file and line, once for each.
type Case = (
    &'static str,
    &'static [(&'static str, &'static str)],
    &'static [(&'static str, u64)],
);

const CASES: &[Case] = &[
    (
        "a file that can't be read does not hide the others",
        &[
            ("a.tf", "resource \"terraform_data\" \"a\" {\n  input =\n}\n"),
            (
                "b.tf",
                "output \"x\" { value = terraform_data.a.id }\nvariable \"v\" {\n  typ = string\n}\noutput \"z\" { value = var.w }\n",
            ),
        ],
        &[("a.tf", 2), ("b.tf", 3), ("b.tf", 5)],
    ),
    (
        "what may be declared in it is not missed",
        &[
            ("a.tf", "resource \"terraform_data\" \"a\"\n{\n}\n"),
            (
                "b.tf",
                "output \"x\" { value = terraform_data.a.id }\nvariable \"v\" {\n  typ = string\n}\n",
            ),
        ],
        &[("a.tf", 1), ("b.tf", 3)],
    ),
    (
        "blocks behind a missing brace are no mistakes",
        &[
            (
                "a.tf",
                "variable \"v\" {\n  type = string\n\nresource \"terraform_data\" \"a\" {\n}\n",
            ),
            (
                "b.tf",
                "output \"x\" { value = terraform_data.a.id }\noutput \"z\" {\n  value = var.v\n  valu = 1\n}\n",
            ),
        ],
        &[("a.tf", 1), ("b.tf", 4)],
    ),
    (
        "mistakes in a called module and in its caller",
        &[
            (
                "main.tf",
                "module \"m\" {\n  source = \"./m\"\n  a = 1\n}\noutput \"x\" { value = module.m.out }\nresource \"terraform_data\" \"a\" {\n  inputt = 1\n}\n",
            ),
            (
                "m/main.tf",
                "variable \"a\" {\n  type =\n}\noutput \"out\" {\n  value = var.a\n  senstive = true\n}\n",
            ),
        ],
        &[("m/main.tf", 2), ("m/main.tf", 6), ("main.tf", 7)],
    ),
    (
        "an output without a value is an output",
        &[
            (
                "main.tf",
                "module \"m\" {\n  source = \"./m\"\n}\noutput \"x\" { value = module.m.out.a }\noutput \"y\" { value = module.m.uot }\n",
            ),
            ("m/main.tf", "output \"out\" {\n}\n"),
        ],
        &[("m/main.tf", 1), ("main.tf", 5)],
    ),
    (
        "a module that is not there",
        &[(
            "main.tf",
            "module \"m\" {\n  source = \"./m\"\n}\noutput \"x\" { value = module.m.out[0].a }\noutput \"y\" { value = var.q }\n",
        )],
        &[("main.tf", 1), ("main.tf", 5)],
    ),
    (
        "a call that does not fit",
        &[
            (
                "main.tf",
                "module \"m\" {\n  source = \"./m\"\n  aa = 1\n}\noutput \"x\" { value = local.q }\n",
            ),
            ("m/main.tf", "variable \"a\" { default = 1 }\n"),
        ],
        &[("main.tf", 3), ("main.tf", 5)],
    ),
    (
        "how often a block is repeated could not be read",
        &[(
            "main.tf",
            "resource \"terraform_data\" \"a\" {\n  count =\n}\noutput \"x\" { value = terraform_data.a[0].id }\noutput \"y\" { value = terraform_data.a.id }\n",
        )],
        &[("main.tf", 2)],
    ),
    (
        "a misspelt block type declares what is used",
        &[("main.tf", "varable \"a\" {\n}\noutput \"x\" { value = var.a }\n")],
        &[("main.tf", 1)],
    ),
    (
        "a default that is refused is not missed",
        &[(
            "main.tf",
            "variable \"a\" {\n  type = list(string)\n  default = var.b\n}\nresource \"terraform_data\" \"a\" {\n  for_each = toset(var.a)\n}\n",
        )],
        &[("main.tf", 3)],
    ),
];

fn told(sandbox: &Sandbox, command: &str) -> Vec<(String, u64)> {
    let run = sandbox.headworks(command).fails();
    let lines = run
        .out
        .lines()
        .map(|l| serde_json::from_str::<serde_json::Value>(l).expect("JSON"));
    let mut found = Vec::new();
    for document in lines {
        let listed = document["diagnostics"].as_array().cloned().unwrap_or_default();
        for diag in listed.iter().chain(document.get("diagnostic")) {
            let range = &diag["range"];
            let file = range["filename"].as_str().unwrap_or_default().to_string();
            found.push((file, range["start"]["line"].as_u64().unwrap_or_default()));
        }
    }
    found.sort();
    found
}

#[test]
fn by_validate_and_plan_alike() {
    for (name, files, wanted) in CASES {
        let sandbox = Sandbox::new();
        for (file, text) in *files {
            sandbox.write(file, text);
        }
        let wanted: Vec<(String, u64)> = wanted.iter().map(|(file, line)| (file.to_string(), *line)).collect();
        for command in ["validate -json", "plan -json"] {
            assert_eq!(told(&sandbox, command), wanted, "{command}: {name}");
        }
    }
}

#[test]
fn an_output_that_a_module_may_lack_is_tried() {
    let sandbox = Sandbox::with(
        "module \"m\" {\n  source = \"./m\"\n}\noutput \"a\" { value = try(module.m.nope, \"none\") }\noutput \"b\" { value = can(module.m.out) }\n",
    );
    sandbox.write("m/main.tf", "output \"out\" { value = 1 }\n");
    sandbox.headworks("validate").ok();
    let said = sandbox.headworks("plan").ok().out;
    assert!(said.contains("\"none\"") && said.contains("true"), "{said}");
}
