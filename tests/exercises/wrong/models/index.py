"""Wrong answers to the exercises of docs/models/index.py that ask for code, by number: each must be refused."""

WRONG = {
    4: ["def macs_per_parameter(name):\n    return 6.34", "def macs_per_parameter(name):\n    return None"],
}
