"""Wrong answers to the exercises of docs/theory/losses.py that ask for code, by number: each must be refused."""

WRONG = {
    5: [
        # Without T²; averaged over the classes too; the teacher is trained as well.
        "from torch.nn.functional import cross_entropy, kl_div\ndef distillation(s, t, y, T, a):\n"
        "    soft = kl_div((s / T).log_softmax(1), (t.detach() / T).softmax(1), reduction='batchmean')\n"
        "    return a * soft + (1 - a) * cross_entropy(s, y)",
        "from torch.nn.functional import cross_entropy, kl_div\ndef distillation(s, t, y, T, a):\n"
        "    soft = T**2 * kl_div((s / T).log_softmax(1), (t.detach() / T).softmax(1), reduction='none').mean()\n"
        "    return a * soft + (1 - a) * cross_entropy(s, y)",
        "from torch.nn.functional import cross_entropy, kl_div\ndef distillation(s, t, y, T, a):\n"
        "    soft = T**2 * kl_div((s / T).log_softmax(1), (t / T).softmax(1), reduction='batchmean')\n"
        "    return a * soft + (1 - a) * cross_entropy(s, y)",
    ],
}
