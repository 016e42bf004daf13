from django.apps import AppConfig


class ImagesConfig(AppConfig):
    name = "images"

    def ready(self) -> None:
        from clouds.checking.logins import add_source
        from images.registries.asking import certificates_of, passwords_of

        add_source(passwords_of, certificates=certificates_of)
