"""Reports, shown: as text, data and pages. Nothing is computed here."""
