//! Machine facts, the wanted system, plans, steps, their execution and journal. No terminal, no model, no
//! network. See ARCHITECTURE.md for the map.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

pub mod action;
pub mod lists;
pub mod machine;
pub mod size;
pub mod state;
pub mod sys;
pub mod table;
