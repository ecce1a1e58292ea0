"""Wrong answers to the exercises of docs/theory/attention.py that ask for code, by number: each must be refused."""

WRONG = {
    2: [
        # Not scaled; the mask after softmax; softmax along the queries; no mask.
        "import math, torch\ndef causal_attention(q, k, v):\n    m = torch.ones(q.shape[1], k.shape[1]).triu(1).bool()\n"
        "    return (q @ k.mT).masked_fill(m, -math.inf).softmax(-1) @ v",
        "import torch\ndef causal_attention(q, k, v):\n    return ((q @ k.mT / q.shape[-1] ** 0.5).softmax(-1)).tril() @ v",
        "import math, torch\ndef causal_attention(q, k, v):\n    m = torch.ones(q.shape[1], k.shape[1]).triu(1).bool()\n"
        "    return (q @ k.mT / q.shape[-1] ** 0.5).masked_fill(m, -math.inf).softmax(-2) @ v",
        "from torch.nn import functional as F\ndef causal_attention(q, k, v):\n    return F.scaled_dot_product_attention(q, k, v)",
    ],
}
