//! One character as a raster: how much of each pixel is ink.

use noto_sans_mono_bitmap::{FontWeight, RasterHeight, get_raster, get_raster_width};

use super::{blocks, lines, signs};

const HEIGHT: RasterHeight = RasterHeight::Size20;

/// Pixels of a cell, across and down.
pub const CELL: (usize, usize) = (get_raster_width(FontWeight::Regular, HEIGHT), HEIGHT.val());

/// A raster of ink, one or two cells wide.
pub struct Glyph {
    width: usize,
    ink: Vec<u8>,
}

impl Glyph {
    /// Draws a character. What can not be drawn is a hollow box, as on a terminal without that letter.
    pub fn of(letter: char, bold: bool, wide: bool) -> Self {
        let width = if wide { 2 * CELL.0 } else { CELL.0 };
        let mut glyph = Self { width, ink: vec![0; width * CELL.1] };
        let drawn = lines::draw(letter, &mut glyph)
            || blocks::draw(letter, &mut glyph)
            || signs::draw(letter, &mut glyph)
            || glyph.letter(signs::alike(letter), bold);
        if !drawn {
            glyph.hollow();
        }
        glyph
    }

    /// The ink of a pixel, from 0 to 255.
    pub fn ink(&self, x: usize, y: usize) -> u8 {
        self.ink[y * self.width + x]
    }

    /// Pixels across.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Width and height for geometry.
    pub fn size(&self) -> (f32, f32) {
        (number(self.width), number(CELL.1))
    }

    fn letter(&mut self, letter: char, bold: bool) -> bool {
        let weight = if bold { FontWeight::Bold } else { FontWeight::Regular };
        let Some(raster) = get_raster(letter, weight, HEIGHT) else { return false };
        let left = self.width.saturating_sub(raster.width()) / 2;
        for (y, row) in raster.rows().enumerate() {
            let start = y * self.width + left;
            self.ink[start..start + row.len()].copy_from_slice(row);
        }
        true
    }

    fn hollow(&mut self) {
        let (width, height) = self.size();
        let (left, top, right, bottom) = (1.5, 4.5, width - 1.5, height - 3.5);
        let corners = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)];
        for pair in corners.windows(2) {
            self.line(pair[0], pair[1], 1.0);
        }
    }

    /// Adds ink: `ink` of a pixel's middle, from 0 to 1; more and less are cut.
    pub fn shade(&mut self, ink: impl Fn(f32, f32) -> f32) {
        let width = self.width;
        for (at, pixel) in self.ink.iter_mut().enumerate() {
            let (x, y) = (number(at % width) + 0.5, number(at / width) + 0.5);
            let ink = (ink(x, y).clamp(0.0, 1.0) * 255.0).round();
            let ink = ink as u8;
            *pixel = (*pixel).max(ink);
        }
    }

    /// A rectangle with edges on whole pixels, so that neighbours join and lines are sharp.
    pub fn rect(&mut self, x0: f32, y0: f32, x1: f32, y1: f32) {
        let [x0, y0, x1, y1] = [x0, y0, x1, y1].map(f32::round);
        self.shade(|x, y| f32::from(u8::from(x > x0 && x < x1 && y > y0 && y < y1)));
    }

    /// A line with soft edges.
    pub fn line(&mut self, from: (f32, f32), to: (f32, f32), thick: f32) {
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let square = (dx * dx + dy * dy).max(f32::EPSILON);
        self.shade(|x, y| {
            let along = (((x - from.0) * dx + (y - from.1) * dy) / square).clamp(0.0, 1.0);
            let distance = (x - from.0 - along * dx).hypot(y - from.1 - along * dy);
            thick / 2.0 + 0.5 - distance
        });
    }

    /// A filled circle with a soft edge.
    pub fn disc(&mut self, x: f32, y: f32, radius: f32) {
        self.shade(|px, py| radius + 0.5 - (px - x).hypot(py - y));
    }
}

/// Pixels are few: every count is exact.
fn number(count: usize) -> f32 {
    f32::from(u16::try_from(count).unwrap_or(u16::MAX))
}
