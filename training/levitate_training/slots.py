"""Other values in the same sentence: the words change, the reading changes with them."""

import random
import re

from . import words

SIZE = re.compile(r"\b(\d+(?:\.\d+)?)([MGT])\b")
DISKS = ["sda", "sdb", "sdc", "sdd", "sde", "vda", "vdb", "vdc", "nvme0n1", "nvme1n1", "nvme2n1", "mmcblk0"]
DEVICE = re.compile(r"\b(sd[a-e]|vd[a-e]|nvme\d+n\d+|mmcblk\d+)(p?\d+)?\b")


def span(text: str, value: str) -> re.Match | None:
    """Where a value stands as whole words, whatever its case; only where it stands once."""
    found = list(re.finditer(rf"(?<![\w/-]){re.escape(value)}(?![\w/])", text, re.IGNORECASE))
    return found[0] if len(found) == 1 else None


def swap(example: dict, old: str, new: str, line: int, keep_case: bool = True) -> bool:
    """Puts `new` for `old` into the words, the facts and one line of the reading. False where `old` is not said once."""
    found = span(example["says"], old)
    if found is None or found.start() < len("says: "):
        return False
    said = new
    if keep_case and found.group().isupper() and len(old) > 3:
        said = new.upper()
    elif keep_case and found.group()[:1].isupper() and new.islower():
        said = new.title()
    example["says"] = example["says"][: found.start()] + said + example["says"][found.end() :]
    example["facts"] = re.sub(rf"(?<![\w/]){re.escape(old)}(?![\w/])", new, example["facts"], flags=re.IGNORECASE)
    lines = example["reading"].split("\n")
    head, _, value = lines[line].partition(" ")
    written = said if head in ("timezone", "locale", "keyboard") else new
    changed = re.sub(rf"(?<![\w/]){re.escape(old)}(?![\w/])", lambda _: written, value, count=1, flags=re.IGNORECASE)
    lines[line] = f"{head} {changed}"
    example["reading"] = "\n".join(lines)
    return True


class Slots:
    """Draws values. One instance a run; deterministic for one generator."""

    def __init__(self, rng: random.Random):
        self.rng = rng
        self.places, self.languages, self.keymaps = words.places(), words.languages(), words.keymaps()

    def fill(self, example: dict) -> None:
        """Changes what can be changed, in place."""
        rng = self.rng
        for line, text in enumerate(example["reading"].split("\n")):
            verb, _, value = text.partition(" ")
            if value in ("", "?"):
                continue
            if verb == "timezone":
                swap(example, value, rng.choice(self.places), line)
            elif verb == "locale":
                swap(example, value, rng.choice(self.languages), line)
            elif verb == "keyboard":
                swap(example, value, rng.choice(self.keymaps), line)
            elif verb == "hostname" and value != "it":
                swap(example, value, rng.choice(words.HOSTS), line, keep_case=False)
            elif verb == "user":
                name = value.removesuffix(" sudo")
                if name not in ("it", "?", "hostname"):
                    self.rename(example, name)
            elif verb in ("password", "group"):
                name, _, group = value.partition(" ")
                if name not in ("it", "me", "root", "?"):
                    self.rename(example, name)
                if group and group not in words.ADMIN and rng.random() < 0.7:
                    swap(example, group, rng.choice(words.GROUPS), line, keep_case=False)
        self.devices(example)
        self.makers(example)
        self.sizes(example)

    def rename(self, example: dict, old: str) -> None:
        """Another person, wherever the old one is named."""
        new = self.rng.choice(words.NAMES)
        says = example["says"][len("says: ") :]
        if not re.search(rf"(?<![\w-]){re.escape(old)}(?![\w-])", says, re.IGNORECASE):
            return
        if re.search(rf"(?<!\w){re.escape(new)}(?!\w)", says + example["facts"], re.IGNORECASE):
            return

        def put(found: re.Match) -> str:
            return new.capitalize() if found.group()[:1].isupper() and new.isalpha() else new

        pattern = rf"(?<![\w-]){re.escape(old)}(?![\w-])"
        example["says"] = "says: " + re.sub(pattern, put, says, flags=re.IGNORECASE)
        example["facts"] = re.sub(pattern, new, example["facts"], flags=re.IGNORECASE)
        lines = []
        for text in example["reading"].split("\n"):
            verb, _, value = text.partition(" ")
            if verb in ("user", "password", "group"):
                name, space, rest = value.partition(" ")
                if name.lower() == old.lower():
                    text = f"{verb} {new}{space}{rest}"
            lines.append(text)
        example["reading"] = "\n".join(lines)

    def devices(self, example: dict) -> None:
        """Other disks, the same ones in words, facts and reading."""
        names = sorted({found.group(1) for found in DEVICE.finditer(example["reading"])})
        if not names or any(name not in example["says"] for name in names) or self.rng.random() < 0.3:
            return
        new = dict(zip(names, self.rng.sample(DISKS, len(names))))

        def put(found: re.Match) -> str:
            disk = new.get(found.group(1))
            if disk is None:
                return found.group()
            number = (found.group(2) or "").lstrip("p")
            return disk + ("p" if number and disk[-1].isdigit() else "") + number

        for key in ("says", "facts", "reading"):
            example[key] = DEVICE.sub(put, example[key])

    def makers(self, example: dict) -> None:
        """Other makers, systems and labels."""
        for group in (words.MAKERS, words.SYSTEMS, words.LABELS):
            for old in group:
                if old in refs(example["reading"]) and self.rng.random() < 0.7:
                    new = self.rng.choice([word for word in group if word not in example["says"].lower()])
                    swap_ref(example, old, new)
                    break

    def sizes(self, example: dict) -> None:
        """Other numbers, where the same digits stand once in the words and once in the reading."""
        if self.rng.random() < 0.3:
            return
        for number, unit in dict.fromkeys(SIZE.findall(example["reading"])):
            said = re.findall(rf"(?<![\d.]){re.escape(number)}(?![\d.])", example["says"])
            written = re.findall(rf"(?<![\d.\w]){re.escape(number)}{unit}\b", example["reading"])
            if len(said) != 1 or len(written) != 1:
                continue
            new = self.number(unit, float(number))
            example["says"] = re.sub(rf"(?<![\d.]){re.escape(number)}(?![\d.])", new, example["says"])
            example["reading"] = re.sub(
                rf"(?<![\d.\w]){re.escape(number)}{unit}\b", new + unit, example["reading"], count=1
            )

    def number(self, unit: str, old: float) -> str:
        rng = self.rng
        if unit == "T":
            return rng.choice(("1", "2", "1.5", "3", "4", "8", "0.5"))
        if unit == "M":
            return rng.choice(("256", "300", "512", "550", "600", "768", "1024", "200"))
        if old < 12:
            return rng.choice(("1", "2", "3", "4", "5", "6", "8", "10", "12", "2.5"))
        return str(rng.choice((16, 18, 20, 24, 25, 30, 32, 35, 40, 45, 48, 50, 55, 60, 64, 70, 75, 80, 90, 96, 100, 110, 120,
                               128, 150, 160, 180, 200, 220, 240, 250, 256, 300, 320, 350, 400, 450, 480, 500, 512, 750)))


def refs(reading: str) -> set[str]:
    """The words of every reference of a reading."""
    out = set()
    for line in reading.split("\n"):
        verb, _, value = line.partition(" ")
        if verb in ("partition", "format", "mount", "boot"):
            out |= {word.lstrip("-") for word in value.split(" ")[0].split("+")}
    return out


def swap_ref(example: dict, old: str, new: str) -> None:
    """One word of a reference, wherever it stands."""
    found = span(example["says"], old)
    if found is None:
        return
    said = new.capitalize() if found.group()[:1].isupper() else new
    example["says"] = example["says"][: found.start()] + said + example["says"][found.end() :]
    example["facts"] = re.sub(rf"\b{re.escape(old)}\b", new, example["facts"], flags=re.IGNORECASE)
    lines = []
    for line in example["reading"].split("\n"):
        verb, space, value = line.partition(" ")
        if verb in ("partition", "format", "mount", "boot"):
            head, gap, rest = value.partition(" ")
            line = verb + space + re.sub(rf"(?<!\w){re.escape(old)}(?!\w)", new, head) + gap + rest
        lines.append(line)
    example["reading"] = "\n".join(lines)
