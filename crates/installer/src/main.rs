//! The LevitateOS installer program.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

mod describe;

fn main() {
    let _ = (describe::describe, describe::describe_all);
}
