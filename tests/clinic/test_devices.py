"""What the cases of devices measure with: bytes kept for backward, programs of their own, files as a GPU would write them."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from dlnotes.clinic import devices


def test_saved_bytes_are_those_that_backward_needs() -> None:
    layer, inputs = nn.Linear(4, 3, bias=False), torch.zeros(5, 4)
    assert devices.saved_bytes(layer, inputs) == 5 * 4 * 4
    # The sigmoid keeps its result as well; the same input kept twice counts once.
    assert devices.saved_bytes(lambda x: layer(x).sigmoid(), inputs) == (5 * 4 + 5 * 3) * 4
    assert devices.saved_bytes(lambda x: layer(x) + layer(x), inputs) == 5 * 4 * 4
    with torch.no_grad():
        assert devices.saved_bytes(layer, inputs) == 0


def test_a_program_runs_by_itself_and_says_why_it_failed() -> None:
    assert devices.run_program("print(1)") == ""
    assert "ZeroDivisionError" in devices.run_program("1 / 0")
    assert "SystemExit" not in devices.run_program("raise SystemExit(0)")


def test_a_file_from_a_gpu_names_its_device_and_holds_the_same_numbers() -> None:
    state = {"weight": torch.randn(2, 3), "bias": torch.arange(4)}
    file = devices.saved_on_gpu(state)
    assert b"cuda:0" in file.getvalue()
    torch.testing.assert_close(torch.load(file, map_location="cpu"), state)


@pytest.mark.parametrize("before", [False, True])
def test_determinism_is_demanded_for_a_while(before: bool) -> None:
    torch.use_deterministic_algorithms(before)
    try:
        with pytest.raises(KeyError), devices.deterministic():
            assert torch.are_deterministic_algorithms_enabled()
            raise KeyError
        assert torch.are_deterministic_algorithms_enabled() is before
    finally:
        torch.use_deterministic_algorithms(False)
