"""Wrong answers to the exercises of docs/models/why-this-answer.py that ask for code, by number: each must be refused."""

WRONG = {
    2: [
        # Downhill; the gradient itself; not cut to 0 … 1; gradients left on the parameters.
        "import torch\nfrom torch.nn import functional as F\ndef fgsm(m, x, y, e):\n    x = x.clone().requires_grad_(True)\n"
        "    g, = torch.autograd.grad(F.cross_entropy(m(x), y), x)\n    return (x.detach() - e * g.sign()).clamp(0, 1)",
        "import torch\nfrom torch.nn import functional as F\ndef fgsm(m, x, y, e):\n    x = x.clone().requires_grad_(True)\n"
        "    g, = torch.autograd.grad(F.cross_entropy(m(x), y), x)\n    return (x.detach() + e * g).clamp(0, 1)",
        "import torch\nfrom torch.nn import functional as F\ndef fgsm(m, x, y, e):\n    x = x.clone().requires_grad_(True)\n"
        "    g, = torch.autograd.grad(F.cross_entropy(m(x), y), x)\n    return x.detach() + e * g.sign()",
        "from torch.nn import functional as F\ndef fgsm(m, x, y, e):\n    x = x.clone().requires_grad_(True)\n"
        "    F.cross_entropy(m(x), y).backward()\n    return (x.detach() + e * x.grad.sign()).clamp(0, 1)",
    ],
}
