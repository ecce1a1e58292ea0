"""Wrong answers to the exercises of docs/theory/sequences.py that ask for code, by number: each must be refused."""

WRONG = {
    3: [
        # One way only; the order of the two ends changed.
        "import torch\ndef bidirectional(x, W, U, b):\n    h = x.new_zeros(len(x), len(b))\n    for x_t in x.unbind(1):\n"
        "        h = torch.tanh(x_t @ W.T + h @ U.T + b)\n    return torch.cat([h, h], dim=1)",
        "import torch\ndef bidirectional(x, W, U, b):\n    ends = []\n    for s in (x.flip(1), x):\n"
        "        h = x.new_zeros(len(x), len(b))\n        for x_t in s.unbind(1):\n"
        "            h = torch.tanh(x_t @ W.T + h @ U.T + b)\n        ends.append(h)\n    return torch.cat(ends, 1)",
    ],
}
