"""The base model and its tokenizer, read from the GGUF file that the installer runs."""

from pathlib import Path

import torch
from gguf import GGUFReader
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
from transformers import AutoModelForCausalLM, LlamaForCausalLM

# Start and end of a turn (ChatML), as special tokens of SmolLM2.
START, END = "<|im_start|>", "<|im_end|>"


def field(reader: GGUFReader, name: str):
    """A value of the file's header."""
    return reader.fields[name].contents()


def load_tokenizer(path: Path) -> Tokenizer:
    """The tokenizer of a GGUF of the `smollm` kind: every digit alone, then byte-level BPE.

    Built by hand because Transformers' reader of GGUF drops the step that takes digits apart; a test compares this
    one with llama.cpp, token by token (tests/test_tokens.py).
    """
    reader = GGUFReader(str(path))
    if field(reader, "tokenizer.ggml.pre") not in ("smollm", "default"):
        raise SystemExit(f"{path}: tokenizer {field(reader, 'tokenizer.ggml.pre')!r} is not known here")
    tokens = field(reader, "tokenizer.ggml.tokens")
    kinds = field(reader, "tokenizer.ggml.token_type")
    merges = [tuple(merge.split(" ", 1)) for merge in field(reader, "tokenizer.ggml.merges")]
    tokenizer = Tokenizer(models.BPE(vocab={token: i for i, token in enumerate(tokens)}, merges=merges))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    control = 3  # gguf.TokenType.CONTROL
    special = [AddedToken(t, special=True, normalized=False) for t, kind in zip(tokens, kinds) if kind == control]
    tokenizer.add_special_tokens(special)
    return tokenizer


def load_model(path: Path) -> LlamaForCausalLM:
    """The base in fp32, its weights as the quantised file has them: the adapter learns to live with the rounding."""
    model = AutoModelForCausalLM.from_pretrained(
        str(path.parent), gguf_file=path.name, dtype=torch.float32, attn_implementation="sdpa"
    )
    # It is no quantised model any more, and PEFT would refuse it as one.
    if hasattr(model.config, "quantization_config"):
        del model.config.quantization_config
    model.tie_weights()
    return model
