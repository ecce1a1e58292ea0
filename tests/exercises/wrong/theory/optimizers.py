"""Wrong answers to the exercises of docs/theory/optimizers.py that ask for code, by number: each must be refused."""

WRONG = {
    6: [
        # Without correction; with t one too large; with the sign alone.
        "def adam_step(w, g, m, v, t, lr):\n    m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2\n"
        "    return w - lr * m / (v**0.5 + 1e-8), m, v",
        "def adam_step(w, g, m, v, t, lr):\n    m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2\n"
        "    return w - lr * m / (1 - 0.9**(t + 1)) / ((v / (1 - 0.999**(t + 1)))**0.5 + 1e-8), m, v",
        "def adam_step(w, g, m, v, t, lr):\n    return w - lr * g.sign(), m, v",
    ],
}
