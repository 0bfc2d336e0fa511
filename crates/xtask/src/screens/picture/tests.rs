use super::*;

/// The pixels of a screen of 3 rows and 12 columns, decoded from its PNG.
struct Decoded {
    width: usize,
    pixels: Vec<Rgb>,
}

impl Decoded {
    fn of(text: &str) -> Self {
        let mut parser = vt100::Parser::new(3, 12, 0);
        parser.process(b"\x1b[?25l");
        parser.process(text.as_bytes());
        let bytes = Picture::of(&Shot::of(parser.screen())).unwrap().png().unwrap();
        let mut decoder = png::Decoder::new(std::io::Cursor::new(bytes));
        decoder.set_transformations(png::Transformations::EXPAND);
        let mut reader = decoder.read_info().unwrap();
        let mut buffer = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut buffer).unwrap();
        let pixels =
            buffer[..info.buffer_size()].chunks_exact(3).map(|rgb| [rgb[0], rgb[1], rgb[2]]).collect();
        Self { width: info.width as usize, pixels }
    }

    fn at(&self, column: usize, row: usize, x: usize, y: usize) -> Rgb {
        self.pixels[(MARGIN + row * CELL.1 + y) * self.width + MARGIN + column * CELL.0 + x]
    }

    /// The colours of a cell.
    fn cell(&self, column: usize, row: usize) -> Vec<Rgb> {
        (0..CELL.1).flat_map(|y| (0..CELL.0).map(move |x| self.at(column, row, x, y))).collect()
    }
}

const MIDDLE: (usize, usize) = (CELL.0 / 2, CELL.1 / 2);

#[test]
fn a_corner_goes_right_and_down_and_joins_its_neighbours() {
    let picture = Decoded::of("┌─\r\n│");
    let (x, y) = MIDDLE;
    assert_eq!(picture.at(0, 0, CELL.0 - 1, y), FOREGROUND);
    assert_eq!(picture.at(1, 0, 0, y), FOREGROUND);
    assert_eq!(picture.at(0, 0, x, CELL.1 - 1), FOREGROUND);
    assert_eq!(picture.at(0, 1, x, 0), FOREGROUND);
    assert_eq!(picture.at(0, 0, 0, y), BACKGROUND);
    assert_eq!(picture.at(0, 0, x, 0), BACKGROUND);
}

#[test]
fn every_line_reaches_the_edges_that_its_arms_name() {
    for (letter, edges) in [
        ('╭', [false, true, true, false]),
        ('╯', [true, false, false, true]),
        ('┤', [true, false, true, true]),
        ('━', [false, true, false, true]),
        ('╵', [true, false, false, false]),
    ] {
        let picture = Decoded::of(&letter.to_string());
        let (x, y) = MIDDLE;
        let ends = [(x, 0), (CELL.0 - 1, y), (x, CELL.1 - 1), (0, y)];
        assert_eq!(ends.map(|(x, y)| picture.at(0, 0, x, y) == FOREGROUND), edges, "{letter}");
    }
}

#[test]
fn a_double_corner_is_two_lines() {
    let picture = Decoded::of("╔");
    let right: Vec<bool> = (0..CELL.1).map(|y| picture.at(0, 0, CELL.0 - 1, y) == FOREGROUND).collect();
    let strokes = right.windows(2).filter(|pair| !pair[0] && pair[1]).count();
    assert_eq!(strokes, 2);
    assert_eq!(picture.at(0, 0, 0, MIDDLE.1), BACKGROUND);
}

#[test]
fn blocks_fill_what_they_name() {
    let picture = Decoded::of("█▌▄░");
    assert!(picture.cell(0, 0).iter().all(|pixel| *pixel == FOREGROUND));
    assert_eq!(picture.at(1, 0, 0, 0), FOREGROUND);
    assert_eq!(picture.at(1, 0, CELL.0 - 1, 0), BACKGROUND);
    assert_eq!(picture.at(2, 0, 0, CELL.1 - 1), FOREGROUND);
    assert_eq!(picture.at(2, 0, 0, 0), BACKGROUND);
    let shade = picture.at(3, 0, 3, 3);
    assert!(shade != FOREGROUND && shade != BACKGROUND);
}

#[test]
fn colours_are_those_that_were_set() {
    let picture = Decoded::of(
        "\x1b[31m█\x1b[38;5;208m█\x1b[38;2;1;2;3m█\x1b[0;44m \x1b[0;7m \x1b[0;2m█\x1b[0;4m \x1b[0m",
    );
    let first = |column| picture.at(column, 0, 0, 0);
    assert_eq!(first(0), [0xe0, 0x5a, 0x5a]);
    assert_eq!(first(1), [255, 135, 0]);
    assert_eq!(first(2), [1, 2, 3]);
    assert_eq!(first(3), [0x5c, 0x94, 0xe0]);
    assert_eq!(first(4), FOREGROUND);
    assert!(first(5) < FOREGROUND && first(5) > BACKGROUND);
    assert_eq!(picture.at(6, 0, 0, CELL.1 - 2), FOREGROUND);
    assert_eq!(first(6), BACKGROUND);
}

#[test]
fn bold_has_more_ink() {
    let ink = |text| Decoded::of(text).cell(0, 0).iter().map(|pixel| u32::from(pixel[0])).sum::<u32>();
    assert!(ink("\x1b[1mH") > ink("H"));
}

#[test]
fn a_wide_letter_takes_two_cells_and_the_next_stands_after_it() {
    let picture = Decoded::of("日█");
    let inked = |column| picture.cell(column, 0).iter().any(|pixel| *pixel != BACKGROUND);
    assert!(inked(0) && inked(1));
    // One box over both: nothing between the halves but its upper and lower edge.
    assert_eq!(picture.at(0, 0, CELL.0 - 1, MIDDLE.1), BACKGROUND);
    assert!(picture.cell(2, 0).iter().all(|pixel| *pixel == FOREGROUND));
}

#[test]
fn signs_of_the_installer_are_drawn_and_not_hollow_boxes() {
    let hollow = Decoded::of("\u{16a0}").cell(0, 0);
    for letter in "→…–—“’•✓✗▶▸●○⠋×·äß".chars() {
        let cell = Decoded::of(&letter.to_string()).cell(0, 0);
        assert!(cell != hollow && cell.iter().any(|pixel| *pixel != BACKGROUND), "{letter}");
    }
}

#[test]
fn the_cursor_is_shown() {
    let picture = Decoded::of("a\x1b[?25h");
    assert_eq!(picture.at(1, 0, 0, 0), FOREGROUND);
}

#[test]
fn a_screen_of_many_colours_still_has_a_palette() {
    let text: String = (0..36).map(|n| format!("\x1b[38;2;{};{};9m%", n * 7, 255 - n * 7)).collect();
    assert!(!Decoded::of(&text).pixels.is_empty());
}
