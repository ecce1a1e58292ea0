"""Wrong answers to the exercises of docs/theory/loss-surface.py that ask for code, by number: each must be refused."""

WRONG = {
    3: [
        # The middle of both, whatever the count; a count off by one; writes into what it was given.
        "def running_mean(old, new, count):\n    return {k: (old[k] + new[k]) / 2 for k in old}",
        "def running_mean(old, new, count):\n    return {k: old[k] + (new[k] - old[k]) / count for k in old}",
        "def running_mean(old, new, count):\n    for k in old:\n        old[k] += (new[k] - old[k]) / (count + 1)\n    return old",
    ],
}
