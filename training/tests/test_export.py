"""The order of rows in Q and K that llama.cpp wants."""

import numpy as np
from levitate_training.export import permuted, unpermuted


def test_rows_are_put_into_ggufs_order():
    heads, dimension, rank = 2, 4, 1
    rows = np.arange(heads * dimension, dtype=np.float32).reshape(-1, rank)
    # Transformers has both halves of a head one after the other, GGUF has their rows in turn.
    assert permuted(rows, heads).ravel().tolist() == [0, 2, 1, 3, 4, 6, 5, 7]


def test_an_exported_adapter_comes_back(tmp_path):
    for heads, dimension in ((9, 64), (3, 64)):
        weight = np.random.default_rng(1).standard_normal((heads * dimension, 16)).astype(np.float32)
        assert (unpermuted(permuted(weight, heads), heads) == weight).all()
