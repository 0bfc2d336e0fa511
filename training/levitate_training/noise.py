"""What thumbs, haste and autocorrection do to a sentence. The reading stays as it was."""

import random

ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
NEAR: dict[str, str] = {}
for _y, _row in enumerate(ROWS):
    for _x, _key in enumerate(_row):
        _near = _row[max(0, _x - 1) : _x] + _row[_x + 1 : _x + 2]
        for _other in (ROWS[_y - 1] if _y else "", ROWS[_y + 1] if _y + 1 < len(ROWS) else ""):
            _near += _other[max(0, _x - 1) : _x + 1]
        NEAR[_key] = _near

# Words that may be left out without changing what is meant.
DROPPED = set("the a an to of on my please with it is that this for me want i would like".split())
OPENERS = ["please", "ok", "so", "hey", "hi,", "now", "next,", "right,", "alright,", "um", "well,", "and", "then",
           "can you", "could you", "i want to", "i'd like to", "let's", "pls", "just"]
CLOSERS = ["please", "pls", "thanks", "thank you", "thx", "ok?", "if you can", "now", "for me", "cheers"]


def slip(word: str, rng: random.Random) -> str:
    """One mistake in a word of four letters or more."""
    if len(word) < 4 or not word.isalpha():
        return word
    at = rng.randrange(1, len(word))
    kind = rng.random()
    if kind < 0.3:
        return word[: at - 1] + word[at] + word[at - 1] + word[at + 1 :]
    if kind < 0.55:
        return word[:at] + word[at + 1 :]
    if kind < 0.75:
        near = NEAR.get(word[at].lower())
        return word[:at] + rng.choice(near) + word[at + 1 :] if near else word
    if kind < 0.9:
        return word[:at] + word[at] + word[at:]
    near = NEAR.get(word[at].lower())
    return word[:at] + rng.choice(near) + word[at:] if near else word


def noisy(text: str, kept: set[str], rng: random.Random) -> str:
    """Mistakes in words that are not in `kept` (lower case: what the reading copies)."""
    words = text.split(" ")
    out = []
    rate = rng.choice((0.06, 0.12, 0.25))
    for word in words:
        bare = word.strip(".,!?;:\"'()").lower()
        # A word of which the reading holds a part must stay readable.
        free = bare not in kept and not any(bare in other.split() for other in kept)
        if free and not any(c.isdigit() or c == "/" for c in word):
            if bare in DROPPED and len(words) > 4 and rng.random() < rate:
                continue
            if rng.random() < rate:
                word = slip(word, rng)
        out.append(word)
    if len(out) > 2 and rng.random() < 0.08:
        at = rng.randrange(len(out) - 1)
        if all(part.strip(",.").lower() not in kept for part in out[at : at + 2]):
            out[at : at + 2] = [out[at] + out[at + 1]]
    return " ".join(out) or text


def dressed(text: str, rng: random.Random) -> str:
    """Case, marks and politeness."""
    kind = rng.random()
    if kind < 0.12:
        text = f"{rng.choice(OPENERS)} {text}"
    elif kind < 0.22:
        text = f"{text.rstrip('.!?')} {rng.choice(CLOSERS)}"
    kind = rng.random()
    if kind < 0.10:
        text = text.rstrip(".!?") + rng.choice((".", "!", "...", " :)"))
    elif kind < 0.25:
        text = "".join(c for c in text if c not in ",.!?;'") if not any(c.isdigit() or c == "/" for c in text) else text
    return text.strip() or "?"
