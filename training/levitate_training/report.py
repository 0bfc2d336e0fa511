"""`training/report`: measures the engines on the sets with the installer's own `eval`, and writes the tables.

The first set is measured with every engine, the others with the model and the rules.

The tables go to docs/understanding.md, between its marks; the text around them is kept. Times are those of this
machine as it is, so nothing else should be running.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from .records import BASE, HELD_OUT, ROOT

DOCUMENT = ROOT / "docs/understanding.md"
BEGIN, END = "<!-- tables: training/report -->", "<!-- end of tables -->"
CLASSES = ["direct", "reference", "intent", "compound", "typo", "terse", "question", "consent", "ambiguous", "unsafe",
           "multilingual"]


def program() -> str:
    subprocess.run(["cargo", "build", "--quiet", "-p", "levitate-installer"], cwd=ROOT, check=True)
    return str(Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "debug/levitate-installer")


def measure(installer: str, flags: list[str], sentences: Path) -> dict:
    """The JSON of one run of `eval`."""
    with tempfile.NamedTemporaryFile(suffix=".json") as out:
        command = [installer, "eval", "--set", str(sentences), *flags, "--json", out.name]
        print(" ".join(command), flush=True)
        subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        return json.loads(Path(out.name).read_text())


def untuned() -> str:
    """A folder with the base model alone."""
    folder = Path(tempfile.mkdtemp(prefix="untuned-"))
    (folder / "model.gguf").symlink_to(BASE)
    return str(folder / "model.gguf")


def table(rows: list[tuple[str, list[str]]], head: list[str]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join([name, *cells]) + " |" for name, cells in rows]) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(prog="training/report", description=__doc__)
    parser.add_argument("--set", dest="sets", type=Path, action="append", help="a set; the held-out and the blind one, and the development set where it is beside the checkout")
    parser.add_argument("--server", action="store_true", help="measure the Transformers server as well (needs torch)")
    options = parser.parse_args()
    sets = options.sets or [p for p in (ROOT.parent / "shared/eval/dev.jsonl", *HELD_OUT) if p.exists()]
    installer = program()
    every = {
        "model and rules (embedded, the default)": [],
        "model alone": ["--alone"],
        "rules alone": ["--engine", "rules"],
    }
    first = {
        "untuned base model alone": ["--model", untuned(), "--profile", "reading", "--alone"],
        "base and adapter side by side": ["--model", str(BASE)],
        "no prefix cache, no forced tokens": ["--slow"],
    }
    if options.server:
        python = os.environ.get("LEVITATE_PYTHON", sys.executable)
        first["Transformers server"] = ["--engine", "server", "--python", python]
    out = []
    for number, sentences in enumerate(sets):
        engines = every if number else every | first
        reports = {name: measure(installer, flags, sentences) for name, flags in engines.items()}
        cases = next(iter(reports.values()))["cases"]
        out.append(f"### {sentences.stem}: {cases} cases\n")
        rows = [(name, [f"{r['exact'] * 100:.1f} %", str(r["unsafe"]), f"{r['latency_ms']['p50']:.0f} ms",
                        f"{r['latency_ms']['p95']:.0f} ms", f"{r['first_ms']:.0f} ms", f"{r['peak_rss_mb']:.0f} MiB"])
                for name, r in reports.items()]
        out.append(table(rows, ["", "exact", "unsafe", "p50", "p95", "first answer", "memory"]))
        compared = list(reports)[:4]
        rows = [(c, [f"{reports[n]['by_class'].get(c, 0) * 100:.0f} %" for n in compared]) for c in CLASSES]
        out.append(table(rows, ["class", *compared]))
        tokens = reports[compared[0]]["tokens"]
        out.append(f"Tokens a turn: {tokens['prompt']:.0f} in the prompt ({tokens['cached']:.0f} evaluated before), "
                   f"{tokens['sampled']:.1f} chosen, {tokens['forced']:.1f} forced.\n")
    text = DOCUMENT.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    after = rest.partition(END)[2]
    DOCUMENT.write_text(f"{before}{BEGIN}\n\n" + "\n".join(out) + f"\n{END}{after}", encoding="utf-8")
    print(f"{DOCUMENT}: renewed")


if __name__ == "__main__":
    main()
