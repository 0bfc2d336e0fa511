"""`training/generate`: labelled sentences × other values × noise × combinations, as lines for training.

Writes training/build/{records,train,valid}.jsonl and kept/kept.jsonl. The same seed gives the same files.
"""

import argparse
import json
import random
import re
import subprocess
from collections import Counter

from . import mix
from .noise import dressed, noisy
from .records import BUILD, DATA, ROOT, family, held_out, is_valid, load, load_said
from .slots import Slots


def label() -> None:
    """Lets the Rust side check every reading against what its case expects, and write prompts and readings."""
    sets = [str(path) for path in sorted(DATA.glob("*.jsonl")) if path.name != "readings.jsonl"]
    command = ["cargo", "run", "--quiet", "-p", "levitate-agent", "--example", "readings", "--", *sets]
    command += ["--quiet", "--out", str(BUILD / "records.jsonl")]
    subprocess.run(command, cwd=ROOT, check=True)


def copied(reading: str) -> set[str]:
    """What the reading takes over letter by letter, in lower case."""
    out = set()
    for line in reading.lower().split("\n"):
        verb, _, value = line.partition(" ")
        if verb in ("hostname", "timezone", "locale", "keyboard", "shell"):
            out.add(value)
        for word in re.split(r"[\s+=:/_-]+", value):
            out.add(word)
    return out


class Generator:
    """Draws examples; `draw` gives {facts, says, reading}."""

    def __init__(self, records: list[dict], seed: int):
        self.rng = random.Random(seed)
        self.slots = Slots(self.rng)
        self.records = records
        verbs = Counter(verb for record in records for verb in set(mix.verbs(record)))
        # Rare actions are not left to chance.
        self.weights = [max((120 / verbs[verb]) ** 0.5 for verb in mix.verbs(r)) for r in records]
        self.first = [r for r in records if mix.joinable(r, first=True)]
        self.later = [r for r in records if mix.joinable(r, first=False)]

    def varied(self, record: dict, noise: bool = True) -> dict:
        rng = self.rng
        example = {key: record[key] for key in ("facts", "says", "reading")}
        if rng.random() < 0.85:
            self.slots.fill(example)
        says = example["says"].removeprefix("says: ")
        kind = rng.random() if noise else 1.0
        if kind < 0.3 and not example["reading"].startswith("shell"):
            says = noisy(says, copied(example["reading"]), rng)
        if 0.2 < kind < 0.6 and not example["reading"].startswith(("shell", "ask", "talk")):
            says = dressed(says, rng)
        example["says"] = f"says: {says}"
        return example

    def draw(self) -> dict:
        rng = self.rng
        if rng.random() < 0.14:
            parts = [rng.choice(self.first)]
            parts += [rng.choice(self.later) for _ in range(rng.choice((1, 1, 1, 2, 2, 3)))]
            verbs = [verb for part in parts for verb in mix.verbs(part)]
            if len(set(verbs)) == len(verbs) and not set(verbs[:-1]) & mix.ENDINGS:
                return mix.joined([self.varied(part) for part in parts], rng)
        example = self.varied(rng.choices(self.records, self.weights)[0])
        if rng.random() < 0.3:
            mix.beside_the_point(example, rng)
        return example


def write_kept(ids: set[str]) -> None:
    """The kept families as cases, for weighing the model against the rules (crates/model/examples/weigh.rs)."""
    folder = BUILD / "kept"
    folder.mkdir(exist_ok=True)
    machines = folder / "machines"
    machines.unlink(missing_ok=True)
    machines.symlink_to(DATA / "machines")
    with (folder / "kept.jsonl").open("w", encoding="utf-8") as out:
        for path in sorted(DATA.glob("*.jsonl")):
            for line in path.open(encoding="utf-8") if path.name != "readings.jsonl" else ():
                if json.loads(line)["id"] in ids:
                    out.write(line)


def write(name: str, examples: list[dict]) -> None:
    with (BUILD / name).open("w", encoding="utf-8") as out:
        for example in examples:
            out.write(json.dumps(example, ensure_ascii=False) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(prog="training/generate", description=__doc__)
    parser.add_argument("--count", type=int, default=80_000, help="examples to draw (default 80000)")
    parser.add_argument("--seed", type=int, default=1, help="seed of every choice (default 1)")
    parser.add_argument("--no-label", action="store_true", help="use training/build/records.jsonl as it is")
    options = parser.parse_args()
    BUILD.mkdir(parents=True, exist_ok=True)
    if not options.no_label:
        label()
    apart = held_out()
    everything = load(BUILD / "records.jsonl")
    for path in sorted(DATA.glob("said-*.tsv")):
        everything += load_said(path)
    records = [record for record in everything if family(record) not in apart]
    kept = [record for record in records if is_valid(record)]
    used = [record for record in records if not is_valid(record)]
    generator = Generator(used, options.seed)
    write("train.jsonl", [generator.draw() for _ in range(options.count)])
    write("valid.jsonl", [{key: r[key] for key in ("facts", "says", "reading", "class")} for r in kept])
    write_kept({record["id"] for record in kept})
    print(f"{len(records)} labelled sentences, {len(kept)} of them kept apart; {options.count} examples drawn")


if __name__ == "__main__":
    main()
