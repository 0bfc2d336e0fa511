"""Several wishes in one breath, and facts that do not matter."""

import random

SETTINGS = {"hostname", "timezone", "locale", "keyboard", "user", "password", "group", "copy", "boot"}
ENDINGS = {"finish", "reboot", "exit"}
JOINTS = [" and ", ", ", ", and ", ". ", " then ", ", then ", "; ", " also ", ", plus ", " & ", " "]
ASIDES = ["what shall i do next?", "what next?", "done.", "anything else?", "what shall this computer be called?",
          "which disk shall i use?", "welcome to the levitateos installer! what would you like to do?",
          "shall i go on?", "is there anything else?", "disk partitioned successfully! what's next?",
          "hostname set. what is your timezone?", "the disks are listed above.", "proceed?"]
ACCOUNTS = ["vince", "anna", "lea", "tom", "maria"]


def verbs(example: dict) -> list[str]:
    """The first word of every line of the reading."""
    return [line.split(" ")[0] for line in example["reading"].split("\n")]


def joinable(example: dict, first: bool) -> bool:
    """True where a sentence can be part of a longer one: no facts it rests on, no pronoun, no end before the end."""
    if example["facts"] or len(example["says"]) > 90:
        return False
    allowed = SETTINGS | ({"partition"} if first else ENDINGS)
    found = verbs(example)
    text = " " + example["reading"].replace("\n", " ") + " "
    return all(verb in allowed for verb in found) and len(found) <= 2 and not any(
        word in text for word in (" it ", " ? ", " me ", " other ", " same ")
    ) or (first and found == ["partition"] and " it " not in text and " other" not in text and " same" not in text)


def joined(parts: list[dict], rng: random.Random) -> dict:
    """One sentence of several; the layout of a disk comes first in the reading, as code executes it first."""
    said = parts[0]["says"].rstrip(".!? ")
    for part in parts[1:]:
        words = part["says"].removeprefix("says: ").rstrip(".!? ")
        joint = rng.choice(JOINTS)
        if joint != ". " and words[:1].isupper() and not words[:2].isupper() and rng.random() < 0.7:
            words = words[0].lower() + words[1:]
        said += joint + words
    lines = list(dict.fromkeys(line for part in parts for line in part["reading"].split("\n")))
    lines.sort(key=lambda line: 0 if line.startswith("partition") else 1)
    return {"facts": "", "says": said, "reading": "\n".join(lines)}


def beside_the_point(example: dict, rng: random.Random) -> None:
    """Facts that change nothing, so that the model learns when they do not matter."""
    if example["facts"]:
        return
    found = set(verbs(example))
    # With a plan that waits these mean something else, or a question makes them an answer.
    if found & {"yes", "no", "partition", "ask", "talk", "boot", "copy"} or len(example["says"]) < 24:
        return
    facts = ""
    if rng.random() < 0.5:
        facts += f"asked: {rng.choice(ASIDES)}\n"
    if found & {"finish", "reboot", "exit", "undo"} or rng.random() < 0.7:
        pass
    elif "user" not in found:
        facts += f"waits: partition {rng.choice(('sda', 'vda', 'nvme0n1', 'sdb encrypt'))}\n"
    if not found & {"password", "group"} and rng.random() < 0.5:
        facts += f"users: {' '.join(rng.sample(ACCOUNTS, rng.choice((1, 1, 2))))}\n"
    example["facts"] = facts
