//! How things look: colours of sixteen, letters of the terminal. Meaning is in words and marks; colour only helps.

use levitate_core::protocol::StageState;
use ratatui::style::{Color, Modifier, Style as Paint};
use ratatui::symbols::border;

use crate::interface::Style;

/// Borders for terminals without line drawing.
const ASCII: border::Set<'static> = border::Set {
    top_left: "+",
    top_right: "+",
    bottom_left: "+",
    bottom_right: "+",
    vertical_left: "|",
    vertical_right: "|",
    horizontal_top: "-",
    horizontal_bottom: "-",
};

/// The look of the screen. Backgrounds are never set, so light and dark ones both work.
#[derive(Clone, Debug)]
pub struct Look {
    /// Letters beyond ASCII.
    pub unicode: bool,
    colour: bool,
    style: Style,
}

impl Look {
    /// For a terminal of this style.
    pub fn of(style: &Style) -> Self {
        Self { unicode: style.unicode, colour: style.colour, style: style.clone() }
    }

    /// `text` with letters that the terminal has and nothing that moves its cursor.
    pub fn letters(&self, text: &str) -> String {
        let plain: String = text
            .chars()
            .map(|c| if c == '\t' { ' ' } else { c })
            .filter(|c| !c.is_control() || *c == '\n')
            .collect();
        self.style.letters(&plain)
    }

    fn in_colour(&self, colour: Color, bold: bool) -> Paint {
        let paint = if self.colour { Paint::new().fg(colour) } else { Paint::new() };
        if bold { paint.add_modifier(Modifier::BOLD) } else { paint }
    }

    /// What is lost.
    pub fn danger(&self) -> Paint {
        self.in_colour(Color::Red, true)
    }

    /// What is made, or went well.
    pub fn good(&self) -> Paint {
        self.in_colour(Color::Green, false)
    }

    /// What the eye should find.
    pub fn accent(&self) -> Paint {
        self.in_colour(Color::Cyan, true)
    }

    /// What the person said.
    pub fn person(&self) -> Paint {
        Paint::new().add_modifier(Modifier::BOLD)
    }

    /// Where one is.
    pub fn here(&self) -> Paint {
        Paint::new().add_modifier(Modifier::REVERSED)
    }

    /// What can be overlooked.
    pub fn dim(&self) -> Paint {
        Paint::new().add_modifier(Modifier::DIM)
    }

    /// Borders of a panel.
    pub fn border(&self) -> border::Set<'static> {
        if self.unicode { border::PLAIN } else { ASCII }
    }

    /// Borders of a panel with another one to its left, whose right border this one's left border is.
    pub fn joined_border(&self) -> border::Set<'static> {
        if self.unicode {
            border::Set { top_left: "┬", bottom_left: "┴", ..border::PLAIN }
        } else {
            ASCII
        }
    }

    /// The box of a stage.
    pub fn stage(&self, state: StageState) -> (&'static str, Paint) {
        match state {
            StageState::Open => ("[ ]", Paint::new()),
            StageState::Running => ("[~]", self.accent()),
            StageState::Done => ("[x]", self.good()),
            StageState::Failed => ("[!]", self.danger()),
        }
    }

    /// A bar of `width` cells, `done` of `total` full.
    pub fn bar(&self, done: u64, total: u64, width: usize) -> String {
        let full = if total == 0 {
            0
        } else {
            (done.min(total) as u128 * width as u128 / u128::from(total)) as usize
        };
        let (on, off) = if self.unicode { ("█", "░") } else { ("#", "-") };
        format!("{}{}", on.repeat(full), off.repeat(width - full))
    }

    /// Something that moves: the sign for this many tenths of a second.
    pub fn spinner(&self, tenths: u128) -> &'static str {
        const UNICODE: [&str; 10] = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
        const ASCII: [&str; 4] = ["|", "/", "-", "\\"];
        if self.unicode { UNICODE[(tenths % 10) as usize] } else { ASCII[(tenths % 4) as usize] }
    }
}
