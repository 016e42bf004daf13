"""The app of people and teams."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Users, teams, roles, sign-in and the audit trail."""

    name = "accounts"
