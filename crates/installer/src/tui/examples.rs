//! Example prompts of the stages, as the requirements draw them. One that ends in dots is completed by the person.

use levitate_core::state::Stage;

/// The examples of a stage; none is wider than the panel on 80 columns has room for.
pub fn of(stage: Stage) -> [&'static str; 2] {
    match stage {
        Stage::Disk => ["partition the disk", "whole disk, encrypted"],
        Stage::System => ["install the system", "copy to disk"],
        Stage::Configuration => ["timezone ...", "hostname is ..."],
        Stage::Users => ["create user ...", "set password"],
        Stage::Bootloader => ["install bootloader", "what is grub"],
        Stage::Finalize => ["done", "reboot now"],
    }
}

/// The number of a stage's first example, as it is shown and typed.
pub fn number(stage: Stage) -> usize {
    Stage::ALL.into_iter().position(|other| other == stage).unwrap_or(0) * 2 + 1
}

/// How many there are.
pub fn count() -> usize {
    Stage::ALL.len() * 2
}

/// The one with this index, counted through all stages.
pub fn by_index(index: usize) -> Option<&'static str> {
    Stage::ALL.into_iter().flat_map(of).nth(index)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_example_fits_beside_its_number_at_80_columns() {
        assert_eq!(count(), 12);
        for index in 0..count() {
            let example = by_index(index).unwrap();
            // 35 % of 80 columns, less one border, a number such as #12, a blank and two quotes.
            assert!(example.chars().count() <= 28 - 1 - 3 - 1 - 2, "{example}");
        }
        assert_eq!(by_index(count()), None);
    }
}
