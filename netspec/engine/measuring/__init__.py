"""Where the time of a step goes, and which method runs a convolution fastest on this machine."""
