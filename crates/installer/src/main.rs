//! The LevitateOS installer program.
fn main() {}
