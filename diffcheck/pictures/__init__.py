"""Pictures: the curve, its tangents, and how well they approximate it. Here, functions are run again, at many points."""
