//! The colours of a usual dark terminal.

use vt100::Color;

/// Red, green, blue.
pub type Rgb = [u8; 3];

/// Text without a colour.
pub const FOREGROUND: Rgb = [0xd4, 0xd4, 0xd4];
/// Paper without a colour.
pub const BACKGROUND: Rgb = [0x1a, 0x1b, 0x1e];

/// The eight colours and their bright sisters.
const SIXTEEN: [Rgb; 16] = [
    [0x1a, 0x1b, 0x1e],
    [0xe0, 0x5a, 0x5a],
    [0x6c, 0xb8, 0x5f],
    [0xd7, 0xa6, 0x4a],
    [0x5c, 0x94, 0xe0],
    [0xb9, 0x7a, 0xd6],
    [0x4f, 0xb3, 0xb8],
    [0xc8, 0xc8, 0xc8],
    [0x76, 0x79, 0x80],
    [0xff, 0x7b, 0x72],
    [0x8f, 0xdb, 0x80],
    [0xf2, 0xcc, 0x6b],
    [0x86, 0xb6, 0xff],
    [0xd8, 0xa0, 0xf5],
    [0x78, 0xd8, 0xdc],
    [0xff, 0xff, 0xff],
];

/// A colour of the screen; `default` where it has none.
pub fn rgb(colour: Color, default: Rgb) -> Rgb {
    match colour {
        Color::Default => default,
        Color::Rgb(red, green, blue) => [red, green, blue],
        Color::Idx(index @ 0..=15) => SIXTEEN[usize::from(index)],
        // A cube of six steps a colour, as xterm has it.
        Color::Idx(index @ 16..=231) => {
            let index = index - 16;
            [index / 36, index / 6 % 6, index % 6].map(|step| if step == 0 { 0 } else { 55 + 40 * step })
        }
        Color::Idx(index) => [8 + 10 * (index - 232); 3],
    }
}

/// `ink` of 255 parts of `over` on `under`.
pub fn blend(under: Rgb, over: Rgb, ink: u8) -> Rgb {
    let ink = u32::from(ink);
    std::array::from_fn(|at| {
        let mixed = (u32::from(under[at]) * (255 - ink) + u32::from(over[at]) * ink + 127) / 255;
        u8::try_from(mixed).unwrap_or(u8::MAX)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_256_colours_are_those_of_xterm() {
        for (index, expected) in [
            (16, [0, 0, 0]),
            (21, [0, 0, 255]),
            (208, [255, 135, 0]),
            (231, [255; 3]),
            (232, [8; 3]),
            (255, [238; 3]),
        ] {
            assert_eq!(rgb(Color::Idx(index), FOREGROUND), expected, "{index}");
        }
        assert_eq!(rgb(Color::Default, FOREGROUND), FOREGROUND);
        assert_eq!(rgb(Color::Rgb(1, 2, 3), FOREGROUND), [1, 2, 3]);
    }
}
