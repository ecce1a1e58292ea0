"""What a result remembers of how it was computed."""

import torch

from dlnotes.clinic.bookkeeping import graph_nodes


def test_nodes_of_a_graph_count_once() -> None:
    x = torch.ones(3, requires_grad=True)
    assert graph_nodes(1.5) == graph_nodes(x) == graph_nodes(torch.ones(3)) == 0
    # A product of one leaf: the operation and the leaf's own node.
    assert graph_nodes(2 * x) == 2
    y = 2 * x
    assert graph_nodes(y + y) == 3
    assert graph_nodes((y + y).detach()) == 0
