"""The mean of adapters."""

import numpy as np
import pytest
from levitate_training.average import mean


def test_each_tensor_is_the_mean_of_its_own():
    one = {"a": np.zeros((2, 3), np.float32), "b": np.full(4, 2, np.float32)}
    two = {"a": np.ones((2, 3), np.float32), "b": np.full(4, 6, np.float32)}
    got = mean([one, two])
    assert (got["a"] == 0.5).all() and (got["b"] == 4).all() and got["a"].dtype == np.float32


def test_another_rank_is_refused():
    with pytest.raises(ValueError):
        mean([{"a": np.zeros((16, 3), np.float32)}, {"a": np.zeros((8, 3), np.float32)}])
