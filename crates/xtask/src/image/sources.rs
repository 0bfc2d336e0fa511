//! Where packages come from: the machine's own Debian sources with another suite.
//!
//! The machine already knows a mirror that it can reach (a company's own, perhaps), and so no address has to be
//! written down here.

use std::fs;

use anyhow::{Context as _, Result, bail};

/// Files in which Debian keeps its own sources, newest habit first.
const FILES: [&str; 2] = ["/etc/apt/sources.list.d/debian.sources", "/etc/apt/sources.list"];

/// The machine's Debian archive as apt sources for `suite`.
pub fn for_suite(suite: &str) -> Result<String> {
    for file in FILES {
        if !fs::exists(file).unwrap_or(false) {
            continue;
        }
        let text = fs::read_to_string(file).with_context(|| format!("cannot read {file}"))?;
        if let Some(sources) = rewrite(&text, suite) {
            return Ok(sources);
        }
    }
    bail!(
        "no Debian archive is named in {}; the medium is made of Debian packages, so build it on a Debian machine",
        FILES.join(" or ")
    )
}

/// The first entry of a sources file that is Debian's main archive, for another suite. Reads both apt formats.
fn rewrite(text: &str, suite: &str) -> Option<String> {
    text.split("\n\n").find_map(|stanza| rewrite_stanza(stanza, suite)).or_else(|| rewrite_line(text, suite))
}

/// Security and backports live at other addresses or under other names than the main archive.
fn is_main_archive(suites: &str) -> bool {
    suites.split_whitespace().any(|suite| !suite.contains('-') && !suite.contains('/'))
}

fn rewrite_stanza(stanza: &str, suite: &str) -> Option<String> {
    let field = |name: &str| {
        stanza.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.trim().eq_ignore_ascii_case(name).then(|| value.trim())
        })
    };
    let (uris, suites) = (field("URIs")?, field("Suites")?);
    if !field("Types")?.split_whitespace().any(|kind| kind == "deb") || !is_main_archive(suites) {
        return None;
    }
    let signed = field("Signed-By").map(|path| format!("Signed-By: {path}\n")).unwrap_or_default();
    Some(format!("Types: deb\nURIs: {uris}\nSuites: {suite}\nComponents: main\n{signed}"))
}

fn rewrite_line(text: &str, suite: &str) -> Option<String> {
    text.lines().find_map(|line| {
        let rest = line.trim().strip_prefix("deb ")?.trim_start();
        let (options, rest) = match rest.strip_prefix('[') {
            Some(rest) => {
                rest.split_once(']').map(|(options, rest)| (format!("[{options}] "), rest.trim_start()))?
            }
            None => (String::new(), rest),
        };
        let mut words = rest.split_whitespace();
        let (uri, named) = (words.next()?, words.next()?);
        is_main_archive(named).then(|| format!("deb {options}{uri} {suite} main\n"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_main_stanza_is_taken_and_security_is_not() {
        let text = "Types: deb\nURIs: http://mirror.test/security\nSuites: bookworm-security\nComponents: main\n\n\
                    Types: deb deb-src\n# a comment: here\nURIs: http://mirror.test/debian\n\
                    Suites: bookworm bookworm-updates\nComponents: main\nSigned-By: /usr/share/keyrings/d.gpg\n";
        assert_eq!(
            rewrite(text, "trixie").unwrap(),
            "Types: deb\nURIs: http://mirror.test/debian\nSuites: trixie\nComponents: main\n\
             Signed-By: /usr/share/keyrings/d.gpg\n"
        );
    }

    #[test]
    fn the_one_line_format_is_read_too() {
        let text = "# comment\ndeb http://mirror.test/sec bookworm-security main\n\
                    deb [signed-by=/k.gpg] http://mirror.test/debian bookworm main contrib\n";
        assert_eq!(
            rewrite(text, "trixie").unwrap(),
            "deb [signed-by=/k.gpg] http://mirror.test/debian trixie main\n"
        );
    }

    #[test]
    fn a_file_without_the_main_archive_gives_nothing() {
        assert_eq!(rewrite("", "trixie"), None);
        assert_eq!(rewrite("deb http://mirror.test/x ./\n", "trixie"), None);
    }
}
