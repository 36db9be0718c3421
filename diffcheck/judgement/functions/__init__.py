"""JAX functions under test: loaded, given points, differentiated by their own rules, and judged entry by entry.

loading: what FILE.py:NAME means · points: the arguments · check: the pipeline · entries: certified judgements ·
numerical: evidence where nothing can be certified · linter: the rules themselves.
"""
