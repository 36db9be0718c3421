"""What a function is at a point or on an interval: smooth, a kink, undefined; and the enclosures that go with it."""
