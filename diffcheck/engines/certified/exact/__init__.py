"""The exact algebra: numbers and germs that decide where balls cannot, at ties, ends of domains and divisions by zero."""
