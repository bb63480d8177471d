"""Faults of the page in the browser: who is let in, what is written, what the net is said to see."""

from __future__ import annotations

from tests.planted.fault import rows_of

fault = rows_of("play/{}", "tests/play/test_{}")

FAULTS = (
    fault(
        "guard.py",
        "or host not in self.hosts",
        "or not host",
        "guard.py::test_a_foreign_name_of_the_host_is_refused",
        "a foreign name of the host is refused",
    ),
    fault(
        "guard.py",
        'or scope["type"] == "websocket")',
        "and False)",
        "guard.py::test_a_socket_from_another_page_is_refused",
        "a socket has an origin, and its own",
    ),
    fault(
        "guard.py",
        "hmac.compare_digest(given.encode",
        "given == '' or hmac.compare_digest(given.encode",
        "guard.py::test_without_the_token_nothing_is_told",
        "no token is no token",
    ),
    fault(
        "guard.py",
        'httponly=True, samesite="strict", path="/"',
        'path="/"',
        "guard.py::test_the_token_becomes_a_cookie_and_leaves_the_address",
        "no script and no other site gets the cookie",
    ),
    fault(
        "server.py",
        "nonce = secrets.token_urlsafe(16)",
        'nonce = "nonce"',
        "guard.py::test_every_answer_says_that_nothing_comes_from_elsewhere",
        "a nonce is used once",
    ),
    fault(
        "session.py",
        "or (kind is int and isinstance(value, bool))",
        "",
        "guard.py::test_what_is_no_message_ends_the_socket",
        "a version is a number",
    ),
    fault(
        "spec_file.py",
        "if not over and self._now() != self._content:",
        "if False:",
        "session.py::test_what_another_program_wrote_is_not_written_over_unasked",
        "what another program wrote is not written over",
    ),
    fault(
        "spec_file.py",
        '"\\r\\n" if b"\\r\\n" in self._content else "\\n"',
        '"\\n"',
        "session.py::test_a_mark_and_windows_line_ends_stay",
        "line ends stay",
    ),
    fault(
        "told.py",
        "return {node.name: node.line - 1 for node in graph.nodes}",
        "return {node.name: node.line for node in graph.nodes}",
        "session.py::test_a_net_is_told_with_its_figure_layers_parameters_and_tables",
        "lines are counted from 0",
    ),
    fault(
        "desk.py",
        "            self.page = None\n            self.bench.drop()",
        "            self.page = None",
        "bench.py::test_a_digit_is_answered_and_a_training_makes_the_answer_right",
        "what a page has running ends with it",
    ),
    fault(
        "values.py",
        "maps = np.moveaxis(flat[::step, ::step, :MOST_MAPS], -1, 0)",
        "maps = np.moveaxis(flat[::step, ::step, :MOST_MAPS], -1, 0).swapaxes(1, 2)",
        "bench.py::test_the_pictures_are_the_values_of_the_layers",
        "rows of a picture are rows of the map",
    ),
    fault(
        "values.py",
        "round((SIDE - 1) / 2 - place)",
        "round(SIDE / 4 - place)",
        "bench.py::test_a_shipped_digit_stays_and_a_drawn_one_is_fitted_and_centred",
        "a drawn digit stands in the middle",
    ),
)
