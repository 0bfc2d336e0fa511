//! Block elements and braille as geometry: bars must be without gaps, spinners must show.

use super::glyph::Glyph;

/// Draws `letter` if it is a block element or a braille pattern.
pub fn draw(letter: char, glyph: &mut Glyph) -> bool {
    let (width, height) = glyph.size();
    let mut part = |x0: f32, y0: f32, x1: f32, y1: f32| {
        glyph.rect(x0 * width, y0 * height, x1 * width, y1 * height);
    };
    let eighths = |from: char| f32::from((u32::from(letter) - u32::from(from)) as u8 + 1) / 8.0;
    match letter {
        '▀' => part(0.0, 0.0, 1.0, 0.5),
        '▁'..='█' => part(0.0, 1.0 - eighths('▁'), 1.0, 1.0),
        '▉'..='▏' => part(0.0, 0.0, 1.0 - eighths('▉'), 1.0),
        '▐' => part(0.5, 0.0, 1.0, 1.0),
        '░' => glyph.shade(|_, _| 0.25),
        '▒' => glyph.shade(|_, _| 0.5),
        '▓' => glyph.shade(|_, _| 0.75),
        '▔' => part(0.0, 0.0, 1.0, 0.125),
        '▕' => part(0.875, 0.0, 1.0, 1.0),
        '▖'..='▟' => quadrants(letter, glyph),
        '\u{2800}'..='\u{28ff}' => braille(letter, glyph),
        _ => return false,
    }
    true
}

fn quadrants(letter: char, glyph: &mut Glyph) {
    // Upper left, upper right, lower left, lower right.
    let parts = match letter {
        '▖' => [false, false, true, false],
        '▗' => [false, false, false, true],
        '▘' => [true, false, false, false],
        '▙' => [true, false, true, true],
        '▚' => [true, false, false, true],
        '▛' => [true, true, true, false],
        '▜' => [true, true, false, true],
        '▝' => [false, true, false, false],
        '▞' => [false, true, true, false],
        _ => [false, true, true, true],
    };
    let (width, height) = glyph.size();
    let (x, y) = (width / 2.0, height / 2.0);
    let corners = [(0.0, 0.0), (x, 0.0), (0.0, y), (x, y)];
    for ((left, top), _) in corners.into_iter().zip(parts).filter(|(_, filled)| *filled) {
        glyph.rect(left, top, left + x, top + y);
    }
}

fn braille(letter: char, glyph: &mut Glyph) {
    /// Column and row of each bit.
    const DOTS: [(f32, f32); 8] =
        [(0., 0.), (0., 1.), (0., 2.), (1., 0.), (1., 1.), (1., 2.), (0., 3.), (1., 3.)];
    let bits = u32::from(letter) - 0x2800;
    let (width, height) = glyph.size();
    for (bit, (column, row)) in DOTS.into_iter().enumerate() {
        if bits >> bit & 1 == 1 {
            glyph.disc((0.25 + column * 0.5) * width, (0.2 + row * 0.2) * height, 1.5);
        }
    }
}
