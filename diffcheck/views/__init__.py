"""A report, shown: as text, JSON, a plot."""
