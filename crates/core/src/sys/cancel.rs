//! The flag that asks running work to stop; set by Ctrl-C, SIGTERM or the interface.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A flag shared between the interface and the running work.
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// Asks for a stop.
    pub fn request(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    /// True where a stop was asked for.
    pub fn requested(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }

    /// Forgets the wish, e.g. before the unwind that must run to its end.
    pub fn clear(&self) {
        self.0.store(false, Ordering::SeqCst);
    }
}
