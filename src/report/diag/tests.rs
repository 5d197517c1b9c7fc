//! What diagnostics look like.

use super::*;
use crate::base::FileId;
use crate::report::diag_json::diags_json;
use serde_json::json;

const MAIN: &str = "resource \"alicloud_ots_delivery_task\" \"orders\" {\n  oss_prefix = \"orders/day=$DD\"\n}\n";

fn span(file: FileId, text: &str, part: &str) -> Span {
    let start = u32::try_from(text.find(part).expect("part of the text")).expect("small");
    Span {
        file,
        start,
        end: start + u32::try_from(part.len()).expect("small"),
    }
}

fn sample() -> (Diags, SourceMap) {
    let mut sources = SourceMap::default();
    let main = sources.add("main.tf", MAIN);
    let variables = "variable \"day\" {}\n";
    let other = sources.add("variables.tf", variables);
    let mut diags = Diags::new();
    diags.push(
        Diag::error("HW0011", "Unknown time variable $DD")
            .detail("Tablestore knows $yyyy, $MM, $dd, $HH and $mm. Text that looks like one of them is taken as it is, so that a typing error makes a folder nobody expects.")
            .address("alicloud_ots_delivery_task.orders")
            .at(span(main, MAIN, "$DD"))
            .label("did you mean $dd?")
            .related(span(main, MAIN, "resource"), "in this block")
            .related(span(other, variables, "\"day\""), "the value comes from here")
            .help("write $dd"),
    );
    diags.push(Diag::warning("HW0200", "No credentials").help("set ALIBABA_CLOUD_ACCESS_KEY_ID"));
    (diags, sources)
}

#[test]
fn a_diagnostic_shows_its_place_reason_and_remedy() {
    let (diags, sources) = sample();
    let style = Style {
        width: 80,
        ..Style::default()
    };
    insta::assert_snapshot!(render_diags(&diags, &sources, &style), @r#"
    warning[HW0200]

      ⚠ No credentials
      help: set ALIBABA_CLOUD_ACCESS_KEY_ID

    error[HW0011]

      × Unknown time variable $DD
      ╰─▶ Tablestore knows $yyyy, $MM, $dd, $HH and $mm. Text that looks like one
          of them is taken as it is, so that a typing error makes a folder nobody
          expects.
       ╭─[main.tf:2:28]
     1 │ resource "alicloud_ots_delivery_task" "orders" {
       · ────┬───
       ·     ╰── in this block
     2 │   oss_prefix = "orders/day=$DD"
       ·                            ─┬─
       ·                             ╰── did you mean $dd?
     3 │ }
       ╰────
      help: write $dd

      in alicloud_ots_delivery_task.orders

      ☞ the value comes from here
       ╭─[variables.tf:1:10]
     1 │ variable "day" {}
       ·          ─────
       ╰────

    1 error, 1 warning
    "#);
}

#[test]
fn without_unicode_everything_is_ascii() {
    let (diags, sources) = sample();
    let style = Style {
        unicode: false,
        width: 80,
        color: false,
    };
    let text = render_diags(&diags, &sources, &style);
    assert!(text.is_ascii(), "{text}");
    assert!(text.contains("error[HW0011]"), "{text}");
    let colored = render_diags(&diags, &sources, &Style { color: true, ..style });
    assert!(colored.contains("\u{1b}["), "{colored}");
    assert_eq!(render_diags(&Diags::new(), &sources, &style), "");
}

#[test]
fn spans_outside_the_text_and_steering_characters_do_no_harm() {
    let mut sources = SourceMap::default();
    let file = sources.add("a\u{1b}.tf", "é\u{1b}[2J = 1\n");
    for (start, end) in [(0, 1), (1, 2), (3, 900), (900, 901), (5, 2)] {
        let diag = Diag::error("HW0001", "x\u{1b}y")
            .at(Span { file, start, end })
            .related(Span { file, start, end }, "z");
        let missing = Diag::error("HW0001", "x").at(Span {
            file: FileId(7),
            start,
            end,
        });
        for diag in [diag, missing] {
            let diags = Diags::from(diag);
            for width in [0, 5, 80] {
                let text = render_diags(
                    &diags,
                    &sources,
                    &Style {
                        width,
                        ..Style::default()
                    },
                );
                assert!(!text.contains('\u{1b}'), "{text}");
                assert!(text.contains("1 error"), "{text}");
            }
            assert_eq!(diags_json(&diags, &sources)["error_count"], 1);
        }
    }
}

#[test]
fn json_has_the_shape_of_terraform() {
    let (diags, sources) = sample();
    let found = diags_json(&diags, &sources);
    assert_eq!(found["format_version"], "1.0");
    assert_eq!(found["valid"], false);
    assert_eq!((&found["error_count"], &found["warning_count"]), (&json!(1), &json!(1)));
    let first = &found["diagnostics"][1];
    assert_eq!(
        first["range"],
        json!({
            "filename": "main.tf",
            "start": {"line": 2, "column": 28, "byte": 76},
            "end": {"line": 2, "column": 31, "byte": 79},
        })
    );
    assert_eq!(
        first["snippet"],
        json!({
            "context": "resource \"alicloud_ots_delivery_task\" \"orders\"",
            "code": "  oss_prefix = \"orders/day=$DD\"",
            "start_line": 2,
            "highlight_start_offset": 27,
            "highlight_end_offset": 30,
            "values": [],
        })
    );
    assert_eq!(first["address"], "alicloud_ots_delivery_task.orders");
    assert_eq!(first["related"][1]["range"]["filename"], "variables.tf");
    assert_eq!(found["diagnostics"][0]["detail"], "");
    assert!(found["diagnostics"][0].get("range").is_none());
}

#[test]
fn a_long_line_is_cut_around_its_place() {
    let mut sources = SourceMap::default();
    let text = format!("# é\n\nx = \"{}${{nope}}{}\"\n", "é".repeat(50_000), "z".repeat(50_000));
    let file = sources.add("main.tf", text.as_str());
    let diag = Diag::error("HW0304", "Invalid reference")
        .at(span(file, &text, "nope"))
        .related(span(file, &text, "#"), "seen here");
    let shown = render_diag(&diag, &sources, &Style::default());
    assert!(shown.contains("[main.tf:3:50008]"), "{shown}");
    assert!(shown.contains("éé${nope}zz") && shown.contains("zz..."), "{shown}");
    assert!(shown.contains("seen here"), "{shown}");
    assert!(shown.len() < 2_000, "{}", shown.len());
}

#[test]
fn line_numbers_are_those_of_the_file() {
    let mut sources = SourceMap::default();
    let text = format!("{}é = nope\nlast\n", "line\n".repeat(500));
    let file = sources.add("main.tf", text.as_str());
    let shown = render_diag(
        &Diag::error("HW0304", "x").at(span(file, &text, "nope")),
        &sources,
        &Style::default(),
    );
    for part in ["[main.tf:501:5]", " 500 │ line", " 501 │ é = nope", " 502 │ last"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    assert!(!shown.contains("499"), "{shown}");
}
