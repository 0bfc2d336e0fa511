"""The prompt, to the byte as the installer builds it (crates/agent/src/prompt.rs; ChatML unless said otherwise)."""

import re
from pathlib import Path

from .base import CHATML, Turns

RUST = Path(__file__).resolve().parents[2] / "crates/agent/src/prompt.rs"


def system() -> str:
    """The instruction, read from the Rust source so that there is one of it."""
    text = RUST.read_text(encoding="utf-8")
    found = re.search(r'pub const SYSTEM: &str = "(.*?)";', text, re.DOTALL)
    if found is None:
        raise SystemExit(f"{RUST}: no SYSTEM text")
    return re.sub(r"\\\n\s*", "", found.group(1))


def prefix(turns: Turns = CHATML) -> str:
    """The constant beginning."""
    return f"{turns.first}{turns.start}{turns.system}\n{system()}{turns.end}\n"


def turn(facts: str, says: str, turns: Turns = CHATML) -> tuple[str, str, str]:
    """What comes before the words, the words (never read for special tokens), what comes after."""
    return f"{turns.start}{turns.user}\n", f"{facts}{says}", f"{turns.end}\n{turns.start}{turns.assistant}\n"


def answer(reading: str, turns: Turns = CHATML) -> tuple[str, str]:
    """The reading, and the token that ends it."""
    return reading, turns.end
