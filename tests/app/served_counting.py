"""The app as pages.parts.serve starts it, with one difference: Streamlit's count of what it holds is always of now, not of the
last five seconds."""

import sys

from streamlit.web.server.starlette import starlette_routes

from pages.parts import serve

if __name__ == "__main__":
    assert starlette_routes._METRICS_EXPENSIVE_STATS_TTL_SECONDS > 0
    starlette_routes._METRICS_EXPENSIVE_STATS_TTL_SECONDS = 0
    serve.main(sys.argv[1:])
