"""Makes up an organisation, Northmere, and writes its extracts as the real systems would, so that a newcomer has something
to see and a test something to find. Everything in it is invented; the effects of rotas on sickness are as studies found them.
"""
