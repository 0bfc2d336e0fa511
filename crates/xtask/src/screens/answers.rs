//! What a terminal answers when a program asks it something. Without an answer a program waits, or believes that it
//! has an older terminal.

/// Answers that are not sent yet.
#[derive(Default)]
pub struct Answers {
    bytes: Vec<u8>,
}

impl Answers {
    /// Takes what is to be sent.
    pub fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.bytes)
    }
}

impl vt100::Callbacks for Answers {
    fn unhandled_csi(
        &mut self,
        screen: &mut vt100::Screen,
        first: Option<u8>,
        _: Option<u8>,
        params: &[&[u16]],
        letter: char,
    ) {
        let param = params.first().and_then(|param| param.first()).copied().unwrap_or(0);
        match (first, letter, param) {
            (None, 'n', 5) => self.bytes.extend(b"\x1b[0n"),
            (None, 'n', 6) => {
                let (row, column) = screen.cursor_position();
                self.bytes.extend(format!("\x1b[{};{}R", row + 1, column + 1).bytes());
            }
            // "A VT220": what most terminals are at least.
            (None, 'c', 0) => self.bytes.extend(b"\x1b[?62;22c"),
            _ => {}
        }
    }

    fn unhandled_osc(&mut self, _: &mut vt100::Screen, params: &[&[u8]]) {
        // Which colour is the paper? Dark.
        if params == [b"11".as_slice(), b"?"] {
            self.bytes.extend(b"\x1b]11;rgb:1a1a/1b1b/1e1e\x1b\\");
        }
    }
}
