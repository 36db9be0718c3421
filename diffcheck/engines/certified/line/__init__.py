"""The first route: a function followed along a line through the point, as power series of balls."""
