//! A screen as a picture: cells are drawn with a font that is compiled in, and with geometry where it has no letter.
//!
//! [`glyph`] draws a character, with [`lines`], [`blocks`] and [`signs`]; [`palette`] knows the colours. The PNG has a
//! palette of its own, so that it is small, and the same screen always gives the same bytes.

mod blocks;
mod glyph;
mod lines;
mod palette;
mod signs;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};

use super::shot::{Cell, Shot};
use glyph::{CELL, Glyph};
use palette::{BACKGROUND, FOREGROUND, Rgb, blend, rgb};

/// Empty pixels around the screen.
const MARGIN: usize = 8;
/// Shades between paper and ink to begin with; halved until the picture has no more than 256 colours.
const SHADES: [u8; 5] = [16, 8, 4, 2, 1];

/// A picture with its colours.
pub struct Picture {
    width: usize,
    height: usize,
    pixels: Vec<u8>,
    colours: Vec<Rgb>,
}

impl Picture {
    /// Draws a screen.
    pub fn of(shot: &Shot) -> Result<Self> {
        SHADES
            .into_iter()
            .find_map(|shades| indexed(&paint(shot, shades), shot))
            .context("the screen has more than 256 colours; a picture of it needs another format")
    }

    /// The picture as a PNG file.
    pub fn png(&self) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let (width, height) = (u32::try_from(self.width)?, u32::try_from(self.height)?);
        let mut encoder = png::Encoder::new(&mut bytes, width, height);
        encoder.set_color(png::ColorType::Indexed);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_palette(self.colours.concat());
        // Neighbours in a palette are no neighbours in colour: filters only cost.
        encoder.set_filter(png::Filter::NoFilter);
        encoder.set_compression(png::Compression::High);
        let mut writer = encoder.write_header().context("cannot write a PNG header")?;
        writer.write_image_data(&self.pixels).context("cannot write a PNG")?;
        writer.finish().context("cannot finish a PNG")?;
        Ok(bytes)
    }
}

/// Pixels of a picture, across and down.
fn extent(shot: &Shot) -> (usize, usize) {
    let columns = shot.rows.first().map_or(0, Vec::len);
    (columns * CELL.0 + 2 * MARGIN, shot.rows.len() * CELL.1 + 2 * MARGIN)
}

fn paint(shot: &Shot, shades: u8) -> Vec<Rgb> {
    let (width, height) = extent(shot);
    let mut pixels = vec![BACKGROUND; width * height];
    for (row, cells) in shot.rows.iter().enumerate() {
        for (column, cell) in cells.iter().enumerate().filter(|(_, cell)| !cell.rest) {
            let cursor = shot.cursor == Some((row, column));
            let (paper, ink) = colours(cell, cursor);
            let letter = cell.text.chars().next().unwrap_or(' ');
            let glyph = Glyph::of(letter, cell.bold, cell.wide);
            let (left, top) = (MARGIN + column * CELL.0, MARGIN + row * CELL.1);
            // A wide letter in the last column has no second half on the screen.
            for (x, y) in (0..CELL.1).flat_map(|y| (0..glyph.width()).map(move |x| (x, y))) {
                let underlined = cell.underline && y == CELL.1 - 2;
                let covered = if underlined { u8::MAX } else { coarse(glyph.ink(x, y), shades) };
                if left + x < width - MARGIN {
                    pixels[(top + y) * width + left + x] = blend(paper, ink, covered);
                }
            }
        }
    }
    pixels
}

/// Paper and ink of a cell.
fn colours(cell: &Cell, cursor: bool) -> (Rgb, Rgb) {
    let (mut paper, mut ink) = (rgb(cell.paper, BACKGROUND), rgb(cell.ink, FOREGROUND));
    if cell.inverse {
        (paper, ink) = (ink, paper);
    }
    if cell.dim {
        ink = blend(paper, ink, 150);
    }
    // A cursor as most terminals show it: the cell turned over.
    if cursor { (ink, paper) } else { (paper, ink) }
}

fn coarse(ink: u8, shades: u8) -> u8 {
    let step = (u32::from(ink) * u32::from(shades) + 127) / 255;
    u8::try_from(step * 255 / u32::from(shades)).unwrap_or(u8::MAX)
}

/// Each colour gets a number in the order of its value, so that the file does not depend on what is drawn first.
fn indexed(pixels: &[Rgb], shot: &Shot) -> Option<Picture> {
    let mut numbers: BTreeMap<Rgb, u8> = pixels.iter().map(|colour| (*colour, 0)).collect();
    let colours: Vec<Rgb> = numbers.keys().copied().collect();
    for (index, number) in numbers.values_mut().enumerate() {
        *number = u8::try_from(index).ok()?;
    }
    let (width, height) = extent(shot);
    Some(Picture { width, height, pixels: pixels.iter().map(|colour| numbers[colour]).collect(), colours })
}
