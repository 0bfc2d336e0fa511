"""`training/export`: the trained adapter as a GGUF file that llama.cpp loads, the same merged with the base
(merge.py), and the manifest of models/.

Transformers keeps the rows of Q and K in another order than GGUF; the output side of the adapter is put back into
GGUF's (source: `permute` of llama.cpp's converter). Half precision: training noise is far above it.
"""

import argparse
import hashlib
import json
import re
from pathlib import Path

import gguf
import numpy as np
from safetensors import safe_open

from . import prompt
from .base import field
from .merge import merged, sha256
from .records import BASE, BUILD, ROOT

NAMES = {
    "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output", "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down",
}
TENSOR = re.compile(r"layers\.(\d+)\.((?:self_attn|mlp)\.\w+)\.lora_([AB])\.default\.weight$")


def permuted(weight: np.ndarray, heads: int) -> np.ndarray:
    """Rows [heads × dimension, rank] from Transformers' order to GGUF's."""
    rows, rank = weight.shape
    return weight.reshape(heads, 2, rows // heads // 2, rank).swapaxes(1, 2).reshape(rows, rank)


def unpermuted(weight: np.ndarray, heads: int) -> np.ndarray:
    """The reverse of `permuted`."""
    rows, rank = weight.shape
    return weight.reshape(heads, rows // heads // 2, 2, rank).swapaxes(1, 2).reshape(rows, rank)


def back(path: Path, base: Path) -> dict[str, np.ndarray]:
    """The tensors of an exported adapter by the names they have in training, to go on from it."""
    reader = gguf.GGUFReader(str(base))
    heads = {"attn_q": field(reader, "llama.attention.head_count"), "attn_k": field(reader, "llama.attention.head_count_kv")}
    parts = {short: long for long, short in NAMES.items()}
    out = {}
    for tensor in gguf.GGUFReader(str(path)).tensors:
        _, layer, part, _, side = tensor.name.split(".")
        weight = np.array(tensor.data, dtype=np.float32)
        side = side.removeprefix("lora_").upper()
        if side == "B" and part in heads:
            weight = unpermuted(weight, heads[part])
        out[f"model.base_model.model.model.layers.{layer}.{parts[part]}.lora_{side}.default.weight"] = weight
    return out


def tensors(path: Path, heads: int, heads_kv: int) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Adapter tensors by their GGUF names, and how they came about."""
    out = {}
    with safe_open(path, "np") as weights:
        facts = weights.metadata() or {}
        for name in weights.keys():
            found = TENSOR.search(name)
            if found is None:
                raise SystemExit(f"{path}: {name} is no part of an adapter; a model tuned as a whole is not exported")
            layer, part, side = found.groups()
            weight = weights.get_tensor(name).astype(np.float32)
            if side == "B" and part == "self_attn.q_proj":
                weight = permuted(weight, heads)
            elif side == "B" and part == "self_attn.k_proj":
                weight = permuted(weight, heads_kv)
            out[f"blk.{layer}.{NAMES[part]}.weight.lora_{side.lower()}"] = weight.astype(np.float16)
    return out, facts


def main() -> None:
    parser = argparse.ArgumentParser(prog="training/export", description=__doc__)
    parser.add_argument("--base", type=Path, default=BASE)
    parser.add_argument("--adapter", type=Path, default=BUILD / "adapter.safetensors")
    parser.add_argument("--out", type=Path, default=ROOT / "models/levitate.adapter.gguf")
    parser.add_argument("--manifest", type=Path, default=ROOT / "models/manifest.json", help="where it is; its adapter entry is renewed")
    options = parser.parse_args()
    reader = gguf.GGUFReader(str(options.base))
    weights, facts = tensors(
        options.adapter, field(reader, "llama.attention.head_count"), field(reader, "llama.attention.head_count_kv")
    )
    options.out.parent.mkdir(parents=True, exist_ok=True)
    writer = gguf.GGUFWriter(str(options.out), "llama")
    writer.add_string("general.type", "adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_string("general.name", "LevitateOS Installer readings")
    writer.add_string("general.license", "apache-2.0")
    writer.add_float32("adapter.lora.alpha", float(facts["alpha"]))
    for name in sorted(weights):
        writer.add_tensor(name, weights[name])
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    print(f"{options.out}: {len(weights)} tensors, {options.out.stat().st_size / 1e6:.1f} MB, {facts}")
    if options.manifest.exists():
        manifest = json.loads(options.manifest.read_text())
        manifest["adapter"] = {
            "file": options.out.name,
            "sha256": sha256(options.out),
            "bytes": options.out.stat().st_size,
            "licence": "Apache-2.0",
        }
        manifest["prompt_sha256"] = hashlib.sha256(prompt.system().encode()).hexdigest()
        for name in ("examples", "rank", "valid_exact"):
            manifest["figures"][f"training_{name}"] = float(facts[name])
        options.manifest.write_text(json.dumps(manifest, indent=2) + "\n")
        print(f"{options.manifest}: renewed")
        print(f"{merged(options.manifest.parent, pin=True)}: merged")


if __name__ == "__main__":
    main()
