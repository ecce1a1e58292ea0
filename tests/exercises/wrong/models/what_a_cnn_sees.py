"""Wrong answers to the exercises of docs/models/what-a-cnn-sees.py that ask for code, by number: each must be refused."""

WRONG = {
    4: [
        "def activations(model, images):\n    return {}",
        # The hooks stay.
        "def activations(model, images):\n    found = {}\n    for name, m in model.named_modules():\n        if not list(m.children()):\n"
        "            m.register_forward_hook(lambda m, i, o, name=name: found.update({name: o.detach()}))\n"
        "    model(images)\n    return found",
        # Every layer under the name of the last one.
        "def activations(model, images):\n    found = {}\n    hs = []\n    for name, m in model.named_modules():\n"
        "        if not list(m.children()):\n"
        "            hs.append(m.register_forward_hook(lambda m, i, o: found.update({name: o.detach()})))\n"
        "    model(images)\n    [h.remove() for h in hs]\n    return found",
    ],
}
