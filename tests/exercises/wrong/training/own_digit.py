"""Wrong answers to the exercises of docs/training/own-digit.py that ask for code, by number: each must be refused."""

WRONG = {
    4: [
        # The centre of the frame; columns before rows; every pixel with ink counted once.
        "def centre_of_mass(image):\n    return (image.shape[0] - 1) / 2, (image.shape[1] - 1) / 2",
        "import torch\ndef centre_of_mass(image):\n    m = image.sum()\n    r = torch.arange(image.shape[0], dtype=image.dtype)\n"
        "    c = torch.arange(image.shape[1], dtype=image.dtype)\n"
        "    return float((image.sum(0) * c).sum() / m), float((image.sum(1) * r).sum() / m)",
        "def centre_of_mass(image):\n    where = image.nonzero().double().mean(0)\n    return float(where[0]), float(where[1])",
    ],
}
