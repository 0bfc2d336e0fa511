//! A refusal: what was asked for cannot be done, and what can be done instead.

use serde::{Deserialize, Serialize};

/// Why a request is refused. Always names the object and the remedy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{why} {remedy}")]
pub struct Refusal {
    /// What the refusal is about: a device, a name, a size.
    pub object: String,
    /// One sentence: what is wrong.
    pub why: String,
    /// One sentence: what would work.
    pub remedy: String,
}

impl Refusal {
    /// A refusal about `object`.
    pub fn new(object: impl Into<String>, why: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { object: object.into(), why: why.into(), remedy: remedy.into() }
    }
}
