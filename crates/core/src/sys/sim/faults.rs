//! What a test makes go wrong.

use crate::sys::SysError;

/// Faults that wait for their call.
#[derive(Clone, Debug, Default)]
pub(super) struct Faults {
    /// Calls that changed something, or tried to.
    pub(super) calls: u64,
    pub(super) fail_at: Option<u64>,
    pub(super) kill_at: Option<u64>,
    pub(super) torn_at: Option<u64>,
    pub(super) unplug_at: Option<(u64, String)>,
    pub(super) unplug_while_copying: Option<(u8, String)>,
    pub(super) killed: bool,
}

/// What happens to a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It goes on.
    Go,
    /// It does nothing and fails.
    Fail,
    /// The process dies before it does anything.
    Kill,
    /// The process dies halfway through.
    Tear,
}

impl Faults {
    /// Nothing answers a dead process.
    pub(super) fn alive(&self) -> Result<(), SysError> {
        if self.killed { Err(SysError::Killed) } else { Ok(()) }
    }

    /// Counts a call and says what becomes of it.
    pub(super) fn next(&mut self) -> Result<Fate, SysError> {
        self.alive()?;
        self.calls += 1;
        let now = Some(self.calls);
        Ok(if self.kill_at == now {
            self.killed = true;
            Fate::Kill
        } else if self.torn_at == now {
            self.killed = true;
            Fate::Tear
        } else if self.fail_at == now {
            Fate::Fail
        } else {
            Fate::Go
        })
    }
}
