"""Evaluation traces, shown: as tables in text, Markdown, LaTeX and CSV, as JSON, and as graphs in DOT and Mermaid."""
