import pytest

pytest.register_assert_rewrite("tests.helpers", "tests.push", "tests.vendors")
