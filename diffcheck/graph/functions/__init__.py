"""THE table: one row per function, its columns facts. The parser, the engines, the docs and the tests derive from it.

`row` says what a row is; `basic`, `activations` and `special` have the rows; `table` looks them up and takes more from outside.
"""

from diffcheck.graph.functions.basic import CONSTANTS as CONSTANTS
from diffcheck.graph.functions.row import ITSELF as ITSELF
from diffcheck.graph.functions.row import LACKS as LACKS
from diffcheck.graph.functions.row import MEANT as MEANT
from diffcheck.graph.functions.row import NUMPY as NUMPY
from diffcheck.graph.functions.row import SYMPY as SYMPY
from diffcheck.graph.functions.row import Conditions as Conditions
from diffcheck.graph.functions.row import DecidesBy as DecidesBy
from diffcheck.graph.functions.row import Function as Function
from diffcheck.graph.functions.row import Kink as Kink
from diffcheck.graph.functions.row import LatexForm as LatexForm
from diffcheck.graph.functions.row import LiteralArgument as LiteralArgument
from diffcheck.graph.functions.row import Named as Named
from diffcheck.graph.functions.row import Support as Support
from diffcheck.graph.functions.row import Way as Way
from diffcheck.graph.functions.special import SPECIAL_FUNCTIONS as SPECIAL_FUNCTIONS
from diffcheck.graph.functions.table import CONSTANT_NAMES as CONSTANT_NAMES
from diffcheck.graph.functions.table import FUNCTIONS as FUNCTIONS
from diffcheck.graph.functions.table import GROUPS as GROUPS
from diffcheck.graph.functions.table import ROWS as ROWS
from diffcheck.graph.functions.table import lookup as lookup
from diffcheck.graph.functions.table import registered as registered
from diffcheck.graph.functions.table import rows_named as rows_named
from diffcheck.graph.functions.table import spellings as spellings
