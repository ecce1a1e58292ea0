"""Wrong answers to the exercises of docs/theory/mlp.py that ask for code, by number: each must be refused."""

WRONG = {
    1: [
        "def xor(x1, x2):\n    return max(0, x1 + x2)",
        "def xor(x1, x2):\n    return int(x1 != x2) * (x1 + x2) ** 2",
        "def xor(x1):\n    return x1",
        "xor = 3",
    ],
}
