"""What the cases of Python measure with."""

from __future__ import annotations

from dlnotes.clinic import python


def test_complaint_is_what_python_prints_last() -> None:
    assert python.complaint("x = 1\n") == ""
    assert python.complaint("# --8<-- [start:x]\n1 / 0\n# --8<-- [end:x]\n") == "ZeroDivisionError: division by zero"
    # The marks of the page are no lines of the reader's file.
    assert 'File "train.py", line 2' in python.complaint("# --8<-- [start:x]\nx = 1\nx = (\n# --8<-- [end:x]\n")


def test_run_as_runs_a_file_of_that_name() -> None:
    assert python.run_as("# trial.py\nimport sys\nprint(sys.argv[0].endswith('trial.py'))\n") == "True"
    assert python.run_as("# trial.py\nraise ValueError('no')\n") == "ValueError: no"


def test_what_is_kept_and_what_is_last() -> None:
    assert python.train_and_keep(python.best_fixed) == (1.0, 2.0)
    assert python.train_and_keep(python.best_broken) == (2.0, 2.0)
