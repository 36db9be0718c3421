r"""Texts that are made to be obeyed, by a terminal, a CI server, a browser, a parser or a reader's eye: names of cases and files."""

from __future__ import annotations

import os

TERMINAL = (
    "\x1b[31mred\x1b[0m",
    "\x1b[2J\x1b[H",  # clear the screen
    "\x1b[1A\x1b[2K✓ passed",  # over the line above
    "\x1b]0;title\x07",
    "\x1b]8;;https://evil.example\x1b\\link\x1b]8;;\x1b\\",
    "\x1b]52;c;cm0gLXJmIH4=\x07",  # into the clipboard
    "\x1b]1337;File=name=eA==:AAAA\x07",
    "\x1bP+q544e\x1b\\",
    "\x1bc",
    "\x1b(0lqk",
    "\x9b31mC1",
    "\x9d0;title\x9c",
    "bell \x07",
    "back\x08\x08\x08\x08over",
    "delete \x7f",
    "form\x0cfeed\x0bvertical",
    "null \x00 byte",
    "shift \x0e out \x0f in",
    "over\rwritten",
    "tab\tbed",
)
COMMANDS = (
    "a\n::error::pwned",
    "a\r\n::error file=x,line=1::pwned",
    "a\r::warning::pwned",
    "::error::pwned",
    "  ::set-output name=x::y",
    "::stop-commands::token",
    "::add-mask::e",
    "a\n::group::b\n::endgroup::",
    "##[error]pwned",
    "a ##[add-path]/evil",
    "##vso[task.setvariable variable=PATH]/evil",
    "a\n##teamcity[testFailed name='x']",
    "%0A::error::pwned",
    "%0D%0A%25%3A%2C",
    "title,line=9::pwned",
    "a\u2028::error::pwned",
    "a\u2029b",
    "a\x85b",
    "x" * 130 + "\n::error::pwned",
)
EYES = (
    "\u202egnp.exe",
    "\u202aleft\u202c\u202dover\u202c",
    "\u2066isolated\u2069\u2067right\u2069\u2068first\u2069",
    "\u200eleft\u200fright\u061carabic",
    "zero\u200bwidth\u200cjoin\u200d\u2060er",
    "\ufeffmark",
    "soft\u00adhyphen",
    "filler \u3164\u115f\uffa0",
    "tag \U000e0041\U000e007f",
    "private \ue000\U0010ffff",
    "\ufffe\uffff",
    "no\u00a0break\u2003space",
    "annotation \ufff9a\ufffab\ufffb",
)
MARKUP = (
    "<script>alert(1)</script>",
    "</script><script>alert(1)//",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "' onmouseover='alert(1)",
    "</td></tr></table><h1>pwned</h1>",
    "<!-- comment --> -->",
    "]]>",
    "<![CDATA[x]]>",
    "<?xml version='1.0'?>",
    "&lt;&amp;&#27;&#x1b;&nbsp;",
    "<!DOCTYPE x [<!ENTITY e 'v'>]>&e;",
    "\"'&<>",
    "$title ${summary} $$",
    "{{7*7}} {0} {x} %s %(x)s",
    "[red]rich[/red] [link=https://evil.example]x[/link] [/]",
    "[click](https://evil.example)",
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
)
ODD = (
    "=cmd|' /C calc'!A0",
    "+1+1",
    "@SUM(A1)",
    "half \ud800 pair \udfff",
    os.fsdecode(b"bytes \xff\xfe \x1b"),
    "e\u0301\u0323\u0300 combining " + "z" + "\u0300" * 60,
    "👩‍👩‍👧‍👦 🏳️‍🌈 ☃",
    "日本語 العربية עברית",
    "very long " + "y" * 900,
    "-x --help",
    "C:\\new\\table",
)
HOSTILE = (*TERMINAL, *COMMANDS, *EYES, *MARKUP, *ODD)
