"""Activations, a number at a time or over the maps of a position."""
