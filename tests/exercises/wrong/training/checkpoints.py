"""Wrong answers to the exercises of docs/training/checkpoints.py that ask for code, by number: each must be refused."""

WRONG = {
    5: [
        # Over the old file; after removing it; to another place.
        "import torch\ndef save_atomically(state, path):\n    torch.save(state, path)",
        "import os, torch\ndef save_atomically(state, path):\n    if os.path.exists(path):\n        os.remove(path)\n"
        "    torch.save(state, path)",
        "import torch\ndef save_atomically(state, path):\n    torch.save(state, path + '.partial')",
    ],
}
