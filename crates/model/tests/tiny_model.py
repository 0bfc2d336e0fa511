"""Makes a tiny SmolLM3 with random weights, a tokenizer from a GGUF file, and a PEFT adapter, and writes down what
Transformers and PEFT themselves answer with it: `tiny_model.py BASE.gguf FOLDER`.

Also checks that the server's ways to read an adapter (PEFT, training/train, GGUF) come to the same weights.
"""

import importlib.util
import json
import sys
from pathlib import Path

import torch
from gguf import GGUFWriter
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import load_file, save_file
from transformers import SmolLM3Config, SmolLM3ForCausalLM

SERVER = Path(__file__).resolve().parents[2] / "installer/python/llm_server.py"
spec = importlib.util.spec_from_file_location("llm_server", SERVER)
llm_server = importlib.util.module_from_spec(spec)
spec.loader.exec_module(llm_server)

# In the manner of SmolLM3's: a header, tools as XML, the results of tools from the user's side, an empty thought.
TEMPLATE = """<|im_start|>system
Reasoning Mode: {{ "/think" if enable_thinking is not defined or enable_thinking else "/no_think" }}

{% if messages[0].role == "system" %}{{ messages[0].content.rstrip() }}

{% endif %}{% if tools %}<tools>
{% for tool in tools %}{{ tool | tojson }}
{% endfor %}</tools>
{% endif %}<|im_end|>
{% for message in messages %}{% if message.role == "user" or message.role == "tool" %}<|im_start|>user
{{ message.content }}<|im_end|>
{% elif message.role == "assistant" %}<|im_start|>assistant
<think>

</think>
{{ message.content }}<|im_end|>
{% endif %}{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
<think>

</think>
{% endif %}"""
MESSAGES = [
    {"role": "system", "content": "You install. Disks: sda 500G."},
    {"role": "user", "content": "what is there? "},
    {"role": "assistant", "content": "One disk."},
    {"role": "tool", "content": "sda 1234 GB"},
    {"role": "user", "content": "  use /dev/sda, please"},
]
TOOLS = [{"name": "partition", "parameters": {"disk": "string"}}]
NAMES = {name: theirs for theirs, name in llm_server.LAYER.items()}


def logits(model, ids: list[int]) -> torch.Tensor:
    with torch.inference_mode():
        return model(torch.tensor([ids])).logits[0]


def gguf_adapter(path: Path, weights: dict, alpha: float, heads: dict[str, int]) -> None:
    """An adapter as llama.cpp wants it, the rows of Q and K in its order."""
    writer = GGUFWriter(str(path), "smollm3")
    writer.add_string("general.type", "adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", alpha)
    for name, weight in weights.items():
        _, _, _, _, layer, block, projection, part, _ = name.split(".")
        count = heads.get(projection)
        if part == "lora_B" and count:
            weight = weight.reshape(count, 2, weight.shape[0] // count // 2, -1).swapaxes(1, 2).reshape(weight.shape)
        theirs = f"blk.{layer}.{NAMES[f'{block}.{projection}']}.weight.{part.lower()}"
        writer.add_tensor(theirs, weight.contiguous().numpy())
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def main() -> None:
    base, folder = Path(sys.argv[1]), Path(sys.argv[2])
    torch.set_num_threads(1)
    torch.manual_seed(7)
    tokenizer = llm_server.gguf_tokenizer(base)
    tokenizer.add_tokens(["<think>", "</think>", "<tool_call>", "</tool_call>"])
    tokenizer.eos_token, tokenizer.chat_template = llm_server.END, TEMPLATE
    end = tokenizer.convert_tokens_to_ids(llm_server.END)
    config = SmolLM3Config(
        vocab_size=len(tokenizer), hidden_size=64, intermediate_size=128, num_hidden_layers=4, num_attention_heads=4,
        num_key_value_heads=2, max_position_embeddings=512, initializer_range=0.3, pad_token_id=end,
        bos_token_id=end, eos_token_id=end,
    )
    SmolLM3ForCausalLM(config).eval().save_pretrained(folder / "model")
    tokenizer.save_pretrained(folder / "model")
    fresh = lambda: SmolLM3ForCausalLM.from_pretrained(folder / "model").eval()  # noqa: E731

    targets = [name.split(".")[1] for name in llm_server.LAYER.values()]
    lora = LoraConfig(r=4, lora_alpha=8, target_modules=targets, init_lora_weights=False)
    get_peft_model(fresh(), lora).save_pretrained(folder / "adapter")
    adapted = PeftModel.from_pretrained(fresh(), folder / "adapter").eval()

    text = tokenizer.apply_chat_template(
        MESSAGES, tools=TOOLS, tokenize=False, add_generation_prompt=True, enable_thinking=False
    )
    ids = tokenizer(text, add_special_tokens=False).input_ids
    wanted = logits(adapted, ids)
    assert not torch.allclose(wanted, logits(fresh(), ids), atol=1e-2), "the adapter does nothing"
    weights = load_file(folder / "adapter/adapter_model.safetensors")
    ours = {name.replace(".weight", ".default.weight"): weight for name, weight in weights.items()}
    save_file({f"model.{name}": weight for name, weight in ours.items()}, folder / "ours.safetensors",
              metadata={"rank": "4", "alpha": "8"})
    gguf_adapter(folder / "ours.gguf", weights, 8.0, {"q_proj": 4, "k_proj": 2})
    for name in ("adapter", "ours.safetensors", "ours.gguf"):
        model = fresh()
        llm_server.merge(model, folder / name)
        assert torch.allclose(logits(model, ids), wanted, atol=1e-3), f"{name} is not merged as PEFT does"
    small = SmolLM3ForCausalLM(SmolLM3Config(**{**config.to_dict(), "hidden_size": 32}))
    try:
        llm_server.merge(small, folder / "adapter")
        raise SystemExit("an adapter of another model was merged")
    except llm_server.Refused:
        pass

    with torch.inference_mode():
        out = adapted.generate(torch.tensor([ids]), max_new_tokens=24, do_sample=False)[0][len(ids):]
    answer = tokenizer.decode(out, skip_special_tokens=True, clean_up_tokenization_spaces=False)
    (folder / "wanted.json").write_text(
        json.dumps({"messages": MESSAGES, "tools": TOOLS, "text": answer, "prompt_tokens": len(ids)})
    )


if __name__ == "__main__":
    main()
