"""Wrong answers to the exercises of docs/theory/linear-regression.py that ask for code, by number: each must be refused."""

WRONG = {
    4: [
        # Standardized, and still correlated; uncorrelated, of unequal variance; not centred.
        "def whiten(features):\n    return (features - features.mean(dim=0)) / features.std(dim=0)",
        "import torch\ndef whiten(features):\n    c = features - features.mean(dim=0)\n"
        "    return c @ torch.linalg.svd(c, full_matrices=False)[2].T",
        "import torch\ndef whiten(features):\n    return torch.linalg.svd(features, full_matrices=False)[0] * (len(features) - 1) ** 0.5",
        "def whiten(features):\n    return features[:, :2]",
    ],
}
