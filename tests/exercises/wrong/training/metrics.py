"""Wrong answers to the exercises of docs/training/metrics.py that ask for code, by number: each must be refused."""

WRONG = {
    2: [
        # Ties count nothing; ties count whole; the accuracy at a threshold; the order turned round.
        "def auc(scores, positive):\n    return (scores[positive][:, None] > scores[~positive]).double().mean().item()",
        "def auc(scores, positive):\n    return (scores[positive][:, None] >= scores[~positive]).double().mean().item()",
        "def auc(scores, positive):\n    return ((scores > scores.median()) == positive).double().mean().item()",
        "from sklearn.metrics import roc_auc_score\ndef auc(scores, positive):\n    return roc_auc_score(positive, -scores)",
    ],
}
