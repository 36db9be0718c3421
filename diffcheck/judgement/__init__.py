"""From derivatives and certificates to verdicts."""
