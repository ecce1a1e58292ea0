"""Wrong answers to the exercises of docs/training/loop.py that ask for code, by number: each must be refused."""

WRONG = {
    3: [
        # Without the division; without the clearing; with an update for each batch.
        "def accumulate(model, f, optimizer, batches):\n    for x, y in batches:\n        f(model(x), y).backward()\n"
        "    optimizer.step()\n    optimizer.zero_grad()",
        "def accumulate(model, f, optimizer, batches):\n    for x, y in batches:\n        (f(model(x), y) / len(batches)).backward()\n"
        "    optimizer.step()",
        "def accumulate(model, f, optimizer, batches):\n    for x, y in batches:\n        (f(model(x), y) / len(batches)).backward()\n"
        "        optimizer.step()\n        optimizer.zero_grad()",
    ],
}
