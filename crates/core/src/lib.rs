//! Machine facts, the wanted system, plans, steps, their execution and journal. No terminal, no model, no
//! network. See ARCHITECTURE.md for the map.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

pub mod achieved;
pub mod action;
pub mod apply;
pub mod exec;
pub mod ids;
pub mod journal;
pub mod layout;
pub mod lists;
pub mod machine;
pub mod names;
pub mod plan;
pub mod probe;
pub mod protocol;
pub mod refusal;
pub mod size;
pub mod spec;
pub mod state;
pub mod step;
pub mod sys;
pub mod table;
