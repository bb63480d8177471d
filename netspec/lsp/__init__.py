"""What an editor asks about a spec: its text is analysed once a version, and each answer is worked out from that."""
