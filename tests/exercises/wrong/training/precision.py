"""Wrong answers to the exercises of docs/training/precision.py that ask for code, by number: each must be refused."""

WRONG = {
    4: [
        # The smallest normal number; one halving too many; not the format asked for.
        "import torch\ndef machine_epsilon(dtype):\n    return torch.finfo(dtype).tiny",
        "import torch\ndef machine_epsilon(dtype):\n    return torch.finfo(dtype).eps / 2",
        "def machine_epsilon(dtype):\n    return 2.0**-23",
    ],
}
