"""What is declared must be done everywhere: the places that each kind of thing has, compared."""
