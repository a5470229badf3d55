"""Functions that run as graphs."""

import numpy as np

from optimization.engine.graphs import as_graph


def test_many_graphs_of_the_same_code_draw_no_warning(caplog):
    doubled = [as_graph(lambda value: value * 2)(np.float32(3)) for _ in range(12)]
    assert [float(value) for value in doubled] == [6.0] * 12
    assert "retracing" not in caplog.text
