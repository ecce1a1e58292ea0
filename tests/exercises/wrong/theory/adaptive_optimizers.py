"""Wrong answers to the exercises of docs/theory/adaptive-optimizers.py that ask for code, by number: each must be refused."""

WRONG = {
    3: [
        # Divides by the old average; eps within the root; a sum.
        "def rmsprop_step(w, g, v, lr):\n    return w - lr * g / (v**0.5 + 1e-8), 0.99 * v + 0.01 * g**2",
        "def rmsprop_step(w, g, v, lr):\n    v = 0.99 * v + 0.01 * g**2\n    return w - lr * g / (v + 1e-2) ** 0.5, v",
        "def rmsprop_step(w, g, v, lr):\n    v = v + g**2\n    return w - lr * g / (v**0.5 + 1e-8), v",
    ],
}
