//! The page that shows every moment: its text as it stood on the screen, and links to its pictures.

use std::fmt::Write as _;

use super::shot::Shot;
use super::table::Moment;

/// A moment on one kind of terminal.
pub struct Taken {
    /// What it shows.
    pub moment: Moment,
    /// The kind of terminal, as in file names.
    pub pass: &'static str,
    /// The screen.
    pub shot: Shot,
}

impl Taken {
    /// The name of its picture.
    pub fn file(&self) -> String {
        format!("{}-{}.png", self.moment.name, self.pass)
    }
}

const INTRODUCTION: &str = "\
# Screens

The example session, typed on three terminals at a described computer (`--machine machines/two-disks.json`). Made by
`cargo xtask screens` from `tests/screens/session.table`; do not edit. Times, rates and ids are masked: the same program
gives the same page.
";

/// The page; `passes` are the kinds of terminals with a word for each.
pub fn page(taken: &[Taken], passes: &[(&str, &str)]) -> String {
    let mut page = INTRODUCTION.to_owned();
    let mut moments: Vec<&Moment> = Vec::new();
    for one in taken {
        if !moments.iter().any(|moment| moment.name == one.moment.name) {
            moments.push(&one.moment);
        }
    }
    for moment in moments {
        let _ = write!(page, "\n## {}\n", moment.heading);
        for (pass, words) in passes {
            let here = |one: &&Taken| one.pass == *pass && one.moment.name == moment.name;
            if let Some(one) = taken.iter().find(here) {
                let file = one.file();
                let _ = write!(
                    page,
                    "\n{words}: [{file}](screens/{file})\n\n```text\n{}\n```\n",
                    one.shot.text()
                );
            }
        }
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_has_one_heading_and_a_text_and_a_link_for_each_terminal() {
        let shot = |text: &str| {
            let mut parser = vt100::Parser::new(2, 10, 0);
            parser.process(text.as_bytes());
            Shot::of(parser.screen())
        };
        let moment = Moment { name: "start".into(), heading: "The start".into() };
        let taken = [
            Taken { moment: moment.clone(), pass: "80x24", shot: shot("one") },
            Taken { moment, pass: "120x40", shot: shot("two") },
        ];
        let page = page(&taken, &[("80x24", "Small"), ("120x40", "Large")]);
        let body = page.strip_prefix(INTRODUCTION).unwrap();
        assert_eq!(
            body,
            "\n## The start\n\nSmall: [start-80x24.png](screens/start-80x24.png)\n\n```text\none\n```\n\
             \nLarge: [start-120x40.png](screens/start-120x40.png)\n\n```text\ntwo\n```\n"
        );
    }
}
