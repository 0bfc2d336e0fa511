//! Signals as messages: Ctrl-C, SIGTERM and SIGHUP wake a thread instead of ending the process, so that mounts and
//! containers are closed first.
//!
//! The signals are blocked in every thread and waited for in one (sigwait), which needs neither `unsafe` nor a
//! crate more. Programs that are started get an empty mask from the standard library.

use nix::sys::signal::{SigSet, Signal};

/// Must run before the first thread is started. Calls `heard` for every signal, on a thread of its own.
///
/// # Errors
/// The signals cannot be blocked, or the thread cannot be started.
pub fn listen(mut heard: impl FnMut(Signal) + Send + 'static) -> std::io::Result<()> {
    let mut set = SigSet::empty();
    for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
        set.add(signal);
    }
    set.thread_block()?;
    std::thread::Builder::new().name("signals".into()).spawn(move || {
        while let Ok(signal) = set.wait() {
            heard(signal);
        }
    })?;
    Ok(())
}
