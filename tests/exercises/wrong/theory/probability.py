"""Wrong answers to the exercises of docs/theory/probability.py that ask for code, by number: each must be refused."""

WRONG = {
    5: [
        # The spread of single answers; one standard error; in percent.
        "def interval(right, total):\n    p = right / total\n    h = 1.96 * (p * (1 - p)) ** 0.5\n    return p - h, p + h",
        "def interval(right, total):\n    p = right / total\n    h = (p * (1 - p) / total) ** 0.5\n    return p - h, p + h",
        "def interval(right, total):\n    p = right / total\n    h = 1.96 * (p * (1 - p) / total) ** 0.5\n"
        "    return 100 * (p - h), 100 * (p + h)",
    ],
}
