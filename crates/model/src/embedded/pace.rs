//! Notices when the threads wait for each other.
//!
//! llama.cpp's threads meet hundreds of times a token and spin until all are there. Where another program takes one of
//! their cores, each meeting costs a time slice, and a sentence takes minutes instead of a quarter of a second. One
//! thread alone only slows down by its share, so that is what the engine falls back to.

use std::time::Duration;

use super::worker::BATCH;

/// A batch that takes so many times its usual time is slow.
const TIMES: u32 = 6;
/// A batch that took less is never slow: nobody feels it, and it says little.
const FELT: Duration = Duration::from_millis(200);
/// A batch that takes so long is slow whatever went before: the cores may have been taken from the start.
const HOPELESS: Duration = Duration::from_secs(5);
/// So many slow batches in a row are no accident.
const IN_A_ROW: u32 = 2;

/// What batches of each size took at best.
#[derive(Debug, Default)]
pub struct Pace {
    best: [Option<Duration>; BATCH + 1],
    slow: u32,
}

impl Pace {
    /// Notes what a batch of so many tokens took; true where the cores are taken.
    pub fn crowded(&mut self, tokens: usize, took: Duration) -> bool {
        let usual = self.usual(tokens);
        if took >= HOPELESS {
            return true;
        }
        if took >= FELT && usual.is_some_and(|usual| took > usual * TIMES) {
            self.slow += 1;
            return self.slow >= IN_A_ROW;
        }
        self.slow = 0;
        if let Some(best) = self.best.get_mut(tokens) {
            *best = Some(best.map_or(took, |best| best.min(took)));
        }
        false
    }

    /// The most that so many tokens should take, by what batches of any size took.
    fn usual(&self, tokens: usize) -> Option<Duration> {
        let parts = |size: usize| u32::try_from(tokens.div_ceil(size.max(1))).unwrap_or(u32::MAX).max(1);
        self.best.iter().enumerate().filter_map(|(size, best)| best.map(|best| best * parts(size))).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(count: u64) -> Duration {
        Duration::from_millis(count)
    }

    #[test]
    fn two_slow_batches_in_a_row_are_no_accident() {
        let mut pace = Pace::default();
        assert!(!pace.crowded(16, ms(80)));
        assert!(!pace.crowded(1, ms(12)));
        assert!(!pace.crowded(16, ms(900)), "one may be an accident");
        assert!(!pace.crowded(16, ms(90)));
        assert!(!pace.crowded(16, ms(900)));
        assert!(pace.crowded(1, ms(400)));
    }

    #[test]
    fn a_slow_computer_is_not_a_crowded_one() {
        let mut pace = Pace::default();
        for _ in 0..50 {
            assert!(!pace.crowded(16, ms(2600)));
            assert!(!pace.crowded(5, ms(1100)));
            assert!(!pace.crowded(1, ms(350)));
        }
    }

    #[test]
    fn what_nobody_feels_is_not_slow() {
        let mut pace = Pace::default();
        assert!(!pace.crowded(1, ms(2)));
        assert!(!(0..9).any(|_| pace.crowded(1, ms(150))));
    }

    #[test]
    fn cores_taken_from_the_start_are_noticed() {
        assert!(Pace::default().crowded(16, ms(6000)));
    }
}
