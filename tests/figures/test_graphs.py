"""Graphs show what they were given: every neuron, every weight, every recorded operation."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from itertools import pairwise

import pytest
import torch

from dlnotes import figures
from dlnotes.errors import ShapeError


@pytest.mark.parametrize("sizes", [(2, 1), (3, 4, 2), (8, 8, 8)])
def test_a_small_network_has_all_its_neurons_and_weights(sizes: tuple[int, ...]) -> None:
    diagram = figures.network(sizes)
    assert diagram.svg.count("<circle") == sum(sizes)
    path = re.search(r'<path d="([^"]+)"', diagram.svg)
    assert path and path[1].count("M") == sum(before * after for before, after in pairwise(sizes))
    assert ET.fromstring(diagram.svg).get("viewBox")


def test_a_large_layer_shows_its_first_and_last_neurons() -> None:
    texts = figures.network((784, 3), ("input", "output")).texts
    assert texts[0] == "input" and texts[-1] == "3" and "784" in texts
    assert texts[1:5] == ("1", "2", "3", "4")


def test_a_weight_stands_out() -> None:
    plain, marked = figures.network((3, 2)), figures.network((3, 2), highlight=(1, 3, 2))
    assert marked.svg.count("<path") == plain.svg.count("<path") + 1


def test_the_recorded_operations_are_drawn_once_each() -> None:
    w, x = torch.tensor(2.0, requires_grad=True), torch.tensor(3.0, requires_grad=True)
    product = w * x
    diagram = figures.autograd((product + w).sin(), {"w": w, "x": x})
    assert sorted(diagram.texts) == ["Add", "Mul", "Sin", "w", "x"]
    # w feeds two operations: five edges among five nodes.
    assert len(re.findall(r'd="M[^"]*C', diagram.svg)) == 5


def test_a_leaf_without_a_name_shows_its_shape() -> None:
    weight = torch.zeros(3, 2, requires_grad=True)
    assert figures.autograd(weight.sum()).texts == ("3×2", "Sum")


def test_a_loop_leads_back() -> None:
    assert figures.flow(("one", "two"), back="again").texts == ("one", "two", "again")
    assert figures.flow(("one", "two")).texts == ("one", "two")


def test_wrong_arguments() -> None:
    with pytest.raises(ShapeError, match="at least two layers"):
        figures.network((3,))
    with pytest.raises(ShapeError, match="one name for each"):
        figures.network((3, 2), ("input",))
    with pytest.raises(ShapeError, match="at least one step"):
        figures.flow(())
    with pytest.raises(ShapeError, match="grad_fn"):
        figures.autograd(torch.zeros(1))
