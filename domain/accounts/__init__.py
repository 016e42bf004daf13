"""Accounts with providers: the settings that a form asks for, and what the account must allow."""
