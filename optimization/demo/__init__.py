"""`make demo`: a client that starts the portal, asks it for an optimization and shows what happens.

It speaks HTTP only, like any other client; the command beside it makes the account.
"""
