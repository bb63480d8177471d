"""What a step does and in which memory: known before the first number is computed."""
