"""Who works, and for how long: processes under limits, whoever asked for them.

The supervisor is the process that people start, or that calls `diffcheck.check(…, timeout=…)`; it has the only clock. What it
starts, a fork (`forked`) or a worker (`workers`), says line by line how far it has come, and ends when its supervisor ends.
"""
