//! The LevitateOS installer program.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]
// Until the session is here to be started.
#![allow(dead_code, unused_imports)]

mod describe;
mod line;
mod signals;

fn main() {}
