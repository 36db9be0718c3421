"""All that touches JAX: graphs as JAX programs, JAX functions, and their programs lifted into graphs."""
