//! The likeliest token among those that are allowed.

use toktrie::{SimpleVob, TokenId};

/// A token that was chosen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Best {
    pub token: TokenId,
    /// The natural logarithm of its probability among those that are allowed.
    pub log: f32,
    /// The same among all.
    pub free: f32,
}

/// The likeliest token of `logits` that `mask` allows (`None`: any). `None` where nothing is allowed.
pub fn best(logits: &[f32], mask: Option<&SimpleVob>) -> Option<Best> {
    let mut best: Option<(usize, f32)> = None;
    each(logits, mask, |token, logit| {
        if best.is_none_or(|(_, so_far)| logit > so_far) {
            best = Some((token, logit));
        }
    });
    let (token, logit) = best?;
    let log = logit - log_sum(logits, mask, logit);
    let top = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let free = if mask.is_some() { logit - log_sum(logits, None, top) } else { log };
    Some(Best { token: TokenId::try_from(token).ok()?, log, free })
}

/// The natural logarithm of the probability of one token among those that are allowed; minus infinity where it is
/// not one of them.
pub fn log_probability(logits: &[f32], mask: Option<&SimpleVob>, token: TokenId) -> f32 {
    let (mut top, mut own) = (f32::NEG_INFINITY, f32::NEG_INFINITY);
    each(logits, mask, |other, logit| {
        top = top.max(logit);
        if other == token as usize {
            own = logit;
        }
    });
    if own == f32::NEG_INFINITY { own } else { own - log_sum(logits, mask, top) }
}

/// Logarithm of the sum of the exponentials; `top` is the largest of them.
fn log_sum(logits: &[f32], mask: Option<&SimpleVob>, top: f32) -> f32 {
    let mut sum = 0.0f64;
    each(logits, mask, |_, logit| sum += f64::from((logit - top).exp()));
    top + sum.ln() as f32
}

fn each(logits: &[f32], mask: Option<&SimpleVob>, mut see: impl FnMut(usize, f32)) {
    match mask {
        None => logits.iter().enumerate().for_each(|(token, logit)| see(token, *logit)),
        Some(mask) => mask.iter_set_entries(|token| {
            if let Some(logit) = logits.get(token) {
                see(token, *logit);
            }
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_allowed_counts() {
        let logits = [3.0, 1.0, 1.0, -2.0];
        let Best { token, log, free } = best(&logits, None).unwrap();
        assert_eq!((token, log), (0, free));
        assert!(log < 0.0 && log > -1.0);
        let mut mask = SimpleVob::alloc(4);
        assert_eq!(best(&logits, Some(&mask)), None);
        mask.allow_token(1);
        let only = best(&logits, Some(&mask)).unwrap();
        assert_eq!((only.token, only.log), (1, 0.0));
        assert!((only.free - log_probability(&logits, None, 1)).abs() < 1e-6);
        mask.allow_token(2);
        let log = best(&logits, Some(&mask)).unwrap().log;
        assert!((log - 0.5f32.ln()).abs() < 1e-6);
        assert_eq!(log_probability(&logits, Some(&mask), 2), log);
        assert_eq!(log_probability(&logits, Some(&mask), 0), f32::NEG_INFINITY);
    }
}
