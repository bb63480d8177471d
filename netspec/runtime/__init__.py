"""Compiled models on devices: opened, run, evaluated."""
