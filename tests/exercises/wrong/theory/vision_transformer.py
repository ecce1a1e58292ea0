"""Wrong answers to the exercises of docs/theory/vision-transformer.py that ask for code, by number: each must be refused."""

WRONG = {
    3: [
        # Cuts rows, not patches; leaves the channels last.
        "def patches(images, side):\n    return images.reshape(len(images), -1, images.shape[1] * side * side)",
        "def patches(images, side):\n    n, c, h, w = images.shape\n    x = images.reshape(n, c, h // side, side, w // side, side)\n"
        "    return x.permute(0, 2, 4, 3, 5, 1).reshape(n, -1, c * side * side)",
    ],
}
