"""Wrong answers to the exercises of docs/theory/convolution.py that ask for code, by number: each must be refused."""

WRONG = {
    4: [
        # Without dilation; with the kernel turned as in mathematics; transposed.
        "from torch.nn.functional import conv2d\ndef dilated(input, weight, d):\n    return conv2d(input, weight)",
        "from torch.nn.functional import conv2d\ndef dilated(input, weight, d):\n    return conv2d(input, weight.flip(2, 3), dilation=d)",
        "from torch.nn.functional import conv2d\ndef dilated(input, weight, d):\n    return conv2d(input, weight, dilation=d).mT",
    ],
}
