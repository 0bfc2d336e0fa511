//! The model's tokens, as the grammar needs them.

use std::sync::Arc;

use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::token::LlamaToken;
use toktrie::{TokEnv, TokRxInfo, TokTrie, TokenId, TokenizerEnv};

/// Bytes and tokens of a model. Texts are cut as the model's own tokenizer does, so that forced tokens are those
/// that training saw.
struct Vocabulary {
    trie: TokTrie,
    model: Arc<LlamaModel>,
}

/// The tokens of a model.
pub fn environment(model: &Arc<LlamaModel>) -> TokEnv {
    let vocab = model.vocab();
    let mut ends = Vec::new();
    let mut words = Vec::new();
    for token in vocab.tokens() {
        if vocab.is_eog(token) {
            ends.push(id(token));
        }
        // A token of the template has no text; its name, behind a byte that no text holds, stands for it.
        let mut bytes = if vocab.is_control(token) || vocab.is_eog(token) {
            Vec::new()
        } else {
            vocab.token_to_piece(token, false, None)
        };
        if bytes.is_empty() {
            bytes = vocab.token_to_piece(token, true, None);
            if !bytes.is_empty() {
                bytes.insert(0, TokTrie::SPECIAL_TOKEN_MARKER);
            }
        }
        words.push(bytes);
    }
    let eot = vocab.eot();
    let end = if eot.0 < 0 { vocab.eos() } else { eot };
    let trie = trie(&words, id(end), &ends);
    Arc::new(Vocabulary { trie, model: Arc::clone(model) })
}

/// The tokens by their bytes; `end` ends a turn, as does any of `ends`.
pub fn trie(words: &[Vec<u8>], end: TokenId, ends: &[TokenId]) -> TokTrie {
    let info = TokRxInfo::new(u32::try_from(words.len()).unwrap_or(u32::MAX), end);
    let mut all = vec![end];
    all.extend(ends.iter().filter(|&&other| other != end));
    TokTrie::from(&info, words).with_eos_tokens(&all)
}

/// The number by which the grammar knows a token.
pub fn id(token: LlamaToken) -> TokenId {
    token.0.cast_unsigned()
}

/// The token of a number.
pub fn token(id: TokenId) -> LlamaToken {
    LlamaToken::new(id.cast_signed())
}

impl TokenizerEnv for Vocabulary {
    fn tok_trie(&self) -> &TokTrie {
        &self.trie
    }

    fn tokenize_bytes(&self, text: &[u8]) -> Vec<TokenId> {
        self.model.vocab().tokenize(text, false, false).into_iter().map(id).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tiny_vocabulary_is_held_by_its_bytes() {
        let words: Vec<Vec<u8>> =
            [&b"\xff<|im_end|>"[..], b"dis", b"ks", b"disks", b" ", b"\xffend"].map(<[u8]>::to_vec).to_vec();
        let trie = trie(&words, 0, &[5, 0]);
        assert_eq!(trie.eos_tokens(), [0, 5]);
        assert!(trie.is_special_token(0));
        assert_eq!(trie.greedy_tokenize(b"disks ks"), [3, 4, 2]);
        assert_eq!(trie.decode(&[1, 2]), b"disks");
    }
}
