"""Convolutions, their transposes and locally connected layers: one file a way to run them."""
