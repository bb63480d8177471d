"""Small faults that the tests must notice: a row a fault, planted one at a time in a copy of the package."""
