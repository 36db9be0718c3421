"""From a subject to its samples: expressions and JAX functions, their points and claims; `rules/` checks derivative rules."""
