# Sourced by checks that load Django's settings but open no connection.
export DJANGO_SETTINGS_MODULE=mobula.settings
export DATABASE_URL=postgresql://mobula@/mobula
export BROKER_URL=memory://
export MOBULA_URL=https://mobula.example.org
export MOBULA_SECRET_KEY=only-for-checks-that-keep-no-secret-0123456789-abcdefghijkl
