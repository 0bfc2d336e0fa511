"""The base model and its tokenizer, read from the GGUF file that the installer runs."""

from functools import cache
from pathlib import Path
from typing import NamedTuple

import torch
from gguf import GGUFReader
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedModel


class Turns(NamedTuple):
    """How a family of models marks its turns; `first`, `start` and `end` are special tokens."""

    first: str
    start: str
    end: str
    system: str
    user: str
    assistant: str


CHATML = Turns("", "<|im_start|>", "<|im_end|>", "system", "user", "assistant")
# For trials of that model alone; the installer speaks ChatML (crates/model/src/profile.rs).
GEMMA = Turns("<bos>", "<start_of_turn>", "<end_of_turn>", "user", "user", "model")


def field(reader: GGUFReader, name: str):
    """A value of the file's header."""
    return reader.fields[name].contents()


@cache
def is_gemma(path: Path) -> bool:
    return field(GGUFReader(str(path)), "general.architecture") == "gemma3"


def turns(path: Path) -> Turns:
    """The marks that this file's model knows."""
    return GEMMA if is_gemma(path) else CHATML


def load_tokenizer(path: Path) -> Tokenizer:
    """The tokenizer of a GGUF of the `smollm` kind: every digit alone, then byte-level BPE.

    Built by hand because Transformers' reader of GGUF drops the step that takes digits apart; a test compares this
    one with llama.cpp, token by token (tests/test_tokens.py). Gemma's has no such step and is left to Transformers,
    which takes most of a minute for its 262,144 tokens.
    """
    if is_gemma(path):
        return AutoTokenizer.from_pretrained(str(path.parent), gguf_file=path.name).backend_tokenizer
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


def load_model(path: Path) -> PreTrainedModel:
    """The base in fp32, its weights as the quantised file has them: the adapter learns to live with the rounding."""
    model = AutoModelForCausalLM.from_pretrained(
        str(path.parent), gguf_file=path.name, dtype=torch.float32, attn_implementation="sdpa"
    )
    # It is no quantised model any more, and PEFT would refuse it as one.
    if hasattr(model.config, "quantization_config"):
        del model.config.quantization_config
    model.tie_weights()
    return model
