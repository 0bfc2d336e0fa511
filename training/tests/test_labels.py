"""The loss is taken on the answer alone: the labels that reach it are the answer's tokens and nothing else."""

import torch
from levitate_training.base import load_model, load_tokenizer
from levitate_training.batches import encode, ids, tensors
from levitate_training.prompt import prefix
from levitate_training.reader import Reader
from levitate_training.records import BASE

EXAMPLES = [
    {"facts": "", "says": "says: clock to Vienna please", "reading": "timezone Vienna"},
    {"facts": "asked: proceed?\nwaits: partition sda\n", "says": "says: 16 gb swap, then yes", "reading": "partition ? keep swap=16G"},
]


def test_labels_are_the_answers():
    tokenizer = load_tokenizer(BASE)
    encoded = [encode(tokenizer, example) for example in EXAMPLES]
    inputs, labels = tensors(encoded)
    for row, example in enumerate(EXAMPLES):
        kept = labels[row][labels[row] != -100].tolist()
        assert tokenizer.decode(kept, skip_special_tokens=False) == example["reading"] + "<|im_end|>"
        # Each label is the token after its input.
        at = [i for i, label in enumerate(labels[row].tolist()) if label != -100]
        assert at == list(range(at[0], at[0] + len(at)))
        assert inputs[row, at[0] + 1 : at[-1] + 1].tolist() == kept[:-1]


def test_the_shared_beginning_changes_nothing():
    tokenizer = load_tokenizer(BASE)
    beginning = ids(tokenizer, prefix())
    reader = Reader(load_model(BASE), beginning, rank=4, alpha=8).eval()
    encoded = [encode(tokenizer, example) for example in EXAMPLES]
    with torch.no_grad():
        together, wanted = reader.answer_logits(*tensors(encoded))
        alone = []
        for example in encoded:
            whole = torch.tensor([beginning + example.ids[:-1]])
            logits = reader.inner(input_ids=whole).logits[0]
            alone.append(logits[len(beginning) + example.answer_at - 1 :])
    assert torch.allclose(together, torch.cat(alone), atol=2e-3)
    assert wanted.tolist() == [token for example in encoded for token in example.ids[example.answer_at :]]


def test_only_the_adapter_learns_and_only_from_answers():
    tokenizer = load_tokenizer(BASE)
    reader = Reader(load_model(BASE), ids(tokenizer, prefix()), rank=4, alpha=8)
    inputs, labels = tensors([encode(tokenizer, example) for example in EXAMPLES])
    loss, count = reader.loss(inputs, labels)
    assert count == int((labels != -100).sum())
    none = torch.full_like(labels, -100)
    none[0, -1] = labels[0, -1]
    loss.backward()
    assert all("lora_" in name for name, p in reader.named_parameters() if p.grad is not None)
