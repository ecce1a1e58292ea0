"""Wrong answers to the exercises of docs/training/augmentation.py that ask for code, by number: each must be refused."""

WRONG = {
    3: [
        # All of them; none; upside down.
        "def flip_some(images, labels, symmetric):\n    return images.flip(3)",
        "def flip_some(images, labels, symmetric):\n    return images",
        "import torch\ndef flip_some(images, labels, symmetric):\n    c = torch.isin(labels, torch.tensor(symmetric))\n"
        "    return torch.where(c[:, None, None, None], images.flip(2), images)",
        "def flip_some(images, labels, symmetric):\n    return images[:1]",
    ],
    5: [
        # Labels of one image alone; the weights exchanged; labels mixed as numbers.
        "from torch.nn.functional import one_hot\ndef mix(x, y, order, w, n):\n"
        "    return w * x + (1 - w) * x[order], one_hot(y, n).float()",
        "from torch.nn.functional import one_hot\ndef mix(x, y, order, w, n):\n    t = one_hot(y, n).float()\n"
        "    return (1 - w) * x + w * x[order], (1 - w) * t + w * t[order]",
        "def mix(x, y, order, w, n):\n    return w * x + (1 - w) * x[order], w * y + (1 - w) * y[order]",
    ],
}
