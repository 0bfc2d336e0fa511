//! The page that shows every moment: its text as it stood on the screen, and links to its pictures.

use std::collections::HashSet;
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

/// What `now` shows otherwise than `there`, screen by screen and row by row; empty where they are the same.
pub fn differences(there: &str, now: &str) -> String {
    let (there, now) = (screens(there), screens(now));
    let mut out = String::new();
    let mut names: Vec<&str> = there.iter().chain(&now).map(|(name, _)| name.as_str()).collect();
    let mut seen = HashSet::new();
    names.retain(|name| seen.insert(*name));
    for name in names {
        let rows = |page: &[(String, Vec<String>)]| {
            page.iter().find(|(other, _)| other == name).map(|(_, rows)| rows.clone()).unwrap_or_default()
        };
        let (there, now) = (rows(&there), rows(&now));
        if there == now {
            continue;
        }
        let _ = writeln!(out, "{name}");
        for row in 0..there.len().max(now.len()) {
            let (there, now) = (there.get(row), now.get(row));
            if there != now {
                there.iter().for_each(|row| out.push_str(&format!("- {row}\n")));
                now.iter().for_each(|row| out.push_str(&format!("+ {row}\n")));
            }
        }
    }
    if out.is_empty() && there.iter().map(|(name, _)| name).ne(now.iter().map(|(name, _)| name)) {
        out.push_str("the screens are in another order\n");
    }
    out
}

/// The screens of a page: what stands between two of its links to pictures, by the heading and the link above it.
fn screens(page: &str) -> Vec<(String, Vec<String>)> {
    let mut screens = vec![("The introduction".to_owned(), Vec::new())];
    let mut heading = "";
    for line in page.lines() {
        match line.strip_prefix("## ") {
            Some(text) => heading = text,
            None if line.contains("](screens/") => screens.push((format!("{heading}. {line}"), Vec::new())),
            None => screens.last_mut().into_iter().for_each(|(_, rows)| rows.push(line.to_owned())),
        }
    }
    screens
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

    #[test]
    fn a_page_differs_in_the_rows_that_differ() {
        let page = |rows: &str| {
            format!("# Screens\n\n## The start\n\nSmall: [s.png](screens/s.png)\n\n```text\n{rows}\n```\n")
        };
        assert_eq!(differences(&page("a\nb\nc"), &page("a\nb\nc")), "");
        assert_eq!(
            differences(&page("a\nb\nc"), &page("a\nB\nc")),
            "The start. Small: [s.png](screens/s.png)\n- b\n+ B\n"
        );
        let gone = differences(&page("a"), "# Screens\n");
        assert!(gone.contains("- a\n"), "{gone}");
    }
}
