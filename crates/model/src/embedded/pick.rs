//! The likeliest token among those that are allowed.

use toktrie::{SimpleVob, TokenId};

/// The likeliest token of `logits` that `mask` allows (`None`: any), and the natural logarithm of its probability
/// among them. `None` where nothing is allowed.
pub fn best(logits: &[f32], mask: Option<&SimpleVob>) -> Option<(TokenId, f32)> {
    let mut best: Option<(usize, f32)> = None;
    each(logits, mask, |token, logit| {
        if best.is_none_or(|(_, so_far)| logit > so_far) {
            best = Some((token, logit));
        }
    });
    let (token, logit) = best?;
    Some((TokenId::try_from(token).ok()?, logit - log_sum(logits, mask, logit)))
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
        let (token, log) = best(&logits, None).unwrap();
        assert_eq!(token, 0);
        assert!(log < 0.0 && log > -1.0);
        let mut mask = SimpleVob::alloc(4);
        assert_eq!(best(&logits, Some(&mask)), None);
        mask.allow_token(1);
        assert_eq!(best(&logits, Some(&mask)), Some((1, 0.0)));
        mask.allow_token(2);
        let (_, log) = best(&logits, Some(&mask)).unwrap();
        assert!((log - 0.5f32.ln()).abs() < 1e-6);
        assert_eq!(log_probability(&logits, Some(&mask), 2), log);
        assert_eq!(log_probability(&logits, Some(&mask), 0), f32::NEG_INFINITY);
    }
}
