"""A plan bound to memory and run, by one process or several."""
