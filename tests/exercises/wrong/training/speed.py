"""Wrong answers to the exercises of docs/training/speed.py that ask for code, by number: each must be refused."""

WRONG = {
    4: [
        # The integers; a scale for each row; one integer too many on the positive side.
        "def quantize(x, bits):\n    m = 2 ** (bits - 1) - 1\n    return (x / (x.abs().max() / m)).round()",
        "def quantize(x, bits):\n    s = x.abs().amax(dim=1, keepdim=True) / (2 ** (bits - 1) - 1)\n    return (x / s).round() * s",
        "def quantize(x, bits):\n    s = x.abs().max() / 2 ** (bits - 1)\n    return (x / s).round() * s",
    ],
}
