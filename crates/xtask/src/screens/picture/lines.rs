//! Box drawing characters as geometry: no font joins them at every size, and the screen is made of them.

use super::glyph::Glyph;

/// Arms of U+2500 to U+257F in the order up, right, down, left; 0 none, 1 light, 2 heavy, 3 double. Where a character
/// is dashed or a diagonal all four are 0: [`draw`] knows those by their code.
const ARMS: [&str; 8] = [
    "0101 0202 1010 2020 0000 0000 0000 0000 0000 0000 0000 0000 0110 0210 0120 0220",
    "0011 0012 0021 0022 1100 1200 2100 2200 1001 1002 2001 2002 1110 1210 2110 1120",
    "2120 2210 1220 2220 1011 1012 2011 1021 2021 2012 1022 2022 0111 0112 0211 0212",
    "0121 0122 0221 0222 1101 1102 1201 1202 2101 2102 2201 2202 1111 1112 1211 1212",
    "2111 1121 2121 2112 2211 1122 1221 2212 1222 2122 2221 2222 0000 0000 0000 0000",
    "0303 3030 0310 0130 0330 0013 0031 0033 1300 3100 3300 1003 3001 3003 1310 3130",
    "3330 1013 3031 3033 0313 0131 0333 1303 3101 3303 1313 3131 3333 0110 0011 1001",
    "1100 0000 0000 0000 0001 1000 0100 0010 0002 2000 0200 0020 0201 1020 0102 2010",
];

const LIGHT: f32 = 2.0;
const HEAVY: f32 = 4.0;
/// From the middle of a double line to the middle of one of its strokes.
const APART: f32 = 2.0;
/// A stroke of a double line.
const THIN: f32 = 1.0;

/// Draws `letter` if it is a box drawing character.
pub fn draw(letter: char, glyph: &mut Glyph) -> bool {
    let code = match u32::from(letter) {
        code @ 0x2500..=0x257f => code,
        _ => return false,
    };
    match code {
        0x2504..=0x250b | 0x254c..=0x254f => dashes(code, glyph),
        0x256d..=0x2570 => arc(code, glyph),
        0x2571..=0x2573 => diagonals(code, glyph),
        _ => arms(code, glyph),
    }
    true
}

fn arms(code: u32, glyph: &mut Glyph) {
    let at = (code - 0x2500) as usize;
    let Some(weights) = ARMS[at / 16].split(' ').nth(at % 16) else { return };
    let weight = |side: usize| weights.as_bytes().get(side).map_or(0, |digit| digit - b'0');
    for side in 0..4 {
        // Seen along the arm: what leaves to its left, to its right, and on the other side of the middle.
        let [left, right, back] = [3, 1, 2].map(|turn| weight((side + turn) % 4));
        match weight(side) {
            0 => {}
            3 => {
                stroke(glyph, side, -APART, THIN, start_of_double(left, right, back));
                stroke(glyph, side, APART, THIN, start_of_double(right, left, back));
            }
            own => {
                let start = match (left, right) {
                    (3, 3) if back == 0 => APART,
                    (3, _) | (_, 3) => -APART - THIN / 2.0,
                    (0, 0) => 0.0,
                    (left, right) => -thickness(left.max(right)) / 2.0,
                };
                stroke(glyph, side, 0.0, thickness(own), start);
            }
        }
    }
}

/// Where one stroke of a double arm begins, from the middle outwards: `near` leaves on the stroke's own side.
fn start_of_double(near: u8, far: u8, back: u8) -> f32 {
    match (near, far, back) {
        (3, _, _) => APART - THIN / 2.0,
        (_, 3, 0) => -APART - THIN / 2.0,
        (0, 0, _) => 0.0,
        _ => -LIGHT / 2.0,
    }
}

fn thickness(weight: u8) -> f32 {
    if weight == 2 { HEAVY } else { LIGHT }
}

/// A stroke from near the middle to the edge `side` (0 up, then clockwise), `offset` to the right of the arm as one
/// looks along it.
fn stroke(glyph: &mut Glyph, side: usize, offset: f32, thick: f32, start: f32) {
    let (width, height) = glyph.size();
    let (x, y) = (width / 2.0, height / 2.0);
    let (low, high) = (offset - thick / 2.0, offset + thick / 2.0);
    match side {
        0 => glyph.rect(x + low, 0.0, x + high, y - start),
        1 => glyph.rect(x + start, y + low, width, y + high),
        2 => glyph.rect(x - high, y + start, x - low, height),
        _ => glyph.rect(0.0, y - high, x - start, y - low),
    }
}

fn dashes(code: u32, glyph: &mut Glyph) {
    let count: u8 = match code {
        0x2504..=0x2507 => 3,
        0x2508..=0x250b => 4,
        _ => 2,
    };
    let (vertical, thick) = (code & 2 != 0, if code & 1 == 0 { LIGHT } else { HEAVY });
    let (width, height) = glyph.size();
    let length = if vertical { height } else { width };
    let each = length / f32::from(count);
    for index in 0..count {
        let (from, to) = (each * (f32::from(index) + 0.15), each * (f32::from(index) + 0.85));
        if vertical {
            glyph.rect((width - thick) / 2.0, from, (width + thick) / 2.0, to);
        } else {
            glyph.rect(from, (height - thick) / 2.0, to, (height + thick) / 2.0);
        }
    }
}

/// A rounded corner: a quarter of a circle that reaches the edge at the side, then straight up or down.
fn arc(code: u32, glyph: &mut Glyph) {
    let (width, height) = glyph.size();
    // The middle of a stroke as `rect` lays it on whole pixels.
    let snapped = |middle: f32| (middle - LIGHT / 2.0).round() + LIGHT / 2.0;
    let (x, y) = (snapped(width / 2.0), snapped(height / 2.0));
    let right = matches!(code, 0x256d | 0x2570);
    let down = matches!(code, 0x256d | 0x256e);
    let radius = if right { width - x } else { x };
    let (dx, dy) = (if right { radius } else { -radius }, if down { radius } else { -radius });
    glyph.shade(|px, py| {
        let (px, py) = (px - x - dx, py - y - dy);
        let in_quarter = px * dx <= 0.0 && py * dy <= 0.0;
        if in_quarter { LIGHT / 2.0 + 0.5 - (px.hypot(py) - radius).abs() } else { 0.0 }
    });
    let (top, bottom) = if down { (y + radius, height) } else { (0.0, y - radius) };
    glyph.rect(x - LIGHT / 2.0, top, x + LIGHT / 2.0, bottom);
}

fn diagonals(code: u32, glyph: &mut Glyph) {
    let (width, height) = glyph.size();
    if code != 0x2572 {
        glyph.line((0.0, height), (width, 0.0), 1.5);
    }
    if code != 0x2571 {
        glyph.line((0.0, 0.0), (width, height), 1.5);
    }
}
