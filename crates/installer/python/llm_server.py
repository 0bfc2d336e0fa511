#!/usr/bin/env python3
"""A language model behind HTTP on the loopback interface, for the installer's engine `server` (docs/engines.md).

    GET  /health    {status: loading | ready | failed, message, model, profile, progress, busy, grammar}
    POST /generate  {messages: [{role, content}], tools?, grammar?, max_tokens?, temperature?}
                    -> {text, finish, prompt_tokens, cached_tokens, generated_tokens, seconds, ..., grammar}
    POST /score     {messages, tools?, grammar?, answer} -> {log_probability, ...}
    POST /prepare   {messages, tools?}: the last one being unfinished -> {prompt_tokens, ...}

Every request carries `Authorization: Bearer TOKEN`; the token is the first line of stdin, or LEVITATE_LLM_TOKEN.
The server ends when its stdin ends, so it never outlives the program that started it. Errors are JSON too:
{"error": {"kind", "message"}}. Lines on stderr that begin with EVENT are for that program, all others for its log.
"""

from __future__ import annotations

import argparse
import functools
import hmac
import importlib.util
import json
import os
import re
import secrets
import select
import signal
import socket
import socketserver
import struct
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Callable, NoReturn, Optional

EVENT = "@levitate "
HOST, PORT = "127.0.0.1", 8765
# Start and end of a turn in ChatML.
START, END = "<|im_start|>", "<|im_end|>"
# Tokens that end an answer, whatever the model's files say; as in llama.cpp.
ENDS = (END, "<|endoftext|>", "<|end_of_text|>", "<|eot_id|>", "<|eom_id|>", "<end_of_turn>")
MAX_BODY, MAX_TOKENS, MAX_CONNECTIONS = 1 << 20, 4096, 16
# Seconds: reading a request; waiting for another request to end.
READ_TIMEOUT, BUSY_TIMEOUT = 10.0, 60.0
# Tokens evaluated at a time; whether somebody still waits is looked at in between.
CHUNK = 64
ROLES = {"system", "user", "assistant", "tool"}
Alive = Callable[[], bool]


class Refused(Exception):
    """A request that gets an error, or a start that comes to nothing."""

    def __init__(self, kind: str, message: str, status: int = 400, **facts: Any):
        super().__init__(message)
        self.kind, self.status, self.facts = kind, status, facts


class Gone(Exception):
    """Nobody waits for the answer any more."""


def event(name: str, **facts: Any) -> None:
    """A line for the program that started this one."""
    note(EVENT + json.dumps({"event": name, **facts}))


def note(text: str) -> None:
    """A line for the log, written at once so that no two threads' lines mix."""
    sys.stderr.write(" ".join(text.splitlines()) + "\n")
    sys.stderr.flush()


# ---------------------------------------------------------------------------------------------- files of a model


def packages(options: argparse.Namespace) -> list[str]:
    """Python packages that this model needs."""
    wanted = ["torch", "transformers", "safetensors", "jinja2"]
    files = [options.model, options.adapter or ""]
    return wanted + (["gguf"] if any(name.endswith(".gguf") for name in files) else [])


def missing_packages(options: argparse.Namespace) -> list[str]:
    """Those of them that are not installed."""
    return [name for name in packages(options) if importlib.util.find_spec(name) is None]


def check_files(options: argparse.Namespace) -> None:
    """Refuses a model or adapter that is not there. A name such as `owner/name` is looked up in the hub cache."""
    model = Path(options.model)
    is_name = re.fullmatch(r"[\w.-]+/[\w.-]+", options.model) is not None and not model.suffix == ".gguf"
    if not (model.is_file() or model.is_dir()) and not is_name:
        raise Refused("model", f"there is no model at {model}")
    if model.is_dir() and not (model / "config.json").is_file():
        raise Refused("model", f"{model} is no model: it has no config.json")
    if model.is_file() and model.suffix != ".gguf":
        raise Refused("model", f"{model} is no model: name a folder with config.json and *.safetensors, or a GGUF file")
    if options.adapter and not Path(options.adapter).exists():
        raise Refused("model", f"there is no adapter at {options.adapter}")


def resolve(options: argparse.Namespace) -> Path:
    """The model on this disk; one that is named `owner/name` is taken from the hub cache."""
    path = Path(options.model)
    if path.exists():
        return path
    from huggingface_hub import constants, snapshot_download

    patterns = ["*.json", "*.safetensors", "*.jinja", "*.txt", "*.model"]
    try:
        found = snapshot_download(options.model, local_files_only=not options.online, allow_patterns=patterns)
    except Exception as error:
        raise Refused(
            "model", f"{options.model} is not in the hub cache ({constants.HF_HUB_CACHE}): {first_line(error)}; "
            "put the model into a folder and name it, or start with --online"
        ) from error
    return Path(found)


@functools.lru_cache(maxsize=1)
def gguf(path: Path) -> Any:
    """A GGUF file. Reading its header takes seconds, so it is done once."""
    from gguf import GGUFReader

    try:
        return GGUFReader(str(path))
    except Exception as error:
        raise Refused("model", f"{path}: {first_line(error)}") from error


def value(path: Path, name: str) -> Any:
    """A value of its header; None where it is not there."""
    field = gguf(path).fields.get(name)
    return None if field is None else field.contents()


def count_weights(path: Path) -> int:
    """How many numbers the model has, from the headers of its files."""
    if path.is_file():
        return sum(int(tensor.n_elements) for tensor in gguf(path).tensors)
    total = 0
    for part in sorted(path.glob("*.safetensors")):
        with part.open("rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            if length > 100 << 20:
                raise Refused("model", f"{part} is no safetensors file")
            header = json.loads(file.read(length))
        for name, tensor in header.items():
            if name != "__metadata__":
                size = 1
                for extent in tensor["shape"]:
                    size *= extent
                total += size
    if total == 0:
        raise Refused("model", f"{path} holds no *.safetensors (weights in other formats can carry programs)")
    return total


def kilobytes(file: str, name: str) -> int:
    """A line `Name:  N kB` of a file in /proc, in bytes; 0 where there is none."""
    try:
        found = re.search(rf"^{name}:\s+(\d+) kB", Path(file).read_text(encoding="ascii"), re.MULTILINE)
    except OSError:
        return 0
    return int(found.group(1)) << 10 if found else 0


def first_line(error: BaseException) -> str:
    """What went wrong, short."""
    text = next((line for line in str(error).splitlines() if line.strip()), "")
    return (text or type(error).__name__).strip()[:300]


# ---------------------------------------------------------------------------------------------------- tokenizer


def gguf_tokenizer(path: Path) -> Optional[Any]:
    """The tokenizer of a GGUF of the `smollm` kind: every digit alone, then byte-level BPE; None for other kinds.

    Built by hand because the converter of Transformers drops the step that takes digits apart
    (training/levitate_training/base.py does the same).
    """
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    if value(path, "tokenizer.ggml.pre") != "smollm":
        return None
    tokens, kinds = value(path, "tokenizer.ggml.tokens"), value(path, "tokenizer.ggml.token_type")
    merges = [tuple(merge.split(" ", 1)) for merge in value(path, "tokenizer.ggml.merges")]
    tokenizer = Tokenizer(models.BPE(vocab={token: index for index, token in enumerate(tokens)}, merges=merges))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    control = 3  # gguf.TokenType.CONTROL
    tokenizer.add_special_tokens(
        [AddedToken(token, special=True, normalized=False) for token, kind in zip(tokens, kinds) if kind == control]
    )
    eos = value(path, "tokenizer.ggml.eos_token_id")
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token=tokens[eos] if eos is not None else None,
        chat_template=value(path, "tokenizer.chat_template"),
        name_or_path=value(path, "general.name") or path.stem,
    )


class Pieces:
    """Prompts as tokens: those of the template are the template's, what people say is never read as one."""

    def __init__(self, tokenizer: Any):
        from tokenizers import Tokenizer

        self.tokenizer = tokenizer
        backend = json.loads(tokenizer.backend_tokenizer.to_str())
        self.special = {token["content"]: token["id"] for token in backend["added_tokens"]}
        backend["added_tokens"], backend["padding"], backend["truncation"] = [], None, None
        self.plain = Tokenizer.from_str(json.dumps(backend))
        names = sorted(map(re.escape, self.special), key=len, reverse=True)
        self.split = re.compile("(" + "|".join(names) + ")") if names else re.compile("(?!)")

    def encode(self, pieces: list[tuple[bool, str]]) -> list[int]:
        """Pieces of the template (True) and text (False) as tokens; neighbouring texts are one text."""
        ids: list[int] = []
        text = ""
        for is_template, piece in [*pieces, (True, "")]:
            parts = self.split.split(piece) if is_template else [piece]
            for part in parts:
                if is_template and part in self.special:
                    ids += self.text(text)
                    ids.append(self.special[part])
                    text = ""
                else:
                    text += part
        return ids + self.text(text)

    def text(self, text: str) -> list[int]:
        """Text as tokens, none of them special."""
        return self.plain.encode(text, add_special_tokens=False).ids if text else []

    def reading(self, messages: list[dict[str, str]], answer: bool) -> list[int]:
        """As crates/model/src/profile.rs cuts them; `answer`: closed and open for the answer, else unfinished."""
        pieces: list[tuple[bool, str]] = []
        for index, message in enumerate(messages):
            role = "user" if message["role"] == "tool" else message["role"]
            pieces += [(True, START), (False, f"{role}\n{message['content']}")]
            if answer or index + 1 < len(messages):
                pieces += [(True, END), (False, "\n")]
        if answer:
            pieces += [(True, START), (False, "assistant\n")]
        return self.encode(pieces)

    def template(self, messages: list[dict[str, str]], tools: Optional[list[Any]], answer: bool) -> list[int]:
        """By the model's own chat template, which sees marks in place of what is said."""
        if tools and self.split.search(json.dumps(tools, ensure_ascii=False)):
            raise Refused("request", "a tool's description holds a token of the template")
        marks = [f"said{secrets.token_hex(12)}" for _ in messages]
        try:
            try:
                text = self.render(messages, marks, tools, answer, "tool")
            except Refused:
                # Many templates know no role for tools: their answers come from the user's side.
                text = self.render(messages, marks, tools, answer, "user")
        except Refused:
            raise
        except Exception as error:
            raise Refused("request", f"the model's chat template: {first_line(error)}") from error
        said = dict(zip(marks, (message["content"] for message in messages)))
        parts = re.split("(" + "|".join(marks) + ")", text)
        if not answer:
            parts = parts[: max(at for at, part in enumerate(parts) if part == marks[-1]) + 1]
        return self.encode([(part not in said, said.get(part, part)) for part in parts])

    def render(self, messages: list, marks: list[str], tools: Optional[list], answer: bool, tool: str) -> str:
        """The template's text, every mark in it."""
        marked = [
            {"role": tool if message["role"] == "tool" else message["role"], "content": mark}
            for message, mark in zip(messages, marks)
        ]
        try:
            text = self.tokenizer.apply_chat_template(
                marked, tools=tools, tokenize=False, add_generation_prompt=answer, enable_thinking=False
            )
        except Exception as error:
            raise Refused("request", f"the model's chat template: {first_line(error)}") from error
        if not all(mark in text for mark in marks):
            raise Refused("request", "the model's chat template leaves a message out")
        return text


# ------------------------------------------------------------------------------------------------------ weights

# Names of llama.cpp for the matrices of a layer, and those of Transformers.
LAYER = {
    "attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj", "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj", "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}
NORMS = {"attn_norm": "input_layernorm", "ffn_norm": "post_attention_layernorm"}
OUTER = {"token_embd.weight": "model.embed_tokens.weight", "output_norm.weight": "model.norm.weight",
         "output.weight": "lm_head.weight"}


def unpermuted(weight: Any, head: int) -> Any:
    """Rows of Q or K from llama.cpp's order to that of Transformers; `head`: rows of a head."""
    return weight.reshape(-1, head // 2, 2, *weight.shape[1:]).swapaxes(1, 2).reshape(weight.shape)


def llama_from_gguf(path: Path, dtype: Any) -> Optional[Any]:
    """A Llama such as SmolLM2, its weights as the quantised file has them; None for what is not as plain as that.

    Transformers' own reader gives the same weights, and takes five times as long.
    """
    import torch
    from gguf import dequantize
    from transformers import LlamaConfig, LlamaForCausalLM

    if value(path, "general.architecture") != "llama" or value(path, "llama.expert_count"):
        return None
    if any(name.startswith("llama.rope.scaling") for name in gguf(path).fields):
        return None
    size, heads = value(path, "llama.embedding_length"), value(path, "llama.attention.head_count")
    head = value(path, "llama.attention.key_length") or size // heads
    names = {}
    for tensor in gguf(path).tensors:
        found = re.fullmatch(r"blk\.(\d+)\.(\w+)\.weight", tensor.name)
        inner = {**LAYER, **NORMS}.get(found.group(2)) if found else None
        if inner is None and tensor.name not in OUTER:
            return None
        names[tensor.name] = f"model.layers.{found.group(1)}.{inner}.weight" if found else OUTER[tensor.name]
    config = LlamaConfig(
        vocab_size=len(value(path, "tokenizer.ggml.tokens")), hidden_size=size,
        intermediate_size=value(path, "llama.feed_forward_length"),
        num_hidden_layers=value(path, "llama.block_count"), num_attention_heads=heads,
        num_key_value_heads=value(path, "llama.attention.head_count_kv"), head_dim=head,
        max_position_embeddings=value(path, "llama.context_length"),
        rms_norm_eps=value(path, "llama.attention.layer_norm_rms_epsilon"),
        tie_word_embeddings="output.weight" not in names, eos_token_id=value(path, "tokenizer.ggml.eos_token_id"),
        rope_parameters={"rope_type": "default", "rope_theta": value(path, "llama.rope.freq_base") or 10000.0},
        attn_implementation="sdpa",
    )
    weights = {}
    for tensor in gguf(path).tensors:
        weight = torch.from_numpy(dequantize(tensor.data, tensor.tensor_type).copy()).to(dtype)
        if tensor.name.endswith(("attn_q.weight", "attn_k.weight")):
            weight = unpermuted(weight, head)
        weights[names[tensor.name]] = weight
    with torch.device("meta"):
        model = LlamaForCausalLM(config)
    # What the header does not say is made in memory: the rotary table.
    model.model.rotary_emb = type(model.model.rotary_emb)(config)
    found = model.load_state_dict(weights, strict=False, assign=True)
    model.tie_weights()
    if found.unexpected_keys or any(parameter.is_meta for parameter in model.parameters()):
        raise Refused("model", f"{path}: a tensor is missing")
    return model


# ------------------------------------------------------------------------------------------------------ adapter


def read_adapter(path: Path) -> tuple[dict[str, dict[str, Any]], float]:
    """A LoRA adapter: `layers.N.block.projection` -> {"A", "B"}, and its scale.

    A PEFT folder, training/build/*.safetensors, or GGUF.
    """
    import torch

    pairs: dict[str, dict[str, Any]] = {}
    if path.suffix == ".gguf":
        return read_gguf_adapter(path)
    from safetensors import safe_open

    rank = alpha = 0.0
    file, root = path, 1
    if path.is_dir():
        config = json.loads((path / "adapter_config.json").read_text(encoding="utf-8"))
        odd = [name for name in ("use_dora", "modules_to_save", "rank_pattern", "alpha_pattern") if config.get(name)]
        if odd:
            raise Refused("model", f"{path}: an adapter with {odd[0]} cannot be used here")
        rank, alpha = float(config["r"]), float(config["lora_alpha"])
        root = 2 if config.get("use_rslora") else 1
        file = path / "adapter_model.safetensors"
    with safe_open(str(file), framework="pt") as weights:
        if not path.is_dir():
            facts = weights.metadata() or {}
            rank, alpha = float(facts.get("rank", 0)), float(facts.get("alpha", 0))
        for name in weights.keys():
            found = re.search(r"(layers\.\d+\.\w+\.\w+)\.lora_([AB])(?:\.default)?\.weight$", name)
            if found is None:
                raise Refused("model", f"{file}: {name} is no part of a LoRA adapter")
            pairs.setdefault(found.group(1), {})[found.group(2)] = weights.get_tensor(name).to(torch.float32)
    if rank <= 0:
        raise Refused("model", f"{file}: its rank is not written in it")
    return pairs, alpha / rank ** (1 / root)


def read_gguf_adapter(path: Path) -> tuple[dict[str, dict[str, Any]], float]:
    """The same from GGUF, whose rows of Q and K lie in llama.cpp's order."""
    import torch
    from gguf import GGUFReader

    reader = GGUFReader(str(path))
    kind, alpha = (reader.fields.get(name) for name in ("adapter.type", "adapter.lora.alpha"))
    if kind is None or kind.contents() != "lora" or alpha is None:
        raise Refused("model", f"{path} is no LoRA adapter")
    pairs: dict[str, dict[str, Any]] = {}
    rank = 1
    for tensor in reader.tensors:
        found = re.fullmatch(r"blk\.(\d+)\.(\w+)\.weight\.lora_([ab])", tensor.name)
        if found is None or found.group(2) not in LAYER:
            raise Refused("model", f"{path}: {tensor.name} cannot be used here")
        weight = torch.tensor(tensor.data).to(torch.float32)
        part = found.group(3).upper()
        name = f"layers.{found.group(1)}.{LAYER[found.group(2)]}"
        pairs.setdefault(name, {})[part] = weight
        if part == "A":
            rank = weight.shape[0]
        elif found.group(2) in ("attn_q", "attn_k"):
            pairs[name]["permuted"] = True
    return pairs, float(alpha.contents()) / rank


def merge(model: Any, path: Path) -> None:
    """Adds an adapter to the weights."""
    import torch

    pairs, scale = read_adapter(path)
    layers = dict(model.named_modules())
    prefix = "model." if "model.layers.0" in layers else ""
    with torch.no_grad():
        for name, pair in pairs.items():
            layer = layers.get(prefix + name)
            if layer is None or "A" not in pair or "B" not in pair:
                raise Refused("model", f"{path}: an adapter of another model ({name})")
            a, b = pair["A"], pair["B"]
            if pair.get("permuted"):
                head = getattr(model.config, "head_dim", None)
                b = unpermuted(b, head or model.config.hidden_size // model.config.num_attention_heads)
            if (b.shape[0], a.shape[1]) != tuple(layer.weight.shape) or a.shape[0] != b.shape[1]:
                raise Refused("model", f"{path}: an adapter of another model ({name} has another size)")
            layer.weight += (scale * (b @ a)).to(layer.weight.dtype)


# -------------------------------------------------------------------------------------------------------- model


class Model:
    """A model in memory: answers one request at a time."""

    def __init__(self, options: argparse.Namespace, report: Callable[..., None]):
        report(message="looking for the model")
        path = resolve(options)
        report(message="starting PyTorch")
        import torch
        import transformers

        transformers.utils.logging.disable_progress_bar()
        torch.set_num_threads(options.threads)
        torch.set_num_interop_threads(1)
        self.torch, self.options = torch, options
        dtype = getattr(torch, options.dtype)
        needed = count_weights(path) * dtype.itemsize
        free = kilobytes("/proc/meminfo", "MemAvailable")
        if 0 < free < needed * 11 // 10:
            raise Refused("memory", f"the model needs {needed * 11 // 10 >> 20} MB of memory, {free >> 20} MB are free")
        report(message="reading the tokenizer")
        place: dict[str, Any] = {"pretrained_model_name_or_path": str(path)}
        if path.is_file():
            place = {"pretrained_model_name_or_path": str(path.parent), "gguf_file": path.name}
        tokenizer = gguf_tokenizer(path) if path.is_file() else None
        tokenizer = tokenizer or transformers.AutoTokenizer.from_pretrained(**place, trust_remote_code=False)
        self.pieces = Pieces(tokenizer)
        report(message="reading the weights", expect=needed)
        self.model = llama_from_gguf(path, dtype) if path.is_file() else None
        if self.model is None:
            extra = {} if path.is_file() else {"use_safetensors": True}
            self.model = transformers.AutoModelForCausalLM.from_pretrained(
                **place, **extra, dtype=dtype, attn_implementation="sdpa", trust_remote_code=False
            )
        gguf.cache_clear()
        self.model.eval()
        if options.adapter:
            report(message="applying the adapter")
            merge(self.model, Path(options.adapter))
        self.name = str(tokenizer.name_or_path) if path.is_file() else options.model.rstrip("/").rsplit("/", 1)[-1]
        self.profile = options.profile
        if self.profile == "auto":
            self.profile = "reading" if options.adapter or "smollm2" in self.name.lower() else "template"
        if self.profile == "reading" and not {START, END} <= self.pieces.special.keys():
            raise Refused("model", f"{path}: a model without the tokens {START} and {END}")
        if self.profile == "template" and not tokenizer.chat_template:
            raise Refused("model", f"{path}: a model without a chat template")
        ends = [getattr(self.model.generation_config, "eos_token_id", None), tokenizer.eos_token_id]
        flat = [end for each in ends for end in (each if isinstance(each, list) else [each])]
        self.ends = sorted({*flat, *map(self.pieces.special.get, ENDS)} - {None})
        self.vocabulary = self.model.get_output_embeddings().weight.shape[0]
        self.context = min(options.context, getattr(self.model.config, "max_position_embeddings", options.context))
        self.held: list[int] = []
        self.cache: Any = None
        self.grammars = self.load_grammars()

    def load_grammars(self) -> Any:
        """What makes masks of a grammar; None where the package is not there."""
        try:
            from llguidance import LLTokenizer
        except ImportError:
            note("the package llguidance is not installed: grammars are ignored")
            return None
        text = self.pieces.tokenizer.backend_tokenizer.to_str()
        return LLTokenizer(text, n_vocab=self.vocabulary, eos_token=self.ends)

    def tokens(self, body: dict[str, Any], answer: bool) -> list[int]:
        """A conversation as tokens."""
        if self.profile == "reading":
            return self.pieces.reading(body["messages"], answer)
        return self.pieces.template(body["messages"], body.get("tools"), answer)

    def fits(self, tokens: int) -> None:
        if tokens > self.context:
            raise Refused("too_long", f"the conversation has {tokens} tokens, the model holds {self.context}",
                          tokens=tokens, context=self.context)

    def keep(self, ids: list[int]) -> int:
        """Cuts what is held back to the common beginning, of which at least the last token is evaluated again."""
        from transformers import DynamicCache

        common = 0
        while common < min(len(ids) - 1, len(self.held)) and ids[common] == self.held[common]:
            common += 1
        layers = getattr(self.cache, "layers", [])
        plain = all(type(layer).__name__ == "DynamicLayer" for layer in layers)
        if self.cache is None or not layers or not plain or common == 0 or not self.options.prefix_cache:
            self.cache, self.held = DynamicCache(config=self.model.config), []
            return 0
        for layer in layers:
            if layer.keys is not None and layer.keys.shape[-2] > common:
                layer.keys, layer.values = layer.keys[..., :common, :], layer.values[..., :common, :]
        self.held = self.held[:common]
        return common

    def advance(self, ids: list[int], alive: Alive, logits: int = 1) -> Any:
        """Evaluates what is not held of these tokens; the logits after the last `logits` of them."""
        from_end: list[Any] = []
        try:
            while len(self.held) < len(ids):
                if not alive():
                    raise Gone
                part = ids[len(self.held): len(self.held) + CHUNK]
                left = len(ids) - len(self.held) - len(part)
                wanted = max(0, min(len(part), logits - left))
                result = self.model(
                    input_ids=self.torch.tensor([part]), past_key_values=self.cache, use_cache=True,
                    logits_to_keep=max(1, wanted),
                )
                if wanted:
                    from_end.append(result.logits[0].float())
                self.held = self.held + part
        except Gone:
            raise
        except BaseException:
            self.cache, self.held = None, []
            raise
        return self.torch.cat(from_end)

    def matcher(self, grammar: Optional[str]) -> Any:
        """What follows an answer along its grammar."""
        if grammar is None or self.grammars is None:
            return None
        from llguidance import LLMatcher

        matcher = LLMatcher(self.grammars, LLMatcher.grammar_from_lark(grammar), log_level=0)
        sound(matcher)
        return matcher

    def allow(self, logits: Any, matcher: Any) -> Any:
        """The logarithms of the probabilities among the tokens that the grammar allows."""
        if matcher is not None:
            import numpy

            bits = numpy.frombuffer(matcher.compute_bitmask(), dtype=numpy.uint8)
            sound(matcher)
            mask = numpy.unpackbits(bits, bitorder="little")[: logits.shape[-1]].astype(bool)
            mask = numpy.pad(mask, (0, logits.shape[-1] - mask.shape[0]))
            logits = logits.masked_fill(~self.torch.from_numpy(mask), float("-inf"))
        return self.torch.log_softmax(logits, dim=-1)

    def generate(self, body: dict[str, Any], alive: Alive) -> dict[str, Any]:
        """Answers a conversation."""
        began = time.monotonic()
        with self.torch.inference_mode():
            ids = self.tokens(body, answer=True)
            limit, temperature = body.get("max_tokens", 160), body.get("temperature", 0)
            self.fits(len(ids) + limit)
            matcher = self.matcher(body.get("grammar"))
            cached = self.keep(ids)
            logits = self.advance(ids, alive)[-1]
            prefilled = time.monotonic()
            answer: list[int] = []
            total, first, finish = 0.0, None, "limit"
            while True:
                if matcher is not None and matcher.is_stopped():
                    sound(matcher)
                    finish = "end"
                    break
                if len(answer) >= limit:
                    break
                scores = self.allow(logits, matcher)
                if temperature > 0:
                    token = int(self.torch.multinomial(self.torch.softmax(scores / temperature, dim=-1), 1))
                else:
                    token = int(scores.argmax())
                likely = float(scores[token])
                total += likely
                first = likely if first is None else first
                if token in self.ends:
                    finish = "end"
                    break
                if matcher is not None:
                    matcher.consume_token(token)
                    sound(matcher)
                answer.append(token)
                if len(answer) < limit:
                    logits = self.advance([*ids, *answer], alive)[-1]
        ended = time.monotonic()
        return {
            "text": self.pieces.tokenizer.decode(
                answer, skip_special_tokens=True, clean_up_tokenization_spaces=False),
            "finish": finish, "log_probability": total, "first": first or 0.0,
            "prompt_tokens": len(ids), "cached_tokens": cached,
            "generated_tokens": len(answer), "seconds": ended - began, "prefill_seconds": prefilled - began,
            "decode_seconds": ended - prefilled, "grammar": self.said_of(body),
        }

    def score(self, body: dict[str, Any], alive: Alive) -> dict[str, Any]:
        """How likely an answer is, its end included; null where the grammar does not allow it."""
        began = time.monotonic()
        with self.torch.inference_mode():
            ids, answer = self.tokens(body, answer=True), self.pieces.text(body["answer"])
            self.fits(len(ids) + len(answer) + 1)
            matcher = self.matcher(body.get("grammar"))
            cached = self.keep(ids)
            logits = self.advance([*ids, *answer], alive, len(answer) + 1)
            total = 0.0
            for step in range(len(answer) + 1):
                if matcher is not None and matcher.is_stopped():
                    sound(matcher)
                    total = total if step == len(answer) else float("-inf")
                    break
                scores = self.allow(logits[step], matcher)
                if step == len(answer):
                    total += float(scores[self.ends].max())
                    break
                total += float(scores[answer[step]])
                if total == float("-inf"):
                    break
                if matcher is not None:
                    matcher.consume_token(answer[step])
        return {
            "log_probability": total if total > float("-inf") else None, "prompt_tokens": len(ids),
            "cached_tokens": cached, "generated_tokens": len(answer), "seconds": time.monotonic() - began,
            "grammar": self.said_of(body),
        }

    def prepare(self, body: dict[str, Any], alive: Alive) -> dict[str, Any]:
        """Evaluates the known beginning of the next request."""
        began = time.monotonic()
        with self.torch.inference_mode():
            ids = self.tokens(body, answer=False)
            self.fits(len(ids))
            cached = self.keep(ids)
            self.advance(ids, alive)
        return {"prompt_tokens": len(ids), "cached_tokens": cached, "seconds": time.monotonic() - began}

    def said_of(self, body: dict[str, Any]) -> str:
        """What became of the grammar of a request."""
        return "none" if body.get("grammar") is None else "ignored" if self.grammars is None else "applied"


def sound(matcher: Any) -> None:
    """Refuses a grammar that is no grammar."""
    if matcher.is_error():
        raise Refused("grammar", " ".join(matcher.get_error().splitlines()[:2])[:300])


def load(options: argparse.Namespace, report: Callable[..., None]) -> Any:
    """The model. Tests put another in its place."""
    return Model(options, report)


# ------------------------------------------------------------------------------------------------------- server


class Service:
    """The model and what is known about it while it loads."""

    def __init__(self, options: argparse.Namespace, token: str):
        self.options, self.token = options, token.encode()
        self.status, self.message, self.model = "loading", "starting", None
        self.expected, self.started_with = 0, 0
        self.turn = threading.Lock()
        threading.Thread(target=self.work, name="load", daemon=True).start()

    def report(self, message: str, expect: int = 0) -> None:
        """Where loading is; `expect`: bytes of memory that the next part takes."""
        note(message)
        self.started_with = kilobytes("/proc/self/status", "RssAnon")
        self.message, self.expected = message, expect

    def work(self) -> None:
        """Loads the model."""
        try:
            model = load(self.options, self.report)
        except Refused as refused:
            self.status, self.message = "failed", str(refused)
        except BaseException as error:  # noqa: BLE001 - whatever it is, /health says it
            self.status, self.message = "failed", f"{type(error).__name__}: {first_line(error)}"
        else:
            self.model, self.message, self.status = model, "ready", "ready"
        note(f"{self.status}: {self.message}")

    def health(self) -> dict[str, Any]:
        """What /health says."""
        answer = {"status": self.status, "message": self.message, "model": self.options.model,
                  "busy": self.turn.locked()}
        if self.model is not None:
            answer.update(profile=self.model.profile, name=self.model.name, context=self.model.context,
                          grammar=self.model.grammars is not None)
        elif self.expected and self.status == "loading":
            grown = kilobytes("/proc/self/status", "RssAnon") - self.started_with
            answer["progress"] = round(min(0.99, max(0.0, grown / self.expected)), 3)
        return answer

    def answer(self, path: str, body: dict[str, Any], alive: Alive) -> dict[str, Any]:
        """Does a request when it is its turn."""
        if self.model is None:
            raise Refused(self.status, self.message, 503)
        work = {"/generate": self.model.generate, "/score": self.model.score, "/prepare": self.model.prepare}[path]
        waited = time.monotonic()
        while not self.turn.acquire(timeout=0.05):
            if not alive():
                raise Gone
            if time.monotonic() - waited > BUSY_TIMEOUT:
                raise Refused("busy", "another request is being answered", 503)
        try:
            return work(body, alive)
        finally:
            self.turn.release()


FIELDS: dict[str, dict[str, tuple]] = {
    "/generate": {"messages": (list,), "tools": (list, type(None)), "grammar": (str, type(None)),
                  "max_tokens": (int,), "temperature": (int, float)},
    "/score": {"messages": (list,), "tools": (list, type(None)), "grammar": (str, type(None)), "answer": (str,)},
    "/prepare": {"messages": (list,), "tools": (list, type(None))},
}


def check(path: str, raw: bytes) -> dict[str, Any]:
    """The body of a request, nothing in it unknown."""
    try:
        body = json.loads(raw.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise Refused("request", f"the body is no JSON: {first_line(error)}") from error
    known = FIELDS[path]
    if not isinstance(body, dict):
        raise Refused("request", "the body is no object")
    for name, value in body.items():
        if name not in known:
            raise Refused("request", f"unknown field {name[:40]!r}")
        if not isinstance(value, known[name]) or isinstance(value, bool):
            raise Refused("request", f"{name} has the wrong type")
    messages = body.get("messages")
    if not messages or ("answer" in known and "answer" not in body):
        raise Refused("request", "messages or answer are missing")
    for message in messages:
        if not isinstance(message, dict) or set(message) != {"role", "content"} or message["role"] not in ROLES \
                or not isinstance(message["content"], str):
            raise Refused("request", "a message is {role, content}, its role one of " + ", ".join(sorted(ROLES)))
    if not 1 <= body.get("max_tokens", 1) <= MAX_TOKENS or not 0 <= body.get("temperature", 0) <= 2:
        raise Refused("request", f"max_tokens is 1 to {MAX_TOKENS}, temperature 0 to 2")
    return body


class Handler(BaseHTTPRequestHandler):
    """One request, one answer, both JSON."""

    protocol_version, server_version, sys_version = "HTTP/1.1", "levitate", ""
    timeout = READ_TIMEOUT
    server: Server

    def do_GET(self) -> None:  # noqa: N802 - the library's name
        self.respond()

    do_POST = do_GET

    def respond(self) -> None:
        """Checks who asks, then what; then answers."""
        self.close_connection = True
        try:
            raw = self.body()
            self.admit()
            wanted = {"/health": "GET", **dict.fromkeys(FIELDS, "POST")}.get(self.path)
            if wanted is None:
                raise Refused("request", "no such address", 404)
            if wanted != self.command:
                raise Refused("request", f"{self.path} is for {wanted}", 405)
            service = self.server.service
            if wanted == "GET":
                self.reply(200, service.health())
            else:
                self.reply(200, service.answer(self.path, check(self.path, raw), self.alive))
        except Refused as refused:
            self.reply(refused.status, {"error": {"kind": refused.kind, "message": str(refused), **refused.facts}})
        except (Gone, ConnectionError, TimeoutError):
            note(f"{self.command} {self.path}: nobody waits any more")
        except Exception as error:
            note(f"{self.command} {self.path}: {type(error).__name__}: {first_line(error)}")
            self.reply(500, {"error": {"kind": "internal", "message": f"{type(error).__name__}: {first_line(error)}"}})

    def only(self, name: str) -> str:
        """A header that stands there once."""
        values = self.headers.get_all(name, [])
        return values[0].strip() if len(values) == 1 else ""

    def body(self) -> bytes:
        """The bytes of the request. Read before anything is refused, or the answer could get lost."""
        length = self.only("Content-Length") if "Content-Length" in self.headers else "0"
        if not re.fullmatch(r"[0-9]{1,12}", length) or "Transfer-Encoding" in self.headers:
            raise Refused("request", "the body needs one Content-Length", 411)
        if int(length) > MAX_BODY:
            raise Refused("request", f"more than {MAX_BODY} bytes", 413)
        raw = self.rfile.read(int(length))
        if len(raw) != int(length):
            raise ConnectionError("cut")
        return raw

    def admit(self) -> None:
        """Refuses web pages (Host, Origin) and who does not know the token."""
        port = self.server.server_address[1]
        if self.only("Host") not in (f"{HOST}:{port}", f"localhost:{port}") or "Origin" in self.headers:
            raise Refused("host", f"only for programs that ask {HOST}:{port}", 403)
        kind, _, token = self.only("Authorization").partition(" ")
        right = hmac.compare_digest(token.strip().encode("latin-1", "replace"), self.server.service.token)
        if kind != "Bearer" or not right:
            raise Refused("token", "the token is missing or wrong", 401)

    def alive(self) -> bool:
        """True while the other side waits."""
        try:
            if not select.select([self.connection], [], [], 0)[0]:
                return True
            return self.connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) != b""
        except BlockingIOError:
            return True
        except OSError:
            return False

    def reply(self, status: int, answer: dict[str, Any]) -> None:
        """Sends an answer."""
        raw = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(raw)

    def send_error(self, code: int, message: Optional[str] = None, explain: Optional[str] = None) -> None:
        """What the library refuses by itself."""
        self.close_connection, self.request_version = True, self.protocol_version
        self.reply(code, {"error": {"kind": "request", "message": message or "not understood"}})

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
        if getattr(self, "path", "") != "/health":
            note("http: " + format % args)


class Server(ThreadingHTTPServer):
    """Bound to the loopback interface; a thread a connection, not more than a few of them."""

    daemon_threads, allow_reuse_address, allow_reuse_port = True, True, False

    def __init__(self, port: int):
        self.places = threading.BoundedSemaphore(MAX_CONNECTIONS)
        self.service: Any = None
        super().__init__((HOST, port), Handler)

    def server_bind(self) -> None:
        """As the library's, without asking the network for the computer's name."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = HOST, self.server_address[1]

    def process_request(self, request: Any, client_address: Any) -> None:
        if self.places.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self.places.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        note(f"http: {first_line(sys.exc_info()[1] or Exception('?'))}")


def read_token() -> str:
    """The token, from the environment or the first line of stdin."""
    token = os.environ.pop("LEVITATE_LLM_TOKEN", "") or sys.stdin.buffer.readline(4096).decode("ascii", "replace")
    if len(token.strip()) < 16:
        raise Refused("token", "the first line of stdin, or LEVITATE_LLM_TOKEN, holds a token of 16 characters or more")
    return token.strip()


def watch_stdin() -> None:
    """Ends this process when whoever started it is gone, however that came about."""
    while True:
        try:
            if not os.read(0, 4096):
                break
        except OSError:
            break
    os._exit(0)


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="llm_server.py", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--model", required=True,
                        help="a folder with safetensors, a GGUF file, or owner/name in the hub cache")
    parser.add_argument("--adapter", help="LoRA: a PEFT folder, a safetensors file of training/train, or a GGUF file")
    parser.add_argument("--profile", choices=["auto", "reading", "template"], default="auto",
                        help="how the model is spoken to: short readings (our adapter), or by its own chat template")
    parser.add_argument("--port", type=int, default=PORT, help="on 127.0.0.1; 0 takes a free one")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--dtype", choices=["float32", "bfloat16"], default="float32")
    parser.add_argument("--context", type=int, default=8192, help="tokens of conversation and answer together")
    parser.add_argument("--online", action="store_true", help="a model that is not on this disk may be downloaded")
    parser.add_argument("--no-prefix-cache", dest="prefix_cache", action="store_false",
                        help="evaluate every conversation from its beginning; for measuring")
    return parser.parse_args()


def stop(kind: str, message: str, **facts: Any) -> NoReturn:
    """Ends with a reason that the program that started this one can tell."""
    event("fatal", kind=kind, message=message, **facts)
    sys.exit(1)


def main() -> None:
    """Starts to listen, then loads the model."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    options = arguments()
    if not options.online:
        os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1")
    # Threads that wait leave the processor to others: spinning ones are ten times slower on busy cores.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    try:
        token = read_token()
        missing = missing_packages(options)
        if missing:
            stop("packages", f"{sys.executable} lacks the packages {', '.join(missing)}", packages=missing)
        check_files(options)
        server = Server(options.port)
    except Refused as refused:
        stop(refused.kind, str(refused))
    except OSError as error:
        stop("port", f"port {options.port} on {HOST}: {error.strerror}")
    threading.Thread(target=watch_stdin, name="stdin", daemon=True).start()
    server.service = Service(options, token)
    event("listening", port=server.server_address[1])
    server.serve_forever(poll_interval=0.2)


if __name__ == "__main__":
    main()
