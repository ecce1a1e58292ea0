"""Wrong answers to the exercises of docs/training/splits.py that ask for code, by number: each must be refused."""

WRONG = {
    4: [
        # All alike; by the classes; the more there are, the more often.
        "import torch\ndef sampling_weights(labels):\n    return torch.ones(len(labels))",
        "import torch\ndef sampling_weights(labels):\n    return 1 / torch.bincount(labels).float()",
        "import torch\ndef sampling_weights(labels):\n    return torch.bincount(labels)[labels].float()",
    ],
    5: [
        # Samples dealt out; one fold of all; a sample left out.
        "import torch\ndef group_folds(groups, k):\n    return list(torch.arange(len(groups)).chunk(k))",
        "import torch\ndef group_folds(groups, k):\n    return [torch.arange(len(groups))] + [torch.arange(0)] * (k - 1)",
        "import torch\ndef group_folds(groups, k):\n    people = groups.unique()[1:]\n"
        "    return [torch.isin(groups, people[i::k]).nonzero()[:, 0] for i in range(k)]",
    ],
}
