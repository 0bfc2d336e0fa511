"""The prompt, to the byte as the installer builds it (crates/agent/src/prompt.rs, ChatML of SmolLM2)."""

import re
from pathlib import Path

from .base import END, START

RUST = Path(__file__).resolve().parents[2] / "crates/agent/src/prompt.rs"


def system() -> str:
    """The instruction, read from the Rust source so that there is one of it."""
    text = RUST.read_text(encoding="utf-8")
    found = re.search(r'pub const SYSTEM: &str = "(.*?)";', text, re.DOTALL)
    if found is None:
        raise SystemExit(f"{RUST}: no SYSTEM text")
    return re.sub(r"\\\n\s*", "", found.group(1))


def prefix() -> str:
    """The constant beginning."""
    return f"{START}system\n{system()}{END}\n"


def turn(facts: str, says: str) -> tuple[str, str, str]:
    """What comes before the words, the words (never read for special tokens), what comes after."""
    return f"{START}user\n", f"{facts}{says}", f"{END}\n{START}assistant\n"


def answer(reading: str) -> tuple[str, str]:
    """The reading, and the token that ends it."""
    return reading, END
