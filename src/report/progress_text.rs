//! Lines that apply writes while it works and when it ends. Decides their form only; what happened is told by the caller.

use super::layout::{clean, count, cut, pad, width, wrap};
use super::style::{Paint, Style};
use crate::base::InstanceAddr;
use crate::plan::StepAction;
use std::fmt::Write;
use std::time::Duration;

/// Columns of the bar of the status line.
const BAR: usize = 12;

/// A duration as people read it: `0.4 s`, `42 s`, `3 min 5 s`, `2 h 10 min`.
pub fn took(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0..10 => format!("{:.1} s", duration.as_secs_f64()),
        10..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

/// `create`, as in "running".
pub fn verb(action: StepAction) -> &'static str {
    match action {
        StepAction::Create => "create",
        StepAction::Update => "update",
        StepAction::Delete => "delete",
        StepAction::Read => "read",
        StepAction::Join => "wait",
    }
}

/// `created`, as in "done".
pub fn participle(action: StepAction) -> &'static str {
    match action {
        StepAction::Create => "created",
        StepAction::Update => "updated",
        StepAction::Delete => "deleted",
        StepAction::Read => "read",
        StepAction::Join => "done",
    }
}

/// The line of a step that ended well: `  ok   ADDR   created 1.1 s, healthy (phase FULL)`. The address is padded to
/// `columns`, so that lines stand under each other.
pub fn ok_line(
    addr: &InstanceAddr,
    action: StepAction,
    duration: Duration,
    phase: Option<&str>,
    columns: usize,
    style: &Style,
) -> String {
    let mut line = format!(
        "  {}   {}   {} {}",
        style.paint(Paint::Good, "ok"),
        pad(&clean(&addr.to_string()), columns),
        participle(action),
        took(duration)
    );
    if let Some(phase) = phase.filter(|p| !p.is_empty()) {
        let _ = write!(line, ", healthy (phase {})", clean(phase));
    }
    line
}

/// The line of a step that failed: `  FAIL ADDR   create failed after 3 s`.
pub fn failed_line(
    addr: &InstanceAddr,
    action: StepAction,
    duration: Duration,
    columns: usize,
    style: &Style,
) -> String {
    format!(
        "  {} {}   {} failed after {}",
        style.paint(Paint::Bad, "FAIL"),
        pad(&clean(&addr.to_string()), columns),
        verb(action),
        took(duration)
    )
}

/// The line of an object that exists and is waited for: `  ..   ADDR   phase INIT`.
pub fn waiting_line(addr: &InstanceAddr, phase: &str, columns: usize, style: &Style) -> String {
    format!(
        "  {}   {}   waiting, phase {}",
        style.paint(Paint::Faint, ".."),
        pad(&clean(&addr.to_string()), columns),
        clean(phase)
    )
}

/// A line of its own for something worth telling.
pub fn notice_line(text: &str, style: &Style) -> String {
    wrap("  note ", text, style.width).trim_end().to_string()
}

/// The status line: `apply  [######------] 2/4   running: ADDR (create, 8 s)   Ctrl-C stops safely`, cut to the width.
/// `running` are the steps under way with the time they have taken so far; a run that is `stopping` says so at the end.
pub fn status_line(
    command: &str,
    done: usize,
    total: usize,
    running: &[(InstanceAddr, StepAction, Duration)],
    stopping: bool,
    style: &Style,
) -> String {
    let filled = (done.min(total) * BAR).checked_div(total).unwrap_or(BAR);
    let mut line = format!(
        "{command}  [{}{}] {done}/{total}",
        "#".repeat(filled),
        "-".repeat(BAR - filled)
    );
    let end = if stopping {
        "   stopping"
    } else {
        "   Ctrl-C stops safely"
    };
    let room = style.width.saturating_sub(width(&line) + width(end));
    if let Some((addr, action, so_far)) = running.first() {
        let mut text = format!("   running: {addr} ({}, {})", verb(*action), took(*so_far));
        if running.len() > 1 {
            let _ = write!(text, " and {} more", running.len() - 1);
        }
        line.push_str(&cut(&clean(&text), room, style));
    }
    line.push_str(end);
    cut(&line, style.width, style)
}

/// How a run ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ApplySummary {
    /// `Apply` or `Destroy`.
    pub command: String,
    /// Objects made.
    pub created: usize,
    /// Objects changed.
    pub updated: usize,
    /// Objects deleted.
    pub deleted: usize,
    /// Objects taken into the state.
    pub imported: usize,
    /// Objects that got another address.
    pub moved: usize,
    /// Objects that left the state and stay as they are.
    pub forgotten: usize,
    /// What failed.
    pub failed: Vec<InstanceAddr>,
    /// What was not begun.
    pub skipped: Vec<InstanceAddr>,
    /// The user stopped the run.
    pub interrupted: bool,
    /// How long it took.
    pub took: Duration,
}

/// The last lines of a run: counts, what failed, what was not begun, and what to do next.
pub fn apply_summary(summary: &ApplySummary, style: &Style) -> String {
    let counts = format!(
        "{} created, {} updated, {} deleted in {}",
        summary.created,
        summary.updated,
        summary.deleted,
        took(summary.took)
    );
    let also = [
        (summary.imported, "imported"),
        (summary.moved, "moved"),
        (summary.forgotten, "forgotten"),
    ];
    let also = also.iter().filter(|(n, _)| *n > 0);
    let also: String = also.map(|(n, word)| format!("{n} {word}, ")).collect();
    let mut out = String::new();
    let complete = summary.failed.is_empty() && summary.skipped.is_empty() && !summary.interrupted;
    let (paint, end) = if complete {
        (Paint::Good, "complete")
    } else if summary.interrupted {
        (Paint::Caution, "stopped")
    } else {
        (Paint::Bad, "failed")
    };
    let head = format!("{} {end}:", summary.command);
    let _ = write!(out, "{} {also}{counts}", style.paint(paint, &head));
    if !summary.failed.is_empty() {
        let _ = write!(out, ", {} failed", summary.failed.len());
    }
    if !summary.skipped.is_empty() {
        let _ = write!(out, ", {} not begun", summary.skipped.len());
    }
    out.push('\n');
    if complete {
        return out;
    }
    list(&mut out, "failed", Paint::Bad, &summary.failed, style);
    list(&mut out, "not begun", Paint::Caution, &summary.skipped, style);
    let next = if summary.interrupted && summary.failed.is_empty() {
        "Everything that was begun is finished and in the state. Run the command again to do the rest."
    } else {
        "What was done is in the state. Mend the cause and run the command again: it plans only what is left."
    };
    out.push_str(&wrap("  ", next, style.width));
    out
}

/// How many addresses of a kind are listed; the rest is counted.
const LISTED: usize = 10;

fn list(out: &mut String, what: &str, paint: Paint, addrs: &[InstanceAddr], style: &Style) {
    for addr in addrs.iter().take(LISTED) {
        let _ = writeln!(out, "  {}  {}", style.paint(paint, what), clean(&addr.to_string()));
    }
    if addrs.len() > LISTED {
        let _ = writeln!(out, "  and {} {what}", count(addrs.len() - LISTED, "more object"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addr(text: &str) -> InstanceAddr {
        text.parse().expect("valid address")
    }

    #[test]
    fn lines_of_steps_stand_under_each_other() {
        let style = Style::default();
        let a = addr("alicloud_ots_table.orders");
        let b = addr("alicloud_oss_bucket.raw");
        let lines = [
            ok_line(
                &a,
                StepAction::Create,
                Duration::from_millis(1_100),
                Some("FULL"),
                25,
                &style,
            ),
            ok_line(&b, StepAction::Update, Duration::from_millis(400), None, 25, &style),
            failed_line(&b, StepAction::Delete, Duration::from_secs(185), 25, &style),
        ];
        insta::assert_snapshot!(lines.join("\n"), @r"
          ok   alicloud_ots_table.orders   created 1.1 s, healthy (phase FULL)
          ok   alicloud_oss_bucket.raw     updated 0.4 s
          FAIL alicloud_oss_bucket.raw     delete failed after 3 min 5 s
        ");
    }

    #[test]
    fn the_status_line_fits_the_width() {
        let running = [
            (
                addr("alicloud_ots_delivery_task.orders"),
                StepAction::Create,
                Duration::from_secs(8),
            ),
            (
                addr("alicloud_oss_bucket.raw"),
                StepAction::Create,
                Duration::from_secs(2),
            ),
        ];
        let style = Style::default();
        insta::assert_snapshot!(
            status_line("apply", 2, 4, &running, false, &Style { width: 130, ..style }),
            @"apply  [######------] 2/4   running: alicloud_ots_delivery_task.orders (create, 8.0 s) and 1 more   Ctrl-C stops safely"
        );
        for columns in [0, 10, 40, 60, 80] {
            let line = status_line(
                "apply",
                2,
                4,
                &running,
                false,
                &Style {
                    width: columns,
                    ..style
                },
            );
            assert!(width(&line) <= columns.max(1), "{columns}: {line}");
        }
        assert!(status_line("apply", 9, 4, &[], false, &style).contains("[############] 9/4"));
        assert!(status_line("apply", 1, 4, &[], true, &style).ends_with("1/4   stopping"));
    }

    #[test]
    fn the_summary_says_what_is_left_to_do() {
        let style = Style::default();
        let good = ApplySummary {
            command: "Apply".into(),
            created: 4,
            took: Duration::from_millis(2_100),
            ..ApplySummary::default()
        };
        insta::assert_snapshot!(apply_summary(&good, &style), @"Apply complete: 4 created, 0 updated, 0 deleted in 2.1 s");
        let bad = ApplySummary {
            created: 1,
            failed: vec![addr("alicloud_ots_table.orders")],
            skipped: vec![addr("alicloud_ots_delivery_task.orders")],
            ..good
        };
        insta::assert_snapshot!(apply_summary(&bad, &style), @r"
        Apply failed: 1 created, 0 updated, 0 deleted in 2.1 s, 1 failed, 1 not begun
          failed  alicloud_ots_table.orders
          not begun  alicloud_ots_delivery_task.orders
          What was done is in the state. Mend the cause and run the command again: it plans only what is
          left.
        ");
    }
}
