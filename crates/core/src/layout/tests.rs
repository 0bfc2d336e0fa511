//! Tests come with the described machines; see crates/core/tests.
