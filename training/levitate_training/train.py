"""`training/train`: trains the adapter on training/build/train.jsonl, loss on the answers alone.

Stops after --minutes or --epochs, whichever comes first; the learning rate falls to zero at that end. A run that was
stopped goes on with --resume. On a CPU one process a core is started, on a GPU one.
"""

import argparse
import json
import os
import random
import time
from pathlib import Path

import torch
import torch.distributed as dist
from safetensors.torch import load_file, save_file

from . import prompt
from .base import load_model, load_tokenizer
from .batches import batches, encode, ids, tensors
from .reader import Reader
from .records import BUILD


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


def agree(values: list[torch.Tensor], world: int) -> None:
    """Sums tensors over the processes, as one message."""
    if world == 1:
        return
    flat = torch.cat([value.flatten() for value in values])
    dist.all_reduce(flat)
    at = 0
    for value in values:
        value.copy_(flat[at : at + value.numel()].view_as(value))
        at += value.numel()


def work(rank: int, options: argparse.Namespace) -> None:
    """One process: its share of the batches, gradients summed over all."""
    world, device = options.processes, options.device
    if device == "cpu":
        torch.set_num_threads(1)
        os.nice(options.nice)
    if world > 1:
        os.environ.setdefault("MASTER_ADDR", "127.0.0.1")
        os.environ.setdefault("MASTER_PORT", str(options.port))
        dist.init_process_group("gloo", rank=rank, world_size=world)
    torch.manual_seed(options.seed)
    tokenizer = load_tokenizer(options.base)
    reader = Reader(
        load_model(options.base), ids(tokenizer, prompt.prefix()), options.rank, options.alpha, options.layers
    ).to(device)
    if options.resume:
        missing = reader.load_state_dict(load_file(options.out), strict=False)
        if missing.unexpected_keys:
            raise SystemExit(f"{options.out}: has {missing.unexpected_keys[0]}, which this model does not")
    optimizer = torch.optim.AdamW(reader.trained(), lr=options.lr, betas=(0.9, 0.99), weight_decay=0.0)
    train = [encode(tokenizer, example) for example in read(options.train)]
    train = [example for example in train if len(example.ids) <= options.longest]
    valid = [encode(tokenizer, example) for example in read(options.valid)]
    order = random.Random(options.seed)
    began, seen, tokens, step, loss_sum, loss_count = time.time(), 0, 0, 0, 0.0, 0
    next_save = options.save_every
    for epoch in range(options.epochs):
        todo = batches(train, options.batch, order)
        per_epoch = len(todo) // world
        for index in range(per_epoch):
            inputs, labels = tensors(todo[index * world + rank])
            with torch.autocast(device, torch.bfloat16, enabled=device != "cpu"):
                loss, count = reader.loss(inputs.to(device), labels.to(device))
            loss.backward()
            passed = time.time() - began
            totals = torch.tensor([loss.item(), float(count), passed, float((inputs != 0).sum()), float(len(inputs))])
            agree([p.grad for p in reader.trained()] + [totals], world)
            # All processes go by the same clock.
            passed = totals[2].item() / world
            share = max(passed / (options.minutes * 60), (epoch * per_epoch + index + 1) / (options.epochs * per_epoch))
            warm = min(1.0, (step + 1) / options.warmup)
            for group in optimizer.param_groups:
                group["lr"] = options.lr * warm * max(0.0, 1.0 - share)
            for parameter in reader.trained():
                parameter.grad /= totals[1]
            torch.nn.utils.clip_grad_norm_(reader.trained(), 1.0)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            step += 1
            seen += int(totals[4].item())
            tokens += int(totals[3].item())
            loss_sum += totals[0].item()
            loss_count += int(totals[1].item())
            if rank == 0 and step % options.log_every == 0:
                print(
                    f"step {step} examples {seen} loss {loss_sum / loss_count:.4f} {tokens / passed:.0f} tokens/s "
                    f"{passed / 60:.1f} min lr {optimizer.param_groups[0]['lr']:.2e}", flush=True,
                )
                loss_sum, loss_count = 0.0, 0
            ended = share >= 1.0
            if passed / 60 >= next_save or ended:
                next_save += options.save_every
                if rank == 0:
                    facts = {"rank": options.rank, "alpha": options.alpha, "examples": seen, "steps": step,
                             "minutes": round(passed / 60, 1), "lr": options.lr, "seed": options.seed}
                    facts["valid_exact"] = round(validate(reader, valid, device), 4)
                    save(reader, options.out, facts)
                    print(f"saved {options.out}: {facts}", flush=True)
                if world > 1:
                    dist.barrier()
            if ended:
                return


def main() -> None:
    gpu = torch.cuda.is_available()
    parser = argparse.ArgumentParser(prog="training/train", description=__doc__)
    parser.add_argument("--base", type=Path, default=BUILD / "base.gguf", help="the base model, a GGUF file")
    parser.add_argument("--train", type=Path, default=BUILD / "train.jsonl")
    parser.add_argument("--valid", type=Path, default=BUILD / "valid.jsonl")
    parser.add_argument("--out", type=Path, default=BUILD / "adapter.safetensors")
    parser.add_argument("--resume", action="store_true", help="go on from --out")
    parser.add_argument("--minutes", type=float, default=120, help="longest time (default 120)")
    parser.add_argument("--epochs", type=int, default=1, help="passes over the examples (default 1)")
    parser.add_argument("--rank", type=int, default=16, help="rank of the adapter; 0 tunes the whole model")
    parser.add_argument("--alpha", type=int, default=32)
    parser.add_argument("--layers", type=int, help="adapt the last N layers only")
    parser.add_argument("--lr", type=float, default=1e-3, help="highest learning rate (default 1e-3)")
    parser.add_argument("--warmup", type=int, default=40, help="steps of warming up")
    parser.add_argument("--batch", type=int, default=64 if gpu else 12, help="examples a process and step")
    parser.add_argument("--longest", type=int, default=200, help="longer examples are left out, in tokens")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=1 if gpu else os.cpu_count() or 1)
    parser.add_argument("--device", default="cuda" if gpu else "cpu")
    parser.add_argument("--nice", type=int, default=10, help="niceness on a CPU: other work goes first")
    parser.add_argument("--port", type=int, default=29531, help="loopback port of the processes")
    parser.add_argument("--log-every", type=int, default=20)
    parser.add_argument("--save-every", type=float, default=6, help="minutes between checkpoints")
    options = parser.parse_args()
    if options.processes > 1:
        torch.multiprocessing.spawn(work, (options,), nprocs=options.processes)
    else:
        work(0, options)


if __name__ == "__main__":
    main()
