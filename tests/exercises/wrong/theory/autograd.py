"""Wrong answers to the exercises of docs/theory/autograd.py that ask for code, by number: each must be refused."""

WRONG = {
    2: [
        "import math\ndef exp(self):\n    return type(self)(math.exp(self.value), ())",
        "import math\ndef exp(self):\n    return type(self)(math.exp(self.value), ((self, self.value),))",
        "def exp(self):\n    return type(self)(1 + self.value, ((self, 1.0),))",
    ],
    7: [
        # No gradient; cut off; rounded down; a gradient of its own.
        "def pass_through_round(x):\n    return x.round()",
        "def pass_through_round(x):\n    return x.detach().round()",
        "def pass_through_round(x):\n    return x + (x.floor() - x).detach()",
        "def pass_through_round(x):\n    return 2 * x + (x.round() - 2 * x).detach()",
    ],
}
