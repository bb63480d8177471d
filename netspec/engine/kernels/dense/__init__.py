"""Layers of units."""
