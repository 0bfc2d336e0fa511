"""The merged file is the base with the adapter in its weights, and nothing else."""

import json

import gguf
import numpy as np
import pytest
from levitate_training.merge import Q4, Q8, merged, read_adapter, sha256

RANK, ALPHA = 4, 8.0


@pytest.fixture
def folder(tmp_path):
    """A base with one tensor of four bits, one of eight and a vector; an adapter for the first."""
    random = np.random.default_rng(3)
    weights = random.standard_normal((64, 32), dtype=np.float32)
    base = gguf.GGUFWriter(str(tmp_path / "base.gguf"), "llama")
    base.add_string("general.name", "Base")
    base.add_file_type(gguf.LlamaFileType.MOSTLY_Q4_1)
    base.add_array("tokenizer.ggml.tokens", ["a", "b"])
    base.add_tensor("blk.0.attn_q.weight", gguf.quantize(weights, Q4), raw_dtype=Q4)
    base.add_tensor("token_embd.weight", gguf.quantize(weights, Q8), raw_dtype=Q8)
    base.add_tensor("output_norm.weight", np.arange(32, dtype=np.float32))
    adapter = gguf.GGUFWriter(str(tmp_path / "levitate.adapter.gguf"), "llama")
    adapter.add_float32("adapter.lora.alpha", ALPHA)
    adapter.add_tensor("blk.0.attn_q.weight.lora_a", random.standard_normal((RANK, 32)).astype(np.float16))
    adapter.add_tensor("blk.0.attn_q.weight.lora_b", random.standard_normal((64, RANK)).astype(np.float16))
    for writer in (base, adapter):
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
    files = {"base": {"file": "base.gguf"}, "adapter": {"file": "levitate.adapter.gguf"}}
    (tmp_path / "manifest.json").write_text(json.dumps(files))
    return tmp_path


def tensors(path):
    return {tensor.name: tensor for tensor in gguf.GGUFReader(str(path)).tensors}


def test_the_adapter_is_in_the_weights(folder):
    out = merged(folder, pin=True)
    was, now = tensors(folder / "base.gguf"), tensors(out)
    a, b = (tensors(folder / "levitate.adapter.gguf")[f"blk.0.attn_q.weight.lora_{side}"].data.astype(np.float64) for side in "ab")
    wanted = gguf.dequantize(was["blk.0.attn_q.weight"].data, Q4) + ALPHA / RANK * (b @ a)
    got = gguf.dequantize(now["blk.0.attn_q.weight"].data, now["blk.0.attn_q.weight"].tensor_type)
    # Half a step of a block's largest number in 127, and the half precision of that step.
    assert np.abs(got - wanted).max() <= np.abs(wanted).max() * (0.5 / 127 + 0.001)
    assert np.abs(got - gguf.dequantize(was["blk.0.attn_q.weight"].data, Q4)).max() > 0.5
    for name in ("token_embd.weight", "output_norm.weight"):
        assert (now[name].data == was[name].data).all() and now[name].tensor_type == was[name].tensor_type
    fields = gguf.GGUFReader(str(out)).fields
    assert fields["general.name"].contents() == "Base + levitate.adapter"
    assert fields["tokenizer.ggml.tokens"].contents() == ["a", "b"]


def test_it_is_checked_and_replaces_an_older_one(folder):
    older = folder / "levitate-00000000.Q8_0.gguf"
    older.touch()
    out = merged(folder, pin=True)
    assert not older.exists() and not list(folder.glob(".*"))
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["merged"]["sha256"] == sha256(out) == sha256(merged(folder, pin=False))
    manifest["merged"]["sha256"] = "0" * 64
    (folder / "manifest.json").write_text(json.dumps(manifest))
    out.unlink()
    with pytest.raises(SystemExit, match="did not come out"):
        merged(folder, pin=False)
    assert not list(folder.glob("*Q8_0*")) and not list(folder.glob(".*"))


def test_an_adapter_of_another_model_is_refused(folder):
    pairs = read_adapter(folder / "levitate.adapter.gguf")
    assert list(pairs) == ["blk.0.attn_q.weight"]
    base = gguf.GGUFWriter(str(folder / "base.gguf"), "llama")
    base.add_tensor("other.weight", np.zeros(32, dtype=np.float32))
    base.write_header_to_file()
    base.write_kv_data_to_file()
    base.write_tensors_to_file()
    base.close()
    with pytest.raises(SystemExit, match="another model"):
        merged(folder, pin=True)
