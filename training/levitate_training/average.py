"""`training/average`: the mean of several adapters' weights, which reads better than each of them.

They have to come from one line of training (each begun from the one before), of one rank. Source: Wortsman et al., Model
soups, 2022. How much each counts is chosen on the kept families (`levitate-installer eval`), never on a measuring set.
"""

import argparse
from pathlib import Path

import numpy as np
from safetensors import safe_open
from safetensors.numpy import save_file


def read(path: Path) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Tensors by name, in float32, and how they came about."""
    with safe_open(path, "np") as weights:
        return {name: weights.get_tensor(name).astype(np.float32) for name in weights.keys()}, weights.metadata() or {}


def mean(adapters: list[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """The mean of each tensor. Raises ValueError where names or shapes differ."""
    first = adapters[0]
    shapes = {name: tensor.shape for name, tensor in first.items()}
    for other in adapters[1:]:
        if {name: tensor.shape for name, tensor in other.items()} != shapes:
            raise ValueError("the adapters differ in rank or layers")
    return {name: np.mean([adapter[name] for adapter in adapters], axis=0, dtype=np.float32) for name in first}


def main() -> None:
    parser = argparse.ArgumentParser(prog="training/average", description=__doc__)
    parser.add_argument("adapters", type=Path, nargs="+", help="files that training/train saved, the latest last")
    parser.add_argument("--out", type=Path, required=True, help="where the mean goes, for training/export --adapter")
    options = parser.parse_args()
    read_all = [read(path) for path in options.adapters]
    facts = read_all[-1][1] | {"mean_of": ", ".join(path.stem for path in options.adapters)}
    try:
        save_file(mean([tensors for tensors, _ in read_all]), options.out, metadata=facts)
    except ValueError as error:
        parser.error(str(error))
    print(f"{options.out}: the mean of {len(read_all)}")


if __name__ == "__main__":
    main()
