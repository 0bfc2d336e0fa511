"""`training/train`: trains the adapter on training/build/train.jsonl, loss on the answers alone.

Stops after --minutes or --epochs, whichever comes first; the learning rate falls to zero at that end. A run that was
stopped goes on with --resume. On a CPU the first core leads and every other one helps; on a GPU there is one process.
"""

import argparse
import json
import os
import random
import time
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from . import prompt
from .base import load_model, load_tokenizer, turns
from .batches import batches, encode, ids, tensors
from .export import back
from .reader import Reader
from .records import BASE, BUILD


def read(path: Path) -> list[dict]:
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def validate(reader: Reader, examples, device) -> float:
    """Share of the kept families whose reading comes out exactly."""
    reader.eval()
    right = 0
    for start in range(0, len(examples), 32):
        inputs, labels = tensors(sorted(examples, key=lambda e: len(e.ids))[start : start + 32])
        right += reader.exact(inputs.to(device), labels.to(device))
    reader.train()
    return right / max(1, len(examples))


def save(reader: Reader, path: Path, facts: dict) -> None:
    """The trained weights, with how they came about as text."""
    names = {id(p): name for name, p in reader.named_parameters()}
    weights = {names[id(p)]: p.detach().cpu().contiguous() for p in reader.trained()}
    part = path.with_suffix(".part")
    save_file(weights, part, metadata={key: str(value) for key, value in facts.items()})
    part.replace(path)


class Shared:
    """What the processes share: the weights as the leader has them, and a gradient of each helper.

    A helper takes the newest weights, works on a batch and leaves its gradient; the leader adds what lies there to its
    own at every step. Nobody waits for a helper, so one on a busy core slows nothing down; its gradient is a step or
    two old, which does no harm at these learning rates.
    """

    def __init__(self, size: int, helpers: int):
        share = lambda *shape: torch.zeros(*shape).share_memory_()
        self.weights, self.gradients = share(size), share(helpers, size)
        # Loss, answer tokens, tokens, examples of the gradient that lies there.
        self.counts = share(helpers, 4).double().share_memory_()
        self.ready = torch.zeros(helpers, dtype=torch.int32).share_memory_()
        self.next_batch = torch.multiprocessing.get_context("spawn").Value("i", 0)
        self.stop = torch.zeros(1, dtype=torch.int32).share_memory_()

    def take(self) -> int:
        """The number of a batch that nobody has taken."""
        with self.next_batch.get_lock():
            self.next_batch.value += 1
            return self.next_batch.value - 1


def flat(tensors_: list[torch.Tensor]) -> torch.Tensor:
    return torch.cat([tensor.detach().flatten() for tensor in tensors_])


def put(values: torch.Tensor, into: list[torch.Tensor]) -> None:
    """The reverse of `flat`."""
    at = 0
    with torch.no_grad():
        for tensor in into:
            tensor.copy_(values[at : at + tensor.numel()].view_as(tensor))
            at += tensor.numel()


class Data:
    """The examples as tokens, in the order of the run: the same in every process."""

    def __init__(self, tokenizer, options: argparse.Namespace):
        marks = turns(options.base)
        encoded = [encode(tokenizer, example, marks) for example in read(options.train)]
        encoded = [example for example in encoded if len(example.ids) <= options.longest]
        order = random.Random(options.seed)
        self.batches = [b for _ in range(options.epochs) for b in batches(encoded, options.batch, order)]


def prepare(options: argparse.Namespace):
    """Tokenizer and model, the same in every process."""
    if options.device == "cpu":
        torch.set_num_threads(1)
    torch.manual_seed(options.seed)
    tokenizer = load_tokenizer(options.base)
    reader = Reader(
        load_model(options.base), ids(tokenizer, prompt.prefix(turns(options.base))), options.rank, options.alpha, options.layers, options.dropout
    ).to(options.device)
    return tokenizer, reader


def backward(reader: Reader, batch, device: str) -> list[float]:
    """Adds the gradient of a batch; gives its summed loss, answer tokens, tokens and examples."""
    inputs, labels = tensors(batch)
    with torch.autocast(device, torch.bfloat16, enabled=device != "cpu"):
        loss, count = reader.loss(inputs.to(device), labels.to(device))
    loss.backward()
    return [loss.item(), float(count), float((inputs != 0).sum()), float(len(inputs))]


def helper(index: int, shared: Shared, options: argparse.Namespace) -> None:
    """Lends an idle core, as long as the leader lives: one that was killed leaves nobody behind."""
    os.nice(options.nice)
    leader = os.getppid()
    wanted = lambda: not shared.stop.item() and os.getppid() == leader
    tokenizer, reader = prepare(options)
    data = Data(tokenizer, options)
    while wanted() and (number := shared.take()) < len(data.batches):
        put(shared.weights, reader.trained())
        counts = backward(reader, data.batches[number], options.device)
        while shared.ready[index].item() and wanted():
            time.sleep(0.01)
        shared.gradients[index].copy_(flat([p.grad for p in reader.trained()]))
        shared.counts[index] = torch.tensor(counts, dtype=torch.float64)
        shared.ready[index] = 1
        for parameter in reader.trained():
            parameter.grad = None


def lead(options: argparse.Namespace) -> None:
    """Trains, with the helpers' gradients where there are any."""
    device = options.device
    tokenizer, reader = prepare(options)
    if options.resume:
        missing = reader.load_state_dict(load_file(options.out), strict=False)
        if missing.unexpected_keys:
            raise SystemExit(f"{options.out}: has {missing.unexpected_keys[0]}, which this model does not")
    if options.start is not None:
        weights = {name: torch.from_numpy(value) for name, value in back(options.start, options.base).items()}
        missing = reader.load_state_dict(weights, strict=False)
        if missing.unexpected_keys:
            raise SystemExit(f"{options.start}: has {missing.unexpected_keys[0]}, which this model does not")
    trained = reader.trained()
    helpers = options.processes - 1
    shared = Shared(sum(p.numel() for p in trained), helpers)
    shared.weights.copy_(flat(trained))
    spawned = torch.multiprocessing.spawn(helper, (shared, options), nprocs=helpers, join=False) if helpers else None
    optimizer = torch.optim.AdamW(trained, lr=options.lr, betas=(0.9, 0.99), weight_decay=0.0)
    data = Data(tokenizer, options)
    marks = turns(options.base)
    valid = [encode(tokenizer, example, marks) for example in read(options.valid)]
    began, step, seen, tokens, loss_sum, loss_count = time.time(), 0, 0, 0, 0.0, 0
    next_save = options.save_every

    def checkpoint(passed: float) -> None:
        facts = {"rank": options.rank, "alpha": options.alpha, "examples": seen, "steps": step,
                 "minutes": round(passed / 60, 1), "lr": options.lr, "seed": options.seed}
        facts["valid_exact"] = round(validate(reader, valid, device), 4)
        save(reader, options.out, facts)
        print(f"saved {options.out}: {facts}", flush=True)

    while (number := shared.take()) < len(data.batches):
        counts = torch.tensor(backward(reader, data.batches[number], device), dtype=torch.float64)
        for index in range(helpers):
            if shared.ready[index].item():
                at = 0
                for parameter in trained:
                    parameter.grad += shared.gradients[index][at : at + parameter.numel()].view_as(parameter)
                    at += parameter.numel()
                counts += shared.counts[index]
                shared.ready[index] = 0
        passed = time.time() - began
        share = max(passed / (options.minutes * 60), (number + 1) / len(data.batches))
        for group in optimizer.param_groups:
            group["lr"] = options.lr * min(1.0, (step + 1) / options.warmup) * max(0.0, 1.0 - share)
        for parameter in trained:
            parameter.grad /= counts[1].item()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        if helpers:
            shared.weights.copy_(flat(trained))
        step += 1
        loss_sum, loss_count = loss_sum + counts[0].item(), loss_count + int(counts[1])
        tokens, seen = tokens + int(counts[2]), seen + int(counts[3])
        if step % options.log_every == 0:
            print(
                f"step {step} examples {seen} loss {loss_sum / loss_count:.4f} {tokens / passed:.0f} tokens/s "
                f"{passed / 60:.1f} min lr {optimizer.param_groups[0]['lr']:.2e}", flush=True,
            )
            loss_sum, loss_count = 0.0, 0
        if passed / 60 >= next_save and share < 1.0:
            next_save += options.save_every
            checkpoint(passed)
        if share >= 1.0:
            break
    shared.stop[0] = 1
    # Not in the loop: a helper may have taken the last batch.
    checkpoint(time.time() - began)
    if spawned is not None:
        spawned.join()


def main() -> None:
    gpu = torch.cuda.is_available()
    parser = argparse.ArgumentParser(prog="training/train", description=__doc__)
    parser.add_argument("--base", type=Path, default=BASE, help="the base model, a GGUF file")
    parser.add_argument("--train", type=Path, default=BUILD / "train.jsonl")
    parser.add_argument("--valid", type=Path, default=BUILD / "valid.jsonl")
    parser.add_argument("--out", type=Path, default=BUILD / "adapter.safetensors")
    parser.add_argument("--resume", action="store_true", help="go on from --out")
    parser.add_argument("--start", type=Path, help="begin with an exported adapter, a GGUF file of the same rank")
    parser.add_argument("--minutes", type=float, default=120, help="longest time (default 120)")
    parser.add_argument("--epochs", type=int, default=1, help="passes over the examples (default 1)")
    parser.add_argument("--rank", type=int, default=16, help="rank of the adapter; 0 tunes the whole model")
    parser.add_argument("--alpha", type=int, default=32)
    parser.add_argument("--layers", type=int, help="adapt the last N layers only")
    parser.add_argument("--dropout", type=float, default=0.1, help="of the adapter's input, against learning by heart")
    parser.add_argument("--lr", type=float, default=1e-3, help="highest learning rate (default 1e-3)")
    parser.add_argument("--warmup", type=int, default=40, help="steps of warming up")
    parser.add_argument("--batch", type=int, default=64 if gpu else 12, help="examples a process and step")
    parser.add_argument("--longest", type=int, default=200, help="longer examples are left out, in tokens")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=1 if gpu else os.cpu_count() or 1)
    parser.add_argument("--device", default="cuda" if gpu else "cpu")
    parser.add_argument("--nice", type=int, default=10, help="niceness of the helpers: other work goes first")
    parser.add_argument("--log-every", type=int, default=20)
    parser.add_argument("--save-every", type=float, default=6, help="minutes between checkpoints")
    options = parser.parse_args()
    lead(options)


if __name__ == "__main__":
    main()
