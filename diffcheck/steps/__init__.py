"""A derivative rule by rule, as a textbook writes it; each step is checked by the certified engine before it is shown.

arithmetic: nodes that are simplified as they are made · rules: the table of rules · checks: is a step right · derivation: the walk
"""
