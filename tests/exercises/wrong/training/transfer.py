"""Wrong answers to the exercises of docs/training/transfer.py that ask for code, by number: each must be refused."""

WRONG = {
    2: [
        # Nothing; the parameters alone; the statistics alone; the whole model.
        "def freeze_batch_norm(model):\n    pass",
        "def freeze_batch_norm(model):\n    for m in model.modules():\n        if 'BatchNorm' in type(m).__name__:\n"
        "            m.requires_grad_(False)",
        "def freeze_batch_norm(model):\n    for m in model.modules():\n        if 'BatchNorm' in type(m).__name__:\n            m.eval()",
        "def freeze_batch_norm(model):\n    model.eval().requires_grad_(False)",
        "from torch import nn\ndef freeze_batch_norm(model):\n    model.requires_grad_(False)\n    for m in model.modules():\n"
        "        if isinstance(m, (nn.BatchNorm1d, nn.BatchNorm2d)):\n            m.eval()",
    ],
}
