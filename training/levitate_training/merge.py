"""The adapter added to the base's weights, eight bits a weight: what the embedded engine runs.

    python3 training/levitate_training/merge.py [FOLDER] [--pin]

FOLDER (models/) holds manifest.json and the base and adapter that it names. An adapter beside the base costs two small
products more for every product, and Q4_1 has no fast path in llama.cpp; merged, a turn takes two thirds of the time.
Eight bits lose nothing that the four of the base had. Only additions and products of single numbers, in a fixed
order: the file is the same on every machine, and the manifest names its SHA-256.

Needs numpy and gguf alone, so that the set-up can run it (scripts/model.sh).
"""

import argparse
import hashlib
import json
import sys
from pathlib import Path

import gguf
import numpy as np

Q4, Q8 = gguf.GGMLQuantizationType.Q4_1, gguf.GGMLQuantizationType.Q8_0


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_adapter(path: Path) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """The adapter of each tensor: A [rank, columns] and B [rows, rank], the scale in B."""
    reader = gguf.GGUFReader(str(path))
    alpha = np.float32(reader.fields["adapter.lora.alpha"].contents())
    parts = {tensor.name: tensor.data.astype(np.float32) for tensor in reader.tensors}
    names = {name.rpartition(".")[0] for name in parts}
    pairs = {name: (parts[f"{name}.lora_a"], parts[f"{name}.lora_b"]) for name in names}
    return {name: (a, b * (alpha / np.float32(len(a)))) for name, (a, b) in pairs.items()}


def merge(base: Path, adapter: Path, out: Path) -> None:
    """Writes `out`, GGUF: the base with the adapter added, its Q4_1 tensors in Q8_0, all else as it is."""
    reader, pairs = gguf.GGUFReader(str(base)), read_adapter(adapter)
    writer = gguf.GGUFWriter(str(out), reader.fields["general.architecture"].contents())
    for field in reader.fields.values():
        if field.name == "general.architecture" or field.name.startswith("GGUF."):
            continue
        value, kind = field.contents(), field.types[0]
        if field.name == "general.file_type":
            value = int(gguf.LlamaFileType.MOSTLY_Q8_0)
        if field.name == "general.name":
            value = f"{value} + {adapter.stem}"
        writer.add_key_value(field.name, value, kind, field.types[-1] if kind == gguf.GGUFValueType.ARRAY else None)
    for tensor in reader.tensors:
        pair = pairs.pop(tensor.name, None)
        if pair is None and tensor.tensor_type != Q4:
            writer.add_tensor(tensor.name, tensor.data, raw_shape=tensor.data.shape, raw_dtype=tensor.tensor_type)
            continue
        weights = gguf.dequantize(tensor.data, tensor.tensor_type)
        if pair is not None:
            # Rank by rank: a product of matrices adds up in another order on another processor.
            for a, b in zip(pair[0], pair[1].T):
                weights = weights + b[:, None] * a
        writer.add_tensor(tensor.name, gguf.quantize(weights, Q8), raw_dtype=Q8)
    if pairs:
        raise SystemExit(f"{adapter}: an adapter of another model ({min(pairs)})")
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def merged(folder: Path, pin: bool) -> Path:
    """Makes the merged file of a folder, and checks it against the manifest, or with `pin` enters it there."""
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    adapter = folder / manifest["adapter"]["file"]
    # Named after the adapter: one that was made from an older adapter is never taken for this one.
    name = f"levitate-{sha256(adapter)[:8]}.Q8_0.gguf"
    part = folder / f".{name}.part"
    try:
        merge(folder / manifest["base"]["file"], adapter, part)
        entry = {"file": name, "sha256": sha256(part), "bytes": part.stat().st_size, "licence": "Apache-2.0"}
        if pin:
            path.write_text(json.dumps({**manifest, "merged": entry}, indent=2) + "\n", encoding="utf-8")
        elif manifest.get("merged") != entry:
            raise SystemExit(f"{folder / name} did not come out as {path} says; it is not used")
        for old in folder.glob("levitate-*.Q8_0.gguf"):
            old.unlink()
        return part.rename(folder / name)
    finally:
        part.unlink(missing_ok=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?", default=Path(__file__).resolve().parents[2] / "models")
    parser.add_argument("--pin", action="store_true", help="enter what comes out in the manifest")
    options = parser.parse_args()
    print(merged(options.folder, options.pin), file=sys.stderr)


if __name__ == "__main__":
    main()
