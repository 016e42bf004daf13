from django.apps import AppConfig


class PromotionsConfig(AppConfig):
    name = "promotions"

    def ready(self) -> None:
        """Tell configurations, which are below, what a team's environments are called."""
        from configurations import environments as below
        from promotions.environments import names_of

        below.ask(names_of)
