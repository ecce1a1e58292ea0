"""Wrong answers to the exercises of docs/theory/indexing.py that ask for code, by number: each must be refused."""

WRONG = {
    2: [
        # Of the wrong type; turned; as many classes as labels.
        "import torch\ndef one_hot(labels, classes):\n    return labels[:, None] == torch.arange(classes)",
        "import torch\ndef one_hot(labels, classes):\n    return (torch.arange(classes)[:, None] == labels).float()",
        "import torch\ndef one_hot(labels, classes):\n    return torch.eye(classes)[: len(labels)]",
    ],
    3: [
        # By reshape alone; patches column by column; the channel last within a patch.
        "def cut(x, s):\n    return x.reshape(len(x), -1, x.shape[1] * s * s)",
        "def cut(x, s):\n    n, c, h, w = x.shape\n"
        "    return x.reshape(n, c, h // s, s, w // s, s).permute(0, 4, 2, 1, 3, 5).reshape(n, -1, c * s * s)",
        "def cut(x, s):\n    n, c, h, w = x.shape\n"
        "    return x.reshape(n, c, h // s, s, w // s, s).permute(0, 2, 4, 3, 5, 1).reshape(n, -1, c * s * s)",
    ],
}
