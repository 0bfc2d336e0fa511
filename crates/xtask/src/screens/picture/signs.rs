//! Signs that the font lacks and a screen may well show: arrows, marks, bullets, quotes.

use super::glyph::Glyph;

/// A letter of the font that looks the same at this size.
pub fn alike(letter: char) -> char {
    match letter {
        '‘' | '’' | '′' => '\'',
        '“' | '”' | '″' => '"',
        '‐' | '‑' | '−' => '-',
        '‹' => '<',
        '›' | '❯' => '>',
        '\u{a0}' | '\u{2007}' | '\u{2009}' | '\u{202f}' => ' ',
        other => other,
    }
}

/// Draws `letter` if it is one of these.
pub fn draw(letter: char, glyph: &mut Glyph) -> bool {
    const THICK: f32 = 1.7;
    let (width, height) = glyph.size();
    let at = |(x, y): (f32, f32)| (x * width, y * height);
    let mut path = |points: &[(f32, f32)]| {
        for pair in points.windows(2) {
            glyph.line(at(pair[0]), at(pair[1]), THICK);
        }
    };
    match letter {
        '–' => path(&[(0.15, 0.55), (0.85, 0.55)]),
        '—' => path(&[(0.0, 0.55), (1.0, 0.55)]),
        '→' => {
            path(&[(0.05, 0.55), (0.95, 0.55)]);
            path(&[(0.6, 0.4), (0.95, 0.55), (0.6, 0.7)]);
        }
        '←' => {
            path(&[(0.05, 0.55), (0.95, 0.55)]);
            path(&[(0.4, 0.4), (0.05, 0.55), (0.4, 0.7)]);
        }
        '↑' => {
            path(&[(0.5, 0.25), (0.5, 0.85)]);
            path(&[(0.15, 0.45), (0.5, 0.25), (0.85, 0.45)]);
        }
        '↓' => {
            path(&[(0.5, 0.25), (0.5, 0.85)]);
            path(&[(0.15, 0.65), (0.5, 0.85), (0.85, 0.65)]);
        }
        '↵' | '⏎' | '↩' => {
            path(&[(0.9, 0.3), (0.9, 0.65), (0.1, 0.65)]);
            path(&[(0.4, 0.5), (0.1, 0.65), (0.4, 0.8)]);
        }
        '✓' | '✔' => path(&[(0.1, 0.55), (0.4, 0.78), (0.9, 0.28)]),
        '✗' | '✘' | '✕' | '✖' => {
            path(&[(0.15, 0.32), (0.85, 0.75)]);
            path(&[(0.85, 0.32), (0.15, 0.75)]);
        }
        '≤' => {
            path(&[(0.85, 0.3), (0.15, 0.48), (0.85, 0.66)]);
            path(&[(0.15, 0.8), (0.85, 0.8)]);
        }
        '≥' => {
            path(&[(0.15, 0.3), (0.85, 0.48), (0.15, 0.66)]);
            path(&[(0.15, 0.8), (0.85, 0.8)]);
        }
        '⚠' => {
            path(&[(0.5, 0.25), (0.97, 0.82), (0.03, 0.82), (0.5, 0.25)]);
            path(&[(0.5, 0.45), (0.5, 0.63)]);
        }
        '○' | '◯' => {
            let (x, y, radius) = (width * 0.5, height * 0.55, width * 0.36);
            glyph.shade(|px, py| THICK / 2.0 + 0.5 - ((px - x).hypot(py - y) - radius).abs());
        }
        _ => return filled(letter, glyph),
    }
    true
}

/// Signs that are areas.
fn filled(letter: char, glyph: &mut Glyph) -> bool {
    let (width, height) = glyph.size();
    let (x, y) = (width * 0.5, height * 0.55);
    let half = width * 0.42;
    // 1 inside an area whose edge is where `distance` is 0.
    let mut area = |distance: &dyn Fn(f32, f32) -> f32| glyph.shade(|px, py| 0.5 - distance(px - x, py - y));
    match letter {
        '…' => [0.17, 0.5, 0.83].into_iter().for_each(|dot| glyph.disc(dot * width, height * 0.76, 1.2)),
        '•' | '∙' => glyph.disc(x, y, width * 0.25),
        '●' | '⬤' => glyph.disc(x, y, half),
        '■' | '▪' | '◼' => area(&|dx, dy| dx.abs().max(dy.abs()) - half),
        '◆' => area(&|dx, dy| dx.abs() + dy.abs() - half),
        '▶' | '▸' | '►' => area(&|dx, dy| (dy.abs() - (half - dx) * 0.6).max(-half - dx)),
        '◀' | '◂' | '◄' => area(&|dx, dy| (dy.abs() - (half + dx) * 0.6).max(dx - half)),
        '▲' | '▴' => area(&|dx, dy| (dx.abs() - (half + dy) * 0.6).max(dy - half)),
        '▼' | '▾' => area(&|dx, dy| (dx.abs() - (half - dy) * 0.6).max(-half - dy)),
        _ => return false,
    }
    true
}
