"""Labelled sentences: read, made uniform, split by family."""

import hashlib
import json
import re
from pathlib import Path

from .slots import span

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "training/data"
BUILD = ROOT / "training/build"
# Fetched by scripts/model.sh.
BASE = ROOT / "models/SmolLM2-135M-Instruct-Q4_1.gguf"
# One family in twenty is kept for choosing between checkpoints.
VALID_SHARE = 20


def load(path: Path) -> list[dict]:
    """Records of examples/readings.rs: id, class, facts, says, reading."""
    with path.open(encoding="utf-8") as lines:
        return [as_said(json.loads(line)) for line in lines]


def load_said(path: Path) -> list[dict]:
    """Pairs without a machine: asked, waits, users, says, reading, a tab between; `-` is nothing, ` / ` a new line."""
    out = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        columns = [column.strip() for column in line.split("\t")]
        if len(columns) != 5:
            raise SystemExit(f"{path}:{number}: {len(columns)} columns, not 5")
        *told, says, reading = columns
        facts = "".join(f"{name}: {value}\n" for name, value in zip(("asked", "waits", "users"), told) if value != "-")
        record = {"id": f"{path.stem}-{number}", "class": "said", "facts": facts, "says": f"says: {says}"}
        out.append(as_said(record | {"reading": reading.replace(" / ", "\n")}))
    return out


def as_said(record: dict) -> dict:
    """Places and languages spelled as in the words; no line twice."""
    lines = []
    for line in record["reading"].split("\n"):
        verb, _, value = line.partition(" ")
        if verb in ("timezone", "locale", "keyboard") and value not in ("", "?"):
            found = span(record["says"], value)
            if found is not None:
                line = f"{verb} {found.group()}"
        if line not in lines:
            lines.append(line)
    record["reading"] = "\n".join(lines)
    return record


def family(record: dict) -> str:
    """Sentences of one idea: every variation of a hand-written one, and hand-written ones with the same skeleton."""
    return skeleton(record["says"].removeprefix("says: "))


def skeleton(words: str) -> str:
    """Words without case, marks and figures."""
    return re.sub(r"\W+", " ", re.sub(r"\d+", "0", words.lower())).strip()


HELD_OUT = [ROOT / "training/heldout/heldout.jsonl", ROOT / "training/blind/blind.jsonl"]
"""The sets that are measured with, in the contract's form."""


def held_out() -> set[str]:
    """Families of the measuring sets: never trained on."""
    lines = (line for path in HELD_OUT for line in path.read_text(encoding="utf-8").splitlines())
    return {skeleton(json.loads(line)["user"]) for line in lines}


def is_valid(record: dict) -> bool:
    """True for the families that are never trained on. Decided by the words alone, so it does not move with the data."""
    digest = hashlib.sha256(family(record).encode()).digest()
    return digest[0] % VALID_SHARE == 0
