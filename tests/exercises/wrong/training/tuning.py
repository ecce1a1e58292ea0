"""Wrong answers to the exercises of docs/training/tuning.py that ask for code, by number: each must be refused."""

WRONG = {
    4: [
        # Sizes of 3, 3, 3, 1; validation left in training; the same images in validation again and again; one fold too few.
        "import torch\ndef folds(n, k):\n    p = torch.randperm(n).chunk(k)\n"
        "    return [(torch.cat([q for j, q in enumerate(p) if j != i]), p[i]) for i in range(k)]",
        "import torch\ndef folds(n, k):\n    return [(torch.arange(n), p) for p in torch.arange(n).tensor_split(k)]",
        "import torch\ndef folds(n, k):\n    return [tuple(torch.randperm(n).split([n - n // k, n // k])) for _ in range(k)]",
        "import torch\ndef folds(n, k):\n    p = torch.randperm(n).tensor_split(k)\n"
        "    return [(torch.cat([q for j, q in enumerate(p) if j != i]), p[i]) for i in range(k - 1)]",
    ],
}
