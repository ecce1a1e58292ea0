"""Wrong answers to the exercises of docs/theory/autoencoder.py that ask for code, by number: each must be refused."""

WRONG = {
    2: [
        # Not centred; the last components; the components of the wrong images.
        "import torch\ndef rebuild(known, images, k):\n"
        "    d = torch.linalg.svd(known, full_matrices=False).Vh[:k]\n    return images @ d.T @ d",
        "import torch\ndef rebuild(known, images, k):\n    c = known.mean(0)\n"
        "    d = torch.linalg.svd(known - c, full_matrices=False).Vh[-k:]\n    return c + (images - c) @ d.T @ d",
        "import torch\ndef rebuild(known, images, k):\n    c = images.mean(0)\n"
        "    d = torch.linalg.svd(images - c, full_matrices=False).Vh[:k]\n    return c + (images - c) @ d.T @ d",
    ],
}
