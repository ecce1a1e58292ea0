"""Wrong answers to the exercises of docs/models/after-resnet.py that ask for code, by number: each must be refused."""

WRONG = {
    4: [
        # Shuffled once more, which is right only where there are as many groups as channels in each.
        "def unshuffle(x, groups):\n    return x.unflatten(1, (groups, -1)).transpose(1, 2).flatten(1, 2)",
        "def unshuffle(x, groups):\n    return x",
        "def unshuffle(x, groups):\n    return x.flip(1)",
    ],
}
