"""What derivatives cost, by each way to them: operations, memory and time, and how they swell with an index. Takes no part in verdicts."""
