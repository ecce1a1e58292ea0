"""Wrong answers to the exercises of docs/theory/pooling.py that ask for code, by number: each must be refused."""

WRONG = {
    2: [
        "from torch import nn\ndef average(channels):\n    return nn.AvgPool2d(2)",
        # Mixes the channels.
        "from torch import nn\ndef average(channels):\n    c = nn.Conv2d(channels, channels, 2, stride=2, bias=False)\n"
        "    nn.init.constant_(c.weight, 1 / 4)\n    return c",
    ],
}
