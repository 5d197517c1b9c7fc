//! Services that ask to slow down, and services that are out of order.

use super::outside::Outside;
use super::sandbox::Sandbox;
use headworks::sim::SimClock;

/// So many tables that do not depend on each other.
fn tables(count: usize) -> Sandbox {
    Sandbox::with(&format!(
        r#"
provider "alicloud" {{
  region = "cn-hangzhou"
}}

resource "alicloud_ots_table" "t" {{
  count         = {count}
  instance_name = "sampleinst${{count.index % 4}}"
  table_name    = "t${{count.index}}"
  time_to_live  = -1
  max_version   = 1

  primary_key {{
    name = "id"
    type = "Integer"
  }}
}}
"#
    ))
}

#[test]
fn a_service_with_a_limit_is_called_as_fast_as_it_allows_and_nothing_fails() {
    let cloud = Outside::new("rate=40", SimClock::Real, tables(60));
    let ran = cloud.sandbox.headworks("apply -auto-approve -parallelism=10").ok();
    ran.says("Apply complete").says("ots asks to slow down: at most");
    let (all, refused) = (cloud.calls(""), cloud.faults(":throttle"));
    assert!(refused > 0, "the limit was felt");
    assert!(refused * 5 < all, "{refused} of {all} calls were refused");
    assert_eq!(cloud.sandbox.headworks("state list").ok().out.lines().count(), 60);
    // Looking at everything is paced as well.
    cloud.sandbox.headworks("plan -detailed-exitcode").ok();
}

#[test]
fn a_service_that_is_out_of_order_is_not_hammered() {
    let cloud = Outside::new("error_before=1", SimClock::Real, tables(100));
    let ran = cloud.sandbox.headworks("apply -auto-approve -parallelism=10").fails();
    ran.says("are not tried again for now").says("it gets 100 retries");
    let all = cloud.calls("");
    assert!((100..=210).contains(&all), "{all} calls for 100 tables");
    // Nothing was made, and it is known.
    assert_eq!(cloud.sandbox.headworks("state list").ok().out, "");
}

#[test]
fn dis_is_not_provoked_into_locking_us_out() {
    // More partitions than an account may have: DIS refuses each stream.
    let sandbox = Sandbox::with(
        r#"
provider "huaweicloud" {
  region = "cn-north-4"
}

resource "huaweicloud_dis_stream" "s" {
  count           = 40
  stream_name     = "s${count.index}"
  partition_count = 1000
}
"#,
    );
    let cloud = Outside::new("", SimClock::Real, sandbox);
    let ran = cloud.sandbox.headworks("apply -auto-approve -parallelism=2").fails();
    ran.says("not sent: dis refused 10 calls of this run as wrong");
    ran.says("locks an access key out that goes on like that");
    let created = cloud.calls("CreateStream");
    assert!((10..=12).contains(&created), "{created}");
    assert_eq!(cloud.sandbox.headworks("state list").ok().out, "");
}
