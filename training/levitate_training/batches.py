"""Examples to tensors: answers marked, rows of like length together, the constant beginning left out."""

import random
from dataclasses import dataclass

import torch
from tokenizers import Tokenizer

from . import prompt
from .base import CHATML, Turns

PAD = 0


@dataclass
class Encoded:
    """Tokens of one example after the constant beginning; the answer begins at `answer_at`."""

    ids: list[int]
    answer_at: int


def encode(tokenizer: Tokenizer, example: dict, turns: Turns = CHATML) -> Encoded:
    """Pieces are tokenised one by one, as the installer does: nothing merges across them."""
    before, words, after = prompt.turn(example["facts"], example["says"], turns)
    head = [*ids(tokenizer, before), *ids(tokenizer, words), *ids(tokenizer, after)]
    reading, end = prompt.answer(example["reading"], turns)
    return Encoded([*head, *ids(tokenizer, reading), *ids(tokenizer, end)], len(head))


def ids(tokenizer: Tokenizer, text: str) -> list[int]:
    return tokenizer.encode(text, add_special_tokens=False).ids


def batches(examples: list[Encoded], size: int, rng: random.Random) -> list[list[Encoded]]:
    """Batches of about equal lengths, in random order."""
    examples = examples[:]
    rng.shuffle(examples)
    out = []
    for start in range(0, len(examples), size * 40):
        chunk = sorted(examples[start : start + size * 40], key=lambda example: len(example.ids))
        out += [chunk[at : at + size] for at in range(0, len(chunk), size)]
    rng.shuffle(out)
    return out


def tensors(batch: list[Encoded]) -> tuple[torch.Tensor, torch.Tensor]:
    """Inputs [batch, longest] padded on the right, and labels: the next token where it belongs to the answer, else -100."""
    longest = max(len(example.ids) for example in batch) - 1
    inputs = torch.full((len(batch), longest), PAD)
    labels = torch.full((len(batch), longest), -100)
    for row, example in enumerate(batch):
        length = len(example.ids) - 1
        inputs[row, :length] = torch.tensor(example.ids[:-1])
        labels[row, example.answer_at - 1 : length] = torch.tensor(example.ids[example.answer_at :])
    return inputs, labels
