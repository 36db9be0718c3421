"""The graph in the middle: what is differentiated, and what every derivative becomes."""
