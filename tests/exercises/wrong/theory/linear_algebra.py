"""Wrong answers to the exercises of docs/theory/linear-algebra.py that ask for code, by number: each must be refused."""

WRONG = {
    2: [
        # Not divided; divided by one length; the columns instead of the rows.
        "def cosine_matrix(a, b):\n    return a @ b.T",
        "def cosine_matrix(a, b):\n    return a @ b.T / a.norm(dim=1, keepdim=True)",
        "def cosine_matrix(a, b):\n    return (a / a.norm(dim=0)) @ (b / b.norm(dim=0)).T",
    ],
}
