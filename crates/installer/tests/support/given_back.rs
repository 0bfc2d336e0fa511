//! What a program must have given back.

use super::Terminal;

/// Asserts that a program which had the whole screen gave everything back.
pub fn assert_given_back(terminal: &Terminal) {
    assert_screen_is_gone(terminal);
    let window = terminal.window();
    assert!(!window.hide_cursor() && !window.bracketed_paste());
    assert_eq!(terminal.settings(), terminal.before, "the terminal's settings");
}

/// Asserts that the screen's page and what it asked of the terminal are gone. A program may go on in lines.
pub fn assert_screen_is_gone(terminal: &Terminal) {
    let raw = terminal.raw();
    for mode in ["?1049", "?1000", "?1002", "?1003", "?1006"] {
        let on = raw.rfind(&format!("\u{1b}[{mode}h"));
        let off = raw.rfind(&format!("\u{1b}[{mode}l"));
        assert!(on.is_some() && on < off, "{mode} was asked for at {on:?} and given back at {off:?}");
    }
    let window = terminal.window();
    assert!(!window.alternate_screen());
    assert!(window.mouse_protocol_mode() == vt100::MouseProtocolMode::None);
}
