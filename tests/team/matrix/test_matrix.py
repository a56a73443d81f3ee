"""Every line that needs no file of its own: whatever happens on the way, what is said of each row is true."""

import pytest

from tests.push.test_fault_matrix import *  # noqa: F403
from tests.push.test_fault_matrix_again import *  # noqa: F403
from tests.push.test_fault_matrix_counter import *  # noqa: F403
from tests.push.test_fault_matrix_others import *  # noqa: F403

pytestmark = pytest.mark.slow
