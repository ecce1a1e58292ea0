"""Wrong answers to the exercises of docs/models/lenet.py that ask for code, by number: each must be refused."""

WRONG = {
    4: [
        "def as_convolution(linear, channels, side):\n    return linear",
        "from torch import nn\ndef as_convolution(linear, channels, side):\n    return nn.Conv2d(channels, linear.out_features, side)",
    ],
}
