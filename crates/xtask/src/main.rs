//! Build and test tooling: the live medium, virtual machines, benchmarks.
fn main() {}
