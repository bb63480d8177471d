"""Sentences of the literature, each measured by a short file of ``told/``: what it says, and what is found here."""
