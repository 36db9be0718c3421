"""Text, read: tokens, names settled, a tree; and what is said about text that cannot be read, or in two ways."""
