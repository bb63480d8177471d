"""Pictures and labels: read, prepared, handed out in batches."""
