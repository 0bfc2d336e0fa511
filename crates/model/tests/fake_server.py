"""The real server with a model that needs no packages: its name says what it does while it loads, the last message
of a request what it does then."""

import importlib.util
import json
import os
import signal
import sys
import time
from pathlib import Path

SERVER = Path(__file__).resolve().parents[2] / "installer/python/llm_server.py"
spec = importlib.util.spec_from_file_location("llm_server", SERVER)
llm_server = sys.modules["llm_server"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(llm_server)


class Fake:
    """Answers with what it was asked."""

    def __init__(self, options):
        self.profile = "template" if options.profile == "template" else "reading"
        self.name, self.context, self.grammars, self.prepared = "fake", 100, None, []

    def generate(self, body, alive):
        last = body["messages"][-1]["content"]
        if last == "slow":
            until = time.monotonic() + 60
            while time.monotonic() < until:
                if not alive():
                    raise llm_server.Gone
                time.sleep(0.01)
        if last == "die":
            os._exit(9)
        if last == "long":
            raise llm_server.Refused("too_long", "too long", tokens=900, context=100)
        if last == "break":
            raise ValueError("broken")
        return {"text": json.dumps([body, self.prepared]), "finish": "end", "log_probability": -1.5,
                "prompt_tokens": 7, "cached_tokens": 3, "generated_tokens": 2, "seconds": 0.1,
                "prefill_seconds": 0.25, "decode_seconds": 0.5, "grammar": "ignored"}

    def score(self, body, alive):
        allowed = None if body["answer"] == "never" else -len(body["answer"])
        return {"log_probability": allowed, "prompt_tokens": 7}

    def prepare(self, body, alive):
        self.prepared.append(body["messages"][-1]["content"])
        if body["messages"][-1]["content"] == "slow":
            while alive():
                time.sleep(0.01)
            raise llm_server.Gone
        return {"prompt_tokens": 7}


def load(options, report):
    what = options.model
    report(message="pretending", expect=1 << 40)
    if what == "fake/slow":
        time.sleep(1)
    elif what == "fake/never":
        time.sleep(600)
    elif what == "fake/broken":
        raise llm_server.Refused("model", "the weights are damaged")
    elif what == "fake/ends":
        print("no more", file=sys.stderr, flush=True)
        os._exit(3)
    elif what == "fake/noisy":
        for stream in (sys.stdout, sys.stderr):
            stream.write("x" * 3_000_000 + "\n" + "a line of noise\n" * 100_000)
            stream.flush()
    return Fake(options)


llm_server.load = load
llm_server.packages = lambda options: ["json", "no_such_package"] if options.model == "fake/lacking" else ["json"]
if "--model=fake/stubborn" in sys.argv:
    llm_server.watch_stdin = lambda: time.sleep(600)
    real_signal = signal.signal
    llm_server.signal.signal = lambda number, _: real_signal(number, signal.SIG_IGN)
llm_server.main()
