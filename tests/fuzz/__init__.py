"""Random and damaged inputs for every door of netspec. `python -m tests.fuzz --long` is the whole of it."""
