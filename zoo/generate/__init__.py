"""Writes the nets of the zoo: prototxts, solvers, pages, index. `python -m zoo.generate [NAME...]`, or `--check`."""
