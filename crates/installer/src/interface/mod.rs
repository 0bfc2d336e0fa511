//! What the interfaces share, line mode and the screen: they are clients of the protocol and nothing else.
//!
//! Rooms: `dialogue` what the person is being asked and what an answer means, `answers` yes and no, `words`
//! completion, `style` what the terminal can do, `disks` the disks in words, `picture` disks and plans as bars to scale.

mod answers;
mod dialogue;
mod disks;
mod picture;
mod style;
mod words;

use std::sync::mpsc::{Receiver, Sender};

use levitate_core::protocol::{Event, Op};
use levitate_core::sys::Cancel;

pub use crate::log::Log;
pub use answers::yes_or_no;
pub use dialogue::{Dialogue, Next, Waiting};
pub use disks::disk_lines;
pub use picture::{Picture, Row, Tone};
pub use style::{Facts, Style, wrap};
pub use words::Words;

/// The interface's end of a session.
pub struct Link {
    /// What is asked of the engine.
    pub ops: Sender<Op>,
    /// What it tells.
    pub events: Receiver<Event>,
    /// Asks running work to stop.
    pub cancel: Cancel,
    /// What was logged.
    pub log: Log,
}
