"""A claim each, with the nets that they need."""
