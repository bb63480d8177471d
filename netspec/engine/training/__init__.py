"""Steps to a training: optimiser, schedule, epochs, and what a later run goes on from."""
