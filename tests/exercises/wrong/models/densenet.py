"""Wrong answers to the exercises of docs/models/densenet.py that ask for code, by number: each must be refused."""

WRONG = {
    3: [
        "from torch import nn\ndef as_sum(channels):\n    return nn.Conv2d(2 * channels, channels, 1)",
        "import torch\nfrom torch import nn\ndef as_sum(channels):\n    c = nn.Conv2d(2 * channels, channels, 1, bias=False)\n"
        "    c.weight.data = torch.ones_like(c.weight)\n    return c",
        "from torch import nn\ndef as_sum(channels):\n    return nn.Identity()",
    ],
}
