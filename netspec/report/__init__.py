"""What a net looks like: tables, figures, fields."""
