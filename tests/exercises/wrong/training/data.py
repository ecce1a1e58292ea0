"""Wrong answers to the exercises of docs/training/data.py that ask for code, by number: each must be refused."""

WRONG = {
    4: [
        # Per image and then averaged; over everything; bytes; per channel and place.
        "def channel_constants(images):\n    x = images.double() / 255\n    return x.mean(dim=(0, 2, 3)), x.std(dim=(2, 3)).mean(dim=0)",
        "def channel_constants(images):\n    x = images.double() / 255\n    return x.mean().expand(3), x.std().expand(3)",
        "def channel_constants(images):\n    x = images.double()\n    return x.mean(dim=(0, 2, 3)), x.std(dim=(0, 2, 3))",
        "def channel_constants(images):\n    x = images.double() / 255\n    return x.mean(dim=0), x.std(dim=0)",
    ],
}
