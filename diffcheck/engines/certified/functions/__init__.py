"""How each function of the table is computed, chosen by its name: along a line as power series, on complex boxes as values."""
