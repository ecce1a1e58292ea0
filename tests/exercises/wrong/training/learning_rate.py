"""Wrong answers to the exercises of docs/training/learning-rate.py that ask for code, by number: each must be refused."""

WRONG = {
    6: [
        # No warm-up; the cosine counted from step 0; a warm-up that begins at 0.
        "import math\ndef schedule(step, steps, warmup, lr):\n    return lr * (1 + math.cos(math.pi * step / steps)) / 2",
        "import math\ndef schedule(step, steps, warmup, lr):\n    if step < warmup:\n        return lr * (step + 1) / warmup\n"
        "    return lr * (1 + math.cos(math.pi * step / steps)) / 2",
        "import math\ndef schedule(step, steps, warmup, lr):\n    if step < warmup:\n        return lr * step / warmup\n"
        "    return lr * (1 + math.cos(math.pi * (step - warmup) / (steps - warmup))) / 2",
    ],
}
