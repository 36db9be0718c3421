"""A builder of graphs that leaves out what a textbook does not write: sums with 0, products with 1, powers of 1."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from diffcheck.graph.graph import Apply, Constant, GraphBuilder


class TidyBuilder(GraphBuilder):
    """Operands and results are indices of nodes."""

    def number(self, value: int | Fraction) -> int:
        """A number as a textbook writes it: -3, 2/3."""
        value = Fraction(value)
        if value.denominator == 1:
            return self.constant(value)
        quotient = self.apply("divide", (self.constant(Fraction(abs(value.numerator))), self.constant(Fraction(value.denominator))))
        return quotient if value > 0 else self.apply("negate", (quotient,))

    def known(self, i: int) -> Fraction | None:
        """The value of a literal, of one with a minus, or of a quotient of two."""
        match self.nodes[i]:
            case Constant(value):
                return value
            case Apply("negate", (inner,)):
                found = self.known(inner)
                return None if found is None else -found
            case Apply("divide", (a, b)) if isinstance(self.nodes[a], Constant) and isinstance(self.nodes[b], Constant):
                above, below = self.known(a), self.known(b)
                return above / below if above is not None and below else None
        return None

    def plus(self, a: int, b: int) -> int:
        x, y = self.known(a), self.known(b)
        if x is not None and y is not None:
            return self.number(x + y)
        if x == 0 or y == 0:
            return b if x == 0 else a
        negated = self._negated(b)
        return self.apply("add", (a, b)) if negated is None else self.minus(a, negated)

    def minus(self, a: int, b: int) -> int:
        x, y = self.known(a), self.known(b)
        if x is not None and y is not None:
            return self.number(x - y)
        if x == 0 or y == 0:
            return a if y == 0 else self.opposite(b)
        negated = self._negated(b)
        return self.apply("subtract", (a, b)) if negated is None else self.plus(a, negated)

    def opposite(self, a: int) -> int:
        x, negated = self.known(a), self._negated(a)
        return self.number(-x) if x is not None else self.apply("negate", (a,)) if negated is None else negated

    def times(self, a: int, b: int) -> int:
        """A product, its literal factor first."""
        (x, left), (y, right) = self._factors(a), self._factors(b)
        for factor in (*left, *right):
            match self.nodes[factor]:
                case Apply("divide", (one, d)) if self.known(one) == 1 and (x * y != 1 or left and right):
                    others = [*left, *right]
                    others.remove(factor)
                    return self.over(self._product(x * y, others), d)
        return self._product(x * y, [*left, *right])

    def over(self, a: int, b: int) -> int:
        """A quotient, without a literal factor that both have, and with its sign in front."""
        if a == b:
            return self.number(1)
        (x, above), (y, below) = self._factors(a), self._factors(b)
        if x == 0 or y == 0:
            return self.number(0) if y else self.apply("divide", (a, b))
        for factor in above:
            match self.nodes[factor]:
                case Apply("divide", (one, d)) if self.known(one) == 1:
                    others = [each for each in above if each != factor]
                    return self.over(self._product(x, others), self.times(d, b))
        sign = -1 if (x < 0) is not (y < 0) else 1
        ratio = x / y
        x, y = Fraction(ratio.numerator), Fraction(ratio.denominator)
        numerator, denominator = self._product(abs(x), above), self._product(abs(y), below)
        quotient = numerator if self.known(denominator) == 1 else self.apply("divide", (numerator, denominator))
        return quotient if sign > 0 else self.opposite(quotient)

    def _factors(self, i: int) -> tuple[Fraction, list[int]]:
        """The literal factor of a node, and its other factors in their order."""
        literal, found, waiting = Fraction(1), list[int](), [i]
        while waiting:
            k = waiting.pop()
            value = self.known(k)
            if value is not None:
                literal *= value
                continue
            match self.nodes[k]:
                case Apply("negate", (inner,)):
                    literal = -literal
                    waiting.append(inner)
                case Apply("multiply", (a, b)):
                    waiting += [b, a]
                case _:
                    found.append(k)
        return literal, found

    def _product(self, literal: Fraction, factors: Sequence[int]) -> int:
        """A literal times other factors, from left to right."""
        if literal == 0 or not factors:
            return self.number(literal)
        first, *others = factors if abs(literal) == 1 else [self.number(abs(literal)), *factors]
        for factor in others:
            first = self.apply("multiply", (first, factor))
        return first if literal > 0 else self.apply("negate", (first,))

    def raised(self, a: int, n: int) -> int:
        """A power; of an integer literal it is one for every base."""
        x, exponent = self.known(a), self.known(n)
        if exponent is not None and exponent.denominator == 1:
            if exponent in (0, 1):
                return self.number(1) if exponent == 0 else a
            return self.apply("integer_power", (a, self.number(exponent)))
        return self.number(1) if x == 1 else self.apply("power", (a, n))

    def _negated(self, i: int) -> int | None:
        """What a node is the opposite of, if it is one of a number that is no literal, or a product with a negative factor."""
        node = self.nodes[i]
        if not isinstance(node, Apply) or node.function not in ("negate", "multiply"):
            return None
        literal, factors = self._factors(i)
        return self._product(-literal, factors) if literal < 0 and factors else None

    def sum_of(self, terms: Sequence[int]) -> int:
        total = self.number(0)
        for term in terms:
            total = self.plus(total, term)
        return total
