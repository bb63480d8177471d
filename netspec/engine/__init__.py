"""Training and running in NumPy: plan, memory, kernels, optimisers."""
