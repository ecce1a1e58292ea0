"""Wrong answers to the exercises of docs/models/dense-prediction.py that ask for code, by number: each must be refused."""

WRONG = {
    4: [
        # Rows before columns; one past the end.
        "def box(mask):\n    r, c = mask.nonzero().T\n    return r.min(), c.min(), r.max(), c.max()",
        "def box(mask):\n    r, c = mask.nonzero().T\n    return c.min(), r.min(), c.max() + 1, r.max() + 1",
        "def box(mask):\n    return 0, 0, mask.shape[1] - 1, mask.shape[0] - 1",
    ],
}
