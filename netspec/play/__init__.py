"""A page in the browser beside a spec: its figure while it is typed, its tables to click on, digits to try it with."""
