"""Wrong answers to the exercises of docs/theory/normalization.py that ask for code, by number: each must be refused."""

WRONG = {
    2: [
        "def fold(convolution, normalization):\n    return convolution",
        "def fold(convolution, normalization):\n    return normalization",
        # Forgets eps and the mean.
        "import torch\nfrom torch import nn\ndef fold(c, n):\n"
        "    f = nn.Conv2d(c.in_channels, c.out_channels, c.kernel_size, c.stride, c.padding)\n"
        "    with torch.no_grad():\n        s = n.weight / n.running_var.sqrt()\n"
        "        f.weight.copy_(s[:, None, None, None] * c.weight)\n        f.bias.copy_(n.bias)\n    return f",
    ],
}
