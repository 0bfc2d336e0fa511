//! Hidden input: echo off, a star for every key, nothing kept. Works on terminals that can only go back one column.

use std::io::{IsTerminal, Write};

use nix::sys::termios::{
    FlushArg, LocalFlags, SetArg, SpecialCharacterIndices, Termios, tcflush, tcgetattr, tcsetattr,
};
use secrecy::SecretString;
use zeroize::{Zeroize, Zeroizing};

use super::input::Reply;

/// The settings of the terminal as they were; put back when dropped, however the session ends.
pub struct TerminalGuard(Option<Termios>);

impl TerminalGuard {
    /// Remembers how the terminal is set.
    pub fn new() -> Self {
        let stdin = std::io::stdin();
        Self(if stdin.is_terminal() { tcgetattr(&stdin).ok() } else { None })
    }
}

impl Drop for TerminalGuard {
    fn drop(&mut self) {
        if let Some(settings) = &self.0 {
            // The terminal may be gone (SIGHUP); then there is nothing to put back.
            let _ = tcsetattr(std::io::stdin(), SetArg::TCSADRAIN, settings);
        }
    }
}

/// Forgets what was typed and not yet read.
pub fn discard_input() {
    let _ = tcflush(std::io::stdin(), FlushArg::TCIFLUSH);
}

/// A secret of a line that was read from a pipe.
pub fn of_line(mut bytes: Vec<u8>) -> Reply {
    while matches!(bytes.last(), Some(b'\n' | b'\r')) {
        bytes.pop();
    }
    let secret = String::from_utf8_lossy(&bytes).into_owned();
    bytes.zeroize();
    Reply::Secret(SecretString::from(secret))
}

/// Reads a secret from the terminal, stars on `out`. The prompt comes when the echo is off: who answers it at once
/// loses no key and shows none.
pub fn read(prompt: &str, out: &mut dyn Write) -> Reply {
    let guard = TerminalGuard::new();
    let Some(settings) = &guard.0 else { return Reply::End };
    let mut hidden = settings.clone();
    hidden.local_flags &= !(LocalFlags::ECHO | LocalFlags::ICANON | LocalFlags::ISIG | LocalFlags::IEXTEN);
    hidden.control_chars[SpecialCharacterIndices::VMIN as usize] = 1;
    hidden.control_chars[SpecialCharacterIndices::VTIME as usize] = 0;
    // What was typed ahead was shown on the screen: it is not hidden any more, so it is not taken.
    if tcsetattr(std::io::stdin(), SetArg::TCSAFLUSH, &hidden).is_err() {
        // Never read a secret with the echo on.
        return Reply::End;
    }
    show(out, prompt);
    let reply = keys(&mut || key(), out);
    let _ = writeln!(out);
    let _ = out.flush();
    reply
}

/// One byte from the terminal; `None` at its end.
fn key() -> Option<u8> {
    let mut byte = [0u8; 1];
    loop {
        match nix::unistd::read(std::io::stdin(), &mut byte) {
            Ok(1) => return Some(byte[0]),
            Err(nix::errno::Errno::EINTR) => {}
            _ => return None,
        }
    }
}

/// The most bytes a secret may have; cryptsetup reads 512.
const LONGEST: usize = 512;

/// Reads keys up to Enter.
fn keys(next: &mut dyn FnMut() -> Option<u8>, out: &mut dyn Write) -> Reply {
    // Never moved while it grows, so that no copy stays behind in memory.
    let mut typed = Zeroizing::new(Vec::with_capacity(LONGEST));
    loop {
        let Some(byte) = next() else { return Reply::End };
        match byte {
            b'\r' | b'\n' => break,
            0x03 => return Reply::Interrupted,
            0x04 if typed.is_empty() => return Reply::End,
            // Backspace, Ctrl-H.
            0x7f | 0x08 => rub_out(&mut typed, out),
            // Ctrl-U, Ctrl-W: the whole, because nobody sees where a word begins.
            0x15 | 0x17 => {
                while !typed.is_empty() {
                    rub_out(&mut typed, out);
                }
            }
            // A cursor key or the like: its letters are no part of a password.
            0x1b => skip_sequence(next),
            byte if byte < 0x20 => {}
            byte if typed.len() < LONGEST => {
                typed.push(byte);
                // One star a letter: the later bytes of a letter in UTF-8 make none.
                if byte & 0xc0 != 0x80 {
                    show(out, "*");
                }
            }
            _ => {}
        }
    }
    match std::str::from_utf8(&typed) {
        Ok(text) => Reply::Secret(SecretString::from(text.to_string())),
        Err(_) => Reply::Secret(SecretString::from(String::from_utf8_lossy(&typed).into_owned())),
    }
}

fn rub_out(typed: &mut Vec<u8>, out: &mut dyn Write) {
    let had = !typed.is_empty();
    while typed.pop().is_some_and(|byte| byte & 0xc0 == 0x80) {}
    if had {
        show(out, "\u{8} \u{8}");
    }
}

/// The rest of an escape sequence: `[A`, `[3~`, `OP`, bracketed paste marks.
fn skip_sequence(next: &mut dyn FnMut() -> Option<u8>) {
    match next() {
        Some(b'[') => while next().is_some_and(|byte| !(0x40..=0x7e).contains(&byte)) {},
        Some(b'O') => {
            next();
        }
        _ => {}
    }
}

fn show(out: &mut dyn Write, text: &str) {
    let _ = out.write_all(text.as_bytes());
    let _ = out.flush();
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;

    fn typed(bytes: &[u8]) -> (Reply, String) {
        let mut rest = bytes.iter().copied();
        let mut out = Vec::new();
        let reply = keys(&mut || rest.next(), &mut out);
        (reply, String::from_utf8(out).unwrap())
    }

    #[test]
    fn a_secret_shows_stars_only() {
        for (bytes, secret, shown) in [
            (&b"abc\r"[..], "abc", "***"),
            ("pä\n".as_bytes(), "pä", "**"),
            ("ä\u{7f}b\r".as_bytes(), "b", "*\u{8} \u{8}*"),
            (b"wrong\x15ok\r", "ok", "*****\u{8} \u{8}\u{8} \u{8}\u{8} \u{8}\u{8} \u{8}\u{8} \u{8}**"),
            (b"a\x1b[A\x1b[3~\x1bOPb\r", "ab", "**"),
            (b"\x1b[200~paste\x1b[201~\r", "paste", "*****"),
            (b"\r", "", ""),
        ] {
            let (reply, out) = typed(bytes);
            let Reply::Secret(got) = reply else { panic!("{bytes:?}") };
            assert_eq!(got.expose_secret(), secret);
            assert_eq!(out, shown);
        }
    }

    #[test]
    fn ctrl_c_and_ctrl_d_leave_the_prompt() {
        assert!(matches!(typed(b"ab\x03").0, Reply::Interrupted));
        assert!(matches!(typed(b"\x04").0, Reply::End));
        assert!(matches!(typed(b"ab").0, Reply::End));
    }
}
